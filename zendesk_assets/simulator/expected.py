"""The truth that tests compare with: the rows of a complete sync, straight from the records.

They do not go through paging, so that a mistake there cannot hide. Names and values are those of
Zendesk's JSON.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from zendesk_assets.errors import SimulatorError
from zendesk_assets.simulator.account.access_logs import access_logs
from zendesk_assets.simulator.account.audit_logs import audit_logs
from zendesk_assets.simulator.account.calls import call_legs, calls
from zendesk_assets.simulator.account.custom_data import object_records
from zendesk_assets.simulator.account.engagements import engagements
from zendesk_assets.simulator.account.metric_events import all_metric_events
from zendesk_assets.simulator.account.records import Comment
from zendesk_assets.simulator.account.rendering import people
from zendesk_assets.simulator.account.rendering.events import (
    child_id,
    render_attachment,
    render_child,
    render_parent,
)
from zendesk_assets.simulator.account.rendering.tickets import (
    render_deletion,
    render_metrics,
    render_rating,
    render_ticket,
)
from zendesk_assets.simulator.account.routing_events import routing_events
from zendesk_assets.simulator.account.survey_responses import survey_responses
from zendesk_assets.simulator.account.talk_statistics import ACTIVITY, OVERVIEWS, readings
from zendesk_assets.simulator.account.webhook_invocations import webhook_invocations
from zendesk_assets.simulator.lists.declaration import declarations
from zendesk_assets.simulator.times import iso

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from zendesk_assets.simulator.account.derived import Derived
    from zendesk_assets.simulator.account.desk import Account


def _ticket_metrics(account: Account) -> Iterator[dict[str, Any]]:
    """Yield metric sets; those of deleted tickets, which a sync saw before, are marked."""
    for ticket in account.tickets.values():
        row = render_metrics(account, ticket)
        yield row if ticket.deleted_at is None else row | {"ticket_deleted": True}


def _ticket_events(account: Account) -> Iterator[dict[str, Any]]:
    for event in account.events.values():
        parent = render_parent(account, event)
        for place in range(len(event.children)):
            yield {
                "ticket_id": event.ticket_id,
                "ticket_event_id": event.id,
                "timestamp": event.timestamp,
                "created_at": iso(event.timestamp),
                "updater_id": event.updater_id,
                "parent": parent,
                "child": render_child(account, event, place, comments=True),
            }


def _attachments(account: Account) -> Iterator[dict[str, Any]]:
    for attachment, event, place in account.attachments.values():
        comment = event.children[place]
        yield render_attachment(account, attachment) | {
            "ticket_id": event.ticket_id,
            "ticket_event_id": event.id,
            "comment_id": child_id(event, place),
            "author_id": comment.author_id if isinstance(comment, Comment) else None,
            "created_at": iso(event.timestamp),
        }


def _user_identities(account: Account) -> Iterator[dict[str, Any]]:
    for user_id in account.users:
        for identity in account.identities_of(user_id):
            yield people.render_identity(account, identity)


def _activities(account: Account) -> Iterator[dict[str, Any]]:
    for activity in account.activities.values():
        if activity.user_id == account.admin_id:
            yield people.render_activity(account, activity)


def _deleted_tickets(account: Account) -> Iterator[dict[str, Any]]:
    """Yield the deletions that the list shows for 30 days."""
    for ticket in account.tickets.values():
        if ticket.deleted_at is not None and not ticket.scrubbed:
            yield render_deletion(account, ticket)


def _up_to_now(
    derived: Callable[[Account], list[Derived]],
) -> Callable[[Account], Iterator[dict[str, Any]]]:
    """Return what yields the derived rows that have come to pass."""
    return lambda account: (row for second, _, row in derived(account) if second <= account.now())


def _all(
    store: str, render: Callable[..., dict[str, Any]], **options: bool
) -> Callable[[Account], Iterator[dict[str, Any]]]:
    """Return what yields all records of a store."""

    def rows(account: Account) -> Iterator[dict[str, Any]]:
        for record in getattr(account, store).values():
            yield render(account, record, **options)

    return rows


COLLECTIONS: dict[str, Callable[[Account], Iterator[dict[str, Any]]]] = {
    **{name: partial(readings, name=name) for name in (ACTIVITY, *OVERVIEWS)},
    "access_logs": _up_to_now(access_logs),
    "activities": _activities,
    "attachments": _attachments,
    "audit_logs": lambda account: (row for _, row in audit_logs(account)),
    "call_legs": _up_to_now(call_legs),
    "calls": _up_to_now(calls),
    "custom_object_records": _up_to_now(object_records),
    "deleted_tickets": _deleted_tickets,
    "engagements": _up_to_now(engagements),
    "groups": _all("groups", people.render_group),
    "organizations": _all("organizations", people.render_organization, deletion=True),
    "routing_instance_events": _up_to_now(routing_events),
    "satisfaction_ratings": _all("ratings", render_rating),
    "side_conversation_events": lambda account: (row for _, row in account.side_events()),
    "survey_responses": survey_responses,
    "ticket_events": _ticket_events,
    "ticket_metric_events": all_metric_events,
    "ticket_metrics": _ticket_metrics,
    "tickets": _all("tickets", render_ticket),
    "user_identities": _user_identities,
    "users": _all("users", people.render_user, export=True),
    "webhook_invocations": _up_to_now(webhook_invocations),
}


def expected_rows(
    account: Account, collection: str, *, with_deleted: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield the rows of a collection, with raw text that was planted still raw.

    Where deleted rows just vanish from a list, only live rows are here; `with_deleted` adds those
    that were sent before they vanished, as they were then, with `_deleted`.

    Raises:
        SimulatorError: There is no such collection.
    """
    if collection in COLLECTIONS:
        rows = COLLECTIONS[collection](account)
    elif collection in declarations():
        rows = _plain(account, collection)
    else:
        known = ", ".join(sorted({*COLLECTIONS, *declarations()}))
        message = f"There are no expected rows of {collection!r}. Choose one of: {known}."
        raise SimulatorError(message)
    return _followed_by_deleted(account, collection, rows) if with_deleted else rows


def _plain(account: Account, collection: str) -> Iterator[dict[str, Any]]:
    for key, row in account.list_rows(collection).items():
        yield account.render_row(collection, key, row)


def _followed_by_deleted(
    account: Account, collection: str, rows: Iterator[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    declaration = declarations().get(collection)
    identity = declaration.identity if declaration else "id"
    gone = dict(account.listed.get(collection, {}))
    for row in rows:
        gone.pop(row.get(identity, ""), None)
        yield row
    yield from (row | {"_deleted": True} for row in gone.values())
