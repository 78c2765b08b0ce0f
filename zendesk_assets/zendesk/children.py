"""Lists that each record of another list has: one walk over all of them.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/schedules/#list-holidays
The lists of brands are on hosts of their own (docs/zendesk-api.md#help-centers); those of articles
are on the host of their brand. One that is refused, or whose host is broken, ends nothing: the walk
goes on, and its last page names the parent.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

import msgspec

from zendesk_assets.errors import (
    ConnectionFailedError,
    CursorRejectedError,
    RateLimitedError,
    RequestRejectedError,
    UnavailableError,
    ZendeskError,
)
from zendesk_assets.records.lenient import decode_leniently
from zendesk_assets.settings.addresses import host_of_brand
from zendesk_assets.spec import Parent, Stream
from zendesk_assets.zendesk.pages import Page
from zendesk_assets.zendesk.pagination import Position

_Key = int | str
_Walk = Callable[[Stream, Position], Iterator[Page]]


def walk_children(
    walk: _Walk, stream: Stream, parent: Parent, position: Position, log: Callable[[str], None]
) -> Iterator[Page]:
    """Yield the pages of all the lists, of which the last ends the walk. Raises as `walk`.

    They have no cursor: an interrupted walk begins again, because the parents may have changed.
    The start of the position is the lower bound of each list. It holds for that of a parent which
    was not there before, too: its records are no older than itself, and it is younger than the walk
    before, which begins after that bound.
    """
    lists = _Lists(walk, log)
    owners, held = lists.read_owners(stream, parent)
    for owner in owners:
        for page in lists.pages(stream, parent, owner, Position(start=position.start)):
            if held.records:
                yield held
            spent = page.cost if held.records else page.cost + held.cost
            # A page without records is not landed, but what it says is as old as it is.
            as_of = page.as_of if held.records else min(held.as_of, page.as_of)
            records = tuple(_wrapped(parent, owner, each) for each in page.records)
            held = replace(page, records=records, cursor=None, end=False, cost=spent, as_of=as_of)
    if held.records and lists.has_none(parent):
        yield held
    lists.raise_if_none(parent)
    yield replace(held, end=True, unread=tuple(lists.failed))
    lists.raise_broken()


@dataclass(frozen=True)
class _Owner:
    """A record that has a list: the ids of those around it and its own, and its host, if any."""

    keys: tuple[_Key, ...]
    record: dict[str, Any]
    subdomain: str = ""

    @property
    def place(self) -> str:
        """Return the ids as one text, from the outermost inwards."""
        return Parent.place_of(self.keys)


@dataclass
class _Lists:
    """The lists of one walk: how many of each parent's were asked for, and which were refused."""

    walk: _Walk
    log: Callable[[str], None]
    asked: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    failed: dict[str, ZendeskError] = field(default_factory=dict)

    def pages(
        self, stream: Stream, parent: Parent, owner: _Owner, position: Position
    ) -> Iterator[Page]:
        """Yield the pages of one list; a refusal that concerns it alone is noted and no error."""
        self.asked[parent.path] += 1
        try:
            path = stream.path.format(quote(str(owner.keys[-1]), safe=""))
            subdomain = _subdomain(parent, owner, path)
            yield from self.walk(
                replace(stream, path=path, parent=None, subdomain=subdomain), position
            )
        except ZendeskError as error:
            if not _is_of_one(error, parent):
                raise
            self.refused[parent.path] += 1
            self.failed[owner.place] = error
            self.log(f"{error} The rows of {parent.describe(owner.place)} stay as they are.")

    def read_owners(self, stream: Stream, parent: Parent) -> tuple[list[_Owner], Page]:
        """Return the records that have a list, and a page without records for their cost."""
        of_parents = parent.list_for(stream)
        if parent.parent is None:
            return _owners_on(parent, self.walk(of_parents, Position()), None)
        outer, held = self.read_owners(of_parents, parent.parent)
        found: list[_Owner] = []
        for owner in outer:
            if parent.chosen:
                found += _chosen_of(parent, parent.parent, owner)
                continue
            pages = self.pages(of_parents, parent.parent, owner, Position())
            inner, held = _owners_on(parent, pages, held, owner)
            found += inner
        self.raise_if_none(parent.parent)
        return found, held

    def has_none(self, parent: Parent) -> bool:
        """Return whether every one of a parent's lists was refused."""
        return 0 < self.asked[parent.path] == self.refused[parent.path]

    def raise_if_none(self, parent: Parent) -> None:
        """Raise where every list was refused: the account does not have them, there is no end."""
        if self.has_none(parent):
            self.raise_broken()
            raise next(iter(self.failed.values()))

    def raise_broken(self) -> None:
        """Raise what is broken and not merely refused."""
        for each in self.failed.values():
            if not isinstance(each, UnavailableError):
                raise each


def _is_of_one(error: ZendeskError, parent: Parent) -> bool:
    """Return whether an error concerns the list of one parent and not the others'.

    "Not found" is that of a parent that was deleted a moment ago, or has no help center; a role may
    be allowed to read the records of some objects only.
    """
    if isinstance(error, UnavailableError):
        return error.missing in {"plan", "role"}
    if isinstance(error, RateLimitedError | CursorRejectedError):
        return False
    if isinstance(error, ConnectionFailedError):
        return any(each.host_from for each in parent.line)
    return isinstance(error, RequestRejectedError)


def _subdomain(parent: Parent, owner: _Owner, path: str) -> str:
    """Return the host of an owner's list. Raises UnavailableError if it names no usable one."""
    if not parent.host_from:
        return owner.subdomain
    try:
        host = host_of_brand(owner.record.get(parent.host_from))
    except ValueError as error:
        raise UnavailableError(f"{path} is not available: {error}.", str(error), "plan") from None
    return host.partition(".")[0]


def _owners_on(
    parent: Parent, pages: Iterator[Page], held: Page | None, outer: _Owner | None = None
) -> tuple[list[_Owner], Page]:
    """Return the records of the pages that have a list, and what all pages have cost so far."""
    found: dict[_Key, _Owner] = {}
    for page in pages:
        subdomain = ""
        if parent.parent and outer:
            subdomain = _subdomain(parent.parent, outer, parent.path)
        for record in map(_decoded, page.records):
            key = record.get(parent.key)
            if isinstance(key, int | str) and parent.has_list(record):
                kept = {parent.host_from: record.get(parent.host_from)}
                found[key] = _Owner((*(outer.keys if outer else ()), key), kept, subdomain)
        held = replace(
            page, records=(), records_by_day={}, oldest=None, newest=None, cursor=None,
            cost=held.cost + page.cost if held else page.cost,
            as_of=min(held.as_of, page.as_of) if held else page.as_of,
        )  # fmt: skip
    if held is None:
        message = f"{parent.path} has no page."  # a walk always has one
        raise RuntimeError(message)
    return list(found.values()), held


def _chosen_of(parent: Parent, outer_parent: Parent, outer: _Owner) -> Iterator[_Owner]:
    """Yield the chosen parents that belong to one of its own: nothing else is known of them."""
    for keys in sorted(parent.chosen, key=str):
        if keys[:-1] == outer.keys:
            yield _Owner(keys, {}, _subdomain(outer_parent, outer, parent.path))


def _decoded(record: bytes) -> dict[str, Any]:
    """Return a parent; without an id there is no list to request."""
    try:
        found: dict[str, Any] = decode_leniently(record, dict[str, Any])
    except msgspec.DecodeError:
        return {}
    return found


def _wrapped(parent: Parent, owner: _Owner, record: bytes) -> bytes:
    """Return a record with the ids of its parents around it; its own bytes stay as they are."""
    encode = msgspec.json.encode
    names = zip(parent.line, owner.keys, strict=True)
    ids = b",".join(b"%b:%b" % (encode(each.id_name), encode(key)) for each, key in names)
    return b"{%b,%b:%b}" % (ids, encode(parent.child_name), record)
