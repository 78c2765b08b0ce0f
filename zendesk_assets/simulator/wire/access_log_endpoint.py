"""The access log, from a service of its own: its pages, filters and errors.

docs/zendesk-api.md#access-log. Its limit is in `limits`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from zendesk_assets.clock import read_time
from zendesk_assets.simulator.account.access_logs import NAME, access_logs
from zendesk_assets.simulator.wire.messages import (
    Answer,
    RefusedError,
    Request,
    detailed,
    json_answer,
)
from zendesk_assets.simulator.wire.paging import Listing, page_of

if TYPE_CHECKING:
    from zendesk_assets.simulator.account.desk import Account

LARGEST_PAGE = 2500
_USUAL_PAGE = 1000
_FAR = 2**62


def list_access_logs(account: Account, request: Request) -> Answer:
    """Answer with a page, ascending in time unless asked otherwise; bounds are not included."""
    size = request.integer("page[size]", _USUAL_PAGE) or _USUAL_PAGE
    if size > LARGEST_PAGE:
        raise RefusedError(_malformed(f"max allowed page size is {LARGEST_PAGE}"))
    start, end = _second(request, "filter[start]", -1), _second(request, "filter[end]", _FAR)
    turn = -1 if request.query.get("sort") == "-created_at" else 1
    user = request.integer("filter[user_id]")
    rows = [
        ([turn * second, key], row)
        for second, key, row in access_logs(account)
        if start < second < end and user in {None, row["user_id"]}
    ]
    rows.sort(key=lambda each: each[0])
    listing = Listing(NAME, str(turn), rows, lambda _row: True, LARGEST_PAGE)
    sized = replace(request, query=request.query | {"page[size]": str(size)})
    found, envelope = page_of(sized, listing)
    return json_answer({NAME: found} | envelope)


def _second(request: Request, name: str, default: int) -> int:
    text = request.query.get(name)
    if not text:
        return default
    try:
        return int(read_time(text).timestamp())
    except ValueError:
        raise RefusedError(_malformed(f"{name} must be a UTC time stamp")) from None


def _malformed(detail: str) -> Answer:
    return detailed(400, "Malformed query params", detail)
