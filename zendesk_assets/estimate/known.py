"""What the hub's manifests say: events per ticket, bytes per record, and the sizes of lists.

Only walks of history show how many events a ticket has: a ticket that changes all day is in the hub
once for each sync that saw it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil
from typing import Final

from zendesk_assets.errors import HubError
from zendesk_assets.hub import Batch, Manifest, SourceHub, newest_walk
from zendesk_assets.spec import Stream

_DAY: Final = timedelta(days=1)
_MANIFESTS: Final = 50  # of each stream, evenly spread: a hub may be in an object store
_ENOUGH: Final = 100  # records that are needed for an average
# How similar in length the histories of tickets and events must be to count as the same days.
_ALIKE: Final = 0.8


@dataclass(frozen=True)
class Known:
    """Events per ticket, None if unknown; by stream, bytes per record in the hub.

    `lists` has, by stream, the records and requests of the newest walk of a list. Where there was
    none yet, and the list is one of many whose parents are in the hub, it has no records and the
    requests that these parents take at most.
    """

    events_per_ticket: float | None = None
    hub_bytes_of: dict[str, float] = field(default_factory=dict)
    lists: dict[str, tuple[int | None, int]] = field(default_factory=dict)


def read_known(hub: SourceHub, streams: Sequence[Stream]) -> Known:
    """Return the averages; none if the hub cannot be read, as this is only an estimate."""
    try:
        sizes = {each.name: _bytes_per_record(hub, each.name) for each in streams}
        lists = {
            each.name: _last_walk(hub, each.name) or _by_parents(hub, each, streams)
            for each in streams
            if each.is_whole
        }
        return Known(
            events_per_ticket(hub),
            {name: size for name, size in sizes.items() if size},
            {name: walk for name, walk in lists.items() if walk},
        )
    except HubError:
        return Known()


def _bytes_per_record(hub: SourceHub, stream: str) -> float | None:
    manifests = _sample(hub, hub.batches(stream))
    records = sum(each.records for each in manifests)
    size = sum(part.bytes for each in manifests for part in each.parts)
    return size / records if records >= _ENOUGH else None


def _last_walk(hub: SourceHub, stream: str) -> tuple[int, int] | None:
    walk = newest_walk(hub, stream)
    manifests = [hub.manifest(each) for each in walk.batches] if walk else []
    if not manifests:
        return None
    return sum(each.records for each in manifests), sum(each.requests for each in manifests)


def _by_parents(
    hub: SourceHub, stream: Stream, streams: Sequence[Stream]
) -> tuple[None, int] | None:
    """Return the requests for a list of each parent, where these are a list that is synced too."""
    path = stream.parent.path if stream.parent and stream.parent.parent else None
    for each in streams:
        if each.path == path and (walk := _last_walk(hub, each.name)):
            parents, requests = walk
            return None, parents + requests
    return None


def events_per_ticket(hub: SourceHub) -> float | None:
    """Return how many events a ticket has on average; None if the hub has too few to tell.

    Raises:
        HubError: if the hub cannot be read.
    """
    found = {}
    for name in ("tickets", "ticket_events"):
        batches = [each for each in hub.batches(name) if _is_history(each)]
        seconds = sum(each.window.seconds for each in batches)
        manifests = _sample(hub, batches)
        records = sum(each.records for each in manifests) * len(batches) / max(1, len(manifests))
        found[name] = (records, seconds)
    (tickets, days), (events, other_days) = found.values()
    alike = min(days, other_days) >= _ALIKE * max(days, other_days)
    return events / tickets if alike and tickets >= _ENOUGH else None


def _is_history(batch: Batch) -> bool:
    """Return whether a batch was fetched long after its days, or covers several at once."""
    return bool(batch.window) and (
        batch.id.landed - batch.window.end > _DAY or batch.window.seconds > _DAY.total_seconds()
    )


def _sample(hub: SourceHub, batches: Sequence[Batch]) -> list[Manifest]:
    step = max(1, ceil(len(batches) / _MANIFESTS))
    return [hub.manifest(each) for each in batches[::step]]
