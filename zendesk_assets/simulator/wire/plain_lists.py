"""Answers of the plain lists: pages, counts and single rows, as their data files say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from zendesk_assets.simulator.lists.declaration import Declaration, declarations
from zendesk_assets.simulator.times import iso
from zendesk_assets.simulator.wire.help_centers import brand_of, to_account
from zendesk_assets.simulator.wire.messages import Answer, Request, json_answer, not_found
from zendesk_assets.simulator.wire.paging import Listing, page_of

if TYPE_CHECKING:
    from zendesk_assets.simulator.account.desk import Account


@dataclass(frozen=True, slots=True)
class PlainPath:
    """A path below `/api/v2/` that a plain list answers; `end` is "", "count" or a row's key."""

    name: str
    declaration: Declaration
    parent: str
    end: str = ""


def find_plain(path: str) -> PlainPath | None:
    """Return which list answers a path, if one does."""
    before, _slash, end = path.rpartition("/")
    for name, declaration in declarations().items():
        if (parent := declaration.parent_in(path)) is not None:
            return PlainPath(name, declaration, parent)
        is_one = declaration.is_counted if end == "count" else declaration.may_be_key(end)
        if is_one and (parent := declaration.parent_in(before)) is not None:
            return PlainPath(name, declaration, parent, end)
    return None


def answer_plain(account: Account, request: Request, plain: PlainPath) -> Answer:
    """Answer with a page, the count, or a single row."""
    brand = brand_of(account, request) if plain.declaration.by_brand else ""
    if brand and not plain.parent:
        plain = replace(plain, parent=brand)
    if plain.declaration.is_of_account and (redirect := to_account(account, request)):
        return redirect
    if plain.declaration.parents and not _has_parent(account, plain, brand):
        return not_found()
    if plain.end == "count":
        count = {"value": len(account.list_rows(plain.name)), "refreshed_at": iso(account.now())}
        return json_answer({"count": count})
    listing = _listing(account, request, plain)
    if plain.end:
        return _single(account, request, plain, listing)
    return json_answer(_page(account, request, plain, listing))


def _has_parent(account: Account, plain: PlainPath, brand: str) -> bool:
    """Return whether the parent is there, and on the host that is asked."""
    rows = account.lists.rows(plain.declaration.parents).items()
    found = next((row for key, row in rows if str(key) == plain.parent), None)
    return found is not None and (not brand or str(found.get("brand_id", brand)) == brand)


def _listing(account: Account, request: Request, plain: PlainPath) -> Listing:
    """Return the sorted rows, which are sorted again only after a change."""
    hides = plain.declaration.hides.items()
    hidden = [name for asked, name in hides if not request.flag(asked, default=False)]
    place = (f"{plain.name}/{plain.parent}", "")
    revision, rows = account.sorted_lists.get(place, (-1, []))
    if revision != account.revision:
        found = account.list_rows(plain.name).values()
        kept = [row for row in found if plain.parent == _parent_of(plain.declaration, row)]
        rows = sorted(((plain.declaration.place(row), row) for row in kept), key=lambda row: row[0])
        account.sorted_lists[place] = (account.revision, rows)

    oldest = iso(request.integer(plain.declaration.since, 0) or 0)

    def is_shown(row: dict[str, Any]) -> bool:
        is_old = bool(plain.declaration.since) and row["created_at"] < oldest
        return not (is_old or any(row[name] for name in hidden))

    return Listing(plain.name, "", rows, is_shown, plain.declaration.largest_page)


def _parent_of(declaration: Declaration, row: dict[str, Any]) -> str:
    return str(row[declaration.parent]) if declaration.parent else ""


def _page(account: Account, request: Request, plain: PlainPath, listing: Listing) -> dict[str, Any]:
    key = plain.declaration.answer_key()
    if plain.declaration.paging == "whole":
        found = [row for _place, row in listing.rows]
        envelope = {"count": len(found), "next_page": None, "previous_page": None}
    elif plain.declaration.paging == "after_cursor":
        found, envelope = _by_after_cursor(request, listing)
    elif plain.declaration.paging == "addressed":
        found, envelope = _by_address(request, listing)
    else:
        found, envelope = page_of(
            request, listing, lacks_meta=account.lists_lack_meta,
            by_offset=plain.declaration.paging == "offset",
        )  # fmt: skip
    account.note_listed(plain.name, {row[plain.declaration.identity]: row for row in found})
    return {key: [_sent(account, request, plain, row) for row in found]} | envelope


def _by_after_cursor(request: Request, listing: Listing) -> tuple[list[Any], dict[str, Any]]:
    """Return a page whose cursor is a parameter of its own, and its envelope."""
    query = {"page[size]": str(listing.largest_page)}
    if cursor := request.query.get("after_cursor"):
        query["page[after]"] = cursor
    found, envelope = page_of(replace(request, query=query, parameters=()), listing)
    after = envelope["meta"]["after_cursor"] if envelope["meta"]["has_more"] else None
    following = after and request.link(after_cursor=after)
    return found, envelope | {"links": {"prev": None, "next": following}}


def _by_address(request: Request, listing: Listing) -> tuple[list[Any], dict[str, Any]]:
    """Return a page whose cursor is a whole address, and its envelope, which has no links."""
    query = {"page[size]": str(listing.largest_page)} | request.query
    found, envelope = page_of(replace(request, query=query), listing)
    meta = {"after_cursor": envelope["links"]["next"], "has_more": envelope["meta"]["has_more"]}
    return found, {"meta": meta}


def _single(account: Account, request: Request, plain: PlainPath, listing: Listing) -> Answer:
    identity = plain.declaration.identity
    row = next((row for _place, row in listing.rows if str(row[identity]) == plain.end), None)
    if row is None:
        return not_found()
    key = plain.declaration.answer_key()
    one = f"{key[:-3]}y" if key.endswith("ies") else key.removesuffix("s")
    return json_answer({one: _sent(account, request, plain, row)})


def _sent(
    account: Account, request: Request, plain: PlainPath, row: dict[str, Any]
) -> dict[str, Any]:
    """Return a row as it is sent: without its parent's id, with raw text that was planted."""
    hidden = set(plain.declaration.side_loads) - request.includes()
    if not plain.declaration.shows_parent:
        hidden.add(plain.declaration.parent)
    if plain.declaration.by_brand:
        hidden.add("brand_id")
    sent = {name: value for name, value in row.items() if name not in hidden}
    return account.render_row(plain.name, row[plain.declaration.identity], sent)
