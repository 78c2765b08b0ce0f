"""The arithmetic: from counts to requests, minutes and bytes. Pure.

A walk of months reads the recent ones first and then the rest, each part from where the one
before ended; so a stream costs its full pages, and one more if there are two such parts. A list
of lists costs a request for its parents and one for each of them. What has a limit of its own at
Zendesk is not slowed down by that of others.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from zendesk_assets.estimate.counts import Count
from zendesk_assets.spec import Budget, Pagination, Stream
from zendesk_assets.zendesk import Limits

EVENTS: Final = "ticket_events"
_HOUR, _DAY = 60, 60 * 24


@dataclass(frozen=True)
class Assumptions:
    """What no count shows. Sizes are bytes per record: a state of a ticket, an event, a group, ….

    `hub_bytes_of` has the streams whose size is known better; `lists` the records and requests of
    the last time that the hub has of a list, without records where it only has the parents.
    """

    events_per_ticket: float = 8.0
    hub_bytes: float = 500.0
    warehouse_bytes: float = 1_400.0
    hub_bytes_of: Mapping[str, float] = field(default_factory=dict)
    lists: Mapping[str, tuple[int | None, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class StreamCost:
    """The cost of one stream; `records` is None if there is no count.

    `budget` is the limit that its requests are charged to.
    """

    stream: str
    records: int | None
    at_least: bool
    requests: int
    budget: Budget
    hub_bytes: float
    warehouse_bytes: float


@dataclass(frozen=True)
class Estimate:
    """The costs of one sync, and their totals."""

    costs: tuple[StreamCost, ...]
    limits: Limits

    @property
    def requests(self) -> int:
        """Return the number of requests, including exports."""
        return sum(each.requests for each in self.costs)

    @property
    def export_requests(self) -> int:
        """Return the number of export requests."""
        return sum(each.requests for each in self.costs if each.budget is Budget.EXPORTS)

    @property
    def minutes(self) -> float:
        """Return how many minutes it takes within the limits."""
        return minutes_for(self.costs, self.limits)

    @property
    def hub_bytes(self) -> float:
        """Return the size of the hub."""
        return sum(each.hub_bytes for each in self.costs)

    @property
    def warehouse_bytes(self) -> float:
        """Return the size of the tables."""
        return sum(each.warehouse_bytes for each in self.costs)


def estimate_costs(
    streams: Iterable[Stream],
    counts: Mapping[str, Count],
    assumptions: Assumptions,
    limits: Limits,
    *,
    parts: int,
) -> Estimate:
    """Return the cost of walking the streams, given the records (tickets for events) of each.

    `parts` is 2 if there is history before the recent months, otherwise 1. A stream without a count
    costs at least one request.
    """
    return Estimate(
        tuple(
            cost_of(each, counts.get(each.name, Count(None)), assumptions, parts)
            for each in streams
        ),
        limits,
    )


def requests_for(stream: Stream, records: int, parts: int = 1) -> int:
    """Return how many pages a walk of that many records has."""
    # The last record of a page of a time export is the first of the next one.
    size = stream.page_size - (stream.pagination is Pagination.TIME_EXPORT)
    extra = parts - 1 if stream.partitioned else int(stream.parent is not None)
    return max(1, math.ceil(records / size)) + extra


def minutes_for(costs: Iterable[StreamCost], limits: Limits) -> float:
    """Return how many minutes their requests take: what the tightest of the limits allows."""
    charged = Counter[Budget]()
    for each in costs:
        charged.update(dict.fromkeys(each.budget.charged, each.requests))
    return max((count / limits.of(budget) for budget, count in charged.items()), default=0.0)


def in_words(minutes: float) -> str:
    """Return a duration as people say it: `12 s`, `4 min`, `2.5 h`, `3.1 days`."""
    if minutes < 1:
        return "1 min" if minutes > 0.5 else f"{minutes * 60:.0f} s"  # noqa: PLR2004 # half
    if minutes < 2 * _HOUR:
        return f"{minutes:.0f} min"
    if minutes < 2 * _DAY:
        return f"{minutes / _HOUR:.1f} h"
    return f"{minutes / _DAY:.1f} days"


def cost_of(stream: Stream, count: Count, assumptions: Assumptions, parts: int) -> StreamCost:
    """Return the cost of one stream, as `estimate_costs` does for several."""
    records = count.value
    each = assumptions.events_per_ticket if stream.name == EVENTS else stream.per_ticket
    if records is not None and each:
        records = round(records * each)
    requests = requests_for(stream, records or 0, parts)
    if records is None and stream.name in assumptions.lists:
        records, requests = assumptions.lists[stream.name]
    size = assumptions.hub_bytes_of.get(stream.name, assumptions.hub_bytes)
    return StreamCost(
        stream=stream.name,
        records=records,
        at_least=count.at_least,
        requests=requests,
        budget=stream.budget,
        hub_bytes=(records or 0) * size,
        warehouse_bytes=(records or 0) * assumptions.warehouse_bytes,
    )
