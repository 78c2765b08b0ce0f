"""The list of survey responses: chosen by when surveys were sent, in Unix milliseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zendesk_assets.simulator.account.survey_responses import NAME, survey_responses
from zendesk_assets.simulator.wire.messages import Answer, Request, json_answer
from zendesk_assets.simulator.wire.paging import Listing, page_of

if TYPE_CHECKING:
    from zendesk_assets.simulator.account.desk import Account

LARGEST_PAGE = 50


def list_survey_responses(account: Account, request: Request) -> Answer:
    """Answer with a page of the list, ascending by id."""
    start = request.integer("filter[created_at_start]", 0) or 0
    end = request.integer("filter[created_at_end]", 2**62) or 2**62
    rows = [
        ([row["id"]], row)
        for sent, row in survey_responses(account)
        if start <= sent * 1000 <= end
    ]  # fmt: skip
    listing = Listing(NAME, "id", rows, lambda _row: True, LARGEST_PAGE)
    found, envelope = page_of(request, listing)
    return json_answer({NAME: found} | envelope)
