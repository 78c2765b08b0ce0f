"""How satisfied requesters are, by month and group."""
# ruff: noqa: S608  # names of tables are quoted by `Surroundings`

from zendesk_assets.analysis._declaration import AnalysisView, count, day, ident, number, text
from zendesk_assets.analysis._satisfaction import SCORES, satisfaction
from zendesk_assets.warehouse import Surroundings


def _sql(around: Surroundings) -> str:
    return f"""WITH {satisfaction(around)},
counted AS (
  SELECT CAST(date_trunc('month', rated_at AT TIME ZONE 'UTC') AS DATE) AS month, group_id,
    count(*) AS offered,
    count(*) FILTER (WHERE score <> 'offered') AS received,
    count(*) FILTER (WHERE score = 'good') AS good,
    count(*) FILTER (WHERE score = 'bad') AS bad,
    count(*) FILTER (WHERE score <> 'offered' AND comment IS NOT NULL) AS with_comment
  FROM satisfaction GROUP BY 1, 2
)
SELECT c.month, c.group_id, g.name AS group_name, c.offered, c.received, c.good, c.bad,
  c.with_comment, c.good * 1.0 / nullif(c.received, 0) AS csat,
  c.received * 1.0 / c.offered AS response_rate
FROM counted AS c LEFT JOIN {around["groups"]} AS g ON g.id = c.group_id"""


VIEW = AnalysisView(
    name="analysis_csat",
    title="Customer satisfaction",
    description=(
        "Satisfaction by month (UTC) and group: good answers / all answers, from ratings and from "
        "surveys. A ticket counts once, with its latest answer, or as offered while it has none; "
        "month and group are those of that answer; where only a survey tells of it, the group is "
        "the ticket's of today."
    ),
    grain=("month", "group_id"),
    reads=("satisfaction_ratings", "groups"),
    reads_if_there=("survey_responses", "tickets"),
    columns=(
        day(
            "month",
            "The first day of the month, in UTC.",
            "satisfaction_ratings.created_at",
            "survey_responses.answers",
        ),
        ident(
            "group_id",
            "The group when it was rated.",
            "satisfaction_ratings.group_id",
            "tickets.group_id",
        ),
        text("group_name", "The name of that group.", "groups.name"),
        count("offered", "Tickets whose requester was asked, answered or not.", *SCORES),
        count("received", "Those that were answered: good, bad or, in surveys, neutral.", *SCORES),
        count("good", "Those that were answered with good.", *SCORES),
        count("bad", "Those that were answered with bad.", *SCORES),
        count(
            "with_comment",
            "Answers that came with a comment.",
            "satisfaction_ratings.comment",
            "survey_responses.answers",
        ),
        number("csat", "good / received, from 0 to 1; NULL without an answer.", *SCORES),
        number("response_rate", "received / offered, from 0 to 1.", *SCORES),
    ),
    sql=_sql,
    figures={
        "csat_percent": "100.0 * sum(good) / nullif(sum(received), 0)",
        "ratings_received": "CAST(coalesce(sum(received), 0) AS BIGINT)",
        "ratings_offered": "CAST(coalesce(sum(offered), 0) AS BIGINT)",
    },
    example="""select group_name, sum(good) as good, sum(bad) as bad,
  round(100.0 * sum(good) / nullif(sum(received), 0), 1) as csat_percent
from {view} group by group_name order by csat_percent desc;""",
)
