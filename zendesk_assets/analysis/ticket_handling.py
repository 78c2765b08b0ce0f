"""What it took to handle each ticket: replies, touches, hand-overs, reopens, first contact."""
# ruff: noqa: S608  # names of tables are quoted by `Surroundings`

from typing import Final

from zendesk_assets.analysis._conversation import AGENT, MADE_FROM, comments
from zendesk_assets.analysis._declaration import AnalysisView, boolean, count
from zendesk_assets.analysis._names import join_names, name_of, named_in, select_names
from zendesk_assets.analysis._statuses import MADE_FROM as FROM_STATUSES
from zendesk_assets.analysis._statuses import UNSOLVED, changes
from zendesk_assets.analysis._ticket_columns import of_tickets
from zendesk_assets.warehouse import Surroundings

_NAMES: Final = ("assignee", "group", "brand", "form", "requester", "organization")
_COUNTS: Final = (
    "agent_replies", "internal_notes", "customer_comments", "agents", "touches", "solves",
    "reopens", "group_handovers", "assignee_handovers",
)  # fmt: skip
_AN_ID: Final = "~ '^[1-9][0-9]*$'"
_MOVES: Final = ("ticket_events.field_name", "ticket_events.value", "ticket_events.previous_value")


def _sql(around: Surroundings) -> str:
    counts = ",\n  ".join(f"coalesce({name}, 0) AS {name}" for name in _COUNTS)
    return f"""WITH {comments(around)},
{changes(around)},
spoken AS (
  SELECT ticket_id,
    count(*) FILTER (WHERE is_of_agent AND is_public AND NOT is_opening) AS agent_replies,
    count(*) FILTER (WHERE is_of_agent AND NOT is_public) AS internal_notes,
    count(*) FILTER (WHERE is_opening OR (is_of_customer AND is_public)) AS customer_comments,
    count(DISTINCT author_id) FILTER (WHERE is_of_agent AND NOT is_opening) AS agents
  FROM comments GROUP BY ticket_id
),
touched AS (
  SELECT e.ticket_id, count(DISTINCT e.ticket_event_id) AS touches
  FROM {around["ticket_events"]} AS e
  JOIN agents AS a ON a.id = e.updater_id
  JOIN {around["tickets"]} AS t ON t.id = e.ticket_id AND t.requester_id <> e.updater_id
  WHERE NOT EXISTS (SELECT 1 FROM created AS c WHERE c.ticket_event_id = e.ticket_event_id)
  GROUP BY e.ticket_id
),
moved AS (
  SELECT ticket_id,
    count(*) FILTER (WHERE field_name = 'group_id') AS group_handovers,
    count(*) FILTER (WHERE field_name = 'assignee_id') AS assignee_handovers
  FROM {around["ticket_events"]} AS e
  WHERE event_type = 'Change' AND field_name IN ('group_id', 'assignee_id')
    AND value {_AN_ID} AND previous_value {_AN_ID} AND value <> previous_value
  GROUP BY ticket_id
),
ended AS (
  SELECT ticket_id,
    count(*) FILTER (
      WHERE status = 'solved' AND (before IS NULL OR before IN {UNSOLVED})
    ) AS solves,
    count(*) FILTER (WHERE status IN {UNSOLVED} AND before IN ('solved', 'closed')) AS reopens
  FROM changes GROUP BY ticket_id
),
counted AS (
  SELECT t.id AS ticket_id, t.created_at, t.status, t.status IN ('solved', 'closed') AS is_solved,
    t.priority, t.via ->> 'channel' AS channel, t.group_id, t.assignee_id, t.brand_id,
    t.ticket_form_id, t.requester_id, t.organization_id,
  {counts}
  FROM {around["tickets"]} AS t
  LEFT JOIN spoken AS s ON s.ticket_id = t.id
  LEFT JOIN touched AS o ON o.ticket_id = t.id
  LEFT JOIN moved AS m ON m.ticket_id = t.id
  LEFT JOIN ended AS e ON e.ticket_id = t.id
  WHERE NOT t._deleted
)
SELECT c.*,
  CASE WHEN is_solved THEN agent_replies <= 1 AND reopens = 0 END AS is_first_contact_resolved,
  {select_names(*_NAMES)}
FROM counted AS c
{join_names(around, "c", *_NAMES)}"""


VIEW = AnalysisView(
    name="analysis_ticket_handling",
    title="Handling of tickets",
    description=(
        "What it took to handle each ticket: replies, touches, hand-overs, reopens, and whether "
        "the first contact resolved it, which means that it is solved, with at most one public "
        "reply of agents, and was never reopened. From ticket_events, as far as they reach. "
        f"{AGENT} Deleted tickets are left out."
    ),
    grain=("ticket_id",),
    reads=("tickets", "ticket_events", "groups"),
    reads_if_there=named_in(*_NAMES),
    columns=(
        *of_tickets("ticket_id", "created_at", "status", "is_solved", "priority", "channel"),
        *of_tickets("group_id", "assignee_id", "brand_id", "ticket_form_id"),
        *of_tickets("requester_id", "organization_id"),
        count("agent_replies", "Public comments of agents after the creation.", *MADE_FROM),
        count("internal_notes", "Private comments of agents.", *MADE_FROM),
        count(
            "customer_comments",
            "Public comments of the requester and other end users, and the one that opened it.",
            *MADE_FROM,
        ),
        count("agents", "How many agents commented on it, publicly or not.", *MADE_FROM),
        count(
            "touches",
            "How often an agent updated it after its creation, in whatever way.",
            "ticket_events.updater_id",
        ),
        count("solves", "How often it was solved.", *FROM_STATUSES),
        count("reopens", "How often it was reopened.", *FROM_STATUSES),
        count("group_handovers", "How often it went from one group to another.", *_MOVES),
        count("assignee_handovers", "How often it went from one agent to another.", *_MOVES),
        boolean(
            "is_first_contact_resolved",
            "Whether the first contact resolved it; NULL while it is not solved.",
            *MADE_FROM,
            *FROM_STATUSES,
        ),
        *(name_of(kind) for kind in _NAMES),
    ),
    sql=_sql,
    figures={
        "first_contact_resolution_percent": (
            "100.0 * count(*) FILTER (WHERE is_first_contact_resolved) "
            "/ nullif(count(*) FILTER (WHERE is_solved), 0)"
        ),
    },
    example="""select group_name, count(*) as solved, round(avg(touches), 1) as touches,
  round(100.0 * count(*) filter (where is_first_contact_resolved) / count(*), 1) as percent_at_once
from {view} where is_solved
group by group_name order by solved desc;""",
)
