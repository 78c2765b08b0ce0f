"""The account-wide export of side conversation events: 100 a page, ended by no `next_page`.

docs/zendesk-api.md#side-conversation-events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zendesk_assets.simulator.wire.messages import (
    Answer,
    RefusedError,
    Request,
    bad_value,
    json_answer,
)

if TYPE_CHECKING:
    from zendesk_assets.simulator.account.desk import Account

PATH = "tickets/side_conversations/events"
_PAGE = 100


def export_side_conversation_events(account: Account, request: Request) -> Answer:
    """Answer with the events since a second; the next page begins with the last second of this."""
    start = request.integer("start_time")
    if start is None:
        raise RefusedError(bad_value("start_time is required"))
    # Whether Zendesk heeds `per_page` is not documented.
    size = max(1, min(_PAGE, request.integer("per_page") or _PAGE))
    found = list(account.side_events(start))
    page, is_last = found[:size], len(found) <= size
    # The end of the last page is later than what it has.
    end = account.now() if is_last else page[-1][0]
    if request.twist:
        page, is_last, end = ([] if request.twist == "empty_page" else page), False, start
    body: dict[str, Any] = {
        "events": [row for _second, row in page],
        "count": len(page),
        "end_time": end,
        "next_page": None if is_last else request.link(start_time=end),
    }
    return json_answer(body)
