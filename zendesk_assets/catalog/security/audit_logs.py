"""The account's audit log: who changed what in it, and from where."""

from datetime import timedelta

from zendesk_assets.catalog._columns import ident, text, timestamp
from zendesk_assets.catalog._lists import docs
from zendesk_assets.spec import (
    Collection,
    ComparedBy,
    Completion,
    Declaration,
    Pagination,
    Personal,
    Placement,
    Stream,
)

_DOCS = docs("account-configuration/audit_logs/")
_RANGE = "filter[created_at][]"  # from and to are one parameter, twice
_OF_USERS = ("source_type", "user")

_STREAM = Stream(
    name="audit_logs",
    path="/audit_logs",
    records_key="audit_logs",
    pagination=Pagination.CURSOR_LIST,
    completion=Completion.CONTINUE,
    time_field="created_at",
    parameters=(("sort", "created_at"),),
    since=_RANGE,
    until=_RANGE,
    since_as=Placement.ISO_8601,
    # Old accounts have millions of rows: what is older than the initial history waits for its turn.
    partitioned=True,
    # Rows appear at least five minutes late.
    settles=timedelta(minutes=15),
    needs="a plan with the audit log (Enterprise), and an admin",
    docs_url=_DOCS,
    description="The audit log in the order of time, which never changes once it is written.",
)

_AUDIT_LOGS = Collection(
    name="audit_logs",
    stream="audit_logs",
    description=(
        "Who created, changed, deleted or exported what in the account, and who signed in; also "
        "which tickets, users and organizations were deleted."
    ),
    docs_url=_DOCS,
    version="created_at",
    compared_by=ComparedBy.DAYS_OF_LIST,
    personal=(
        Personal("actor_id", ("actor_name", "ip_address"), unknown=True),
        Personal("source_id", ("source_label", "change_description"), only_if=_OF_USERS),
    ),
    columns=(
        ident("id", "The id of the entry."),
        text("url", "The API address of the entry."),
        text("action", "create, update, destroy, exported or login."),
        text("action_label", "The same in words, in the account's language."),
        ident("actor_id", "Who did it; -1 is the system.", "users"),
        text("actor_name", "The name that this user had."),
        text("source_type", "What was changed: user, organization, rule, ticket and others."),
        ident("source_id", "The id of what was changed."),
        text("source_label", "Its name."),
        text("change_description", "What was changed, in words."),
        text("ip_address", "The address it was done from; NULL if unknown."),
        timestamp("created_at", "When it happened."),
    ),
)

AUDIT_LOGS = Declaration(_STREAM, (_AUDIT_LOGS,))
