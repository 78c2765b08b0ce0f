"""Engagements of omnichannel routing: the spells that agents had with tickets, from their events.

An engagement begins when a ticket is assigned or opened again and ends when it is solved or goes to
someone else; it is shown once it has ended, for 90 days. docs/zendesk-api.md#engagements.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from zendesk_assets.simulator.account.derived import Derived, kept
from zendesk_assets.simulator.account.identifiers import hexadecimal
from zendesk_assets.simulator.account.records import Change, Comment
from zendesk_assets.simulator.times import DAY, iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zendesk_assets.simulator.account.configuration import Configuration
    from zendesk_assets.simulator.account.records import Event, Ticket

NAME = "engagements"
_KEPT = 90 * DAY
_OVER = frozenset({"solved", "closed", "deleted"})


def engagements(account: Configuration) -> list[Derived]:
    """Return the engagements that are shown now, in the order of their beginnings."""
    return list(engagements_after(account, (0, "")))


def engagements_after(account: Configuration, place: tuple[int, str]) -> Iterator[Derived]:
    """Yield those that are shown now and come after a beginning and an id, in their order."""
    every, now = kept(account, NAME, _derive), account.now()
    oldest, newest = _time(now - _KEPT), _time(now)
    first = bisect_right(every, place, key=lambda each: (each[0], str(each[1])))
    for each in islice(every, first, None):
        if oldest < each[2]["engagement_end_time"] <= newest:
            yield each


def _time(second: int) -> str:
    return iso(second).removesuffix("Z")  # there is no zone in it


def _derive(account: Configuration) -> Iterator[Derived]:
    for ticket in account.tickets.values():
        for spell in _Spells(account, ticket).found:
            yield spell.start, spell.key, spell.row()


@dataclass
class _Spell:
    """One engagement while its events are read."""

    ticket: Ticket
    agent: int
    group: int | None
    start: int
    reason: str
    status: str
    key: str
    end: int = 0
    end_reason: str = ""
    end_status: str = ""
    replies: int = 0
    messages: int = 0
    first_reply: int | None = None

    def row(self) -> dict[str, Any]:
        """Return it as Zendesk sends it."""
        length, ticket = self.end - self.start, self.ticket
        waited = (self.first_reply or self.end) - self.start
        is_messaging = ticket.channel == "native_messaging"
        return {
            "engagement_id": self.key,
            "ticket_id": ticket.id,
            "agent_id": self.agent,
            "group_id": self.group,
            "requester_id": ticket.submitter_id,
            "offer_time_seconds": 3 + ticket.id % 9 if is_messaging else 0,
            "assignment_to_first_reply_time_seconds": waited if self.replies else 0,
            "agent_messages_count": self.replies if is_messaging else 0,
            "agent_replies_count": self.replies,
            "total_requester_wait_time_seconds": length,
            "longest_requester_wait_time_seconds": max(waited, length - waited),
            "average_requester_wait_time_seconds": length // (self.replies + 1),
            "channel": "MESSAGING" if is_messaging else "SUPPORT",
            "engagement_start_reason": self.reason,
            "engagement_start_time": _time(self.start),
            "engagement_end_time": _time(self.end),
            "ticket_status_start": self.status.upper(),
            "ticket_status_end": self.end_status.upper(),
            "engagement_end_reason": self.end_reason,
            "end_user_messages_count": self.messages,
        }


class _Spells:
    """Goes through the events of a ticket; `found` are the spells that have ended."""

    def __init__(self, account: Configuration, ticket: Ticket) -> None:
        self.ticket, self.found = ticket, list[_Spell]()
        self._groups, self._now = [*account.groups][:1], _State()
        self._open: _Spell | None = None
        for event in ticket.events:
            self._read(event)

    def _read(self, event: Event) -> None:
        before, now = self._now, self._now.after(event)
        self._now = now
        self._count(event)
        if now.agent != before.agent:
            self._end(event, "Reassigned")
        if now.status in _OVER:
            self._end(event, f"Ticket {now.status.title()}")
        elif self._open is None and now.agent is not None:
            reason = "Assigned" if now.agent != before.agent else "Ticket Reopened"
            group = now.group or next(iter(self._groups), None)
            key = hexadecimal("engagement", event.id)
            self._open = _Spell(
                self.ticket, now.agent, group, event.timestamp, reason, before.status, key
            )
            self._count(event)

    def _count(self, event: Event) -> None:
        spell = self._open
        for child in event.children if spell else ():
            if spell and isinstance(child, Comment) and child.author_id == spell.agent:
                spell.replies += 1
                spell.first_reply = spell.first_reply or event.timestamp
            elif spell and isinstance(child, Comment):
                spell.messages += 1

    def _end(self, event: Event, reason: str) -> None:
        if spell := self._open:
            spell.end, spell.end_reason, spell.end_status = (
                event.timestamp,
                reason,
                self._now.status,
            )
            self.found.append(spell)
            self._open = None


@dataclass(frozen=True)
class _State:
    """Who has a ticket, and its status."""

    agent: int | None = None
    group: int | None = None
    status: str = "new"

    def after(self, event: Event) -> _State:
        """Return the state after an event."""
        said = {each.field: each.value for each in event.children if isinstance(each, Change)}
        return _State(
            said.get("assignee_id", self.agent),
            said.get("group_id", self.group),
            said.get("status", self.status),
        )
