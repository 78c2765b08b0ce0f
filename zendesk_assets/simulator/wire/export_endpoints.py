"""The `/incremental/…` endpoints: which timeline, which rows, which side-loads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zendesk_assets.simulator.account.rendering.events import render_event
from zendesk_assets.simulator.account.rendering.people import (
    render_group,
    render_identity,
    render_organization,
    render_user,
)
from zendesk_assets.simulator.account.rendering.tickets import render_metrics, render_ticket
from zendesk_assets.simulator.wire.derived_exports import export_routing_events
from zendesk_assets.simulator.wire.exports import Stretch, page_by_cursor, page_by_time
from zendesk_assets.simulator.wire.messages import Answer, Request, json_answer
from zendesk_assets.simulator.wire.metric_event_export import export_metric_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from zendesk_assets.simulator.account.desk import Account

_SAMPLE = 50


def _tickets_by_cursor(account: Account, request: Request) -> Answer:
    ids, envelope = page_by_cursor(request, _ticket_stretch(account, request))
    return json_answer(_tickets(account, request, ids) | envelope)


def _tickets_by_time(account: Account, request: Request) -> Answer:
    ids, envelope = page_by_time(request, _ticket_stretch(account, request))
    body = _tickets(account, request, ids)
    if "metric_sets" in request.includes():
        live = (account.tickets[each] for each in ids)
        body["metric_sets"] = [render_metrics(account, t) for t in live if t.deleted_at is None]
    return json_answer(body | envelope)


def _ticket_stretch(account: Account, request: Request) -> Stretch:
    scope = request.query.get("support_type_scope", "agent")
    without_deleted = request.flag("exclude_deleted", default=False)

    def is_visible(ticket_id: int) -> bool:
        ticket = account.tickets[ticket_id]
        if without_deleted and ticket.deleted_at is not None:
            return False
        return scope in {"all", ticket.support_type} and account.is_exported("tickets", ticket_id)

    needs_look = without_deleted or scope != "all" or account.late
    return Stretch(
        account.timelines["tickets"],
        account.now(),
        is_visible if needs_look else None,
        account.same_second,
    )


def _tickets(account: Account, request: Request, ids: list[int]) -> dict[str, Any]:
    tickets = [account.tickets[each] for each in ids]
    includes = request.includes()
    metrics = "metric_sets" in includes
    body: dict[str, Any] = {
        "tickets": [render_ticket(account, ticket, metric_set=metrics) for ticket in tickets]
    }
    people = [person for t in tickets for person in (t.requester_id, t.assignee_id, t.submitter_id)]
    return body | side_loads(
        account,
        includes,
        users=people,
        groups=[ticket.group_id for ticket in tickets],
        organizations=[ticket.organization_id for ticket in tickets],
    )


def side_loads(
    account: Account, includes: set[str], **ids: Iterable[int | None]
) -> dict[str, list[dict[str, Any]]]:
    """Return the side-loaded records by the names of their lists."""
    stores: dict[str, tuple[dict[int, Any], Callable[..., dict[str, Any]]]] = {
        "users": (account.users, render_user),
        "groups": (account.groups, render_group),
        "organizations": (account.organizations, render_organization),
    }
    return {
        name: [
            render(account, records[each])
            for each in sorted({each for each in ids[name] if each in records})
        ]
        for name, (records, render) in stores.items()
        if name in includes and name in ids
    }


def _ticket_events(account: Account, request: Request) -> Answer:
    scope = request.query.get("support_type_scope", "agent")

    def is_visible(event_id: int) -> bool:
        ticket = account.tickets[account.events[event_id].ticket_id]
        in_scope = scope in {"all", ticket.support_type}
        return in_scope and account.is_exported("ticket_events", event_id)

    check = is_visible if scope != "all" or account.late else None
    stretch = Stretch(account.timelines["ticket_events"], account.now(), check, account.same_second)
    ids, envelope = page_by_time(request, stretch)
    comments = "comment_events" in request.includes()
    rows = [render_event(account, account.events[each], comments=comments) for each in ids]
    return json_answer({"ticket_events": rows} | envelope)


def _people_stretch(account: Account, export: str) -> Stretch:
    """Return the part of an export of users or organizations: up to now, without a hold-back."""

    def is_visible(record_id: int) -> bool:
        return account.is_exported(export, record_id)

    return Stretch(
        account.timelines[export],
        account.now(),
        is_visible if account.late else None,
        account.same_second,
        hold_back=0,
    )


def _organizations(account: Account, request: Request) -> Answer:
    ids, envelope = page_by_time(request, _people_stretch(account, "organizations"))
    rows = [
        render_organization(account, account.organizations[each], deletion=True) for each in ids
    ]
    return json_answer({"organizations": rows} | envelope)


def _users(account: Account, request: Request, *, by_cursor: bool) -> Answer:
    stretch = _people_stretch(account, "users")
    pager = page_by_cursor if by_cursor else page_by_time
    ids, envelope = pager(request, stretch)
    users = [account.users[each] for each in ids]
    body: dict[str, Any] = {"users": [render_user(account, user, export=True) for user in users]}
    includes = request.includes()
    body |= side_loads(account, includes, organizations=[user.organization_id for user in users])
    if "identities" in includes:
        body["identities"] = _identities(account, ids)
    return json_answer(body | envelope)


def _identities(account: Account, user_ids: list[int]) -> list[dict[str, Any]]:
    found = [each for user_id in user_ids for each in account.identities_of(user_id)]
    rows = [render_identity(account, each) for each in found]
    account.note_listed(
        "user_identities", {each.id: row for each, row in zip(found, rows, strict=True)}
    )
    return rows


def _users_by_cursor(account: Account, request: Request) -> Answer:
    return _users(account, request, by_cursor=True)


def _users_by_time(account: Account, request: Request) -> Answer:
    return _users(account, request, by_cursor=False)


def _sample(endpoint: Callable[[Account, Request], Answer]) -> Callable[[Account, Request], Answer]:
    def answer(account: Account, request: Request) -> Answer:
        request.query["per_page"] = str(min(_SAMPLE, request.integer("per_page") or _SAMPLE))
        return endpoint(account, request)

    return answer


EXPORTS: dict[str, Callable[[Account, Request], Answer]] = {
    "tickets/cursor": _tickets_by_cursor,
    "tickets": _tickets_by_time,
    "ticket_events": _ticket_events,
    "organizations": _organizations,
    "users/cursor": _users_by_cursor,
    "users": _users_by_time,
    "ticket_metric_events": export_metric_events,
    "routing/instance_values": export_routing_events,
    "tickets/sample": _sample(_tickets_by_time),
    "ticket_events/sample": _sample(_ticket_events),
    "organizations/sample": _sample(_organizations),
    "users/sample": _sample(_users_by_time),
}
