"""What can happen to tickets: each change makes an event, except those of the system alone.

How events are made and indexed is `tickets`. Every method takes and returns plain values, so that
the control API can offer it as it is.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

from zendesk_assets.errors import SimulatorError
from zendesk_assets.simulator.account.records import Change, Comment, Ticket
from zendesk_assets.simulator.account.side_conversations import SideConversations
from zendesk_assets.simulator.times import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from zendesk_assets.clock import Clock

SCRUB_AFTER = 30 * DAY
_TRAITS = frozenset({"recipient", "rel", "email_cc_ids", "follower_ids"})


class Account(SideConversations):
    """One Zendesk account: what it holds, and everything that can happen to it."""

    def __init__(self, subdomain: str = "acme", clock: Clock | None = None) -> None:
        super().__init__(subdomain, clock)
        self._scrubs: list[tuple[int, int]] = []

    def create_ticket(
        self,
        subject: str = "Question about my order",
        body: str = "Hello, could you help me with my order?",
        **values: Any,
    ) -> int:
        """Open a ticket; return its id. `values` are ticket properties; `custom_fields` a list."""
        now = self.now()
        public = values.pop("public", True)
        traits = {name: values.pop(name) for name in _TRAITS & values.keys()}
        requester = values.pop("requester_id", None) or next(
            (user.id for user in self.users.values() if user.role == "end-user"), self.admin_id
        )
        channel = values.pop("via", "web")
        attachments = values.pop("attachments", ())
        ticket = self.new_ticket(now, requester, channel, values.pop("support_type", "agent"))
        wanted = {"status": "new", "subject": subject, "requester_id": requester, **values}
        children: list[Change | Comment] = [*self.changes(ticket, wanted, kind="Create")]
        files = self.make_attachments(attachments)
        if not public:
            children.append(Change("Create", "is_public", "0"))
        comment = Comment(requester, body, public=public, channel=channel, attachments=files)
        children.append(comment)
        for name, value in traits.items():
            setattr(ticket, name, tuple(value) if isinstance(value, list) else value)
        self.record(ticket, children, requester, channel)
        self._note_incident(ticket)
        return ticket.id

    def _note_incident(self, ticket: Ticket) -> None:
        """Mark the problem, if the ticket is the first of its incidents."""
        problem = self.tickets.get(ticket.problem_id or 0)
        if problem is not None and not problem.has_incidents:
            problem.has_incidents = True
            self.regenerate(problem, self.now())

    def set_copied(self, ticket_id: int, email_cc_ids: list[int]) -> int:
        """Set who gets copies of a ticket: the event names these users with their addresses."""
        ticket = self.ticket(ticket_id)
        before = self._names(ticket.email_cc_ids)
        ticket.email_cc_ids = tuple(email_cc_ids)
        now = self._names(ticket.email_cc_ids)
        change = Change("Change", "current_collaborators", now, before or None)
        return self.record(ticket, [change], self.admin_id, "web").id

    def _names(self, user_ids: Iterable[int]) -> str:
        users = [self.users[each] for each in user_ids]
        return ", ".join(f"{user.name} <{user.email}>" for user in users)

    def apply_sla(
        self,
        ticket_id: int,
        policy: str = "Standard",
        minutes: int = 480,
        *,
        business_hours: bool = False,
    ) -> int:
        """Apply a service level policy to a ticket that had none."""
        ticket = self.ticket(ticket_id)
        wait = {"minutes": minutes, "in_business_hours": business_hours}
        children: list[Change | Comment] = [
            Change("Change", "sla_policy", policy),
            Change("Change", "requester_wait_time", wait),
        ]
        return self.record(ticket, children, -1, "rule").id

    def update_ticket(
        self,
        ticket_id: int,
        comment: str | None = None,
        *,
        public: bool = True,
        author_id: int | None = None,
        attachments: Iterable[Mapping[str, Any]] = (),
        **changes: Any,
    ) -> int:
        """Change properties of a ticket, add a comment, or both; return the event's id."""
        ticket = self.ticket(ticket_id)
        author = author_id or self.admin_id
        children: list[Change | Comment] = [*self.changes(ticket, changes, kind="Change")]
        if comment is not None:
            files = self.make_attachments(attachments)
            children.append(Comment(author, comment, public, "web", files))
        if not children:
            message = (
                f"There is nothing to change on ticket {ticket_id}. Give a property or a comment."
            )
            raise SimulatorError(message)
        event = self.record(ticket, children, author, "web")
        self._note_incident(ticket)
        return event.id

    def add_comment(
        self,
        ticket_id: int,
        body: str = "Any news?",
        *,
        public: bool = True,
        author_id: int | None = None,
        attachments: Iterable[Mapping[str, Any]] = (),
    ) -> int:
        """Comment on a ticket; return the event's id. An attachment needs only `file_name`."""
        return self.update_ticket(
            ticket_id, body, public=public, author_id=author_id, attachments=attachments
        )

    def touch_ticket(self, ticket_id: int) -> None:
        """Change a ticket as the system does: only `generated_timestamp` moves (trap T4)."""
        ticket = self.ticket(ticket_id)
        self.regenerate(ticket, self.now())

    def delete_ticket(self, ticket_id: int, actor_id: int | None = None) -> int:
        """Soft-delete a ticket; it is scrubbed when the clock has passed 30 more days."""
        ticket = self.ticket(ticket_id)
        if ticket.deleted_at is not None:
            message = f"Ticket {ticket_id} is already deleted."
            raise SimulatorError(message)
        ticket.previous_status = ticket.status
        actor = actor_id or self.admin_id
        change = Change("Change", "status", "deleted", ticket.status)
        event = self.record(ticket, [change], actor, "web")
        self.mark_deleted(ticket, event.timestamp, actor)
        return event.id

    def mark_deleted(self, ticket: Ticket, when: int, actor_id: int) -> None:
        """Note who deleted a ticket, and when its content will be wiped."""
        ticket.deleted_at, ticket.deleted_by = when, actor_id
        heapq.heappush(self._scrubs, (when + SCRUB_AFTER, ticket.id))

    def restore_ticket(self, ticket_id: int) -> int:
        """Bring a soft-deleted ticket back."""
        ticket = self.ticket(ticket_id)
        if ticket.deleted_at is None or ticket.scrubbed:
            message = f"Ticket {ticket_id} is not deleted, or its content has been wiped."
            raise SimulatorError(message)
        ticket.deleted_at = ticket.deleted_by = None
        change = Change("Change", "status", ticket.previous_status, "deleted")
        return self.record(ticket, [change], self.admin_id, "web").id

    def scrub_ticket(self, ticket_id: int) -> None:
        """Wipe a deleted ticket's content now: it is exported once more (trap T8)."""
        ticket = self.ticket(ticket_id)
        if ticket.deleted_at is None:
            self.delete_ticket(ticket_id)
        ticket.scrubbed = True
        self.regenerate(ticket, self.now())

    def merge_tickets(self, target_id: int, source_ids: list[int]) -> None:
        """Merge tickets into another: the sources are closed with a tag, and all get a note."""
        for source_id in source_ids:
            tags = [*self.ticket(source_id).tags, "closed_by_merge"]
            note = f"This request was closed and merged into request #{target_id}."
            self.update_ticket(source_id, note, public=False, status="closed", tags=tags)
        numbers = ", ".join(f"#{each}" for each in source_ids)
        self.update_ticket(target_id, f"Request {numbers} was merged into this.", public=False)

    def merge_organizations(self, winner_id: int, loser_id: int) -> None:
        """Merge the loser into the winner: its tickets move, then it is deleted."""
        for ticket in list(self.tickets.values()):
            if ticket.organization_id == loser_id and ticket.deleted_at is None:
                self.update_ticket(ticket.id, organization_id=winner_id)
        self.delete_organization(loser_id)

    def settle(self) -> None:
        """Do what has become due on the clock since the last call."""
        now = self.now()
        while self._scrubs and self._scrubs[0][0] <= now:
            due, ticket_id = heapq.heappop(self._scrubs)
            ticket = self.tickets[ticket_id]
            if ticket.deleted_at == due - SCRUB_AFTER and not ticket.scrubbed:
                ticket.scrubbed = True
                self.regenerate(ticket, due)

    def rate_ticket(
        self,
        ticket_id: int,
        score: str = "good",
        comment: str | None = None,
        reason: str | None = None,
    ) -> int:
        """Rate a ticket as its requester, again if need be; return the id of the rating's row."""
        ticket = self.ticket(ticket_id)
        rating = self.add_rating(ticket_id, score, comment, reason)
        before = ticket.rating.score if ticket.rating else "unoffered"
        said = ticket.rating.comment if ticket.rating else None
        ticket.offered = ticket.offered or score == "offered"
        ticket.rating = ticket.rating if score == "offered" else rating
        changes: list[Change | Comment] = [Change("Change", "satisfaction_score", score, before)]
        if comment != said:
            changes.append(Change("Change", "satisfaction_comment", comment, said))
        self.record(ticket, changes, ticket.requester_id, "web")
        return rating.id

    def flood_events(self, count: int, ticket_id: int | None = None) -> list[int]:
        """Make many events in this one second (trap T6), on all tickets or on a given one."""
        live = [t.id for t in self.tickets.values() if t.deleted_at is None]
        chosen = [ticket_id] if ticket_id else live
        texts = (f"Imported note {n + 1}" for n in range(count))
        return [
            self.add_comment(chosen[n % len(chosen)], text, public=False)
            for n, text in enumerate(texts)
        ]

    def flood_tickets(self, count: int) -> list[int]:
        """Open many tickets in this one second (trap T6)."""
        return [self.create_ticket(f"Imported request {n + 1}") for n in range(count)]
