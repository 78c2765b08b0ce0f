"""Responses to CSAT surveys, derived from the ratings of tickets where an account has surveys.

Nothing of it is stored: a survey is sent where a rating was offered, and what was rated first and
last is its answer.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from zendesk_assets.simulator.account.identifiers import ulid
from zendesk_assets.simulator.account.rendering.raw import overridden
from zendesk_assets.simulator.times import DAY, iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zendesk_assets.simulator.account.configuration import Configuration
    from zendesk_assets.simulator.account.records import Rating

NAME = "survey_responses"
_RATINGS = {"good": 5, "bad": 1}


def sent_surveys(account: Configuration) -> list[list[Rating]]:
    """Return the ratings that belong to each survey, in the order in which those were sent."""
    ordered = sorted(account.ratings.values(), key=lambda each: (each.ticket_id, each.created))
    found = [list(group) for _, group in groupby(ordered, key=lambda each: each.ticket_id)]
    return sorted(found, key=lambda each: (each[0].created, each[0].id))


def survey_responses(account: Configuration) -> Iterator[dict[str, Any]]:
    """Yield the response to each survey, in the order of their ids."""
    return (survey_response(account, ratings) for ratings in sent_surveys(account))


def survey_response(account: Configuration, ratings: list[Rating]) -> dict[str, Any]:
    """Return the response to the survey that these ratings belong to."""
    sent, ticket = ratings[0].created, str(ratings[0].ticket_id)
    survey = next(iter(account.list_rows("surveys").values()))
    number = ulid(sent, ratings[0].id)
    row = {
        "id": number,
        "responder_id": str(ratings[0].requester_id),
        "survey": {name: survey[name] for name in ("id", "version", "state")},
        "subjects": [{"id": ticket, "type": "ticket", "zrn": f"zen:ticket:{ticket}"}],
        "subject_zrns": [f"zen:ticket:{ticket}"],
        "expires_at": iso(sent + 28 * DAY),
        "answers": _answers([each for each in ratings if each.score in _RATINGS], survey),
    }
    return overridden(account, NAME, number, row)


def _answers(rated: list[Rating], survey: dict[str, Any]) -> list[dict[str, Any]]:
    if not rated:
        return []
    last = rated[-1]
    times = {"created_at": iso(rated[0].created), "updated_at": iso(last.created)}
    scale, comment = (
        {name: each[name] for name in ("id", "type", "sub_type")} for each in survey["questions"]
    )
    found: dict[str, Any] = {"type": "rating_scale", "question": scale}
    found |= {"rating": _RATINGS[last.score], "rating_category": last.score}
    text = {"type": "open_ended", "question": comment, "value": last.comment}
    return [each | times for each in (found, text) if each.get("value", "") is not None]
