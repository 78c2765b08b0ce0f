"""The targets that tickets had by service level agreements, and whether they were met."""
# ruff: noqa: S608  # names of tables are quoted by `Surroundings`

from zendesk_assets.analysis._declaration import (
    AnalysisView,
    boolean,
    count,
    ident,
    moment,
    text,
)
from zendesk_assets.analysis._field_values import build_typed
from zendesk_assets.analysis._names import join_names, name_of, named_in, select_names
from zendesk_assets.warehouse import Surroundings

_NAMES = ("assignee", "group", "brand", "requester", "organization")
_TYPE = "ticket_metric_events.type"
_TIME = "ticket_metric_events.time"
_SLA = "ticket_metric_events.sla"


def _minutes(around: Surroundings, which: str) -> str:
    """Return the minutes on a clock as it was fulfilled."""
    text_of = around.dialect.scalar_text.format(f"(e.status -> '{which}')")
    return build_typed("BIGINT", text_of, around.dialect.try_cast)


def _sql(around: Surroundings) -> str:
    target = around.dialect.scalar_text.format("(sla -> 'target')")
    business = around.dialect.scalar_text.format("(sla -> 'business_hours')")
    minutes = build_typed("BIGINT", target, around.dialect.try_cast)
    title = around.dialect.scalar_text.format("(sla -> 'policy' -> 'title')")
    return f"""WITH events AS (
  SELECT e.* FROM {around["ticket_metric_events"]} AS e WHERE NOT _deleted
),
instances AS (
  SELECT DISTINCT ticket_id, metric, instance_id FROM events WHERE type IN ('apply_sla', 'breach')
),
applied AS (
  -- after a reopening, a breach can be of the target that was applied before
  SELECT i.ticket_id, i.metric, i.instance_id, e.sla_policy_id, e.sla, e."time",
    row_number() OVER (
      PARTITION BY i.ticket_id, i.metric, i.instance_id
      ORDER BY e.instance_id DESC NULLS LAST, e."time" DESC, e.id DESC
    ) AS place
  FROM instances AS i LEFT JOIN events AS e ON e.type = 'apply_sla'
    AND e.ticket_id = i.ticket_id AND e.metric = i.metric AND e.instance_id <= i.instance_id
),
outcomes AS (
  SELECT ticket_id, metric, instance_id,
    min("time") FILTER (WHERE type = 'fulfill') AS fulfilled_at,
    -- a breach is read again at its time: until then, it is only foretold
    min("time") FILTER (WHERE type = 'breach' AND "time" <= received_at) AS breached_at,
    min("time") FILTER (WHERE type = 'breach') AS due_at
  FROM events WHERE type IN ('fulfill', 'breach') GROUP BY ticket_id, metric, instance_id
),
clocks AS (
  SELECT ticket_id, metric, instance_id, max({_minutes(around, "calendar")}) AS calendar,
    max({_minutes(around, "business")}) AS business
  FROM events AS e WHERE type = 'update_status' GROUP BY ticket_id, metric, instance_id
),
targets AS (
  SELECT a.ticket_id, a.metric, a.instance_id, a.sla_policy_id AS policy_id,
    {title} AS title_then, {minutes} AS target_minutes,
    {business} = 'true' AS in_business_hours, a."time" AS applied_at,
    o.fulfilled_at, o.due_at,
    CASE WHEN o.fulfilled_at IS NULL OR o.breached_at < o.fulfilled_at THEN o.breached_at
      END AS breached_at,
    c.calendar, c.business, t.assignee_id, t.group_id, t.brand_id, t.requester_id,
    t.organization_id, t.priority
  FROM applied AS a
  JOIN {around["tickets"]} AS t ON t.id = a.ticket_id AND NOT t._deleted
  LEFT JOIN outcomes AS o ON o.ticket_id = a.ticket_id AND o.metric = a.metric
    AND o.instance_id = a.instance_id
  LEFT JOIN clocks AS c ON c.ticket_id = a.ticket_id AND c.metric = a.metric
    AND c.instance_id = a.instance_id
  WHERE a.place = 1
)
SELECT r.ticket_id, r.metric, r.instance_id, r.policy_id,
  coalesce(p.title, r.title_then) AS policy_name, r.target_minutes, r.in_business_hours,
  r.applied_at, r.fulfilled_at, r.breached_at,
  CASE WHEN r.fulfilled_at IS NULL AND r.breached_at IS NULL THEN r.due_at END AS due_at,
  CASE WHEN r.in_business_hours THEN r.business ELSE r.calendar END AS minutes,
  r.breached_at IS NULL AND r.fulfilled_at IS NOT NULL AS is_met,
  r.breached_at IS NOT NULL AS is_breached,
  r.assignee_id, r.group_id, r.brand_id, r.requester_id, r.organization_id, r.priority,
  {select_names(*_NAMES)}
FROM targets AS r
LEFT JOIN {around["sla_policies"]} AS p ON p.id = r.policy_id
{join_names(around, "r", *_NAMES)}"""


VIEW = AnalysisView(
    name="analysis_slas",
    title="Service levels",
    description=(
        "Every target that a service level agreement set for a ticket, and what became of it: met "
        "(reached without a breach), breached (whether or not it was reached later), or neither "
        "yet. Where a policy replaced another for the same measurement, the last one counts; a "
        "breach of a measurement that none was applied to is one of the target before it. "
        "Attainment is met / (met + breached). As Zendesk measured it, in calendar or business "
        "hours, whichever the target says. Deleted tickets are left out."
    ),
    grain=("ticket_id", "metric", "instance_id"),
    reads=("tickets", "ticket_metric_events", "groups"),
    reads_if_there=("sla_policies", *named_in(*_NAMES)),
    columns=(
        ident("ticket_id", "The ticket.", "ticket_metric_events.ticket_id"),
        text(
            "metric",
            "What is measured: reply_time (instance 1 is the first reply), resolution_time, ….",
            "ticket_metric_events.metric",
        ),
        count(
            "instance_id",
            "Counts how often it was measured.",
            "ticket_metric_events.instance_id",
        ),
        ident("policy_id", "The policy.", "ticket_metric_events.sla_policy_id"),
        text(
            "policy_name",
            "Its title of today, or the last known one if it is gone.",
            "sla_policies.title",
            _SLA,
        ),
        count("target_minutes", "The target, in minutes.", _SLA),
        boolean("in_business_hours", "Whether only business hours count.", _SLA),
        moment("applied_at", "When the target was applied.", _TIME),
        moment("fulfilled_at", "When the clock ended.", _TIME),
        moment("breached_at", "When the target was missed; NULL if it was not.", _TIME),
        moment("due_at", "When it will be missed, while it runs.", _TIME),
        count("minutes", "How long it took, counted as the target.", "ticket_metric_events.status"),
        boolean("is_met", "Whether it was reached without a breach.", _TYPE, _TIME),
        boolean("is_breached", "Whether it was missed.", _TYPE, _TIME),
        ident("assignee_id", "The agent the ticket is assigned to now.", "tickets.assignee_id"),
        ident("group_id", "The group it is with now.", "tickets.group_id"),
        ident("brand_id", "The brand.", "tickets.brand_id"),
        ident("requester_id", "Who asked.", "tickets.requester_id"),
        ident("organization_id", "The organization of who asked.", "tickets.organization_id"),
        text("priority", "The priority of the ticket now.", "tickets.priority"),
        *(name_of(kind) for kind in _NAMES),
    ),
    sql=_sql,
    figures={
        "attainment_percent": (
            "100.0 * count(*) FILTER (WHERE is_met) "
            "/ nullif(count(*) FILTER (WHERE is_met OR is_breached), 0)"
        ),
    },
    example="""select policy_name, metric, count(*) as targets,
  count(*) filter (where is_met) as met, count(*) filter (where is_breached) as breached,
  round(100.0 * count(*) filter (where is_met)
    / nullif(count(*) filter (where is_met or is_breached), 0), 1) as percent
from {view} group by policy_name, metric order by targets desc;""",
)
