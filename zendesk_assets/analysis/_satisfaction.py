"""What requesters thought of each ticket, from ratings and surveys, as common table expressions."""
# ruff: noqa: S608  # names of tables are quoted by `Surroundings`

from typing import Final

from zendesk_assets.catalog import declared
from zendesk_assets.warehouse import Surroundings, build_nested_view

SCORES: Final = ("satisfaction_ratings.score", "survey_responses.answers")
# A survey can be answered for so long after it was sent (docs/zendesk-api.md#survey-responses).
_ANSWERABLE: Final = "INTERVAL '28 days'"


def satisfaction(around: Surroundings) -> str:
    """Return `satisfaction AS (…)`: one row per ticket whose requester was asked.

    The latest answer counts, and `offered` while there is none. A rating of the same second as an
    answer to a survey is that answer told again: the survey counts, which has the number and
    `neutral`, with the group, the agent and the reason of the rating. Of any other survey, group
    and agent are those of the ticket now, because nothing says what they were.
    """
    answers, subjects = (
        build_nested_view(declared().views[name], around, declared())
        for name in ("survey_answers", "survey_subjects")
    )
    return f"""answers AS (
  SELECT response_id,
    min(rating) FILTER (WHERE type = 'rating_scale' AND rating_category IS NOT NULL) AS rating,
    min(rating_category) FILTER (WHERE type = 'rating_scale') AS score,
    min(nullif(value, '')) FILTER (WHERE type = 'open_ended') AS comment,
    max(updated_at) AS answered_at
  FROM ({answers}) AS a GROUP BY response_id
),
subjects AS (
  SELECT response_id, min(ticket_id) AS ticket_id FROM ({subjects}) AS s
  WHERE ticket_id IS NOT NULL GROUP BY response_id
),
asked AS (
  SELECT 'rating' AS source, id AS number, '' AS key, ticket_id, score,
    CAST(NULL AS BIGINT) AS rating, nullif(comment, '') AS comment, reason,
    requester_id, assignee_id, group_id, created_at AS rated_at, updated_at AS latest
  FROM {around["satisfaction_ratings"]} AS r
  WHERE score IN ('offered', 'good', 'bad') AND NOT _deleted
  UNION ALL
  SELECT 'survey', m.id, r.id, s.ticket_id, coalesce(a.score, 'offered'), a.rating,
    coalesce(a.comment, nullif(m.comment, '')), m.reason, r.responder_id,
    CASE WHEN m.id IS NULL THEN t.assignee_id ELSE m.assignee_id END,
    CASE WHEN m.id IS NULL THEN t.group_id ELSE m.group_id END,
    coalesce(a.answered_at, r.expires_at - {_ANSWERABLE}),
    coalesce(a.answered_at, r.expires_at - {_ANSWERABLE})
  FROM {around["survey_responses"]} AS r
  JOIN subjects AS s ON s.response_id = r.id
  LEFT JOIN answers AS a ON a.response_id = r.id
  LEFT JOIN {around["tickets"]} AS t ON t.id = s.ticket_id
  LEFT JOIN {around["satisfaction_ratings"]} AS m
    ON m.ticket_id = s.ticket_id AND NOT m._deleted
    AND m.updated_at = coalesce(a.answered_at, r.expires_at - {_ANSWERABLE})
    AND m.score IN ('offered', 'good', 'bad')
    AND (m.score = 'offered') = (coalesce(a.score, 'offered') = 'offered')
  WHERE NOT r._deleted
),
placed AS (
  SELECT a.*, row_number() OVER (
    PARTITION BY ticket_id
    ORDER BY CASE WHEN score = 'offered' THEN 1 ELSE 0 END, latest DESC, source DESC,
      number DESC NULLS LAST, key DESC
  ) AS place
  FROM asked AS a
),
satisfaction AS (SELECT * FROM placed WHERE place = 1)"""
