"""When assets are materialized automatically: the conditions, which `schedules` has evaluated.

https://docs.dagster.io/guides/automate/declarative-automation. Stock conditions do not recover from
gaps: these request the current month and whatever is missing at each tick.

What one evaluation requests becomes one run, or one backfill. So that this month never waits behind
history, a tick is spread over the evaluations that follow it, half a minute apart: the current
month, then what is missing of the two before it, then older ones. The recent months come first,
because people look at them most; of these and of the others the oldest come first, because each
range begins where the one before it ended.
"""

from collections.abc import Iterable
from datetime import timedelta
from functools import cache, reduce
from operator import or_
from typing import Any

import dagster as dg
from dagster import AutomationCondition as Condition

from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import MONTH, RECENT_MONTHS, Stream

_AnyCondition = Condition[Any]
# If it is switched off in the sources file, and on in the UI.
_WEEKLY = "0 5 * * 0"


def hub_condition(source: Source, stream: Stream) -> _AnyCondition:
    """Return when a stream is synced: at a tick, and for history just after one.

    A list with a cadence is synced at the first tick of an hour or of a day (UTC).
    """
    months = source.initial_months if stream.partitioned else None
    return _hub_condition(source.source_sync_cron, months, _cron_of(stream.cadence))


def _cron_of(cadence: timedelta) -> str | None:
    if not cadence:
        return None
    return "0 * * * *" if cadence <= timedelta(hours=1) else "0 0 * * *"


# Conditions with the same settings are one value: there are thousands of assets.
@cache
def _hub_condition(cron: str, months: int | None, cadence: str | None) -> _AnyCondition:
    tick: _AnyCondition = Condition.cron_tick_passed(cron, "UTC")
    if cadence:
        tick &= _again(cadence)
    due = tick | Condition.initial_evaluation()
    now = (due & _latest()).with_label("source sync is due")
    if months is None:
        return now
    near = _last_months(RECENT_MONTHS)
    soon = (~due).newly_true()  # the evaluation after a tick
    # The evaluation after that. It is an AND because Dagster 1.13 distinguishes two such conditions
    # only by the name of their operand: two NOTs would share their state.
    later = (~due & ~soon).newly_true()
    missing = (
        Condition.missing()
        & ~Condition.in_latest_time_window()
        & ~Condition.in_progress()
    )  # fmt: skip
    history = _last_months(months)
    recent = (soon & history & near & missing).with_label("missing recent month")
    older = (later & history & ~near & missing).with_label("older missing month")
    return (now | recent | older).with_label("source sync is due")


def table_condition(source: Source, stream: Stream, *, whole: bool = False) -> _AnyCondition:
    """Return when a table is loaded: at a tick, whatever the hub has and the table lacks.

    The load of the current month loads everything, including what another machine landed and this
    Dagster does not know of. An older month follows the hub at once, as somebody may have asked for
    it; its load that failed waits for the tick. A new table does not wait either: it follows the
    hub until each month has been loaded once. A list with a cadence is loaded at the first tick
    after it was read, and once in its cadence. A table that is loaded as a `whole` has no months,
    even where its stream has.
    """
    months = source.initial_months if stream.partitioned and not whole else None
    return _table_condition(source.warehouse_sync_cron, months, _cron_of(stream.cadence))


def _again(cadence: str) -> _AnyCondition:
    """Return a condition for what was not updated since its time came."""
    came = Condition.cron_tick_passed(cadence, "UTC") | Condition.initial_evaluation()
    return came.since(Condition.newly_updated()).with_label("not updated since its time came")


# Each part of a condition takes time at each evaluation, even where another part rules it out: a
# table without months has only what can hold for it.
@cache
def _table_condition(cron: str, months: int | None, cadence: str | None) -> _AnyCondition:
    tick: _AnyCondition = Condition.cron_tick_passed(cron, "UTC")
    in_hub = ~Condition.any_deps_match(Condition.missing())
    absent = (Condition.missing() & in_hub).with_label("not loaded yet")
    failed = Condition.execution_failed().with_label("last load failed")
    quiet = ~Condition.in_progress() & ~Condition.any_deps_in_progress()
    new = Condition.initial_evaluation().since(Condition.newly_updated())
    fresh = Condition.any_deps_updated().since_last_handled().with_label("hub was updated since")
    if months is None:
        if cadence:
            tick &= fresh | absent | failed | _again(cadence)
        always = (tick & ~_asked_for()).with_label("warehouse sync is due")
        first = (new & absent & ~failed & quiet).with_label("first load of a new table")
        return (always | first).with_label("warehouse sync is due")
    now = (tick & _latest()).with_label("warehouse sync is due")
    older = ~Condition.in_latest_time_window() & quiet
    behind = (~tick).newly_true() & (absent | failed) & older
    initial = new & _last_months(months) & absent & ~failed & quiet
    return (
        now
        | (fresh & older).with_label("an older month has landed in the hub")
        | behind.with_label("month that the hub has and the table has not")
        | initial.with_label("first load of a new table")
    ).with_label("warehouse sync is due")


def view_condition(tables: Iterable[dg.AssetKey]) -> _AnyCondition:
    """Return when views are brought up to date: once, after the loads of the `tables`.

    The tables are those of all views of the source. A tick loads tables in several runs, and a
    view that followed each of them would run as often. This waits for an evaluation in which no
    table was updated and none is being loaded, so that all views and the report follow in one run.
    """
    updated = Condition.any_deps_match(Condition.newly_updated()).with_label("a table was loaded")
    busy = Condition.newly_updated() | Condition.in_progress()
    elsewhere = [Condition.asset_matches(table, busy) for table in tables]
    waiting: Any = reduce(or_, elsewhere, Condition.in_progress())
    rest = updated.since_last_handled() & ~waiting.with_label("tables are being loaded")
    condition: _AnyCondition = rest.with_label("tables were loaded and are at rest")
    return condition


def nested_view_condition() -> _AnyCondition:
    """Return when a view over a table is created: after a load, if it is missing or has changed.

    Its rows are always those of the table, so nothing is to be done after other loads.
    """
    changed = Condition.code_version_changed().since(Condition.newly_updated())
    stale = (Condition.missing() | changed).with_label("not there as it is declared")
    loaded = Condition.any_deps_match(Condition.newly_updated()).since_last_handled()
    busy = Condition.in_progress() | Condition.any_deps_in_progress()
    condition: _AnyCondition = stale & loaded.with_label("its table was loaded") & ~busy
    return condition


def report_condition() -> _AnyCondition:
    """Return when a report may be written: in the run that brings the views up to date."""
    return Condition.any_deps_match(Condition.will_be_requested()).with_label("views are refreshed")


def published_condition() -> _AnyCondition:
    """Return when the copy for readers is replaced: once, after loads, in the run of the views.

    Like `view_condition`, it waits for an evaluation in which nothing that it copies was updated or
    is at work; views that are requested at that moment are refreshed first.
    """
    updated = Condition.any_deps_match(Condition.newly_updated()).with_label("tables were loaded")
    waiting = updated | Condition.any_deps_in_progress() | Condition.in_progress()
    condition: _AnyCondition = updated.since_last_handled() & ~waiting.with_label("not at rest")
    return condition


def reconcile_condition(source: Source, stream: Stream) -> _AnyCondition:
    """Return when a table is compared with Zendesk: at a tick, and once after its first loads.

    The first comparison waits until the table has each month of the initial history. It is asked
    for once in the life of a sensor; what was compared since the last tick is then only repeated.
    A check with its own condition is not part of what the other sensors request.
    """
    months = source.initial_months if stream.partitioned else None
    return _reconcile_condition(source.reconcile_cron or _WEEKLY, months)


@cache
def _reconcile_condition(cron: str, months: int | None) -> _AnyCondition:
    tick: _AnyCondition = Condition.cron_tick_passed(cron, "UTC")
    absent: _AnyCondition = Condition.missing()
    if months is not None:
        absent &= _last_months(months)
    asked = Condition.newly_requested().since(Condition.initial_evaluation())
    first = ~Condition.any_deps_match(absent) & ~asked
    return (tick | first.with_label("first comparison of a table")).with_label(
        "reconciliation is due"
    )


def _last_months(before: int) -> _AnyCondition:
    """Return a condition for the current month and so many months before it.

    With the months of the initial history, it holds for what the schedules cover. Dagster
    includes the months that begin within a time before the end of the current one. Half a month
    more than they have on average is always within the month before them.
    """
    return Condition.in_latest_time_window((before + 1.5) * MONTH)


def _latest() -> _AnyCondition:
    """Return a condition for this month (or all, without partitions), unless we asked for it."""
    return Condition.in_latest_time_window() & ~_asked_for()


def _asked_for() -> _AnyCondition:
    """Return a condition for what we asked for and is still running.

    Only our own request counts: it may also be waiting at the end of a long backfill.
    """
    handled = Condition.newly_updated() | Condition.execution_failed()
    asked = Condition.newly_requested().since(handled)
    return (asked & Condition.run_in_progress()).with_label("asked for and still running")
