"""The list of survey responses: chosen by when surveys were sent, in Unix milliseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zendesk_assets.simulator.account.survey_responses import (
    NAME,
    sent_surveys,
    survey_response,
)
from zendesk_assets.simulator.wire.messages import Answer, Request, json_answer
from zendesk_assets.simulator.wire.paging import Listing, page_of

if TYPE_CHECKING:
    from zendesk_assets.simulator.account.desk import Account

LARGEST_PAGE = 50


def list_survey_responses(account: Account, request: Request) -> Answer:
    """Answer with a page of the list, ascending by id."""
    start = request.integer("filter[created_at_start]", 0) or 0
    end = request.integer("filter[created_at_end]", 2**62) or 2**62
    # By when they were sent and the ratings' ids, as by the ids that are made of both.
    rows = [
        ([ratings[0].created, ratings[0].id], ratings)
        for ratings in sent_surveys(account)
        if start <= ratings[0].created * 1000 <= end
    ]
    listing = Listing(NAME, "id", rows, lambda _row: True, LARGEST_PAGE)
    found, envelope = page_of(request, listing)
    return json_answer({NAME: [survey_response(account, each) for each in found]} | envelope)
