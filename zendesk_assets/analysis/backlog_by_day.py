"""Unsolved tickets at the end of each day, from the changes of status."""
# ruff: noqa: S608  # names of tables are quoted by `Surroundings`

from zendesk_assets.analysis._declaration import AnalysisView, count, day
from zendesk_assets.analysis._statuses import MADE_FROM, UNSOLVED, changes
from zendesk_assets.warehouse import Surroundings

_COLUMNS = {
    "new_tickets": "new",
    "open_tickets": "open",
    "pending_tickets": "pending",
    "on_hold_tickets": "hold",
}


def _sql(around: Surroundings) -> str:
    steps = ", ".join(
        f"sum(step) FILTER (WHERE status = '{status}') AS {name}"
        for name, status in _COLUMNS.items()
    )
    levels = ",\n  ".join(
        f"coalesce(sum(s.{name}) OVER up_to_here, 0) AS {name}" for name in _COLUMNS
    )
    every_day = around.dialect.days.format(
        "date_trunc('day', first AT TIME ZONE 'UTC')", "date_trunc('day', last AT TIME ZONE 'UTC')"
    )
    return f"""WITH {changes(around)},
known AS (
  SELECT min("timestamp") AS first, max("timestamp") AS last FROM {around["ticket_events"]} AS e
),
spells AS (
  SELECT ticket_id, status, happened AS since, until FROM changes
  UNION ALL
  -- before the first change we know of: the status that it replaced
  SELECT c.ticket_id, c.before, t.created_at, c.happened
  FROM changes AS c LEFT JOIN {around["tickets"]} AS t ON t.id = c.ticket_id
  WHERE c.number = 1 AND c.event_type = 'Change'
  UNION ALL
  -- no change since history begins: the status of today
  SELECT t.id, t.status, t.created_at, NULL
  FROM {around["tickets"]} AS t
  WHERE NOT EXISTS (SELECT 1 FROM changes AS c WHERE c.ticket_id = t.id)
),
unsolved AS (
  SELECT s.status, greatest(coalesce(s.since, k.first), k.first) AS since,
    -- deleted without an event that says so
    CASE WHEN s.until IS NULL AND t._deleted THEN t.updated_at ELSE s.until END AS until
  FROM spells AS s CROSS JOIN known AS k LEFT JOIN {around["tickets"]} AS t ON t.id = s.ticket_id
  WHERE s.status IN {UNSOLVED}
),
steps AS (
  SELECT CAST(since AT TIME ZONE 'UTC' AS DATE) AS day, status, 1 AS step
  FROM unsolved WHERE until IS NULL OR until > since
  UNION ALL
  SELECT CAST(until AT TIME ZONE 'UTC' AS DATE), status, -1 FROM unsolved WHERE until > since
),
stock AS (SELECT day, sum(step) AS unsolved_tickets, {steps} FROM steps GROUP BY day),
flow AS (
  SELECT CAST(happened AT TIME ZONE 'UTC' AS DATE) AS day,
    count(*) FILTER (WHERE event_type = 'Create') AS created_tickets,
    count(*) FILTER (WHERE status IN ('solved', 'closed') AND before IN {UNSOLVED})
      AS solved_tickets,
    count(*) FILTER (WHERE status IN {UNSOLVED} AND before IN ('solved', 'closed'))
      AS reopened_tickets
  FROM changes GROUP BY 1
),
days AS (SELECT CAST({every_day} AS DATE) AS day FROM known WHERE first IS NOT NULL)
SELECT d.day,
  coalesce(sum(s.unsolved_tickets) OVER up_to_here, 0) AS unsolved_tickets,
  {levels},
  coalesce(f.created_tickets, 0) AS created_tickets,
  coalesce(f.solved_tickets, 0) AS solved_tickets,
  coalesce(f.reopened_tickets, 0) AS reopened_tickets
FROM days AS d LEFT JOIN stock AS s ON s.day = d.day LEFT JOIN flow AS f ON f.day = d.day
WINDOW up_to_here AS (ORDER BY d.day)"""


VIEW = AnalysisView(
    name="analysis_backlog_by_day",
    title="Backlog by day",
    description=(
        "How many tickets were unsolved (new, open, pending or on hold) as each day (UTC) ended, "
        "and how many were created, solved and reopened on it. From the changes of status in "
        "ticket_events: a ticket that is older than the events counts with the status that its "
        "first known change replaced, one that never changed with its status of today. The first "
        "day is that of the first event, the last one that of the newest, as far as that is known."
    ),
    grain=("day",),
    reads=("tickets", "ticket_events"),
    columns=(
        day("day", "The day, in UTC.", "ticket_events.timestamp"),
        count(
            "unsolved_tickets",
            "Unsolved as the day ended: the sum of the next four.",
            *MADE_FROM,
            "tickets.status",
        ),
        *(
            count(name, f"Those whose status was {status}.", *MADE_FROM, "tickets.status")
            for name, status in _COLUMNS.items()
        ),
        count("created_tickets", "Created on that day.", "ticket_events.event_type"),
        count("solved_tickets", "Changes from unsolved to solved or closed.", *MADE_FROM),
        count("reopened_tickets", "Changes from solved or closed to unsolved.", *MADE_FROM),
    ),
    sql=_sql,
    figures={
        "unsolved_tickets": "(array_agg(unsolved_tickets ORDER BY day DESC))[1]",
        "created_tickets_a_day": "avg(created_tickets)",
        "solved_tickets_a_day": "avg(solved_tickets)",
    },
    example="""select day, unsolved_tickets, created_tickets, solved_tickets
from {view} order by day desc limit 7;""",
)
