"""Views over schedules, service level agreements and rules: hours, targets, conditions, actions."""

from zendesk_assets.catalog._columns import boolean, ident, integer, text
from zendesk_assets.catalog._views import actions, conditions, elements, position, which_list
from zendesk_assets.spec import Computed, ListedIn

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

MACRO_ACTIONS = actions("macro_actions", "macros", "macro_id", "macro")

TRIGGER_ACTIONS = actions("trigger_actions", "triggers", "trigger_id", "trigger")

TRIGGER_CONDITIONS = conditions(
    "trigger_conditions", "triggers", "trigger_id", "conditions", "trigger"
)

AUTOMATION_ACTIONS = actions("automation_actions", "automations", "automation_id", "automation")

AUTOMATION_CONDITIONS = conditions(
    "automation_conditions", "automations", "automation_id", "conditions", "automation"
)

VIEW_CONDITIONS = conditions("view_conditions", "views", "view_id", "conditions", "view")

VIEW_COLUMNS = elements(
    "view_columns",
    "views",
    "view_id",
    "The columns that each of Zendesk's views shows, in their order.",
    position(),
    text("id", "What it shows; of a custom field, the id of the field."),
    text("title", "The heading."),
    steps=("execution.columns[]",),
)

QUEUE_CONDITIONS = conditions(
    "queue_conditions", "queues", "queue_id", "definition", "queue", has_text_id=True
)

QUEUE_GROUPS = elements(
    "queue_groups",
    "queues",
    "queue_id",
    "The groups that get the tickets of queues.",
    which_list("kind", "primary, or secondary: when the primary ones are busy."),
    position(),
    ident("group_id", "The group.", "groups", "id"),
    lists=tuple(ListedIn((f"{kind}_groups.groups[]",), kind) for kind in ("primary", "secondary")),
    key=("kind", "position"),
    has_text_id=True,
)
