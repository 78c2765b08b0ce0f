"""How to request the next page: one small class per kind of pagination.

Each turns a position into query parameters, and an envelope into the next position. Nothing is sent
from here.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import msgspec

from zendesk_assets.spec import AFTER, EPOCH, Following, Pagination, Placement, Stream
from zendesk_assets.zendesk.pages import PageError

Parameters = dict[str, str | list[str]]  # a list is one parameter several times
# A cursor of ours for lists that page by offset: the number of records before it, as pages may be
# of different sizes. Zendesk ends such lists at 10,000 records, with a 400.
_BY_OFFSET: Final = "offset="


@dataclass(frozen=True)
class Position:
    """Where a walk is: before the first page (`start`), or after a page (`cursor`).

    `end` is where it need not go further, for streams of which Zendesk wants to know that.
    """

    start: datetime | None = None
    cursor: str | None = None
    end: datetime | None = None


def is_offset(cursor: str | None) -> bool:
    """Return whether a cursor is the number of the records before it."""
    return cursor is not None and cursor.startswith(_BY_OFFSET)


class Paginator(Protocol):
    """What a walk needs from a kind of pagination."""

    def parameters(self, stream: Stream, position: Position, size: int) -> Parameters:
        """Return the query for the page at `position`, with `size` records."""

    def advance(
        self, envelope: dict[str, msgspec.Raw], count: int, size: int
    ) -> tuple[str | None, bool]:
        """Return the cursor after this page, and whether the stream ends with it."""


def _fixed(stream: Stream) -> Parameters:
    """Return the parameters of every page; the cursor does not include side-loads (trap T27)."""
    asked: Parameters = dict(stream.parameters)
    return asked | ({"include": ",".join(stream.include)} if stream.include else {})


def _member(envelope: dict[str, msgspec.Raw], name: str) -> Any:
    raw = envelope.get(name)
    return None if raw is None else msgspec.json.decode(raw)


class _CursorExport:
    """`start_time` once, then only the cursor (trap T3); only `end_of_stream` ends it (trap T1)."""

    def parameters(self, stream: Stream, position: Position, size: int) -> Parameters:
        asked = {"per_page": str(size), **_fixed(stream)}
        if position.cursor is not None:
            return asked | {"cursor": position.cursor}
        return asked | {"start_time": _epoch(position.start)}

    def advance(
        self, envelope: dict[str, msgspec.Raw], count: int, size: int
    ) -> tuple[str | None, bool]:
        del count, size
        ended, cursor = _member(envelope, "end_of_stream"), _member(envelope, "after_cursor")
        if not isinstance(ended, bool) or not (ended or isinstance(cursor, str)):
            raise PageError("the response has no usable `end_of_stream` and `after_cursor`")
        return cursor, ended


@dataclass(frozen=True)
class _TimeExport:
    """`start_time` is the previous page's `end_time`, so that second comes again (trap T5)."""

    ends_below: int = 0
    ends_without_next: bool = False

    def parameters(self, stream: Stream, position: Position, size: int) -> Parameters:
        start = position.cursor if position.cursor is not None else _epoch(position.start)
        return {"per_page": str(size), **_fixed(stream), "start_time": start}

    def advance(
        self, envelope: dict[str, msgspec.Raw], count: int, size: int
    ) -> tuple[str | None, bool]:
        ended, end_time = _member(envelope, "end_of_stream"), _member(envelope, "end_time")
        if self.ends_without_next:
            ended = not _member(envelope, "next_page")
            end_time = None if ended else end_time  # it may be later than what the page has
        if ended is None:  # a page that is not full is the last (#envelopes-of-exports)
            ended = count < min(size, self.ends_below or size)
        if not ended and not isinstance(end_time, int):
            raise PageError("the response has no usable `end_time`")
        return (None if end_time is None else str(end_time)), bool(ended)


class _CursorList:
    """Always with `page[size]`; otherwise Zendesk silently pages by offset (trap T11)."""

    def parameters(self, stream: Stream, position: Position, size: int) -> Parameters:
        if position.cursor is not None and is_offset(position.cursor):
            return _by_offset(stream, position.cursor, size)
        asked = _fixed(stream)
        if stream.after == AFTER:
            asked["page[size]"] = str(size)
        if position.cursor is not None:
            asked[stream.after] = position.cursor
        return asked | _bounds(stream, position)

    def advance(
        self, envelope: dict[str, msgspec.Raw], count: int, size: int
    ) -> tuple[str | None, bool]:
        del count
        meta = _member(envelope, "meta")
        if not isinstance(meta, dict):  # docs/zendesk-api.md#lists-without-pages
            return _after_links(envelope, size)
        more, cursor = bool(meta.get("has_more")), _cursor_in(meta.get("after_cursor"))
        if more and cursor is None:
            raise PageError("the response has has_more, but no after_cursor")
        return cursor, not more


class _OffsetList:
    """`page` and `per_page`; a list that comes whole has no `next_page` either."""

    def parameters(self, stream: Stream, position: Position, size: int) -> Parameters:
        cursor = position.cursor or f"{_BY_OFFSET}0"
        if not is_offset(cursor):  # the link said so
            return _CursorList().parameters(stream, position, size)
        return _by_offset(stream, cursor, size)

    def advance(
        self, envelope: dict[str, msgspec.Raw], count: int, size: int
    ) -> tuple[str | None, bool]:
        del count
        cursor, ends = _after_links(envelope, size)
        meta = _member(envelope, "meta")
        if ends and isinstance(meta, dict) and meta.get("has_more"):
            raise PageError("the response has has_more, but no link to the next page")
        return cursor, ends


def _cursor_in(said: Any) -> str | None:
    """Return the cursor of `meta`: a text, a number (an id), or one within an address."""
    if isinstance(said, str) and "://" in said:
        return next(iter(parse_qs(urlsplit(said).query).get(AFTER, [])), None)
    is_one = isinstance(said, str | int) and not isinstance(said, bool)
    return str(said) if is_one else None


def _bounds(stream: Stream, position: Position) -> Parameters:
    """Return the bounds of the times to ask for; everything is asked for without a start.

    A range, which is one parameter twice, is asked for whole or not at all.
    """
    is_range = stream.until == stream.since
    if is_range and None in (position.start, position.end):
        return {}
    start = position.start if is_range or position.start != EPOCH else None
    found: dict[str, list[str]] = {}
    for name, time in ((stream.since, start), (stream.until, position.end)):
        if name and time is not None:
            found.setdefault(name, []).append(_written(time, stream.since_as))
    return {name: values if values[1:] else values[0] for name, values in found.items()}


def _by_offset(stream: Stream, cursor: str, size: int) -> Parameters:
    """Return the query of the page with the record at an offset; some before it may come again."""
    before = int(cursor.removeprefix(_BY_OFFSET))
    page = {"page": str(before // size + 1)} if before else {}
    return {"per_page": str(size), **_fixed(stream), **page}


def _after_links(envelope: dict[str, msgspec.Raw], size: int) -> tuple[str | None, bool]:
    """Return where a list without `meta` continues, from its links, as in 2021.

    Only the position is taken from them, never the address.
    """
    links = _member(envelope, "links")
    following = _member(envelope, "next_page")
    if not following and isinstance(links, dict):
        following = links.get("next")
    if not following:
        return None, True
    query = parse_qs(urlsplit(str(following)).query)
    if "page[after]" in query:
        return query["page[after]"][0], False
    if query.get("page", [""])[0].isdecimal():
        said = query.get("per_page", [""])[0]
        size = int(said) if said.isdecimal() else size
        return f"{_BY_OFFSET}{(int(query['page'][0]) - 1) * size}", False
    raise PageError("the link to the next page contains no position")


@dataclass(frozen=True)
class _LinkExport:
    """`start_time`, then the parameters of a link; a cursor of ours is a query with them alone."""

    following: Following

    def parameters(self, stream: Stream, position: Position, size: int) -> Parameters:
        asked = _fixed(stream) | ({self.following.size: str(size)} if self.following.size else {})
        is_start = position.cursor is None or self.following.repeats_start
        start = position.start or (None if self.following.optional_start else EPOCH)
        if stream.since and is_start and start:
            asked[stream.since] = _written(start, stream.since_as)
        return asked | dict(parse_qsl(position.cursor or ""))

    def advance(
        self, envelope: dict[str, msgspec.Raw], count: int, size: int
    ) -> tuple[str | None, bool]:
        del size
        query = parse_qs(urlsplit(str(_member(envelope, self.following.link) or "")).query)
        named = {name: query[name][0] for name in self.following.parameters if name in query}
        more = _at(envelope, self.following.has_more) if self.following.has_more else count > 0
        if not isinstance(more, bool) or (more and len(named) < len(self.following.parameters)):
            raise PageError("the response does not say whether and where it continues")
        return (urlencode(named) or None), not more


def _at(envelope: dict[str, msgspec.Raw], path: str) -> Any:
    first, *inner = path.split(".")
    found = _member(envelope, first)
    for name in inner:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _written(time: datetime, form: Placement) -> str:
    if form is Placement.ISO_8601:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ")
    return _epoch(time) + ("000" if form is Placement.EPOCH_MILLISECONDS else "")


def _epoch(time: datetime | None) -> str:
    return str(int(time.timestamp())) if time else "0"


class _OneObject:
    """One request, whose answer is everything."""

    def parameters(self, stream: Stream, position: Position, size: int) -> Parameters:
        del position, size
        return _fixed(stream)

    def advance(
        self, envelope: dict[str, msgspec.Raw], count: int, size: int
    ) -> tuple[str | None, bool]:
        del envelope, count, size
        return None, True


_PAGINATORS: dict[Pagination, Paginator] = {
    Pagination.CURSOR_EXPORT: _CursorExport(),
    Pagination.CURSOR_LIST: _CursorList(),
    Pagination.OFFSET_LIST: _OffsetList(),
    Pagination.ONE_OBJECT: _OneObject(),
}


def paginator_for(stream: Stream) -> Paginator:
    """Return the paginator of the stream's kind."""
    if stream.pagination is Pagination.TIME_EXPORT:
        return _TimeExport(stream.ends_below, stream.ends_without_next)
    if stream.following:
        return _LinkExport(stream.following)
    return _PAGINATORS[stream.pagination]
