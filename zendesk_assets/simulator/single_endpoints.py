"""What is neither an export nor a plain list: single records, comments, audits, small sets."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from zendesk_assets.simulator import rendering_directory as directory
from zendesk_assets.simulator.lists import Listing, page_of
from zendesk_assets.simulator.messages import (
    Answer,
    RefusedError,
    Request,
    error,
    json_answer,
    not_found,
)
from zendesk_assets.simulator.records import Comment
from zendesk_assets.simulator.rendering import iso, render_rating, render_ticket
from zendesk_assets.simulator.rendering_events import (
    render_attachment,
    render_audit,
    render_comment,
)
from zendesk_assets.simulator.texts import REASONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from zendesk_assets.simulator.desk import Account
    from zendesk_assets.simulator.records import Event, Ticket

__all__ = [
    "COUNTED_SETS",
    "SETS",
    "count_set",
    "show_many",
    "show_one",
    "show_set",
    "show_settings",
    "ticket_audits",
    "ticket_comments",
]

_MANY = 100
_SINGLE: dict[str, tuple[str, str, Callable[..., dict[str, Any]]]] = {
    "tickets": ("ticket", "tickets", render_ticket),
    "organizations": ("organization", "organizations", directory.render_organization),
    "users": ("user", "users", directory.render_user),
    "groups": ("group", "groups", directory.render_group),
    "activities": ("activity", "activities", directory.render_activity),
    "satisfaction_ratings": ("satisfaction_rating", "ratings", render_rating),
}


def show_one(account: Account, kind: str, record_id: int) -> Answer:
    """Answer with one record; deleted tickets and organizations are not found."""
    if kind == "attachments":
        if record_id not in account.attachments:
            return not_found()
        return json_answer(
            {"attachment": render_attachment(account, account.attachments[record_id][0])}
        )
    if kind not in _SINGLE:
        return error(404, "InvalidEndpoint", "Not found")
    name, store, render = _SINGLE[kind]
    record = getattr(account, store).get(record_id)
    if record is None or getattr(record, "deleted_at", None) is not None:
        return not_found()
    return json_answer({name: render(account, record)})


def show_many(account: Account, request: Request, kind: str) -> Answer:
    """Answer with up to 100 records by id; those that do not exist are left out."""
    ids = [int(text) for text in request.query.get("ids", "").split(",") if text.strip().isdigit()]
    if len(ids) > _MANY:
        body = {"error": "TooManyValues", "description": "Too many ids", "max_count": _MANY}
        return json_answer(body, 400)
    _name, store, render = _SINGLE[kind]
    found = (getattr(account, store).get(each) for each in ids)
    live = [each for each in found if each and getattr(each, "deleted_at", None) is None]
    # The one side-load of many that is modelled (section 1.6).
    options = (
        {"metric_set": True} if kind == "tickets" and "metric_sets" in request.includes() else {}
    )
    body = {kind: [render(account, each, **options) for each in live], "count": len(live)}
    return json_answer(body | {"next_page": None, "previous_page": None})


def _live_ticket(account: Account, ticket_id: int) -> Ticket:
    """Per-ticket endpoints answer 404 for deleted tickets."""
    ticket = account.tickets.get(ticket_id)
    if ticket is None or ticket.deleted_at is not None:
        raise RefusedError(not_found())
    return ticket


def ticket_comments(account: Account, request: Request, ticket_id: int) -> Answer:
    """Answer with the comments of a ticket."""
    ticket = _live_ticket(account, ticket_id)
    rows: list[tuple[list[Any], Any]] = [
        ([event.timestamp, event.id + 1 + place], (event, place))
        for event in ticket.events
        for place, child in enumerate(event.children)
        if isinstance(child, Comment)
    ]
    listing = Listing("comments", "created_at", rows, lambda _row: True)
    found, envelope = page_of(request, listing, lacks_meta=account.lists_lack_meta)
    comments = [render_comment(account, event, place) for event, place in found]
    return json_answer({"comments": comments} | envelope)


def ticket_audits(account: Account, request: Request, ticket_id: int) -> Answer:
    """Answer with the audits of a ticket."""
    events = sorted(_live_ticket(account, ticket_id).events, key=_moment)
    rows: list[tuple[list[Any], Any]] = [([e.timestamp, e.id], e) for e in events]
    found, envelope = page_of(request, Listing("audits", "created_at", rows, lambda _row: True))
    return json_answer({"audits": [render_audit(account, each) for each in found]} | envelope)


def _moment(event: Event) -> tuple[int, int]:
    return event.timestamp, event.id


def show_set(account: Account, request: Request, name: str) -> Answer:
    """Answer with a small set: paged like a list, or whole where Zendesk ignores paging."""
    rows = _SETS[name](account)
    key = _SET_KEYS.get(name, name)
    if name in _UNPAGED:
        return json_answer({key: rows, "count": len(rows), "next_page": None})
    pairs: list[tuple[list[Any], Any]] = [([place], row) for place, row in enumerate(rows)]
    listing = Listing(key, "position", pairs, lambda _row: True)
    found, envelope = page_of(request, listing, lacks_meta=account.lists_lack_meta)
    return json_answer({key: found} | envelope)


def count_set(account: Account, name: str) -> Answer:
    """Answer with how many rows a small set has."""
    count = {"value": len(_SETS[name](account)), "refreshed_at": iso(account.now())}
    return json_answer({"count": count})


def show_settings(account: Account) -> Answer:
    """Answer with the account's settings."""
    return json_answer({"settings": directory.render_settings(account)})


def _tags(account: Account) -> list[dict[str, Any]]:
    counts = Counter(tag for ticket in account.tickets.values() for tag in ticket.tags)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{"name": name, "count": count} for name, count in ordered]


def _reasons(account: Account) -> list[dict[str, Any]]:
    return [
        {
            "url": f"{account.url}/api/v2/satisfaction_reasons/{account.form_id + n}.json",
            "id": account.form_id + n,
            "reason_code": 1000 + n,
            "value": title,
            "raw_value": title,
            "created_at": iso(account.created),
            "updated_at": iso(account.created),
            "deleted_at": None,
        }
        for n, (title, _tag) in enumerate(REASONS)
    ]


_SETS: dict[str, Callable[[Account], list[dict[str, Any]]]] = {
    "ticket_fields": directory.render_fields,
    "brands": lambda account: [directory.render_brand(account)],
    "ticket_forms": lambda account: [directory.render_form(account)],
    "tags": _tags,
    "satisfaction_reasons": _reasons,
    "organization_fields": directory.render_organization_fields,
    "user_fields": directory.render_user_fields,
}
_SET_KEYS = {"satisfaction_reasons": "reasons"}
_UNPAGED = frozenset({"ticket_forms", "satisfaction_reasons"})
SETS = frozenset(_SETS)
COUNTED_SETS = frozenset({"ticket_fields", "tags"})
