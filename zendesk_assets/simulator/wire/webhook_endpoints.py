"""The invocations of a webhook: a list by cursor that can be asked for those since a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zendesk_assets.clock import read_time
from zendesk_assets.simulator.account.webhook_invocations import webhook_invocations
from zendesk_assets.simulator.wire.messages import (
    Answer,
    RefusedError,
    Request,
    bad_value,
    json_answer,
    not_found,
)
from zendesk_assets.simulator.wire.paging import Listing, page_of

if TYPE_CHECKING:
    from zendesk_assets.simulator.account.desk import Account

_SINCE = "filter[from_ts]"


def list_invocations(account: Account, request: Request, webhook: str) -> Answer:
    """Answer with a page of what was sent in the last week, newest first."""
    if webhook not in account.list_rows("webhooks"):
        return not_found()
    start = _since(request)
    found = [each for each in webhook_invocations(account, webhook) if each[0] >= start]
    rows = [([-second, key], row) for second, key, row in found]
    rows.sort(key=lambda each: each[0])
    listing = Listing(f"invocations of {webhook}", "", rows, lambda _row: True)
    page, envelope = page_of(request, listing)
    return json_answer({"invocations": page} | envelope)


def _since(request: Request) -> int:
    text = request.query.get(_SINCE)
    try:
        return int(read_time(text).timestamp()) if text else 0
    except ValueError:
        raise RefusedError(bad_value(f"{_SINCE} must be an ISO 8601 time")) from None
