"""Ticket metric events: what the clocks behind reply times and service levels did, and will do.

They come with the times of the past and of the future, and change without a new one
(docs/zendesk-api.md#ticket-metric-events). So they are not placed into months: a month would be
read again for what changed in it long after, and forecasts have months that have not begun.
"""

from datetime import timedelta

from zendesk_assets.catalog._columns import boolean, ident, integer, json, text, timestamp
from zendesk_assets.catalog._lists import docs
from zendesk_assets.spec import (
    RECEIVED,
    Collection,
    Column,
    ColumnType,
    Completion,
    Declaration,
    DeletedWhen,
    Pagination,
    Reference,
    Stream,
)

_PATH = "/incremental/ticket_metric_events"
_DOCS = docs("tickets/ticket_metric_events/")

_STREAM = Stream(
    name="ticket_metric_events",
    path=_PATH,
    records_key="ticket_metric_events",
    pagination=Pagination.TIME_EXPORT,
    completion=Completion.CONTINUE,
    time_field="time",
    since="start_time",
    page_size=1000,
    # Without it, what changed after its time is only shown in a walk that begins before that time.
    parameters=(("include_changes", "true"),),
    # With `page[size]`, the same path is a list by cursor.
    list_path=_PATH,
    # Events appear up to 13 minutes late, with the time at which they happened.
    settles=timedelta(minutes=30),
    overlap=timedelta(hours=1),
    # A page by cursor has so many; that one by time has 1,000 is documented of other exports only.
    ends_below=100,
    per_ticket=14,
    docs_url=_DOCS,
    description=(
        "Ticket metric events in the order of `time`, with the breaches still to come, and again "
        "when they are deleted. The last 90 minutes and all that is to come are read again each "
        "time."
    ),
)

_EVENTS = Collection(
    name="ticket_metric_events",
    stream="ticket_metric_events",
    description=(
        "When the clocks of a ticket's metrics started, paused and stopped, which targets were "
        "applied, and when they were or will be breached. A breach whose `time` is later than "
        "`received_at` is a forecast; it is marked as deleted if its time comes without it."
    ),
    docs_url=_DOCS,
    # `time` stays the same when `deleted` changes, and nothing says that it never moves back.
    version=RECEIVED.name,
    due="time",
    deleted=DeletedWhen("deleted", "true"),
    columns=(
        ident("id", "The id of the event."),
        ident("ticket_id", "The ticket.", "tickets"),
        text(
            "metric",
            "reply_time, requester_wait_time, agent_work_time, resolution_time, "
            "group_ownership_time, pausable_update_time or periodic_update_time.",
        ),
        integer("instance_id", "Counts how often the metric was measured; 0 for type measure."),
        text(
            "type",
            "activate, pause, fulfill, apply_sla, apply_group_sla, breach, update_status, measure.",
        ),
        timestamp("time", "When it happened, or, of a breach, will happen."),
        boolean("deleted", "Whether the event no longer counts."),
        ident("sla_policy_id", "apply_sla: the policy.", "sla_policies", "sla.policy.id"),
        json("sla", "apply_sla: {target (minutes), target_in_seconds, business_hours, policy}."),
        Column(
            "group_sla_policy_id",
            ColumnType.TEXT,
            "apply_group_sla: the policy.",
            "group_sla.policy.id",
            references=Reference("group_sla_policies"),
        ),
        json("group_sla", "apply_group_sla: the same as sla."),
        json("status", "update_status: minutes since the clock started, {calendar, business}."),
    ),
)

TICKET_METRIC_EVENTS = Declaration(_STREAM, (_EVENTS,))
