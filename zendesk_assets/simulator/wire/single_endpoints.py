"""Endpoints that are neither an export nor a list: single records and what belongs to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zendesk_assets.simulator.account.records import Comment
from zendesk_assets.simulator.account.rendering import people as directory
from zendesk_assets.simulator.account.rendering.events import (
    render_attachment,
    render_audit,
    render_comment,
)
from zendesk_assets.simulator.account.rendering.tickets import (
    render_metrics,
    render_rating,
    render_ticket,
)
from zendesk_assets.simulator.wire.messages import (
    Answer,
    RefusedError,
    Request,
    error,
    json_answer,
    not_found,
)
from zendesk_assets.simulator.wire.paging import Listing, page_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from zendesk_assets.simulator.account.desk import Account
    from zendesk_assets.simulator.account.records import Event, Ticket

_MANY = 100
# What the simulated account's plan has, unless it is in `features_off`.
_FEATURES = (
    "business_hours",
    "dynamic_contents",
    "light_agents",
    "on_hold_status",
    "ticket_forms",
    "ticket_tagging",
    "user_org_fields",
    "user_tagging",
    "voice",
)
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
    """Answer with up to 100 records by id; ids of no record are ignored."""
    ids = [int(text) for text in request.query.get("ids", "").split(",") if text.strip().isdigit()]
    if len(ids) > _MANY:
        body = {"error": "TooManyValues", "description": "Too many ids", "max_count": _MANY}
        return json_answer(body, 400)
    _name, store, render = _SINGLE[kind]
    found = (getattr(account, store).get(each) for each in ids)
    live = [each for each in found if each and getattr(each, "deleted_at", None) is None]
    # The only side-load of `show_many` that is modelled (docs/zendesk-api.md#side-loads).
    options = (
        {"metric_set": True} if kind == "tickets" and "metric_sets" in request.includes() else {}
    )
    body = {kind: [render(account, each, **options) for each in live], "count": len(live)}
    return json_answer(body | {"next_page": None, "previous_page": None})


def _live_ticket(account: Account, ticket_id: int) -> Ticket:
    """Return a ticket, or refuse: what belongs to deleted tickets is not found."""
    ticket = account.tickets.get(ticket_id)
    if ticket is None or ticket.deleted_at is not None:
        raise RefusedError(not_found())
    return ticket


def user_identities(account: Account, request: Request, user_id: int) -> Answer:
    """Answer with the identities of a user."""
    if user_id not in account.users:
        return not_found()
    rows: list[tuple[list[Any], Any]] = [([e.id], e) for e in account.identities_of(user_id)]
    listing = Listing("identities", "id", rows, lambda _row: True)
    found, envelope = page_of(request, listing, lacks_meta=account.lists_lack_meta)
    identities = [directory.render_identity(account, each) for each in found]
    return json_answer({"identities": identities} | envelope)


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


def ticket_metrics(account: Account, _request: Request, ticket_id: int) -> Answer:
    """Answer with the metric set of a ticket."""
    return json_answer({"ticket_metric": render_metrics(account, _live_ticket(account, ticket_id))})


def _moment(event: Event) -> tuple[int, int]:
    return event.timestamp, event.id


def show_settings(account: Account) -> Answer:
    """Answer with a few of the account's settings."""
    settings = {
        "active_features": {
            **{name: name not in account.features_off for name in _FEATURES},
            "customer_satisfaction": account.has_satisfaction_ratings,
            "csat_reason_code": account.has_satisfaction_ratings,
            "customer_satisfaction_survey": account.has_surveys,
            "chat": False,
            "sandbox": False,
        },
        "api": {"accepted_api_agreement": True},
        "localization": {"locale_ids": [*account.list_rows("locales")]},
        "tickets": {
            "comments_public_by_default": True,
            "private_attachments": False,
            "using_skill_based_routing": "skill_based_routing" not in account.features_off,
        },
        "voice": {"enabled": "voice" not in account.features_off},
    }
    return json_answer({"settings": settings})
