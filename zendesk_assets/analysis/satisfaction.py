"""What requesters thought of each ticket: ratings and surveys in one view."""
# ruff: noqa: S608  # names of tables are quoted by `Surroundings`

from zendesk_assets.analysis._declaration import (
    AnalysisView,
    boolean,
    count,
    ident,
    moment,
    text,
)
from zendesk_assets.analysis._names import join_names, name_of, named_in, select_names
from zendesk_assets.analysis._satisfaction import SCORES, satisfaction
from zendesk_assets.warehouse import Surroundings

_NAMES = ("assignee", "group", "requester", "organization", "brand")


def _sql(around: Surroundings) -> str:
    return f"""WITH {satisfaction(around)},
known AS (
  SELECT s.*, t.organization_id, t.brand_id
  FROM satisfaction AS s LEFT JOIN {around["tickets"]} AS t ON t.id = s.ticket_id
)
SELECT k.ticket_id, k.source, nullif(k.score, 'offered') AS score, k.rating,
  k.score <> 'offered' AS is_answered, k.rated_at, k.comment, k.reason,
  k.requester_id, k.assignee_id, k.group_id, k.organization_id, k.brand_id,
  {select_names(*_NAMES)}
FROM known AS k
{join_names(around, "k", *_NAMES)}"""


VIEW = AnalysisView(
    name="analysis_satisfaction",
    title="Satisfaction by ticket",
    description=(
        "Every ticket whose requester was asked how satisfied they are, by a rating or a survey, "
        "once: with the latest answer, or without a score while there is none. A rating of the "
        "same second as the answer to a survey is the same answer: the survey's score and number "
        "count, with what the rating adds. Agent and group are those when it was rated; of a "
        "survey without such a rating, the ticket's of today. Satisfaction is good answers / all "
        "answers. Tickets that have been deleted since count."
    ),
    grain=("ticket_id",),
    reads=("tickets", "groups"),
    reads_if_there=("satisfaction_ratings", "survey_responses", *named_in(*_NAMES)),
    needs_one_of=("satisfaction_ratings", "survey_responses"),
    columns=(
        ident(
            "ticket_id",
            "The ticket.",
            "satisfaction_ratings.ticket_id",
            "survey_responses.subjects",
        ),
        text("source", "rating or survey.", *SCORES),
        text("score", "good, bad or, in surveys, neutral; NULL without an answer.", *SCORES),
        count("rating", "The number chosen in a survey, from 1.", "survey_responses.answers"),
        boolean("is_answered", "Whether there is an answer.", *SCORES),
        moment(
            "rated_at",
            "When it was rated; without an answer, when the requester was asked.",
            "satisfaction_ratings.created_at",
            "survey_responses.answers",
        ),
        text(
            "comment",
            "What the requester wrote.",
            "satisfaction_ratings.comment",
            "survey_responses.answers",
        ),
        text("reason", "Why a rating is bad.", "satisfaction_ratings.reason"),
        ident(
            "requester_id",
            "Who was asked.",
            "satisfaction_ratings.requester_id",
            "survey_responses.responder_id",
        ),
        ident(
            "assignee_id",
            "The agent when it was rated.",
            "satisfaction_ratings.assignee_id",
            "tickets.assignee_id",
        ),
        ident(
            "group_id",
            "The group when it was rated.",
            "satisfaction_ratings.group_id",
            "tickets.group_id",
        ),
        ident("organization_id", "The organization of who asked.", "tickets.organization_id"),
        ident("brand_id", "The brand.", "tickets.brand_id"),
        *(name_of(kind) for kind in _NAMES),
    ),
    sql=_sql,
    figures={
        "csat_percent": (
            "100.0 * count(*) FILTER (WHERE score = 'good') "
            "/ nullif(count(*) FILTER (WHERE is_answered), 0)"
        ),
    },
    example="""select assignee_name, count(score) as answers,
  count(*) filter (where score = 'good') as good,
  round(100.0 * count(*) filter (where score = 'good') / nullif(count(score), 0), 1) as percent
from {view} group by assignee_name order by answers desc limit 5;""",
)
