"""One ticket while its story is told: which event comes next, and what is written in it."""
# ruff: noqa: PLR2004 (chances read best in place)

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from zendesk_assets.simulator.account import texts
from zendesk_assets.simulator.account.desk import SCRUB_AFTER
from zendesk_assets.simulator.account.records import Attachment, Change, Comment, Rating
from zendesk_assets.simulator.account.ticket_changes import apply_event
from zendesk_assets.simulator.times import DAY, iso

if TYPE_CHECKING:
    from random import Random

    from zendesk_assets.simulator.account.desk import Account
    from zendesk_assets.simulator.account.records import Event, Ticket, User

_T = TypeVar("_T")
Child: TypeAlias = Change | Comment
_PRIORITIES = (None, "low", "normal", "normal", "normal", "high", "urgent")
_REASONS = ("No reason provided", "The issue took too long to resolve", None)


class Stage:
    """What all scenes of an account share: the draws, and when the past begins and ends."""

    def __init__(self, account: Account, draw: Random, start: int, end: int) -> None:
        self.account, self.draw, self.start, self.end = account, draw, start, end
        self.groups: list[int | None] = [*account.groups] or [None]

    def pick(self, values: list[_T] | tuple[_T, ...]) -> _T:
        """Return one of the values."""
        return values[int(self.draw.random() * len(values))]


class Scene:
    """One ticket while its story is told."""

    def __init__(
        self,
        stage: Stage,
        ticket: Ticket,
        thread: texts.Thread,
        requester: User,
        agent: User,
    ) -> None:
        self.stage, self.ticket, self.thread = stage, ticket, thread
        self.requester, self.agent = requester, agent
        self.account, self.draw = stage.account, stage.draw
        self.ends = self.draw.random() < 0.92  # the other tickets are still open
        product, self.product_tag = stage.pick(texts.PRODUCTS)
        company = self.account.organizations.get(requester.organization_id or 0)
        self.names = {
            "first": requester.name.split()[0],
            "agent": agent.name.split()[0],
            "product": product,
            "order": f"BR-{int(self.draw.random() * 900_000) + 100_000}",
            "company": company.name if company else requester.name,
        }

    def open(self, when: int) -> None:
        """Write the event that creates the ticket."""
        ticket, thread = self.ticket, self.thread
        ticket.priority = self.stage.pick(_PRIORITIES)
        ticket.custom = self._custom(when)
        values: dict[str, Any] = {
            "subject": thread.subject.format_map(self.names),
            "status": "new",
            "priority": ticket.priority,
            "type": thread.type,
            "requester_id": self.requester.id,
            "organization_id": self.requester.organization_id,
            "brand_id": ticket.brand_id,
            "tags": self.account.intern((*thread.tags, self.product_tag)),
        }
        children: list[Child] = [self._change("Create", *pair) for pair in values.items()]
        for field, value in zip(self.account.fields, ticket.custom, strict=True):
            if value not in (None, False, ()):
                children.append(self._change("Create", field.id, value))
        children.append(self._comment(self.requester, thread.opening, public=True, opening=True))
        self._happen(when, children, self.requester.id, ticket.channel)

    def go_on(self, when: int, place: int, length: int) -> None:
        """Write the next event: answers alternate, and the last two solve and close the ticket."""
        left = length - place
        if place == 1:
            self._answer(when, [*self._assign(), *self._status("pending")])
        elif left == 1 and self.ticket.status == "solved":
            self._end(when)
        elif left <= 2 and self.ends:
            self._solve(when)
        elif place % 2 == 0:
            self._reply(when)
        elif self.draw.random() < 0.2:
            note = self._comment(self.agent, self.thread.note, public=False)
            self._happen(when, [note, *self._status("hold")], self.agent.id, "web")
        else:
            self._answer(when, self._status("pending"))

    def _end(self, when: int) -> None:
        """Close the ticket some days later; every ninth is reopened by its requester instead."""
        if self.ticket.id % 9 == 4:
            self._happen(when + DAY, self._status("open"), self.requester.id, self.ticket.channel)
        else:
            self._happen(when + 4 * DAY, self._status("closed"), -1, "rule")

    def delete(self, when: int) -> None:
        """Delete the ticket; if that was long ago, its content has been wiped since."""
        ticket = self.ticket
        before = ticket.status
        self._happen(when, self._status("deleted"), self.agent.id, "web")
        ticket.previous_status = before
        if ticket.updated + SCRUB_AFTER > self.stage.end:  # the account's clock will wipe it
            self.account.mark_deleted(ticket, ticket.updated, self.agent.id)
        else:
            ticket.deleted_at, ticket.deleted_by = ticket.updated, self.agent.id
            ticket.scrubbed, ticket.generated = True, ticket.updated + SCRUB_AFTER

    def _answer(self, when: int, changes: list[Child]) -> None:
        text = self.stage.pick(self.thread.agent)
        self._happen(
            when, [self._comment(self.agent, text, public=True), *changes], self.agent.id, "web"
        )

    def _reply(self, when: int) -> None:
        text = self.stage.pick(self.thread.customer)
        children = [self._comment(self.requester, text, public=True), *self._status("open")]
        self._happen(when, children, self.requester.id, self.ticket.channel)

    def _solve(self, when: int) -> None:
        self._answer_with(self.thread.closing, when, self._status("solved"))
        chance = self.draw.random()
        if chance < 0.45 and self.account.has_satisfaction_ratings:
            self._rate(when, chance)

    def _answer_with(self, text: str, when: int, changes: list[Child]) -> None:
        comment = self._comment(self.agent, text, public=True)
        self._happen(when, [comment, *changes], self.agent.id, "web")

    def _rate(self, when: int, chance: float) -> None:
        """Offer a rating; some requesters give one, and a few another one (a further row)."""
        scores = (
            ["offered"] + (["good"] if chance < 0.2 else []) + (["bad"] if chance < 0.03 else [])
        )
        for place, score in enumerate(scores):
            moment = min(when + DAY + place * 5_000, self.stage.end)
            self._keep_rating(score, moment)

    def _keep_rating(self, score: str, when: int) -> None:
        ticket, account = self.ticket, self.account
        comment = self.stage.pick(texts.RATING_COMMENTS.get(score, (None,)))
        reason = self.stage.pick(_REASONS) if score == "bad" else None
        reason_id = texts.RATING_REASON_IDS[reason] if reason else None
        rating = Rating(
            account.next_id(), ticket.id, ticket.requester_id, ticket.assignee_id, ticket.group_id,
            score, comment, reason, reason_id, when, when,
        )  # fmt: skip
        account.ratings[rating.id] = rating
        ticket.offered = True
        ticket.rating = None if score == "offered" else rating

    def _assign(self) -> list[Child]:
        group = self.agent.group_id or self.stage.groups[0]
        return [
            self._change("Change", "assignee_id", self.agent.id),
            self._change("Change", "group_id", group),
        ]

    def _status(self, status: str) -> list[Child]:
        if status == self.ticket.status:
            return []
        return [self._change("Change", "status", status, self.ticket.status)]

    def _change(self, kind: str, name: str | int, value: Any, previous: Any = None) -> Change:
        return self.account.intern(Change(kind, name, value, previous))

    def _comment(self, author: User, text: str, *, public: bool, opening: bool = False) -> Comment:
        body = text.format_map(self.names)
        channel = "web" if author is self.agent else self.ticket.channel
        comment = Comment(author.id, body, public, channel, self._files())
        if opening and channel == "voice":
            comment.call = ("+353 1 555 0142", "+353 1 555 0100", 60 + len(body))
        return comment

    def _files(self) -> tuple[Attachment, ...]:
        chance = self.draw.random()
        if chance > 0.12:
            return ()
        return tuple(self._file() for _ in range(2 if chance < 0.02 else 1))

    def _file(self) -> Attachment:
        name, kind, width, height = self.stage.pick(texts.FILES)
        size = 4_000 + int(self.draw.random() * 2_000_000)
        return Attachment(self.account.next_id(2), name, kind, size, width, height)

    def _custom(self, when: int) -> tuple[Any, ...]:
        draw = self.draw.random
        reasons = tuple(tag for _title, tag in texts.REASONS if draw() < 0.25)
        day = self.stage.end // DAY * DAY if draw() < 0.1 else when // DAY * DAY
        date = iso(day)[:10] if draw() < 0.5 else None
        refund = round(draw() * 300, 2) if draw() < 0.2 else None
        units = 1 + int(draw() * 4) if draw() < 0.5 else None
        return (
            self.names["order"], self.product_tag, draw() < 0.5, units,
            self.account.intern(reasons), date, refund, None,
        )  # fmt: skip

    def _happen(self, when: int, children: list[Child], updater: int, channel: str) -> None:
        event: Event = self.account.make_event(
            self.ticket, children, min(when, self.stage.end), updater, channel
        )
        hours = self.account.hours.at(event.timestamp)
        apply_event(self.ticket, event, self.account.fields, hours)
        self.account.index_event(event)
