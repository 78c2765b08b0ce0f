"""Unsolved tickets at the end of each day, by group, agent and brand of that day."""
# ruff: noqa: S608  # names of tables are quoted by `Surroundings`

from typing import Final

from zendesk_assets.analysis._declaration import AnalysisView, count, day, ident
from zendesk_assets.analysis._names import join_names, name_of, named_in, select_names
from zendesk_assets.analysis._statuses import MADE_FROM, UNSOLVED
from zendesk_assets.warehouse import Surroundings
from zendesk_assets.warehouse.sql import literals

_WHO: Final = ("group_id", "assignee_id", "brand_id")
_LISTED: Final = ", ".join(_WHO)
_FIELDS: Final = ("status", *_WHO)
_NAMES: Final = ("group", "assignee", "brand")


def _sql(around: Surroundings) -> str:
    parts = (_known(around), _story(), _held(), _spells(around), _days(around))
    return f"""WITH {",".join(parts)}
SELECT d.day, {_LISTED}, d.unsolved_tickets, {select_names(*_NAMES)}
FROM days AS d
{join_names(around, "d", *_NAMES)}"""


def _known(around: Surroundings) -> str:
    """Return `changes` of the fields, `known` as first and last, and `today`: what tickets hold."""
    today = "\n  UNION ALL\n  ".join(
        f"SELECT id, '{name}', CAST({name} AS VARCHAR) FROM {around['tickets']} AS t"
        for name in _FIELDS
    )
    return f"""changes AS (
  SELECT ticket_id, field_name, "timestamp" AS happened, ticket_event_id, id, event_type, value,
    previous_value AS before, row_number() OVER (
      PARTITION BY ticket_id, field_name ORDER BY "timestamp", ticket_event_id, id
    ) AS place
  FROM {around["ticket_events"]} AS e
  WHERE field_name IN ({literals(_FIELDS)}) AND event_type IN ('Create', 'Change')
),
known AS (
  SELECT min("timestamp") AS first, max("timestamp") AS last FROM {around["ticket_events"]} AS e
),
today (ticket_id, field_name, value) AS (
  {today}
)"""


def _story() -> str:
    """Return `story`: each value that a field of a ticket has held; that of place 0 has no time."""
    return """
story AS (
  SELECT ticket_id, field_name, place, happened, ticket_event_id, value FROM changes
  UNION ALL
  -- before the first change that is known: what it replaced, or nothing
  SELECT ticket_id, field_name, 0, NULL, NULL, CASE WHEN event_type = 'Change' THEN before END
  FROM changes WHERE place = 1
  UNION ALL
  -- no change since history begins: what it is today
  SELECT t.ticket_id, t.field_name, 0, NULL, NULL, t.value
  FROM today AS t
  LEFT JOIN changes AS c
    ON c.ticket_id = t.ticket_id AND c.field_name = t.field_name AND c.place = 1
  WHERE c.ticket_id IS NULL
)"""


def _held() -> str:
    """Return `held`: what all fields of a ticket held together, from when until when."""
    # The place of what a field holds is the largest so far; a join finds the value of that place.
    changed = ", ".join(
        f"max(place) FILTER (WHERE field_name = '{name}') AS {name}" for name in _FIELDS
    )
    newest = ", ".join(f"max({name}) OVER in_order AS {name}" for name in _FIELDS)
    values = ", ".join(f"of_{name}.value AS {name}" for name in _FIELDS)
    joins = "\n  ".join(
        f"LEFT JOIN story AS of_{name} ON of_{name}.ticket_id = p.ticket_id "
        f"AND of_{name}.field_name = '{name}' AND of_{name}.place = p.{name}"
        for name in _FIELDS
    )
    return f"""
moments AS (
  SELECT ticket_id, happened, ticket_event_id, {changed}
  FROM story GROUP BY ticket_id, happened, ticket_event_id
),
places AS (
  SELECT ticket_id, happened AS since, lead(happened) OVER in_order AS until,
    lead(ticket_id) OVER in_order IS NULL AS is_last,
    {newest}
  FROM moments
  WINDOW in_order AS (PARTITION BY ticket_id ORDER BY happened NULLS FIRST, ticket_event_id)
),
held AS (
  SELECT p.ticket_id, p.since, p.until, p.is_last, {values}
  FROM places AS p
  {joins}
)"""


def _spells(around: Surroundings) -> str:
    """Return `spells`: from when until when a ticket was unsolved with one group, agent, brand."""
    ids = ", ".join(
        f"CASE WHEN h.{name} ~ '^[1-9][0-9]{{0,17}}$' THEN CAST(h.{name} AS BIGINT) END AS {name}"
        for name in _WHO
    )
    return f"""
spells AS (
  SELECT {ids},
    greatest(coalesce(h.since, t.created_at, k.first), k.first) AS since,
    -- deleted without an event that says so
    CASE WHEN h.until IS NULL AND t._deleted THEN t.updated_at ELSE h.until END AS until
  FROM held AS h CROSS JOIN known AS k LEFT JOIN {around["tickets"]} AS t ON t.id = h.ticket_id
  WHERE h.status IN {UNSOLVED} AND (h.until IS NOT NULL OR h.is_last)
)"""


def _days(around: Surroundings) -> str:
    """Return `days`: how many of the spells were going on as each day ended."""
    every_day = around.dialect.days.format(
        "CAST(day AS TIMESTAMP)", "CAST(next_day AS TIMESTAMP) - INTERVAL '1 day'"
    )
    return f"""
steps AS (
  SELECT CAST(since AT TIME ZONE 'UTC' AS DATE) AS day, {_LISTED}, 1 AS step
  FROM spells WHERE until IS NULL OR until > since
  UNION ALL
  SELECT CAST(until AT TIME ZONE 'UTC' AS DATE), {_LISTED}, -1 FROM spells WHERE until > since
),
levels AS (
  SELECT day, {_LISTED}, sum(sum(step)) OVER each_in_order AS unsolved_tickets,
    coalesce(
      lead(day) OVER each_in_order,
      (SELECT CAST(last AT TIME ZONE 'UTC' AS DATE) + 1 FROM known)
    ) AS next_day
  FROM steps GROUP BY day, {_LISTED}
  WINDOW each_in_order AS (PARTITION BY {_LISTED} ORDER BY day)
),
days AS (
  SELECT CAST({every_day} AS DATE) AS day, {_LISTED}, unsolved_tickets
  FROM levels WHERE unsolved_tickets > 0
)"""


VIEW = AnalysisView(
    name="analysis_backlog_by_group",
    title="Backlog by group and agent",
    description=(
        "How many tickets were unsolved (new, open, pending or on hold) as each day (UTC) ended, "
        "by the group, agent and brand that they had at that moment; without a row, there were "
        "none. Added up over a day, they are the unsolved tickets of analysis_backlog_by_day. From "
        "the changes in ticket_events, in the same way: before its first known change, a field "
        "held what that replaced; one that never changed has always held what it does today."
    ),
    grain=("day", *_WHO),
    reads=("tickets", "ticket_events", "groups"),
    reads_if_there=named_in(*_NAMES),
    columns=(
        day("day", "The day, in UTC.", "ticket_events.timestamp"),
        ident("group_id", "The group as the day ended.", *MADE_FROM, "tickets.group_id"),
        ident("assignee_id", "The agent as the day ended.", *MADE_FROM, "tickets.assignee_id"),
        ident("brand_id", "The brand as the day ended.", *MADE_FROM, "tickets.brand_id"),
        count("unsolved_tickets", "Unsolved as the day ended.", *MADE_FROM, "tickets.status"),
        *(name_of(kind) for kind in _NAMES),
    ),
    sql=_sql,
    example="""select group_name, sum(unsolved_tickets) as unsolved_tickets
from {view}
where day = (select max(day) from {view})
group by group_name order by unsolved_tickets desc;""",
)
