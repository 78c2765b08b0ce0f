"""How many tickets have each tag, by the month in which they were created."""
# ruff: noqa: S608  # names of tables are quoted by `Surroundings`

from zendesk_assets.analysis._declaration import AnalysisView, count, day, text
from zendesk_assets.analysis._statuses import UNSOLVED
from zendesk_assets.catalog import declared
from zendesk_assets.warehouse import Surroundings, build_nested_view


def _sql(around: Surroundings) -> str:
    tags = build_nested_view(declared().views["ticket_tags"], around, declared())
    return f"""WITH tags AS (SELECT DISTINCT ticket_id, tag FROM ({tags}) AS t)
SELECT CAST(date_trunc('month', t.created_at AT TIME ZONE 'UTC') AS DATE) AS month, g.tag,
  count(*) AS tickets,
  count(*) FILTER (WHERE t.status IN {UNSOLVED}) AS unsolved_tickets,
  count(*) FILTER (WHERE t.status IN ('solved', 'closed')) AS solved_tickets
FROM tags AS g JOIN {around["tickets"]} AS t ON t.id = g.ticket_id
WHERE NOT t._deleted GROUP BY 1, 2"""


VIEW = AnalysisView(
    name="analysis_tags",
    title="Tags",
    description=(
        "How many tickets have each tag, by the month (UTC) in which they were created. The tags "
        "are those that tickets have now; one ticket counts for each of its tags, so the rows of a "
        "month must not be added up over tags. Deleted tickets are left out."
    ),
    grain=("month", "tag"),
    reads=("tickets",),
    columns=(
        day("month", "The first day of the month, in UTC.", "tickets.created_at"),
        text("tag", "The tag.", "tickets.tags"),
        count("tickets", "Tickets with that tag that were created in that month.", "tickets.tags"),
        count("unsolved_tickets", "Those that are not solved now.", "tickets.status"),
        count("solved_tickets", "Those that are solved or closed now.", "tickets.status"),
    ),
    sql=_sql,
    example="""select tag, sum(tickets) as tickets, sum(unsolved_tickets) as unsolved
from {view} group by tag order by tickets desc, tag limit 5;""",
)
