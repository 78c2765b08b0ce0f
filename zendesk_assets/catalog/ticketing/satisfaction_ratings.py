"""Satisfaction ratings of the legacy CSAT (T14: accounts on the new surveys have none here)."""

from datetime import timedelta

from zendesk_assets.catalog._columns import ident, integer, record, text, timestamp
from zendesk_assets.catalog._lists import DAILY, docs, plain_list
from zendesk_assets.spec import (
    Collection,
    ComparedBy,
    Completion,
    Declaration,
    DeletedWhen,
    Owner,
    Pagination,
    Personal,
    Stream,
)

_DOCS = docs("ticket-management/satisfaction_ratings/")

_STREAM = Stream(
    name="satisfaction_ratings",
    path="/satisfaction_ratings",
    records_key="satisfaction_ratings",
    pagination=Pagination.CURSOR_LIST,
    completion=Completion.SINCE,
    time_field="created_at",
    count_path="/satisfaction_ratings/count",
    needs="a plan with legacy CSAT instead of CSAT surveys, and an admin",
    feature="active_features.customer_satisfaction",
    since="start_time",
    until="end_time",
    # Whether `start_time` compares created or updated time is not documented: reread a day.
    overlap=timedelta(days=1),
    docs_url=_DOCS,
    description="Satisfaction ratings since the last walk, with a day reread.",
)

_SATISFACTION_RATINGS = Collection(
    name="satisfaction_ratings",
    stream="satisfaction_ratings",
    description="What requesters answered when asked how satisfied they are (legacy CSAT).",
    docs_url=_DOCS,
    compared_by=ComparedBy.DAYS_OF_LIST,
    personal=(
        Personal("requester_id", ("comment",), unknown=True),
        Personal("ticket_id", ("comment",), owner_is=Owner.REQUESTED),
    ),
    columns=(
        ident("id", "The id of the rating."),
        text("url", "The API address of the rating."),
        ident("ticket_id", "The ticket that was rated.", "tickets"),
        ident("requester_id", "Who was asked.", "users"),
        ident("assignee_id", "The agent assigned at the time.", "users"),
        ident("group_id", "The group assigned at the time.", "groups"),
        text("score", "offered, unoffered, good or bad."),
        text("comment", "What the requester wrote."),
        text("reason", "Why the rating is bad, as the requester chose it."),
        ident("reason_id", "The id of that reason.", "satisfaction_reasons"),
        integer("reason_code", "The code of that reason; documented, seldom sent."),
        timestamp("created_at", "When the rating was created."),
        timestamp("updated_at", "When the rating was last updated."),
    ),
)

SATISFACTION_RATINGS = Declaration(_STREAM, (_SATISFACTION_RATINGS,))

REASONS = plain_list(
    "satisfaction_reasons",
    "What requesters may choose from as the reason of a bad rating (legacy CSAT).",
    page="ticket-management/satisfaction_reasons/",
    records_key="reasons",
    pagination=Pagination.OFFSET_LIST,
    cadence=DAILY,
    feature="active_features.csat_reason_code",
    needs="satisfaction ratings with reasons (legacy CSAT), and an admin",
    deleted=DeletedWhen("deleted_at"),
    columns=record(
        "reason",
        integer("reason_code", "Its code, as in ratings; the account's own begin at 1000."),
        text("value", "What requesters read, with dynamic content replaced."),
        text("raw_value", "The same, with dynamic content as placeholders."),
        timestamp("deleted_at", "When the reason was deleted; null while it exists."),
    ),
)
