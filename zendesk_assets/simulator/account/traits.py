"""What makes tickets with the same story differ: channel, people, privacy, problems.

It is added once all stories are told, with draws of its own and without new ids, so that the
stories stay the same. Shapes are those of recorded answers.
"""
# ruff: noqa: PLR2004 (chances read best in place)

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, Final

from zendesk_assets.simulator.account.records import Change, Comment

if TYPE_CHECKING:
    from zendesk_assets.simulator.account.desk import Account
    from zendesk_assets.simulator.account.records import Event, Ticket, User

_SOCIAL: Final = ("twitter", "facebook")
_POLICY: Final = "First reply within a working day"


def add_traits(account: Account, seed: int) -> None:
    """Make the tickets and users of an account differ."""
    _Traits(account, seed).run()


class _Traits:
    def __init__(self, account: Account, seed: int) -> None:
        self.account = account
        self.random = Random(f"traits of {seed}")  # noqa: S311 (demo data, no secrets)
        users = [user for user in account.users.values() if user.active]
        self.agents = [user.id for user in users if user.role != "end-user"]
        self.customers = [user.id for user in users if user.role == "end-user"]
        self.places = {each: at for at, each in enumerate(self.customers)}
        self.problems: dict[str, int] = {}

    def run(self) -> None:
        """Go through tickets and users in the order of their ids."""
        for ticket in self.account.tickets.values():
            draws = [self.random.random() for _ in range(6)]
            if ticket.scrubbed:
                continue
            self._choose_channel(ticket, draws[0])
            self._add_people(ticket, draws[1], draws[2])
            if draws[3] < 0.03:
                _make_private(ticket)
            self._connect(ticket)
            self._add_service_level(ticket, draws[4])
            if ticket.deleted_at is None:
                _add_rating(ticket)
        for user in self.account.users.values():
            if user.active:
                user.more |= self._details(user)

    def _details(self, user: User) -> dict[str, Any]:
        """Return what is special about a user: a signature, an id elsewhere, a note."""
        draws = [self.random.random() for _ in range(3)]
        if user.role != "end-user":
            return {"signature": f"Kind regards, {user.name}", "two_factor_auth_enabled": True}
        found = {
            "external_id": f"shop-{user.id // 37 % 100_000}" if draws[0] < 0.3 else None,
            "notes": "Prefers to be called back." if draws[1] < 0.1 else None,
            "suspended": True if draws[2] < 0.02 else None,
        }
        return {name: value for name, value in found.items() if value is not None}

    def _choose_channel(self, ticket: Ticket, chance: float) -> None:
        """Let a few tickets come from social media, and half of the calls from voicemail."""
        if ticket.channel == "email":
            shop = "support" if chance < 0.7 else "orders"
            ticket.recipient = f"{shop}@{self.account.subdomain}.zendesk.com"
        if ticket.channel == "voice":
            ticket.rel = "voicemail" if chance < 0.5 else "inbound"
            if chance < 0.25:
                _first_comment(ticket).kind = "TpeVoiceComment"
        if ticket.channel == "web" and chance < 0.12:
            channel = _SOCIAL[chance < 0.06]
            ticket.rel = ("post" if chance < 0.03 else "message") if chance < 0.06 else "mention"
            for event in ticket.events:
                _move(event, ticket, channel)
            ticket.channel = channel

    def _add_people(self, ticket: Ticket, chance: float, place: float) -> None:
        """Send copies of every eighth ticket, and let an agent follow every eighth."""
        own = self.places.get(ticket.requester_id)
        others = len(self.customers) - (own is not None)
        if chance < 0.125 and others:
            first = int(place * others)
            chosen = {first, (first - others // 2) % others}
            ticket.email_cc_ids = tuple(
                sorted(self.customers[at + (own is not None and at >= own)] for at in chosen)
            )
        if 0.1 < chance < 0.22 and self.agents:
            ticket.follower_ids = (self.agents[int(place * len(self.agents))],)

    def _connect(self, ticket: Ticket) -> None:
        """Link an incident to the newest problem with the same tag, if there is one."""
        topic = ticket.tags[-1] if ticket.tags else ""
        if ticket.type == "problem" and ticket.deleted_at is None:
            self.problems[topic] = ticket.id
        elif ticket.type == "incident" and topic in self.problems:
            ticket.problem_id = self.problems[topic]
            self.account.tickets[ticket.problem_id].has_incidents = True

    def _add_service_level(self, ticket: Ticket, chance: float) -> None:
        """Apply a policy to every fifth ticket, in the event of the first answer."""
        if chance < 0.2 and len(ticket.events) > 1:
            wait = {"minutes": 480, "in_business_hours": True}
            _append(
                ticket.events[1],
                Change("Change", "sla_policy", _POLICY),
                Change("Change", "requester_wait_time", wait),
            )


def _first_comment(ticket: Ticket) -> Comment:
    return next(each for each in ticket.events[0].children if isinstance(each, Comment))


def _move(event: Event, ticket: Ticket, channel: str) -> None:
    """Set the channel of what the requester did."""
    if event.updater_id == ticket.requester_id:
        event.channel = channel
    for child in event.children:
        if isinstance(child, Comment) and child.author_id == ticket.requester_id:
            child.channel = channel


def _make_private(ticket: Ticket) -> None:
    """Make a ticket one between agents, without what only public comments cause."""
    ticket.is_public = False
    ticket.metrics.replies, ticket.metrics.reply = 0, None
    ticket.metrics.reply_business = None
    for event in ticket.events:
        for child in event.children:
            if isinstance(child, Comment):
                child.public = False


def _add_rating(ticket: Ticket) -> None:
    """Record the ticket's rating in its last event."""
    if (rating := ticket.rating) is not None:
        changes = [Change("Change", "satisfaction_score", rating.score, "offered")]
        if rating.comment:
            changes.append(Change("Change", "satisfaction_comment", rating.comment))
        _append(ticket.events[-1], *changes)


def _append(event: Event, *children: Change) -> None:
    """Add children to an event; ids after the event's are free."""
    event.children = (*event.children, *children)
