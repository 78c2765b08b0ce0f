"""Exports that go on by other rules: calls by time, and three that continue with parts of a link.

How each ends is in docs/zendesk-api.md: calls never say it, skills end with an empty page, custom
objects and engagements with `has_more`.
"""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_right
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from zendesk_assets.simulator.account.calls import call_legs, calls
from zendesk_assets.simulator.account.custom_data import object_records
from zendesk_assets.simulator.account.engagements import engagements_after
from zendesk_assets.simulator.account.routing_events import routing_events
from zendesk_assets.simulator.account.timeline import Timeline
from zendesk_assets.simulator.wire.exports import (
    HOLD_BACK,
    Stretch,
    page_by_time,
    page_size,
    start_time,
)
from zendesk_assets.simulator.wire.messages import (
    Answer,
    RefusedError,
    Request,
    bad_value,
    error,
    json_answer,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zendesk_assets.simulator.account.derived import Derived
    from zendesk_assets.simulator.account.desk import Account

ROUTING_PAGE = 3_000
_FEW = 10
_ELSEWHERE = "https://z3nab-f20879.zendesk-staging.example"
_LAST = "\uffff"


def export_calls(account: Account, request: Request) -> Answer:
    """Answer with a page of calls; `next_page` is never null, and the last row comes for ever."""
    return _by_time(account, request, "calls", calls(account))


def export_legs(account: Account, request: Request) -> Answer:
    """Answer with a page of the legs of calls, in the same form."""
    return _by_time(account, request, "legs", call_legs(account))


def _by_time(account: Account, request: Request, name: str, rows: list[Derived]) -> Answer:
    timeline, by_id = Timeline(), {int(key): row for _second, key, row in rows}
    timeline.load((second, int(key)) for second, key, _row in rows)
    stretch = Stretch(timeline, account.now(), None, account.same_second)
    ids, envelope = page_by_time(request, stretch)
    envelope.pop("end_of_stream")
    total = {f"{name}_total": stretch.end()}
    return json_answer({name: [by_id[each] for each in ids]} | envelope | total)


@dataclass(frozen=True)
class _Piece:
    """Some rows in the order of an export, where the next ones begin, and whether there are any."""

    rows: list[dict[str, Any]]
    last: tuple[int, str]
    more: bool


def _piece(request: Request, rows: Sequence[Derived], after: tuple[int, str], count: int) -> _Piece:
    place = bisect_right(rows, after, key=lambda each: (each[0], str(each[1])))
    found = rows[place : place + count]
    if request.twist == "empty_page":
        return _Piece([], after, more=True)
    repeats = request.twist == "duplicate_page"
    last = after if repeats or not found else (found[-1][0], str(found[-1][1]))
    more = repeats or place + count < len(rows)
    return _Piece([row for _second, _key, row in found], last, more)


def export_routing_events(account: Account, request: Request) -> Answer:
    """Answer with events of routing by skills; only a page without any is the last."""
    second = request.integer("start_time", 0) or 0
    after = _decode(request.query["cursor"]) if "cursor" in request.query else (second - 1, _LAST)
    rows = [each for each in routing_events(account) if each[0] <= account.now() - HOLD_BACK]
    piece = _piece(request, rows, after, ROUTING_PAGE)
    envelope = {
        "count": len(piece.rows),
        "end_time": piece.last[0],
        "next_page": request.link(cursor=_encode(piece.last), start_time=None),
    }
    return json_answer({"instance_values": piece.rows} | envelope)


def export_records(account: Account, request: Request, object_key: str) -> Answer:
    """Answer with records of a custom object, deleted ones without their values."""
    if object_key not in account.list_rows("custom_objects"):
        return error(404, "CustomObjectNotFound", "The custom object was not found")
    cursor, now = request.query.get("cursor"), account.now()
    after = _decode(cursor) if cursor else (start_time(request, now) - 1, _LAST)
    rows = [each for each in object_records(account, object_key) if each[0] <= now - HOLD_BACK]
    piece = _piece(request, rows, after, page_size(request))
    following = _encode(piece.last)
    envelope = {
        "after_cursor": following,
        "after_url": request.link(cursor=following, start_time=None),
        "before_cursor": None,
        "before_url": None,
        "filter": {"exclude_deleted": False},
        "meta": {"has_more": piece.more},
    }
    return json_answer({"custom_object_records": piece.rows} | envelope)


def list_engagements(account: Account, request: Request) -> Answer:
    """Answer with engagements by their beginning; the link to more names another host."""
    count = request.integer("page_size", _FEW) or _FEW
    start = request.integer("start_time", 0) or 0
    second, key = request.integer("start_time_cursor"), request.query.get("engagement_id_cursor")
    after = (start - 1, _LAST) if second is None else (second, key or "")
    rows = list(islice(engagements_after(account, after), count + 1))
    piece = _piece(request, rows, after, count)
    link = request.link(
        start_time_cursor=piece.last[0],
        engagement_id_cursor=piece.last[1],
        page_size=count,
        channel="MESSAGING",
    )
    envelope = {
        "next_page_url": link.replace(request.site, _ELSEWHERE) if piece.more else None,
        "has_more": piece.more,
        "page_size": len(piece.rows),
    }
    return json_answer({"agent_engagement_data": piece.rows} | envelope)


def _encode(key: tuple[int, str]) -> str:
    return base64.b64encode(msgspec.json.encode(key)).decode()


def _decode(cursor: str) -> tuple[int, str]:
    try:
        return msgspec.json.decode(base64.b64decode(cursor, validate=True), type=tuple[int, str])
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise RefusedError(bad_value("cursor is not valid")) from None
