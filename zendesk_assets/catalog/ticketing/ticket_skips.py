"""Ticket skips: which tickets agents passed on, where they are given the next one (guided mode)."""

from datetime import timedelta

from zendesk_assets.catalog._columns import ident, record, text
from zendesk_assets.catalog._lists import DAILY, docs
from zendesk_assets.spec import (
    Collection,
    ComparedBy,
    Completion,
    Declaration,
    Pagination,
    Personal,
    Stream,
)

_DOCS = docs("tickets/ticket_skips/")

_STREAM = Stream(
    name="ticket_skips",
    path="/skips",
    records_key="skips",
    pagination=Pagination.CURSOR_LIST,
    # `start_time` is not documented. If it is ignored, each walk reads the whole list, which is
    # right as well: only a walk to the end of the list counts, in whatever order it is.
    completion=Completion.SINCE,
    since="start_time",
    parameters=(("sort_order", "desc"),),
    # Whether `start_time` compares created or updated time is not documented either.
    overlap=timedelta(days=1),
    cadence=DAILY,
    needs="guided mode, and permission to view reports",
    # The whole ticket, as it is in `tickets`.
    secrets=("ticket",),
    docs_url=_DOCS,
    description="Ticket skips since the last walk, with a day reread.",
)

_SKIPS = Collection(
    name="ticket_skips",
    stream="ticket_skips",
    description=(
        "Which agents skipped which tickets in guided mode, and why. Zendesk leaves out skips of "
        "archived tickets; the table keeps every one it has seen."
    ),
    docs_url=_DOCS,
    compared_by=ComparedBy.FORGETFUL_LIST,
    ignored=_STREAM.secrets,
    personal=(Personal("user_id", ("reason",), unknown=True),),
    columns=record(
        "skip",
        ident("ticket_id", "The ticket that was skipped.", "tickets"),
        ident("user_id", "The agent who skipped it.", "users"),
        text("reason", "Why, as the agent wrote it."),
        has_url=False,
    ),
)

TICKET_SKIPS = Declaration(_STREAM, (_SKIPS,))
