"""The export of ticket metric events, by time or by the cursors of lists.

It is ordered by `time`, which may be in the future. With `include_changes`, events that changed
stand where they changed; how Zendesk does that is not documented. For a page no more events are
derived than it needs. docs/zendesk-api.md#ticket-metric-events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zendesk_assets.simulator.account.metric_events import (
    NAME,
    MetricEvent,
    derive_metric_events,
    is_shown,
    render_metric_event,
)
from zendesk_assets.simulator.account.records import Change
from zendesk_assets.simulator.account.timeline import Timeline
from zendesk_assets.simulator.wire.exports import Stretch, page_by_time, page_size, start_time
from zendesk_assets.simulator.wire.messages import Answer, Request, json_answer
from zendesk_assets.simulator.wire.paging import Listing, page_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zendesk_assets.simulator.account.desk import Account
    from zendesk_assets.simulator.account.records import Ticket

_FOR_EVER = 10**10
_PIECE = 200


def export_metric_events(account: Account, request: Request) -> Answer:
    """Answer in the form that the request asks for; neither says whether it is the last page."""
    by_cursor = "page[size]" in request.query
    start = start_time(request, account.now())
    excerpt = _Excerpt(account, request)
    excerpt.read(start, _FOR_EVER if by_cursor else page_size(request))
    timeline = Timeline()
    timeline.load((second, event.id) for event, second in excerpt.found.values())
    if by_cursor:
        keys = [([*key], key[1]) for key in timeline.slice(0, len(timeline))]
        ids, envelope = page_of(request, Listing(NAME, "time", keys, lambda _id: True))
    else:
        whole = Stretch(timeline, account.now(), None, account.same_second, hold_back=-_FOR_EVER)
        ids, envelope = page_by_time(request, whole)
        envelope.pop("end_of_stream")
    rows = [render_metric_event(account, excerpt.found[each][0]) for each in ids]
    return json_answer({NAME: rows} | envelope)


class _Excerpt:
    """The events from a second on, each with the second at which the export has it, by id."""

    def __init__(self, account: Account, request: Request) -> None:
        self._account = account
        self._changes = request.flag("include_changes", default=False)
        self._without_deleted = request.flag("exclude_deleted", default=False)
        self._derived: dict[int, list[MetricEvent]] = {}
        self.found: dict[int, tuple[MetricEvent, int]] = {}

    def read(self, start: int, count: int) -> None:
        """Find more than `count` events, whole seconds but for the last, or all there are."""
        last = end = _FOR_EVER
        for second, event_id in self._from(start):
            is_enough, before = len(self.found) > count and second > last, len(self.found)
            for event in self._of_ticket(self._account.events[event_id].ticket_id):
                if not event.is_ahead(with_changes=self._changes):
                    self._keep(event, second, second)
            if is_enough and len(self.found) > before:
                end = second
                break
            last = second
        for event in self._ahead():
            self._keep(event, start, end)

    def _from(self, start: int) -> Iterator[tuple[int, int]]:
        events = self._account.timelines["ticket_events"]
        for place in range(events.since(start), len(events), _PIECE):
            yield from events.slice(place, place + _PIECE)

    def _keep(self, event: MetricEvent, start: int, end: int) -> None:
        second = event.position(with_changes=self._changes)
        is_left_out = self._without_deleted and event.deleted
        if start <= second <= end and not is_left_out and is_shown(self._account, event):
            self.found[event.id] = event, second

    def _of_ticket(self, ticket_id: int) -> list[MetricEvent]:
        if ticket_id not in self._derived:
            ticket = self._account.tickets[ticket_id]
            self._derived[ticket_id] = derive_metric_events(self._account, ticket)
        return self._derived[ticket_id]

    def _ahead(self) -> list[MetricEvent]:
        """Return all events that stand where no event of their ticket is, from a cache."""
        account, name = self._account, (NAME, str(self._changes))
        revision, found = account.sorted_lists.get(name, (None, []))
        if revision != account.revision:
            tickets = [each.id for each in account.tickets.values() if _has_target(each)]
            events = (event for each in tickets for event in self._of_ticket(each))
            found = [each for each in events if each.is_ahead(with_changes=self._changes)]
            account.sorted_lists[name] = account.revision, found
        return found


def _has_target(ticket: Ticket) -> bool:
    children = (child for event in ticket.events for child in event.children)
    return any(isinstance(child, Change) and child.field == "sla_policy" for child in children)
