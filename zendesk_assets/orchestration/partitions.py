"""Days: the partitions of ticket and event streams, and the scope of a run.

https://docs.dagster.io/guides/build/partitions-and-backfills. A run may cover a range of days; its
window always comes from the range's keys, because a test context has no time window for a range.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import dagster as dg

from zendesk_assets.clock import Clock
from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import EPOCH, Stream, Window

__all__ = [
    "RunScope",
    "backfill_policy",
    "days_claimed",
    "days_of",
    "partitions_for",
    "scope_of_run",
]


@dataclass(frozen=True)
class RunScope:
    """What a run is to update: a window, and its days (none if not partitioned)."""

    window: Window
    days: tuple[str, ...] = ()


def days_of(source: Source) -> dg.DailyPartitionsDefinition:
    """Return the days of a source: UTC, from `history_start` to today, today included."""
    return dg.DailyPartitionsDefinition(
        start_date=source.history_start.isoformat(), timezone="UTC", end_offset=1
    )


def partitions_for(source: Source, stream: Stream) -> dg.DailyPartitionsDefinition | None:
    """Return the days for a partitioned stream, None for others."""
    return days_of(source) if stream.partitioned else None


def backfill_policy(source: Source, stream: Stream) -> dg.BackfillPolicy | None:
    """Return how many days one run of a backfill covers: `days_per_run`, about a month."""
    return dg.BackfillPolicy.multi_run(source.days_per_run) if stream.partitioned else None


def scope_of_run(
    context: dg.AssetExecutionContext | dg.OutputContext,
    days: dg.DailyPartitionsDefinition | None,
    clock: Clock,
) -> RunScope:
    """Return the scope of this run: its days, or everything up to now."""
    if days is None:
        return RunScope(Window(EPOCH, clock.now() + timedelta(days=1)))
    keys = _range(context)
    window = Window(_day(days, keys.start).start, _day(days, keys.end).end)
    return RunScope(window, tuple(days.get_partition_keys_in_range(keys)))


def days_claimed(
    context: dg.AssetExecutionContext, source: Source, scope: RunScope
) -> list[Window]:
    """Return the days before the run's that Dagster has as materialized.

    A hub that was restored from a backup may lack some of them. The day just before is left out,
    because the next walk reads its unsettled part anyway.
    """
    if not scope.days:
        return []
    days, before = days_of(source), date.fromisoformat(scope.days[0]) - timedelta(days=1)
    known = context.instance.get_materialized_partitions(context.asset_key)
    return [_day(days, key) for key in sorted(known) if key < before.isoformat()]


def _range(context: dg.AssetExecutionContext | dg.OutputContext) -> dg.PartitionKeyRange:
    return (
        context.asset_partition_key_range
        if isinstance(context, dg.OutputContext)
        else context.partition_key_range
    )


def _day(days: dg.DailyPartitionsDefinition, key: str) -> Window:
    window = days.time_window_for_partition_key(key)
    return Window(_utc(window.start), _utc(window.end))


def _utc(time: datetime) -> datetime:
    return datetime.fromtimestamp(time.timestamp(), EPOCH.tzinfo)
