"""Ticket metric events: what the clocks of a ticket did, derived from its history when asked for.

Nothing of it is stored. Ids follow those of the ticket's events, so that they stay as the ticket
goes on. Which of them a page has is `wire.metric_event_export`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from zendesk_assets.simulator.account.business_hours import RoundTheClock
from zendesk_assets.simulator.account.records import Change, Comment
from zendesk_assets.simulator.account.rendering.raw import overridden
from zendesk_assets.simulator.times import iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zendesk_assets.simulator.account.configuration import Configuration
    from zendesk_assets.simulator.account.records import Event, Ticket

NAME = "ticket_metric_events"
_IDS = 20_000_000_000_000  # between the id of a ticket's event and those of its metric events
_LATEST = 14  # events of the present appear up to so many minutes late, less one
_REPLY, _WAIT, _WORK, _RESOLUTION = (
    "reply_time", "requester_wait_time", "agent_work_time", "resolution_time",
)  # fmt: skip
# What happens to clocks when a ticket gets a status.
_ACTIONS = {
    "open": (("activate", _WAIT), ("activate", _WORK), ("activate", _RESOLUTION)),
    "pending": (("pause", _WAIT),),
    "hold": (("pause", _WORK),),
    "solved": (("fulfill", _WORK), ("fulfill", _WAIT), ("fulfill", _RESOLUTION)),
}


class MetricEvent(NamedTuple):
    """One event; times are epoch seconds.

    `written` is when it came into being, which is before the `time` of a breach that is foretold,
    and `changed` when `deleted` was last set. `more` is a further property.
    """

    id: int
    ticket_id: int
    metric: str
    instance_id: int
    type: str
    time: int
    written: int
    changed: int
    deleted: bool = False
    more: tuple[tuple[str, Any], ...] = ()

    def position(self, *, with_changes: bool) -> int:
        """Return the second at which the export has it."""
        return max(self.time, self.changed) if with_changes else self.time

    def is_ahead(self, *, with_changes: bool) -> bool:
        """Return whether it stands where no event of its ticket is: a breach, at its time."""
        return self.type == "breach" and self.position(with_changes=with_changes) > self.changed


@dataclass(slots=True)
class _Clock:
    """One metric of a ticket: `since` when it runs, `spent` seconds before, `breach` foretold.

    `target` is in seconds, of business hours or of all.
    """

    instance: int = 0
    is_open: bool = False
    since: int | None = None
    spent: int = 0
    spent_business: int = 0
    target: int | None = None
    is_business: bool = False
    breach: int | None = None


def derive_metric_events(account: Configuration, ticket: Ticket) -> list[MetricEvent]:
    """Return the metric events of a ticket as they are now."""
    history = _History(account)
    for event in ticket.events:
        history.follow(event, is_first=event is ticket.events[0], requester=ticket.requester_id)
    return [each for at, each in enumerate(history.found) if at not in history.vanished]


def is_shown(account: Configuration, event: MetricEvent) -> bool:
    """Return whether the export has an event by now: those of the present appear late."""
    late = 0 if event.written <= account.seeded else event.id // 37 % _LATEST * 60
    return event.written + late <= account.now()


def all_metric_events(account: Configuration) -> Iterator[dict[str, Any]]:
    """Yield all that the export has by now, as Zendesk sends them."""
    for ticket in account.tickets.values():
        for event in derive_metric_events(account, ticket):
            if is_shown(account, event):
                yield render_metric_event(account, event)


def render_metric_event(account: Configuration, event: MetricEvent) -> dict[str, Any]:
    """Return the event."""
    row = {
        "id": event.id,
        "ticket_id": event.ticket_id,
        "metric": event.metric,
        "instance_id": event.instance_id,
        "type": event.type,
        "time": iso(event.time),
        "deleted": event.deleted,
        **dict(event.more),
    }
    return overridden(account, NAME, event.id, row)


class _History:
    """Follows the events of a ticket, one after the other."""

    def __init__(self, account: Configuration) -> None:
        self.account = account
        self.found: list[MetricEvent] = []
        self.clocks = {name: _Clock() for name in (_REPLY, _WAIT, _WORK, _RESOLUTION)}
        self.policy: dict[str, Any] = {}
        self.removed: list[int] = []
        self.vanished: set[int] = set()

    def follow(self, event: Event, *, is_first: bool, requester: int) -> None:
        """Add what an event of the ticket causes."""
        self.event, self.now, self.first = event, event.timestamp, len(self.found)
        self.hours = self.account.hours.at(self.now)
        if is_first:
            self._add("measure", _WORK, instance=0)
            for name in self.clocks:
                self._activate(name)
        for child in event.children:
            if isinstance(child, Comment):
                if not is_first and child.public:
                    self._answer(is_asking=child.author_id == requester)
            elif child.field == "status" and child.kind == "Change":
                self._set_status(child)
            elif child.field == "sla_policy":
                self.policy = self._policy(str(child.value))
            elif child.field == _WAIT:
                self._apply_target(child.value["minutes"] * 60, child.value["in_business_hours"])

    def _answer(self, *, is_asking: bool) -> None:
        if is_asking:
            self._activate(_REPLY)
        else:
            self._fulfill(_REPLY)

    def _set_status(self, change: Change) -> None:
        if change.value == "deleted":
            self.removed = [at for at, each in enumerate(self.found) if not each.deleted]
            self._flip(self.removed, deleted=True)
        elif change.previous == "deleted":
            self._flip(self.removed, deleted=False)
        for action, name in _ACTIONS.get(str(change.value), ()):
            getattr(self, f"_{action}")(name)

    def _flip(self, places: list[int], *, deleted: bool) -> None:
        """Set `deleted` of events; their times stay."""
        for at in places:
            self.found[at] = self.found[at]._replace(deleted=deleted, changed=self.now)

    def _activate(self, name: str) -> None:
        clock = self.clocks[name]
        if clock.since is not None:
            return
        if not clock.is_open:
            clock.is_open, clock.instance = True, clock.instance + 1
            clock.spent = clock.spent_business = 0
        clock.since = self.now
        self._add("activate", name)
        self._foretell(name)

    def _pause(self, name: str) -> None:
        if self._stop(name):
            self._add("pause", name)

    def _fulfill(self, name: str) -> None:
        clock = self.clocks[name]
        if not clock.is_open:
            return
        self._stop(name)
        clock.is_open = False
        minutes = clock.spent // 60
        self._add("fulfill", name)
        status = {"calendar": minutes, "business": clock.spent_business // 60}
        self._add("update_status", name, status=status)

    def _stop(self, name: str) -> bool:
        """Stop a clock that runs; a breach that was foretold and is not due yet is withdrawn."""
        clock = self.clocks[name]
        if clock.since is None:
            return False
        clock.spent += self.now - clock.since
        clock.spent_business += self.hours.seconds(clock.since, self.now)
        clock.since = None
        if clock.breach is not None and self.found[clock.breach].time > self.now:
            self._flip([clock.breach], deleted=True)
            if self.account.forecasts_vanish:
                self.vanished.add(clock.breach)
            clock.breach = None
        return True

    def _apply_target(self, seconds: int, business_hours: bool) -> None:  # noqa: FBT001 # sent so
        self.clocks[_WAIT].target, self.clocks[_WAIT].is_business = seconds, business_hours
        sla = {
            "target": seconds // 60,
            "target_in_seconds": seconds,
            "business_hours": business_hours,
            "policy": self.policy,
        }
        self._add("apply_sla", _WAIT, sla=sla)
        self._foretell(_WAIT)

    def _foretell(self, name: str) -> None:
        """Write the breach ahead that comes if nobody stops the clock; each clock has one."""
        clock = self.clocks[name]
        if clock.target is None or clock.since is None or clock.breach is not None:
            return
        clock.breach = len(self.found)
        left = clock.target - (clock.spent_business if clock.is_business else clock.spent)
        hours = self.hours if clock.is_business else RoundTheClock()
        due = max(self.now, hours.due(clock.since, left))
        self._add("breach", name)
        self.found[-1] = self.found[-1]._replace(time=due)

    def _policy(self, title: str) -> dict[str, Any]:
        rows = self.account.list_rows("sla_policies").values()
        row = next((each for each in rows if each["title"] == title), {})
        return {"id": row.get("id"), "title": title, "description": row.get("description")}

    def _add(self, kind: str, name: str, instance: int | None = None, **more: Any) -> None:
        number = self.event.id + _IDS + len(self.found) - self.first
        instance = self.clocks[name].instance if instance is None else instance
        self.found.append(
            MetricEvent(
                number, self.event.ticket_id, name, instance, kind, self.now, self.now, self.now,
                more=tuple(more.items()),
            )
        )  # fmt: skip
