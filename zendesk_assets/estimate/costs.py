"""The sums: from counts to requests, minutes and bytes. Pure.

A walk of days reads the newest `days_per_run` first and the rest after it, each from where the one
before has ended; so a stream costs its full pages, and one more where there are two such parts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from zendesk_assets.estimate.counts import Count
from zendesk_assets.spec import Pagination, Stream

__all__ = [
    "Assumptions",
    "Cost",
    "Estimate",
    "Limits",
    "estimate_costs",
    "minutes_for",
    "requests_for",
]

EVENTS: Final = "ticket_events"


@dataclass(frozen=True)
class Limits:
    """Requests a minute: of all kinds, and of exports, which count as both."""

    requests: int = 200
    exports: int = 10


@dataclass(frozen=True)
class Assumptions:
    """What no count says. Sizes are bytes a record: a state of a ticket, an event, a group, ….

    `hub_bytes_of` has the streams of which the size is known better.
    """

    events_per_ticket: float = 8.0
    hub_bytes: float = 500.0
    warehouse_bytes: float = 1_400.0
    hub_bytes_of: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Cost:
    """What one stream costs; `records`, and so the rest, is None where no count could be had."""

    stream: str
    records: int | None
    at_least: bool
    requests: int
    export: bool
    hub_bytes: float
    warehouse_bytes: float


@dataclass(frozen=True)
class Estimate:
    """The costs of one sync, and their sums."""

    costs: tuple[Cost, ...]
    limits: Limits

    @property
    def requests(self) -> int:
        """Return how many requests there are, exports included."""
        return sum(each.requests for each in self.costs)

    @property
    def export_requests(self) -> int:
        """Return how many of the requests are exports."""
        return sum(each.requests for each in self.costs if each.export)

    @property
    def minutes(self) -> float:
        """Return how long the limits make it take."""
        return minutes_for(self.export_requests, self.requests, self.limits)

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
    """Return what walking the streams costs, given how many records (tickets for events) each has.

    `parts` is 2 where there are more days than one run takes, else 1. A stream without a count
    costs one request, at least.
    """
    return Estimate(
        tuple(
            _cost(each, counts.get(each.name, Count(None)), assumptions, parts) for each in streams
        ),
        limits,
    )


def requests_for(stream: Stream, records: int, parts: int = 1) -> int:
    """Return how many pages a walk of so many records has."""
    # The last record of a page of a time export is the first of the next one.
    size = stream.page_size - (stream.pagination is Pagination.TIME_EXPORT)
    extra = parts - 1 if stream.partitioned else 0
    return max(1, math.ceil(records / size)) + extra


def minutes_for(exports: int, requests: int, limits: Limits) -> float:
    """Return for how many minutes the limits make so many requests last."""
    return max(exports / limits.exports, requests / limits.requests)


def _cost(stream: Stream, count: Count, assumptions: Assumptions, parts: int) -> Cost:
    records = count.value
    if records is not None and stream.name == EVENTS:
        records = round(records * assumptions.events_per_ticket)
    size = assumptions.hub_bytes_of.get(stream.name, assumptions.hub_bytes)
    return Cost(
        stream=stream.name,
        records=records,
        at_least=count.at_least,
        requests=requests_for(stream, records or 0, parts),
        export=stream.is_export,
        hub_bytes=(records or 0) * size,
        warehouse_bytes=(records or 0) * assumptions.warehouse_bytes,
    )
