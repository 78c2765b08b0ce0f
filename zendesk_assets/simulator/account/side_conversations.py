"""Side conversations: what agents ask others about a ticket, as the events that are exported.

Every method takes and returns plain values, so that the control API can offer it as it is.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

from zendesk_assets.errors import SimulatorError
from zendesk_assets.simulator.account.rendering.raw import overridden
from zendesk_assets.simulator.account.tickets import Tickets
from zendesk_assets.simulator.times import iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zendesk_assets.clock import Clock

NAME: Final = "side_conversation_events"
_ASKED: Final = (
    ("Is this part in stock?", "Could you tell me whether we have this part, and how many?"),
    ("Second opinion", "Could you have a look at this ticket? I am not sure about the cause."),
    ("Return label", "Please send the customer a label for the return, as agreed."),
)
_ANSWERED: Final = "Yes, it is on its way. Please tell the customer to expect it this week."
_HOUR: Final = 3600
_EVERY: Final = 9  # so many tickets have one side conversation


class SideConversations(Tickets):
    """An account with side conversations; an event is kept as it is sent, by its number."""

    def __init__(self, subdomain: str = "acme", clock: Clock | None = None) -> None:
        super().__init__(subdomain, clock)
        self._side_events: dict[int, tuple[int, dict[str, Any]]] = {}

    def start_side_conversation(
        self, ticket_id: int, subject: str = _ASKED[0][0], body: str = _ASKED[0][1]
    ) -> str:
        """Ask the account's workshop by e-mail about a ticket; return the conversation's id."""
        self.ticket(ticket_id)
        said = self._message(subject, body, self._agent(self.admin_id), self._workshop())
        return self._add_side_event("", ticket_id, "create", self.now(), message=said)

    def reply_side_conversation(self, conversation: str, body: str = _ANSWERED) -> str:
        """Let the workshop answer; return the event's id. The workshop is no user."""
        first = self._first_of(conversation)
        workshop, agent = self._workshop(), first["actor"]
        said = self._message(first["message"]["subject"], body, workshop, agent)
        return self._add_side_event(
            conversation, first["ticket_id"], "reply", self.now(), message=said, actor=workshop
        )

    def update_side_conversation(self, conversation: str, **updates: str) -> str:
        """Set `state` ("open" or "closed") or `subject`; return the event's id."""
        first = self._first_of(conversation)
        return self._add_side_event(
            conversation, first["ticket_id"], "update", self.now(), updates=updates
        )

    def flood_side_conversations(self, count: int, ticket_id: int = 1) -> list[str]:
        """Start many side conversations in this one second."""
        return [self.start_side_conversation(ticket_id, f"Recall {n + 1}") for n in range(count)]

    def side_events(self, start: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the seconds and the visible events since a second, in the order of time."""
        found = sorted(
            (millisecond, number)
            for number, (millisecond, _row) in self._side_events.items()
            if millisecond // 1000 >= start and self.is_exported(NAME, number)
        )
        for millisecond, number in found:
            row = self._side_events[number][1]
            yield millisecond // 1000, overridden(self, NAME, row["id"], row)

    def seed_side_conversations(self) -> None:
        """Give some tickets a side conversation, most of them answered and some closed."""
        chosen = [each for each in self.tickets.values() if each.id % _EVERY == _EVERY - 1]
        for place, ticket in enumerate(chosen):
            start, agent = ticket.created + _HOUR, ticket.assignee_id or self.admin_id
            if ticket.scrubbed or start + 3 * _HOUR > self.seeded:
                continue
            subject, body = _ASKED[place % len(_ASKED)]
            asker, workshop = self._agent(agent), self._workshop()
            said = self._message(subject, body, asker, workshop)
            key = self._add_side_event("", ticket.id, "create", start, message=said, actor=asker)
            if place % 4 == 0:
                continue
            answer = self._message(subject, _ANSWERED, workshop, asker)
            self._add_side_event(
                key, ticket.id, "reply", start + _HOUR, message=answer, actor=workshop
            )
            if place % 4 != 1:
                closed = {"state": "closed"}
                self._add_side_event(
                    key, ticket.id, "update", start + 2 * _HOUR, updates=closed, actor=asker
                )

    def _add_side_event(
        self,
        conversation: str,
        ticket_id: int,
        kind: str,
        second: int,
        *,
        actor: dict[str, Any] | None = None,
        message: dict[str, Any] | None = None,
        updates: dict[str, str] | None = None,
    ) -> str:
        number = len(self._side_events)
        key = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.url}/{self.first_id}/{number}"))
        conversation = conversation or key
        place = f"tickets/{ticket_id}/side_conversations/{conversation}"
        self._side_events[number] = (
            second * 1000 + number % 1000,
            {
                "id": key,
                "side_conversation_id": conversation,
                "ticket_id": ticket_id,
                "type": kind,
                "via": "support" if kind != "reply" else "email",
                "created_at": f"{iso(second)[:-1]}.{number % 1000:03}Z",
                "actor": actor or self._agent(self.admin_id),
                "message": message,
                "updates": updates or {},
                "url": f"{self.url}/api/v2/{place}/events/{key}.json",
            },
        )
        self.note_change(NAME, number, second)
        return key

    def _first_of(self, conversation: str) -> dict[str, Any]:
        """Return the event with which a side conversation began.

        Raises:
            SimulatorError: There is no such conversation.
        """
        for _millisecond, row in self._side_events.values():
            if row["id"] == conversation == row["side_conversation_id"]:
                return row
        message = f"Account {self.subdomain} has no side conversation {conversation!r}."
        raise SimulatorError(message)

    def _message(
        self, subject: str, body: str, sender: dict[str, Any], to: dict[str, Any]
    ) -> dict[str, Any]:
        return {
            "subject": subject,
            "preview_text": body[:40],
            "body": body,
            "html_body": f"<p>{body}</p>",
            "from": sender,
            "to": [to],
            "external_ids": {},
            "attachments": [],
        }

    def _agent(self, user_id: int) -> dict[str, Any]:
        user = self.users[user_id]
        return _participant(user.id, user.name, user.email)

    def _workshop(self) -> dict[str, Any]:
        return _participant(None, "The workshop", f"workshop@{self.subdomain}.example")


def _participant(user_id: int | None, name: str, email: str | None) -> dict[str, Any]:
    places = ("slack_workspace_id", "slack_channel_id", "support_group_id", "support_agent_id",
              "msteams_channel_id")  # fmt: skip
    return {"user_id": user_id, "name": name, "email": email, **dict.fromkeys(places)}
