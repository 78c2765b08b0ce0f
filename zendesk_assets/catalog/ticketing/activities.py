"""Activities: what others did that concerns the agent whose token is used, 30 days back (T13).

The hub keeps what Zendesk forgets, so the table reaches back to the first sync.
"""

from datetime import timedelta

from zendesk_assets.catalog._columns import ident, json, text, timestamp
from zendesk_assets.catalog._lists import docs
from zendesk_assets.spec import (
    Collection,
    ComparedBy,
    Completion,
    Declaration,
    Identity,
    Owner,
    Pagination,
    Personal,
    Placement,
    Stream,
)

_DOCS = docs("tickets/activity_stream/")

_STREAM = Stream(
    name="activities",
    path="/activities",
    records_key="activities",
    pagination=Pagination.CURSOR_LIST,
    completion=Completion.SINCE,
    time_field="created_at",
    count_path="/activities/count",
    since="since",
    since_as=Placement.ISO_8601,
    overlap=timedelta(hours=1),
    docs_url=_DOCS,
    description="Ticket activities of the last 30 days for the connected agent, kept for ever.",
)

# Of users: a number that is shared is not theirs alone.
_ADDRESSES = ("email", "phone")

_ACTIVITIES = Collection(
    name="activities",
    stream="activities",
    description=(
        "Assignments, comments and priority increases by others that affect the connected "
        "agent. Zendesk shows only 30 days; the table keeps every one it has seen."
    ),
    docs_url=_DOCS,
    compared_by=ComparedBy.NEWEST_OF_LIST,
    # Full user objects, twins of `users`, full of personal data (trap T34).
    ignored=("user", "actor"),
    personal=(
        Personal("actor_id", ("actor", "title", "object"), unknown=True),
        Personal("user_id", ("user",)),
        # What others did on the person's tickets: the sentence may quote the subject.
        Personal(
            "target.ticket.id",
            ("title", "target.ticket.subject", "object.ticket.subject"),
            owner_is=Owner.REQUESTED,
        ),
    ),
    identities=(
        Identity("actor_id", tuple(f"actor.{name}" for name in _ADDRESSES)),
        Identity("user_id", tuple(f"user.{name}" for name in _ADDRESSES)),
    ),
    columns=(
        ident("id", "The id of the activity."),
        text("url", "The API address of the activity."),
        text("verb", "What happened: tickets.assignment, tickets.comment and more."),
        text("title", "A sentence about the activity; may hold the text of a comment."),
        ident("user_id", "The agent the activity concerns.", "users"),
        ident("actor_id", "Who acted; -1 is the system.", "users"),
        json("object", "What was added or changed: comment, ticket or change."),
        json("target", "What it happened to: the ticket's id and subject."),
        timestamp("created_at", "When it happened."),
        timestamp("updated_at", "When the activity was last updated."),
    ),
)

ACTIVITIES = Declaration(_STREAM, (_ACTIVITIES,))
