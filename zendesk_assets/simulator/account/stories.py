"""The invented past: each ticket is a story told after a `texts.Thread`, event by event.

The state of a ticket follows from its events (`ticket_changes`), as it does for later changes.
"""
# ruff: noqa: PLR2004 (chances read best in place)

from __future__ import annotations

from typing import TYPE_CHECKING

from zendesk_assets.simulator.account import texts
from zendesk_assets.simulator.account.records import Activity
from zendesk_assets.simulator.account.scenes import Scene, Stage
from zendesk_assets.simulator.times import DAY

if TYPE_CHECKING:
    from random import Random

    from zendesk_assets.simulator.account.desk import Account
    from zendesk_assets.simulator.account.records import Ticket

_CHANNELS = ("web", "web", "email", "email", "email", "api", "native_messaging", "voice")
_VERBS = ("tickets.comment", "tickets.comment", "tickets.assignment",
          "tickets.priority_increase")  # fmt: skip


class StoryTeller(Stage):
    """Tells the tickets of one account, oldest first."""

    def __init__(self, account: Account, draw: Random, start: int, end: int) -> None:
        super().__init__(account, draw, start, end)
        users = list(account.users.values())
        self.agents = [user for user in users if user.role != "end-user"]
        self.customers = [user for user in users if user.role == "end-user"]

    def tell(self, count: int, events_per_ticket: float) -> None:
        """Add `count` tickets with about so many events each."""
        times = sorted(self._opening_hour() for _ in range(count))
        for when in times:
            spread = self.draw.random() + self.draw.random()
            self._tell_one(when, max(1, round(events_per_ticket * spread)))
        tickets = self.account.tickets.values()
        self.account.timelines["tickets"].load((t.generated, t.id) for t in tickets)
        events = self.account.events.values()
        self.account.timelines["ticket_events"].load((e.timestamp, e.id) for e in events)

    def _opening_hour(self) -> int:
        """Return when a ticket is opened: mostly by day, seldom on two days of seven.

        It is counted from the end of the past, so that the date does not change the tickets.
        """
        draw, days = self.draw.random, (self.end - self.start) // DAY
        day = int(draw() * days)
        if day % 7 >= 5 and draw() < 0.6:
            day = int(draw() * days)
        second = int((0.25 + 0.6 * (draw() + draw()) / 2) * DAY)
        return min(self.start + day * DAY + second, self.end - 60)

    def _tell_one(self, when: int, length: int) -> None:
        requester = self.pick(self.customers)
        thread = self.pick(texts.THREADS)
        channel = self.pick(_CHANNELS)
        support = "ai_agent" if self.draw.random() < 0.03 else "agent"
        ticket = self.account.new_ticket(when, requester.id, channel, support)
        agent = self.pick(self.agents)
        scene = Scene(self, ticket, thread, requester, agent)
        scene.open(when)
        for place in range(1, length):
            when += self._pause(place)
            if when > self.end:
                break
            scene.go_on(when, place, length)
        self._afterwards(ticket, scene)

    def _pause(self, place: int) -> int:
        """Return the seconds before the next event: hours or days, less before the first answer."""
        scale = 7_200 if place == 1 else 90_000
        return 60 + int(self.draw.expovariate(1 / scale))

    def _afterwards(self, ticket: Ticket, scene: Scene) -> None:
        chance = self.draw.random()
        if chance < 0.015:
            scene.delete(min(ticket.updated + 2 * DAY, self.end))
        elif chance < 0.12:
            ticket.generated = min(self.end, ticket.updated + int(self.draw.random() * 3 * DAY))
        if ticket.updated > self.end - 29 * DAY and ticket.deleted_at is None:
            self._notify(ticket, scene)

    def _notify(self, ticket: Ticket, scene: Scene) -> None:
        """Add an activity: most concern the admin, the others some agent (trap T13)."""
        account, chance = self.account, self.draw.random()
        user = account.admin_id if chance < 0.6 else scene.agent.id
        verb = self.pick(_VERBS)
        title = f"{scene.requester.name} commented on ticket #{ticket.id}: {ticket.description}"
        comment: str | None = ticket.description
        if verb != "tickets.comment":
            title, comment = f"{verb.removeprefix('tickets.')} of ticket #{ticket.id}", None
        actor = -1 if chance < 0.05 else scene.requester.id
        activity = Activity(
            account.next_id(), verb, title, user, actor, ticket.id, ticket.subject,
            ticket.updated, comment,
        )  # fmt: skip
        account.activities[activity.id] = activity
