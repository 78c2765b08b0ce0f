"""Invocations of webhooks: what left the account, and whether it arrived.

docs/zendesk-api.md#invocations-of-webhooks. Zendesk forgets them after a week.
"""

from datetime import timedelta

from zendesk_assets.catalog._columns import integer, text, text_ident, timestamp
from zendesk_assets.catalog._lists import DAILY, docs
from zendesk_assets.spec import (
    RECEIVED,
    Budget,
    Collection,
    Completion,
    Declaration,
    Pagination,
    Parent,
    Placement,
    Stream,
)

_DOCS = docs("/api-reference/webhooks/webhooks-api/webhooks/#list-webhook-invocations")
_WEBHOOKS = "/webhooks"

_STREAM = Stream(
    name="webhook_invocations",
    path=f"{_WEBHOOKS}/{{}}/invocations",
    records_key="invocations",
    pagination=Pagination.CURSOR_LIST,
    # What is covered is so for all webhooks at once, and only a walk over all of them tells.
    completion=Completion.SINCE,
    budget=Budget.WEBHOOKS,
    time_field="created_at",
    since="filter[from_ts]",
    since_as=Placement.ISO_8601,
    # Whether the bound means the first attempt or the last is not known: attempts take minutes.
    overlap=timedelta(hours=2),
    parent=Parent(_WEBHOOKS, "webhooks", "webhook_id", "invocation"),
    cadence=DAILY,
    needs="an admin",
    kept=timedelta(days=7),
    docs_url=_DOCS,
    description="New invocations of every webhook: a request or more for each webhook.",
)

_INVOCATIONS = Collection(
    name="webhook_invocations",
    stream="webhook_invocations",
    description=(
        "How often each webhook was invoked, and with what success. What was sent is not in it. "
        "Zendesk shows a week; the table keeps every one it has seen."
    ),
    docs_url=_DOCS,
    records=("invocation",),
    ignored=("../webhook_id",),  # it is in the record, too
    version=RECEIVED.name,
    columns=(
        text("id", "The id of the invocation."),
        text_ident("webhook_id", "The webhook.", "webhooks"),
        text("status", "accepted, success, failed, timeout, client error, throttled and others."),
        text("event_type", "What invoked it, such as conditional_ticket_events."),
        integer("attempts_count", "How often it was tried."),
        timestamp("created_at", "When the webhook was invoked."),
        timestamp("latest_completed_at", "When the last attempt ended; NULL before that."),
    ),
)

INVOCATIONS = Declaration(_STREAM, (_INVOCATIONS,))
