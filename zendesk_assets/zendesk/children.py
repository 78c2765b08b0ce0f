"""Lists that each record of a small list has: one walk over all of them.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/schedules/#list-holidays
The lists of brands are on hosts of their own (docs/zendesk-api.md#help-centers). One that is
refused, or whose host is broken, ends nothing: the walk goes on, and its last page names the
parent.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
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
from zendesk_assets.spec import Budget, Parent, Stream
from zendesk_assets.zendesk.pages import Page, PageCost
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
    parents, held = _read_parents(walk, stream, parent)
    failed: dict[_Key, ZendeskError] = {}
    for key, record in parents.items():
        try:
            of_one = _list_of(stream, parent, key, record)
            for page in walk(of_one, Position(start=position.start)):
                if held.records:
                    yield held
                spent = page.cost if held.records else page.cost + held.cost
                # A page without records is not landed, but what it says is as old as it is.
                as_of = page.as_of if held.records else min(held.as_of, page.as_of)
                records = tuple(_wrapped(parent, key, each) for each in page.records)
                held = replace(
                    page, records=records, cursor=None, end=False, cost=spent, as_of=as_of
                )
        except ZendeskError as error:
            if not _is_of_one(error, parent):
                raise
            failed[key] = error
            log(f"{error} The rows of {parent.id_name} {key} stay as they are.")
    yield from _last_page(held, parents, failed)


def _last_page(
    held: Page,
    parents: dict[_Key, dict[str, Any]],
    failed: dict[_Key, ZendeskError],
) -> Iterator[Page]:
    """Yield the end of the walk, and raise what is broken.

    Where every list was refused, the account does not have them at all, and there is no end.
    """
    broken = [each for each in failed.values() if not isinstance(each, UnavailableError)]
    if failed and len(failed) == len(parents):
        if held.records:
            yield held
        raise (*broken, *failed.values())[0]
    yield replace(held, end=True, unread=tuple(map(str, failed)))
    if broken:
        raise broken[0]


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
        return bool(parent.host_from)
    return isinstance(error, RequestRejectedError)


def _list_of(stream: Stream, parent: Parent, key: _Key, record: dict[str, Any]) -> Stream:
    """Return the list of one parent. Raises UnavailableError if it names no usable host."""
    path = stream.path.format(quote(str(key), safe=""))
    if not parent.host_from:
        return replace(stream, path=path, parent=None)
    try:
        host = host_of_brand(record.get(parent.host_from))
    except ValueError as error:
        raise UnavailableError(f"{path} is not available: {error}.", str(error), "plan") from None
    return replace(stream, path=path, parent=None, subdomain=host.partition(".")[0])


def _read_parents(
    walk: _Walk, stream: Stream, parent: Parent
) -> tuple[dict[_Key, dict[str, Any]], Page]:
    """Return the parents that have a list, by id, and a page without records for their cost."""
    of_parents = Stream(
        stream.name, parent.path, parent.records_key, parent.pagination or stream.pagination,
        stream.completion, stream.docs_url, stream.description, time_field="",
        budget=Budget.ACCOUNT,
    )  # fmt: skip
    pages = list(walk(of_parents, Position()))
    found = (_decoded(record) for page in pages for record in page.records)
    parents = {
        each[parent.key]: each
        for each in found
        if isinstance(each.get(parent.key), int | str)
        and (not parent.only_where or each.get(parent.only_where) is True)
    }
    cost = sum((page.cost for page in pages), PageCost())
    return parents, replace(
        pages[-1], records=(), records_by_day={}, oldest=None, newest=None, cursor=None, cost=cost
    )


def _decoded(record: bytes) -> dict[str, Any]:
    """Return a parent; without an id there is no list to request."""
    try:
        found: dict[str, Any] = decode_leniently(record, dict[str, Any])
    except msgspec.DecodeError:
        return {}
    return found


def _wrapped(parent: Parent, key: _Key, record: bytes) -> bytes:
    """Return a record with the id of its parent around it; its own bytes stay as they are."""
    id_name, its_id, child_name = map(msgspec.json.encode, (parent.id_name, key, parent.child_name))
    return b"{%b:%b,%b:%b}" % (id_name, its_id, child_name, record)
