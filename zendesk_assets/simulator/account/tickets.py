"""How a ticket and its events are made and indexed: what all changes to tickets share.

What can happen to tickets is `desk`; how numbers follow from events is `ticket_changes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zendesk_assets.errors import SimulatorError
from zendesk_assets.simulator.account.directory import Directory
from zendesk_assets.simulator.account.records import (
    Attachment,
    Change,
    Comment,
    Event,
    Metrics,
    Ticket,
)
from zendesk_assets.simulator.account.ticket_changes import SETTABLE, apply_event

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NOT_SET = (None, "", ())


class Tickets(Directory):
    """An account with tickets and their events."""

    def new_ticket(self, now: int, requester: int, channel: str, support_type: str) -> Ticket:
        """Add a ticket that has no event yet, and return it."""
        ticket_id = len(self.tickets) + 1
        metrics = Metrics(self.next_id(), now, now, now, now, now)
        brand = self.brand_ids[requester // 37 % 4 == 0]
        form = self.form_ids[ticket_id % 3 == 0]
        ticket = Ticket(
            ticket_id, now, now, now, channel, requester, requester, brand, form, metrics,
            support_type=support_type,
        )  # fmt: skip
        ticket.custom = self.intern((None,) * len(self.fields))
        self.tickets[ticket_id] = ticket
        return ticket

    def record(
        self,
        ticket: Ticket,
        children: list[Change | Comment],
        updater_id: int,
        channel: str,
    ) -> Event:
        """Write one event at the present time, and change the ticket accordingly."""
        now = self.now()
        before = (ticket.generated, ticket.id)
        event = self.make_event(ticket, children, now, updater_id, channel)
        apply_event(ticket, event, self.fields, self.hours.at(now))
        self.index_event(event)
        self.timelines["ticket_events"].add((now, event.id))
        self.timelines["tickets"].move(before, (now, ticket.id))
        self.note_change("ticket_events", event.id, now)
        self.note_change("tickets", ticket.id, now)
        return event

    def make_event(
        self,
        ticket: Ticket,
        children: list[Change | Comment],
        when: int,
        updater_id: int,
        channel: str,
    ) -> Event:
        """Return a new event that is not indexed yet."""
        event_id = self.next_id(1 + len(children))
        origin = -1 if channel == "rule" else updater_id % 1009
        return Event(event_id, ticket.id, when, updater_id, channel, origin, tuple(children))

    def index_event(self, event: Event) -> None:
        """Index the event and its attachments by id."""
        self.events[event.id] = event
        for place, child in enumerate(event.children):
            if isinstance(child, Comment):
                for attachment in child.attachments:
                    self.attachments[attachment.id] = (attachment, event, place)

    def changes(self, ticket: Ticket, values: Mapping[str, Any], *, kind: str) -> list[Change]:
        """Return the changes that set these properties; `custom_fields` is Zendesk's list."""
        custom = values.get("custom_fields", ())
        pairs: list[tuple[str | int, Any]] = [
            (name, value) for name, value in values.items() if name != "custom_fields"
        ]
        pairs += [(int(each["id"]), each["value"]) for each in custom]
        return [self._change(ticket, name, value, kind) for name, value in pairs]

    def _change(self, ticket: Ticket, name: str | int, value: Any, kind: str) -> Change:
        frozen = tuple(value) if isinstance(value, list) else value
        places = {field.id: place for place, field in enumerate(self.fields)}
        if isinstance(name, int):
            if name not in places:
                message = f"There is no custom field {name}."
                raise SimulatorError(message)
            return Change(kind, name, frozen, ticket.custom[places[name]])
        if name not in SETTABLE:
            message = f"A ticket has no property {name!r} that an agent can set."
            raise SimulatorError(message)
        previous = getattr(ticket, name) if kind == "Change" else None
        return Change(kind, name, frozen, None if previous in _NOT_SET else previous)

    def make_attachments(self, files: Iterable[Mapping[str, Any]]) -> tuple[Attachment, ...]:
        """Return new attachments; each file is its properties, `file_name` at least."""
        defaults = {"content_type": "application/pdf", "size": 15_156}
        return tuple(Attachment(**{"id": self.next_id(2), **defaults, **file}) for file in files)

    def regenerate(self, ticket: Ticket, when: int) -> None:
        """Export a ticket again without an event."""
        self.timelines["tickets"].move((ticket.generated, ticket.id), (when, ticket.id))
        ticket.generated = when
        self.note_change("tickets", ticket.id, when)
