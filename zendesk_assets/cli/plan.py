"""Which runs a sync consists of: first what has no partitions, then months in ranges.

The order is that of the schedules: the recent months, then older ones, oldest first. It is pure
except for one query of Dagster's instance: which months are missing.
"""

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import dagster as dg

from zendesk_assets.account import chosen_collections
from zendesk_assets.catalog import declared
from zendesk_assets.cli.planned_run import PlannedRun
from zendesk_assets.cli.span import Span, SyncScope
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.analysis_assets import analysis_keys
from zendesk_assets.orchestration.fivetran_assets import fivetran_keys
from zendesk_assets.orchestration.hub_coverage import months_covered
from zendesk_assets.orchestration.partitions import history_of, months_of
from zendesk_assets.orchestration.replays import by_partitions, tables_by_run
from zendesk_assets.orchestration.view_assets import stale_view_keys
from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import (
    RECENT_MONTHS,
    Collection,
    Window,
    midnight,
    months_in,
    window_of_months,
)


def plan_sync(
    source: Source,
    collections: Sequence[str],
    scope: SyncScope,
    span: Span,
    instance: dg.DagsterInstance,
    *,
    switches: tuple[str, ...] = (),
    covered: Callable[[str], Sequence[Window]] = lambda _stream: (),
    refused: Callable[[str], object] = lambda _stream: None,
    records: Callable[[str], int] = lambda _stream: 0,
    resting: AbstractSet[str] = frozenset(),
    report: bool = False,
) -> list[PlannedRun]:
    """Return the runs of a sync of `collections` (all if empty, but for those that are `resting`).

    The last run refreshes the views that read one of them, and the report; views over a single
    table are only in it while they are not there as they are declared. What brings everything up to
    date measures only figures that are due, unless the `report` is asked for.

    Without a span: this month, and every month of the initial history that some asset lacks. A
    `replay` loads everything that the hub has, in a run for each large table: `records` says how
    many a stream has there. Tables alone are only loaded for months that the hub covers
    completely: `covered` returns the windows of a stream there. With a span, only its days.
    `refused` tells whether Zendesk does not offer a stream to the account.

    Raises:
        ZendeskAssetsError: if a span has no days.
    """
    every = chosen_collections(source)
    wanted = set(collections) or {each.name for each in every} - resting
    chosen = [each for each in every if each.name in wanted]
    dated, whole = by_partitions(chosen)
    if collections and not dated and span != Span():
        raise ZendeskAssetsError(_no_days(chosen))
    follows_loads = not (report or collections or switches or span != Span())
    work = _Work(source, scope, switches, follows_loads)
    anew = "replay" in switches and span == Span()
    parts = tables_by_run(whole, records) if anew else [whole]
    runs = [work.run(each) for each in parts] if whole and span == Span() else []
    if dated and span != Span():
        runs += work.runs_of(dated, _windows_in(source, span))
    elif dated and anew:
        runs += map(work.replay, tables_by_run(dated, records))
    elif dated:
        months = _months_due(work, dated, instance, covered)
        runs += work.runs_of(dated, [window_of_months(each) for each in months])
    if scope is SyncScope.HUB:
        return runs
    names, loaded = [each.name for each in every], [each.name for each in chosen]
    nested = stale_view_keys(source, names, loaded, instance, refused)
    views = (*nested, *analysis_keys(source, names, loaded), *fivetran_keys(source, loaded))
    return work.with_views(runs, views)


@dataclass(frozen=True)
class _Work:
    """What all runs of a sync have in common."""

    source: Source
    scope: SyncScope
    switches: tuple[str, ...]
    follows_loads: bool

    def run(self, collections: Iterable[Collection], window: Window | None = None) -> PlannedRun:
        """Return the run of all assets of the collections."""
        hub, tables = self.assets(collections)
        assets = (*hub, *tables)
        return PlannedRun(
            self.source, assets, window, checked=tables, switches=self.switches if tables else ()
        )

    def assets(
        self, collections: Iterable[Collection]
    ) -> tuple[tuple[dg.AssetKey, ...], tuple[dg.AssetKey, ...]]:
        """Return the assets of the hub, and the tables, as far as they are to be synced."""
        schema, chosen = self.source.schema_name, list(collections)
        streams = dict.fromkeys(each.stream for each in chosen)
        hub = tuple(keys.hub_key(schema, name) for name in streams)
        tables = tuple(keys.table_key(schema, each.name) for each in chosen)
        return (
            hub if self.scope is not SyncScope.WAREHOUSE else (),
            tables if self.scope is not SyncScope.HUB else (),
        )

    def replay(self, dated: Iterable[Collection]) -> PlannedRun:
        """Return the run that loads everything again, whatever Dagster knows of it."""
        this_month = window_of_months(months_of(self.source).get_last_partition_key() or "")
        return replace(self.run(dated, this_month), switches=(*self.switches, "everything"))

    def runs_of(self, dated: Sequence[Collection], months: Sequence[Window]) -> list[PlannedRun]:
        """Return the runs of months, the recent ones first, or of days of a month.

        Of several runs none checks the tables: `with_views` adds one that does. Some days of a
        month are fetched and loaded in a run each, because a hub asset that does not have its whole
        month has no output, without which Dagster would skip the tables of the run.
        """
        newest = len(months) - RECENT_MONTHS - 1
        older, recent = months[: max(0, newest)], months[max(0, newest) :]
        runs = []
        for each in (*self._ranges(recent), *self._ranges(older)):
            run = self.run(dated, each)
            runs += [run] if self._is_whole(each) else _halves(run)
        return runs if len(runs) == 1 else [replace(run, checked=()) for run in runs]

    def with_views(
        self, runs: Sequence[PlannedRun], views: tuple[dg.AssetKey, ...]
    ) -> list[PlannedRun]:
        """Return the runs and one that refreshes the views and checks what no run has checked."""
        checked = {key for run in runs for key in run.checked}
        loaded = dict.fromkeys(
            key for run in runs for key in run.assets if key not in run.hub_assets
        )
        unchecked = tuple(key for key in loaded if key not in checked)
        if not views and not unchecked:
            return list(runs)
        last = PlannedRun(self.source, views, checked=unchecked, follows_loads=self.follows_loads)
        return [*runs, last]

    def _ranges(self, months: Sequence[Window]) -> list[Window]:
        """Return the months as ranges without gaps, none longer than one run takes."""
        ranges: list[list[Window]] = []
        for month in months:
            before = ranges[-1] if ranges else []
            fits = 0 < len(before) < self.source.run_months and before[-1].end == month.start
            if fits and self._is_whole(before[-1]) and self._is_whole(month):
                before.append(month)
            else:
                ranges.append([month])
        return [Window(each[0].start, each[-1].end) for each in ranges]

    def _is_whole(self, window: Window) -> bool:
        """Return whether a window is whole months, as far as the source has them."""
        months = months_in(window)
        return window_of_months(months[0], months[-1]).intersect(history_of(self.source)) == (
            window.intersect(history_of(self.source))
        )


def _halves(run: PlannedRun) -> list[PlannedRun]:
    """Return a run of some days as one of the hub and one of the tables."""
    hub, partial = run.hub_assets, replace(run, is_partial=True)
    tables = tuple(key for key in run.assets if key not in hub)
    return [replace(partial, assets=each) for each in (hub, tables) if each]


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


def _windows_in(source: Source, span: Span) -> list[Window]:
    """Return a window for each month of a span: the month, or those of its days in the span."""
    history, months = history_of(source), months_of(source).get_partition_keys()
    start, end = (midnight(day) if day else None for day in (span.start, span.end))
    now = datetime.now(UTC)
    asked = Window(start or history.start, end if end and end <= now else history.end)
    asked = asked if asked.start < now else Window(now, now)
    windows = [window_of_months(month).intersect(history).intersect(asked) for month in months]
    if not any(windows):
        raise ZendeskAssetsError(
            f"There is no day from {span.start or source.history_start} to before "
            f"{span.end or 'tomorrow'} in {source.schema_name}, whose history_start is "
            f"{source.history_start}: check --from and --to, or set history_start earlier."
        )
    return [window for window in windows if window]


def _months_due(
    work: _Work,
    dated: Sequence[Collection],
    instance: dg.DagsterInstance,
    covered: Callable[[str], Sequence[Window]],
) -> list[str]:
    """Return this month, and the months of the initial history that an asset lacks."""
    source = work.source
    every = list(months_of(source).get_partition_keys())
    hub, tables = work.assets(dated)
    known = [set(instance.get_materialized_partitions(key)) for key in (*hub, *tables)]
    recent = every[-source.initial_months - 1 :]
    due = [each for each in recent if not all(each in months for months in known)]
    if work.scope is SyncScope.WAREHOUSE:
        for stream in {each.stream for each in dated}:
            due = months_covered(due, covered(stream), history_of(source))
    return [*(each for each in due if each != every[-1]), *every[-1:]]
