"""Pages of lists: by cursor with `page[size]`, by offset without it (traps T2, T11, T12).

docs/zendesk-api.md#lists. Which lists there are is `list_endpoints` and `plain_lists`.
"""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from zendesk_assets.simulator.wire.messages import RefusedError, bad_value, coded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from zendesk_assets.simulator.wire.messages import Request

MAX_PAGE = 100
MAX_DEPTH = 10_000
_Key: TypeAlias = list[Any]
_START = "start"


@dataclass(frozen=True, slots=True)
class Listing:
    """The sorted `(key, record)` pairs of a list in one order, and which of them are visible."""

    name: str
    order: str
    rows: list[tuple[_Key, Any]]
    is_visible: Callable[[Any], bool]
    largest_page: int = MAX_PAGE

    def forward(self, place: int) -> Iterator[tuple[_Key, Any]]:
        """Yield the visible rows from `place` on."""
        return (row for row in islice(self.rows, place, None) if self.is_visible(row[1]))

    def backward(self, place: int) -> Iterator[tuple[_Key, Any]]:
        """Yield the visible rows before `place`, the nearest first."""
        return (self.rows[n] for n in range(place - 1, -1, -1) if self.is_visible(self.rows[n][1]))


def page_of(
    request: Request, listing: Listing, *, lacks_meta: bool = False, by_offset: bool = False
) -> tuple[list[Any], dict[str, Any]]:
    """Return the page's records and the rest of its envelope, as in 2021 if it `lacks_meta`.

    A list that only pages `by_offset` ignores `page[size]`.
    """
    if by_offset:
        return _by_offset(request, listing, request.integer("per_page"))
    asked = request.integer("per_page") or request.integer("page[size]")
    if lacks_meta:
        rows, envelope = _by_offset(request, listing, asked)
        links = {"prev": envelope["previous_page"], "next": envelope["next_page"]}
        return rows, envelope | {"links": links}
    if "page[size]" in request.query or "page[after]" in request.query:
        return _by_cursor(request, listing)
    return _by_offset(request, listing, asked)


def _by_cursor(request: Request, listing: Listing) -> tuple[list[Any], dict[str, Any]]:
    size = _size(request, listing.largest_page)
    before = request.query.get("page[before]")
    if before:
        place = bisect_left(listing.rows, _decode(before, listing), key=_key_of)
        found = list(islice(listing.backward(place), size + 1))
        rows, has_more = found[:size][::-1], len(found) > size
    else:
        after = request.query.get("page[after]")
        place = bisect_right(listing.rows, _decode(after, listing), key=_key_of) if after else 0
        found = list(islice(listing.forward(place), size + 1))
        rows, has_more = found[:size], len(found) > size
    if request.twist:
        return _twisted(request, listing, rows)
    return [row[1] for row in rows], _envelope(request, listing, rows, has_more=has_more)


def _envelope(
    request: Request, listing: Listing, rows: list[tuple[_Key, Any]], *, has_more: bool
) -> dict[str, Any]:
    """Return cursors and links, which are set even on the last page, and null on an empty one."""
    if not rows:
        meta = {"has_more": False, "after_cursor": None, "before_cursor": None}
        return {"meta": meta, "links": {"prev": None, "next": None}}
    after, before = _encode(listing, rows[-1][0]), _encode(listing, rows[0][0])
    return _linked(request, after, before, has_more=has_more)


def _linked(request: Request, after: str, before: str, *, has_more: bool) -> dict[str, Any]:
    forward = {"page[after]": after, "page[before]": None}
    backward = {"page[before]": before, "page[after]": None}
    return {
        "meta": {"has_more": has_more, "after_cursor": after, "before_cursor": before},
        "links": {"prev": request.link(**backward), "next": request.link(**forward)},
    }


def _twisted(
    request: Request, listing: Listing, rows: list[tuple[_Key, Any]]
) -> tuple[list[Any], dict[str, Any]]:
    """Return a page whose next page is the same again: an empty one, or one with rows."""
    here = request.query.get("page[after]") or _encode(listing, None)
    kept = [] if request.twist == "empty_page" else [row[1] for row in rows]
    return kept, _linked(request, here, here, has_more=True)


def _key_of(row: tuple[_Key, Any]) -> _Key:
    return row[0]


def _size(request: Request, largest: int) -> int:
    size = request.integer("page[size]", largest) or 0
    if not 1 <= size <= largest:
        raise RefusedError(_bad_page(f"page[size] must be between 1 and {largest}"))
    return size


def _bad_page(title: str) -> Any:
    return coded(400, "InvalidPaginationParameter", title)


def _encode(listing: Listing, key: _Key | None) -> str:
    return base64.b64encode(msgspec.json.encode({"o": listing.order, "v": key or _START})).decode()


def _decode(cursor: str, listing: Listing) -> _Key:
    try:
        decoded = msgspec.json.decode(base64.b64decode(cursor, validate=True))
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError):
        decoded = None
    if not isinstance(decoded, dict) or decoded.get("o") != listing.order:
        raise RefusedError(_bad_page("The cursor does not fit this list and its order"))
    return [] if decoded["v"] == _START else list(decoded["v"])


def _by_offset(
    request: Request, listing: Listing, asked: int | None
) -> tuple[list[Any], dict[str, Any]]:
    page = request.integer("page", 1) or 1
    size = min(asked or MAX_PAGE, MAX_PAGE)
    if page < 1 or size < 1:
        raise RefusedError(bad_value("page and per_page must be positive"))
    if page * size > MAX_DEPTH:
        title = (
            "Pagination requests using Offset Pagination are limited to page 100 or up to 10000 "
            "records (page * per_page)"
        )
        raise RefusedError(coded(400, "InvalidPaginationDepth", title, "Use cursor pagination"))
    visible = [row[1] for row in listing.forward(0)]
    rows = visible[(page - 1) * size : page * size]
    more = page * size < len(visible)
    if request.twist == "empty_page":
        rows = []
    repeats = request.twist == "duplicate_page"
    envelope = {
        "count": len(visible),
        "next_page": request.link(page=page + (not repeats)) if more or repeats else None,
        "previous_page": request.link(page=page - 1) if page > 1 else None,
    }
    return rows, envelope
