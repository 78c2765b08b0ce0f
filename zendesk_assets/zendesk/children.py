"""Lists that each record of a small list has: one walk over all of them.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/schedules/#list-holidays
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec

from zendesk_assets.errors import UnavailableError
from zendesk_assets.records.lenient import decode_leniently
from zendesk_assets.spec import Budget, Parent, Stream
from zendesk_assets.zendesk.pages import Page, PageCost
from zendesk_assets.zendesk.pagination import Position

_Walk = Callable[[Stream, Position], Iterator[Page]]


def walk_children(
    walk: _Walk, stream: Stream, parent: Parent, start: datetime | None = None
) -> Iterator[Page]:
    """Yield the pages of all the lists, of which the last ends the walk. Raises as `walk`.

    They have no cursor: an interrupted walk begins again, because the parents may have changed.
    `start` is the lower bound of each list. It holds for that of a parent which was not there
    before, too: its records are no older than itself, and it is younger than the walk before,
    which begins after `start`.
    """
    parents, held = _read_parents(walk, stream, parent)
    refused: list[UnavailableError] = []
    for key in parents:
        path = stream.path.format(quote(str(key), safe=""))
        of_one = replace(stream, path=path, parent=None)
        for page in _pages_of(walk, of_one, start, refused):
            if held.records:
                yield held
            spent = page.cost if held.records else page.cost + held.cost
            records = tuple(_wrapped(parent, key, each) for each in page.records)
            held = replace(page, records=records, cursor=None, end=False, cost=spent)
    if refused and len(refused) == len(parents):
        raise refused[0]  # the account does not have such lists at all
    yield replace(held, end=True)


def _pages_of(
    walk: _Walk, of_one: Stream, start: datetime | None, refused: list[UnavailableError]
) -> Iterator[Page]:
    """Yield the pages of one parent's list; none if the parent was deleted a moment ago."""
    try:
        yield from walk(of_one, Position(start))
    except UnavailableError as error:
        if error.missing != "plan":  # what "not found" is taken for
            raise
        refused.append(error)


def _read_parents(walk: _Walk, stream: Stream, parent: Parent) -> tuple[list[int | str], Page]:
    """Return the ids of the parents, and a page without records that carries their cost."""
    of_parents = replace(
        stream,
        path=parent.path,
        records_key=parent.records_key,
        pagination=parent.pagination or stream.pagination,
        page_size=100,
        budget=Budget.ACCOUNT,
        parent=None,
        following=None,
        parameters=(),
        include=(),
        since=None,
    )
    pages = list(walk(of_parents, Position()))
    found = (_id_of(record, parent.key) for page in pages for record in page.records)
    ids = [each for each in found if each is not None]
    cost = sum((page.cost for page in pages), PageCost())
    return ids, replace(
        pages[-1], records=(), records_by_day={}, oldest=None, newest=None, cursor=None, cost=cost
    )


def _id_of(record: bytes, key: str) -> int | str | None:
    """Return the id of a parent; without one there is no list to request."""
    try:
        found: Any = decode_leniently(record, dict[str, Any]).get(key)
    except msgspec.DecodeError:
        return None
    return found if isinstance(found, int | str) else None


def _wrapped(parent: Parent, key: int | str, record: bytes) -> bytes:
    """Return a record with the id of its parent around it; its own bytes stay as they are."""
    id_name, its_id, child_name = map(msgspec.json.encode, (parent.id_name, key, parent.child_name))
    return b"{%b:%b,%b:%b}" % (id_name, its_id, child_name, record)
