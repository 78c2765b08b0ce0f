"""Which runs a sync consists of: first what has no partitions, then days in ranges.

The order is that of the schedules: the newest month, then older days, oldest first. It is pure
except for one query of Dagster's instance: which days are missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any

import dagster as dg

from zendesk_assets.account import chosen_collections
from zendesk_assets.catalog import declared
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.analysis_assets import analysis_keys
from zendesk_assets.orchestration.hub_coverage import days_covered
from zendesk_assets.orchestration.partitions import days_of
from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import Collection, Window

__all__ = ["PlannedRun", "Span", "SyncScope", "days_left_out", "plan_sync", "to_span"]


class SyncScope(Enum):
    """Which half of the work to do."""

    HUB = "hub"
    WAREHOUSE = "warehouse"
    BOTH = "both"


@dataclass(frozen=True)
class PlannedRun:
    """One run: its assets, and the first and last day for partitioned ones.

    `switches` are the settings of its tables (it has no other assets) that are on.
    """

    source: Source
    assets: tuple[dg.AssetKey, ...]
    days: tuple[str, str] | None = None
    switches: tuple[str, ...] = ()

    @property
    def config(self) -> dict[str, Any]:
        """Return the run's configuration of its assets."""
        config = {"config": dict.fromkeys(self.switches, True)}
        ops = {key.to_python_identifier(): config for key in self.assets}
        return {"ops": ops} if self.switches else {}

    @property
    def hub_assets(self) -> tuple[dg.AssetKey, ...]:
        """Return the assets that send requests to Zendesk."""
        return tuple(
            key for key in self.assets if key == keys.hub_key(self.source.schema_name, key.path[-1])
        )

    @property
    def tags(self) -> dict[str, str]:
        """Return the tags that make Dagster treat the days as one range."""
        tags = {"zendesk/source": self.source.schema_name, "zendesk/started_by": "sync"}
        if self.days:
            tags["dagster/asset_partition_range_start"] = self.days[0]
            tags["dagster/asset_partition_range_end"] = self.days[1]
        return tags


@dataclass(frozen=True)
class Span:
    """The days from `start` to before `end`; None means the source's own limit."""

    start: date | None = None
    end: date | None = None


def to_span(first: date | None, end: date | None) -> Span:
    """Return the days from `first` to before `end`.

    Raises:
        ZendeskAssetsError: if there are none.
    """
    if first and end and first >= end:
        raise ZendeskAssetsError(
            f"There is no day from {first} to before {end}: --to is the day after the last one, so "
            "give a later --to or an earlier --from."
        )
    return Span(first, end)


def plan_sync(
    source: Source,
    collections: Sequence[str],
    scope: SyncScope,
    span: Span,
    instance: dg.DagsterInstance,
    *,
    switches: tuple[str, ...] = (),
    covered: Callable[[str], Sequence[Window]] = lambda _stream: (),
) -> list[PlannedRun]:
    """Return the runs of a sync of `collections` (all if empty).

    The last run refreshes the views that read one of them, and the report.

    Without a span: today, and every day of the initial history that some asset lacks; for a
    `replay`, every day that was loaded. Tables alone are only loaded for days that the hub covers
    completely: `covered` returns the windows of a stream there. With a span, only its days.

    Raises:
        ZendeskAssetsError: if a span has no days.
    """
    chosen = [
        each for each in chosen_collections(source) if not collections or each.name in collections
    ]
    whole = [each for each in chosen if not declared().stream_of(each).partitioned]
    daily = [each for each in chosen if declared().stream_of(each).partitioned]
    runs = []
    if collections and not daily and span != Span():
        raise ZendeskAssetsError(_no_days(chosen))
    if whole and span == Span():
        runs.append(PlannedRun(source, _assets(source, whole, scope), switches=switches))
    if daily:
        assets = _assets(source, daily, scope)
        due = _days_loaded if "replay" in switches else _days_due
        days = _days_in(source, span) if span != Span() else due(source, assets, instance)
        if span == Span() and scope is SyncScope.WAREHOUSE:
            days = _days_of_hub(days, {each.stream for each in daily}, covered)
        longest = source.days_per_run
        newest, older = days[-longest:], days[:-longest]
        ranges = [*_ranges(newest, longest), *_ranges(older, longest)]
        runs += [PlannedRun(source, assets, each, switches) for each in ranges]
    every = [each.name for each in chosen_collections(source)]
    views = analysis_keys(source, every, [each.name for each in chosen])
    if views and scope is not SyncScope.HUB:
        runs.append(PlannedRun(source, views))
    return runs


def _no_days(chosen: Iterable[Collection]) -> str:
    names = " and ".join(each.name for each in chosen)
    dated = [
        each.name
        for each in declared().collections.values()
        if declared().stream_of(each).partitioned
    ]
    return (
        f"Only {', '.join(dated)} have days, not {names}: omit --from and --to to bring it up to "
        "date."
    )


def days_left_out(source: Source, span: Span) -> bool:
    """Return whether a span begins before the first day of a source."""
    return span.start is not None and span.start < source.history_start


def _assets(
    source: Source, collections: Iterable[Collection], scope: SyncScope
) -> tuple[dg.AssetKey, ...]:
    chosen = list(collections)
    streams = dict.fromkeys(each.stream for each in chosen)
    hub = [keys.hub_key(source.schema_name, name) for name in streams]
    tables = [keys.table_key(source.schema_name, each.name) for each in chosen]
    return (
        *(hub if scope is not SyncScope.WAREHOUSE else []),
        *(tables if scope is not SyncScope.HUB else []),
    )


def _all_days(source: Source) -> list[str]:
    return list(days_of(source).get_partition_keys())


def _days_in(source: Source, span: Span) -> list[str]:
    first = span.start.isoformat() if span.start else ""
    last = span.end.isoformat() if span.end else "9999"
    days = [day for day in _all_days(source) if first <= day < last]
    if not days:
        raise ZendeskAssetsError(
            f"There is no day from {span.start or source.history_start} to before "
            f"{span.end or 'tomorrow'} in {source.schema_name}, whose history_start is "
            f"{source.history_start}: check --from and --to, or set history_start earlier."
        )
    return days


def _days_due(
    source: Source, assets: tuple[dg.AssetKey, ...], instance: dg.DagsterInstance
) -> list[str]:
    """Return today and the days of the initial history that an asset lacks."""
    every = _all_days(source)
    today = every[-1] if every else ""
    since = (datetime.now(UTC) - timedelta(days=source.initial_history_days)).date().isoformat()
    known = [instance.get_materialized_partitions(key) for key in assets]
    return [
        day
        for day in every
        if day == today or (day >= since and not all(day in days for days in known))
    ]


def _days_loaded(
    source: Source, assets: tuple[dg.AssetKey, ...], instance: dg.DagsterInstance
) -> list[str]:
    """Return today and the days for which one of the assets was materialized."""
    every = _all_days(source)
    known = {day for key in assets for day in instance.get_materialized_partitions(key)}
    return [day for day in every if day in known or day == every[-1]]


def _days_of_hub(
    days: Sequence[str], streams: Iterable[str], covered: Callable[[str], Sequence[Window]]
) -> list[str]:
    """Return today, which loads everything, and the days that the hub covers completely."""
    for stream in streams:
        known = set(days_covered(days, covered(stream)))
        days = [day for day in days if day in known or day == days[-1]]
    return list(days)


def _ranges(days: Sequence[str], longest: int) -> list[tuple[str, str]]:
    """Return the days as ranges without gaps, each at most `longest` days long."""
    ranges: list[list[str]] = []
    for day in days:
        if ranges and len(ranges[-1]) < longest and _is_next(ranges[-1][-1], day):
            ranges[-1].append(day)
        else:
            ranges.append([day])
    return [(each[0], each[-1]) for each in ranges]


def _is_next(day: str, following: str) -> bool:
    return date.fromisoformat(day) + timedelta(days=1) == date.fromisoformat(following)
