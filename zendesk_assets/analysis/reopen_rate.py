"""How many of the solutions did not last, by week and month, and by group."""
# ruff: noqa: S608  # names of tables are quoted by `Surroundings`

from zendesk_assets.analysis._declaration import AnalysisView, count, day, ident, number, text
from zendesk_assets.analysis._statuses import MADE_FROM, UNSOLVED, changes
from zendesk_assets.warehouse import Surroundings


def _sql(around: Surroundings) -> str:
    return f"""WITH {changes(around)},
solves AS (
  SELECT c.ticket_id, c.happened AT TIME ZONE 'UTC' AS happened, t.group_id,
    CASE WHEN c.after IN {UNSOLVED} THEN 1 ELSE 0 END AS reopened
  FROM changes AS c LEFT JOIN {around["tickets"]} AS t ON t.id = c.ticket_id
  WHERE c.status = 'solved' AND (c.before IS NULL OR c.before IN {UNSOLVED})
    AND NOT coalesce(t._deleted, false)
),
placed AS (
  SELECT 'week' AS period, CAST(date_trunc('week', happened) AS DATE) AS period_start, s.*
  FROM solves AS s
  UNION ALL
  SELECT 'month', CAST(date_trunc('month', happened) AS DATE), s.* FROM solves AS s
)
SELECT p.period, p.period_start, p.group_id, g.name AS group_name,
  count(DISTINCT p.ticket_id) AS solved_tickets, count(*) AS solves, sum(p.reopened) AS reopens,
  sum(p.reopened) * 1.0 / count(*) AS reopen_rate
FROM placed AS p LEFT JOIN {around["groups"]} AS g ON g.id = p.group_id
GROUP BY p.period, p.period_start, p.group_id, g.name"""


VIEW = AnalysisView(
    name="analysis_reopen_rate",
    title="Reopen rate",
    description=(
        "How many solutions did not last: of all changes to solved in a week (from Monday) or "
        "month (UTC), the share after which the ticket's next change of status was back to "
        "unsolved, whenever that was. A recent period can still rise. Groups are those that the "
        "tickets are with now; deleted tickets are left out."
    ),
    grain=("period", "period_start", "group_id"),
    reads=("tickets", "ticket_events", "groups"),
    columns=(
        text("period", "week or month: choose one before adding up."),
        day("period_start", "Its first day, in UTC.", "ticket_events.timestamp"),
        ident("group_id", "The group the tickets are with now.", "tickets.group_id"),
        text("group_name", "The name of that group.", "groups.name"),
        count("solved_tickets", "Tickets that were solved, once or more.", *MADE_FROM),
        count("solves", "Changes to solved.", *MADE_FROM),
        count("reopens", "Those of the solves that were undone later.", *MADE_FROM),
        number("reopen_rate", "reopens / solves, from 0 to 1.", *MADE_FROM),
    ),
    sql=_sql,
    figures={
        "reopen_rate_percent": (
            "100.0 * sum(reopens) FILTER (WHERE period = 'month') "
            "/ nullif(sum(solves) FILTER (WHERE period = 'month'), 0)"
        ),
    },
    example="""select period_start, sum(solves) as solves, sum(reopens) as reopens,
  round(100.0 * sum(reopens) / sum(solves), 1) as percent
from {view} where period = 'month'
group by period_start order by period_start desc;""",
)
