"""Months: the partitions of ticket and event streams, and the scope of a run.

https://docs.dagster.io/guides/build/partitions-and-backfills. A run may cover a range of months, or
some days within it. The hub's coverage, not its partitions, says what is there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Self

import dagster as dg

from zendesk_assets.clock import Clock
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.orchestration.data_versions import UNCOMPARED_TAG
from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import (
    EPOCH,
    MONTH_FORMAT,
    Stream,
    Window,
    midnight,
    window_of_months,
)

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class RunScope:
    """What a run is to update: a window, and its months (none if not partitioned).

    `months_window` is the window of these months, which is larger if the run is to update only some
    of their days.
    """

    window: Window
    months: tuple[str, ...] = ()
    months_window: Window | None = None

    @property
    def of_months(self) -> RunScope:
        """Return the scope with all days of its months."""
        whole = self.months_window
        return self if whole is None else RunScope(whole, self.months, whole)

    @property
    def is_partial(self) -> bool:
        """Return whether only some days of its months are to be updated."""
        return self.months_window not in (None, self.window)


class DaysConfig(dg.Config):
    """The days of a run within its months: from `first_day` to before `end_day`, YYYY-MM-DD."""

    first_day: str = ""
    end_day: str = ""

    @classmethod
    @cache
    def schema(cls) -> Any:
        """Return the schema of these settings, which all assets share: each is slow to make."""
        return cls.to_config_schema()

    @classmethod
    def of(cls, context: dg.AssetExecutionContext) -> Self:
        """Return the settings of this materialization."""
        return cls(**context.op_execution_context.op_config)

    def within(self, window: Window) -> Window:
        """Return what of the window is on these days.

        Raises:
            ZendeskAssetsError: if one of them is not a date, or none of them is in the window.
        """
        start, end = (_start_of(day) if day else None for day in (self.first_day, self.end_day))
        found = window.intersect(Window(start or window.start, end or window.end))
        if not found:
            raise ZendeskAssetsError(
                f"No day from {self.first_day or 'the first'} to before {self.end_day or 'the end'}"
                f" is in {window.start:%Y-%m-%d} to {window.end - _DAY:%Y-%m-%d}, the months of "
                "this run: correct `first_day` and `end_day`, or select other months."
            )
        return found


def months_of(source: Source) -> dg.MonthlyPartitionsDefinition:
    """Return the months of a source: UTC, from that of `history_start` to the current one."""
    return _months_since(f"{source.history_start:{MONTH_FORMAT}}")


@cache
def _months_since(first: str) -> dg.MonthlyPartitionsDefinition:
    return dg.MonthlyPartitionsDefinition(
        start_date=first, fmt=MONTH_FORMAT, timezone="UTC", end_offset=1
    )


def partitions_for(source: Source, stream: Stream) -> dg.MonthlyPartitionsDefinition | None:
    """Return the months for a partitioned stream, None for others."""
    return months_of(source) if stream.partitioned else None


def backfill_policy(source: Source, stream: Stream) -> dg.BackfillPolicy | None:
    """Return how many months one run of a backfill covers: `months_per_run`."""
    return dg.BackfillPolicy.multi_run(source.run_months) if stream.partitioned else None


def history_of(source: Source) -> Window:
    """Return all days that a source may have, without an end."""
    return Window(midnight(source.history_start), datetime.max.replace(tzinfo=UTC))


def scope_of_run(
    context: dg.AssetExecutionContext,
    source: Source,
    stream: Stream,
    clock: Clock,
    days: DaysConfig,
) -> RunScope:
    """Return the scope of this run: its months or days of them, or everything up to now.

    Raises:
        ZendeskAssetsError: if the run is configured for days that are not in its months, or its
            stream has none.
    """
    if not stream.partitioned:
        if days.first_day or days.end_day:
            raise ZendeskAssetsError(
                f"{stream.name} has no months: omit `first_day` and `end_day`."
            )
        return RunScope(Window(EPOCH, clock.now() + _DAY))
    keys = context.partition_key_range
    whole = window_of_months(keys.start, keys.end).intersect(history_of(source))
    months = tuple(months_of(source).get_partition_keys_in_range(keys))
    return RunScope(days.within(whole), months, whole)


def months_claimed(
    context: dg.AssetExecutionContext, source: Source, scope: RunScope, settled: datetime
) -> list[Window]:
    """Return the months before the run's that Dagster has as materialized, as far as `settled`.

    A hub that was restored from a backup may lack some of them, and of the last one that was synced
    its end, if no sync has come since.
    """
    if not scope.months:
        return []
    before = Window(history_of(source).start, min(scope.of_months.window.start, settled))
    known = context.instance.get_materialized_partitions(context.asset_key)
    months = [key for key in months_of(source).get_partition_keys() if key in known]
    return [claimed for key in months if (claimed := window_of_months(key).intersect(before))]


def report_apart(
    context: dg.AssetExecutionContext,
    whole: Collection[str],
    figures: Mapping[str, Mapping[str, Any]],
) -> None:
    """Report the figures of months one by one: those that are not `whole` are observed only."""
    for month, found in figures.items():
        report = materialized if month in whole else _observed
        context.log_event(report(context.asset_key, month, found))


def materialized(
    asset: dg.AssetKey, month: str, figures: Mapping[str, Any]
) -> dg.AssetMaterialization:
    """Return the event that an asset has a month."""
    return dg.AssetMaterialization(asset, partition=month, metadata=figures, tags=UNCOMPARED_TAG)


def _observed(asset: dg.AssetKey, month: str, figures: Mapping[str, Any]) -> dg.AssetObservation:
    return dg.AssetObservation(asset, partition=month, metadata=figures)


def _start_of(day: str) -> datetime:
    try:
        return midnight(date.fromisoformat(day))
    except ValueError:
        raise ZendeskAssetsError(f"Not a date: {day}. Use YYYY-MM-DD.") from None
