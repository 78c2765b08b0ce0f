"""How a ticket and its metrics follow from its events, those of the past and later ones alike.

Events are indexed in `tickets`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zendesk_assets.simulator.account.records import Change, Comment

if TYPE_CHECKING:
    from zendesk_assets.simulator.account.business_hours import Hours
    from zendesk_assets.simulator.account.records import CustomField, Event, Ticket

SETTABLE = frozenset({
    "subject", "status", "priority", "type", "assignee_id", "requester_id", "group_id",
    "organization_id", "brand_id", "tags", "ticket_form_id", "external_id", "problem_id",
})  # fmt: skip
_WAITS = {
    "new": ("requester_wait",),
    "open": ("requester_wait",),
    "pending": ("agent_wait",),
    "hold": ("requester_wait", "on_hold"),
}
_DONE = ("solved", "closed")


def apply_event(ticket: Ticket, event: Event, fields: list[CustomField], hours: Hours) -> None:
    """Bring the ticket to the state it has after the event; `hours` are the business hours."""
    ticket.events.append(event)
    ticket.updated = ticket.generated = event.timestamp
    is_requester = event.updater_id == ticket.requester_id
    if is_requester:
        ticket.metrics.requester_updated = event.timestamp
    for child in event.children:
        if isinstance(child, Comment):
            _apply_comment(ticket, child, event.timestamp, hours, is_requester=is_requester)
        elif child.field == "status":
            _count_status(ticket, str(child.value), event.timestamp, hours)
            ticket.status = str(child.value)
        else:
            _apply_change(ticket, child, event.timestamp, fields)


def _apply_comment(
    ticket: Ticket, comment: Comment, now: int, hours: Hours, *, is_requester: bool
) -> None:
    metrics = ticket.metrics
    metrics.latest_comment = now
    ticket.is_public = ticket.is_public or comment.public
    if len(ticket.events) == 1:
        ticket.description = comment.body
    elif comment.public and not is_requester:
        metrics.replies += 1
        if metrics.reply is None:
            metrics.reply = (now - ticket.created) // 60
            metrics.reply_business = hours.seconds(ticket.created, now) // 60


def _apply_change(ticket: Ticket, change: Change, now: int, fields: list[CustomField]) -> None:
    name = change.field
    if isinstance(name, int):
        _set_custom(ticket, name, change, fields)
        return
    if name in {"assignee_id", "group_id"} and change.value is not None:
        _count_station(ticket, name, now)
    if name in SETTABLE:
        setattr(ticket, name, change.value)


def _set_custom(ticket: Ticket, field_id: int, change: Change, fields: list[CustomField]) -> None:
    places = {field.id: place for place, field in enumerate(fields)}
    values = list(ticket.custom) or [None] * len(fields)
    values[places[field_id]] = change.value
    ticket.custom = tuple(values)


def _count_station(ticket: Ticket, name: str, now: int) -> None:
    metrics = ticket.metrics
    if name == "group_id":
        metrics.group_stations += 1
        return
    metrics.assignee_stations += 1
    metrics.assignee_updated = metrics.assigned = now
    if metrics.initially_assigned is None:
        metrics.initially_assigned = now


def _count_status(ticket: Ticket, status: str, now: int, hours: Hours) -> None:
    metrics = ticket.metrics
    spent = (now - metrics.status_updated) // 60
    spent_business = hours.seconds(metrics.status_updated, now) // 60
    for wait in _WAITS.get(ticket.status, ()):
        setattr(metrics, wait, getattr(metrics, wait) + spent)
        business = f"{wait}_business"
        setattr(metrics, business, getattr(metrics, business) + spent_business)
    if ticket.status in _DONE and status not in {*_DONE, "deleted"}:
        metrics.reopens += 1
    if status == "solved":
        metrics.solved = now
        metrics.full_resolution = (now - ticket.created) // 60
        metrics.full_resolution_business = hours.seconds(ticket.created, now) // 60
        if metrics.first_resolution is None:
            metrics.first_resolution = metrics.full_resolution
            metrics.first_resolution_business = metrics.full_resolution_business
    metrics.status_updated = metrics.updated = now
