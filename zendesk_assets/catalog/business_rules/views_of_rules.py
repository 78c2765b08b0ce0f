"""Views over schedules and service level agreements: hours, targets and conditions."""

from zendesk_assets.catalog._columns import boolean, integer, text
from zendesk_assets.catalog._views import conditions, elements, position
from zendesk_assets.spec import Computed

SCHEDULE_INTERVALS = elements(
    "schedule_intervals",
    "schedules",
    "schedule_id",
    "The hours of a week that count as business hours, in the time zone of the schedule.",
    position(),
    integer("start_time", "When they begin, in minutes since Sunday 0:00."),
    integer("end_time", "When they end, in minutes since Sunday 0:00."),
    steps=("intervals[]",),
    computed=(
        Computed(
            integer("weekday", "The day on which they begin: 0 is Sunday, 6 Saturday."),
            "CAST(floor(start_time / 1440.0) AS BIGINT)",
            ("start_time",),
        ),
    ),
)

SLA_METRICS = elements(
    "sla_policy_metrics",
    "sla_policies",
    "policy_id",
    "The targets that service level agreements set, by priority and metric.",
    position(),
    text("priority", "The priority of the tickets: low, normal, high or urgent."),
    text("metric", "What is measured: first_reply_time, total_resolution_time and others."),
    integer("target", "The target in minutes."),
    integer("target_in_seconds", "The target in seconds."),
    boolean("business_hours", "Whether only business hours count."),
    steps=("policy_metrics[]",),
)

SLA_FILTERS = conditions("sla_policy_filters", "sla_policies", "policy_id", "filter", "policy")
