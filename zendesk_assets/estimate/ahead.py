"""What bringing streams up to date will cost: what the hub lacks, and Zendesk's counts of it.

Counts cost a request each; no data is requested and nothing is written. Which streams and windows
there are is decided by whoever plans the runs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from zendesk_assets.errors import CredentialsError, ZendeskError
from zendesk_assets.estimate.costs import (
    EVENTS,
    Assumptions,
    Estimate,
    StreamCost,
    cost_of,
    estimate_costs,
    in_words,
)
from zendesk_assets.estimate.counts import Count, ask_counts, count_tickets
from zendesk_assets.estimate.known import Known, events_per_ticket, read_known
from zendesk_assets.hub import SourceHub, open_windows
from zendesk_assets.plain_text import counted
from zendesk_assets.spec import Stream, Window, midnight
from zendesk_assets.zendesk import Limits, ZendeskClient

_DAY: Final = timedelta(days=1)


@dataclass
class Ahead:
    """Estimates walks of one source, before they begin; it asks for each count once.

    `settle` is how long before now nothing counts as covered; `begin` is the day before which the
    source has no history. With `refetch`, what the hub has
    already is walked again.
    """

    client: ZendeskClient
    hub: SourceHub
    limits: Limits
    now: datetime
    settle: timedelta
    begin: date
    refetch: bool = False
    notes: list[str] = field(default_factory=list)
    _tickets: dict[tuple[date, date], Count] = field(default_factory=dict)

    def days(
        self, stream: Stream, window: Window, events: float | None = None
    ) -> tuple[StreamCost, list[Window]]:
        """Return the cost of a stream with months, and which days the hub lacks of the window.

        `events` is how many of them a ticket has, if that is known.

        Raises:
            CredentialsError: if Zendesk refuses the credentials.
            HubError: if the hub cannot be read.
        """
        given = Assumptions() if events is None else Assumptions(events_per_ticket=events)
        until_now = Window(window.start, min(window.end, max(self.now, window.start)))
        open_days = [until_now] if self.refetch else self._open(stream, until_now)
        open_days = [each for each in open_days if each]
        costs = [cost_of(stream, self._count(stream, each), given, parts=1) for each in open_days]
        return _sum(stream, costs), open_days

    def estimate(self, streams: Sequence[Stream], window: Window | None) -> Estimate:
        """Return the cost of a run: of those with months, for the window. Raises as `days` does."""
        dated = [each for each in streams if each.partitioned and window]
        events = events_per_ticket(self.hub) if dated else None
        costs = [self.days(each, window, events)[0] for each in dated if window]
        others = [each for each in streams if each not in dated]
        return Estimate((*self._of_lists(others), *costs), self.limits)

    def sentence(self, stream: Stream, window: Window) -> str:
        """Return what a walk of the window will cost, or '' where that is unknown or nothing."""
        events = events_per_ticket(self.hub) if stream.name == EVENTS else None
        cost, days = self.days(stream, window, events)
        if not days or cost.records is None:
            return ""
        per_minute = self.limits.of(stream.budget)
        takes = in_words(cost.requests / per_minute)
        first, last = days[0].start, days[-1].end - timedelta(microseconds=1)
        tickets = sum(self._count(stream, each).value or 0 for each in days)
        return (
            f"About {counted(cost.requests, 'request')}, {takes} at {per_minute:,} a minute: "
            f"{counted(tickets, 'ticket')} changed last from {first:%Y-%m-%d} to {last:%Y-%m-%d}."
        )

    def _open(self, stream: Stream, window: Window) -> list[Window]:
        settle = max(self.settle, stream.settles)
        return open_windows(window, self.hub.coverage(stream.name), settle)

    def _count(self, stream: Stream, window: Window) -> Count:
        """Return how many tickets changed in these days; unknown for what is not per ticket."""
        if not stream.per_ticket:
            return Count(None)
        end = window.end if window.end == midnight(window.end) else window.end + _DAY
        days = (window.start.date(), end.date())
        if days not in self._tickets:
            self._tickets[days] = self._ask(*days)
        return self._tickets[days]

    def _ask(self, first: date, end: date) -> Count:
        try:
            return count_tickets(self.client, first, end)
        except CredentialsError:
            raise
        except ZendeskError as error:
            self.notes.append(f"The search did not count the tickets of {first} to {end}: {error}")
            return Count(None)

    def _of_lists(self, streams: Sequence[Stream]) -> Iterable[StreamCost]:
        """Return the costs of what has no months: of new ones, by Zendesk's counts."""
        known = Known() if self.refetch else read_known(self.hub, streams)
        new = [
            each for each in streams if each.name not in known.lists and not self._is_begun(each)
        ]
        counts = ask_counts(self.client, new, self.now.date(), self.begin)
        self.notes += counts.notes
        given = replace(Assumptions(), lists=known.lists)
        return estimate_costs(streams, counts.whole, given, self.limits, parts=1).costs

    def _is_begun(self, stream: Stream) -> bool:
        """Return whether a walk continues where the one before it ended."""
        return not (self.refetch or stream.is_whole) and bool(self.hub.look(stream.name).recent)


def _sum(stream: Stream, costs: Sequence[StreamCost]) -> StreamCost:
    """Return the costs of several walks of a stream as one; none costs nothing."""
    known = [each.records for each in costs if each.records is not None]
    return StreamCost(
        stream.name,
        sum(known) if len(known) == len(costs) else None,
        any(each.at_least for each in costs),
        sum(each.requests for each in costs),
        stream.budget,
        sum(each.hub_bytes for each in costs),
        sum(each.warehouse_bytes for each in costs),
    )


def together(estimates: Sequence[Estimate], streams: Sequence[Stream], limits: Limits) -> Estimate:
    """Return the costs of several runs as those of one, by stream."""
    costs = [cost for each in estimates for cost in each.costs]
    found = (_sum(one, [cost for cost in costs if cost.stream == one.name]) for one in streams)
    return Estimate(tuple(found), limits)
