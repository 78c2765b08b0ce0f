"""When the figures of views are measured anew, and the report is written from them.

Both read whole tables, so their cost grows with the account and not with what has changed, and the
report is about whole days. A run that follows loads measures when the tables have reached the next
time of `report_cron`, what is new or has changed, and everything after an older month was loaded or
a replay; otherwise a view keeps the figures that it had. Any other run measures what it was asked
for. How is for `view_step`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self

import dagster as dg

from zendesk_assets.analysis import AnalysisView
from zendesk_assets.catalog import declared
from zendesk_assets.orchestration import keys, placement
from zendesk_assets.orchestration.describe import in_words
from zendesk_assets.orchestration.partitions import months_of
from zendesk_assets.orchestration.replays import REPLAY_TAG, loading_job
from zendesk_assets.orchestration.schedule_times import clock_time, next_time, previous_time
from zendesk_assets.settings.sources import Source
from zendesk_assets.warehouse import Warehouse, find_last_received

MEASURED_AT: Final = "measured_at"
LOADED_UNTIL: Final = "loaded_until"
DEFINITION: Final = "definition"
# What Dagster's daemon starts again has this tag; what a person executes again has not.
_RETRY: Final = "dagster/retry_number"
# How much later than its last second a page may have been received.
_MARGIN: Final = timedelta(minutes=5)
_INSTANT: Final = timedelta(seconds=1)
_OFF: Final = (
    "when a view is new or has changed, and when an older month was loaded (report_cron is off)"
)


@dataclass(frozen=True)
class Moment:
    """Now, and the time up to which the tables with months are loaded (None: there are none)."""

    now: datetime
    loaded_until: datetime | None = None

    @classmethod
    def seen(cls, warehouse: Warehouse, source: Source, tables: Iterable[str]) -> Self:
        """Return the moment, by the load log of these tables. Raises WarehouseError."""
        dated = [name for name in tables if _has_months(name)]
        received = find_last_received(warehouse, source.schema_name, dated).values()
        until = min(received) - source.settle - _MARGIN if received else None
        return cls(datetime.now(UTC), until)


def follows_loads(run: dg.DagsterRun) -> bool:
    """Return whether a run measures only what is due: nobody has asked for it."""
    is_asked_for = run.parent_run_id is not None and _RETRY not in run.tags
    return keys.FIGURES_TAG in run.tags and not is_asked_for


def kept_figures(
    instance: dg.DagsterInstance,
    source: Source,
    views: Mapping[dg.AssetKey, AnalysisView],
    stamps: Mapping[str, str],
    moment: Moment,
) -> dict[dg.AssetKey, dict[str, Any]]:
    """Return the figures of those views that a run that follows loads need not measure.

    They are as in the view's last materialization, under their names in `AnalysisView.figures`,
    with the number of `rows` and what says when they were measured. `stamps` are the definitions
    of the views by their names: a view that had another one is not among them.
    """
    found = _last_materializations(instance, views)
    figures = {key: _figures_in(each, views[key]) for key, each in found.items()}
    kept = {
        key: each
        for key, each in figures.items()
        if MEASURED_AT in each and each.get(DEFINITION) == stamps.get(views[key].name)
    }
    if not kept or any(_is_late(each, source.report_cron, moment) for each in kept.values()):
        return {}
    since = min(each[MEASURED_AT] for each in kept.values())
    tables = sorted({name for view in views.values() for name in view.reads})
    dated = [
        keys.table_key(placement.path_of(source), name) for name in tables if _has_months(name)
    ]
    is_other = _was_replayed(instance, source, since) or any(
        _has_older_month(instance, source, table, since) for table in dated
    )
    return {} if is_other else kept


def is_report_due(
    instance: dg.DagsterInstance,
    report: dg.AssetKey,
    views: Mapping[dg.AssetKey, AnalysisView],
    path: Path,
) -> bool:
    """Return whether a view was measured since the report was written, or its file is gone."""
    found = _last_materializations(instance, [report, *views])
    if report not in found:
        return True
    last = found.pop(report)
    if "report" in _metadata(last) and not path.exists():
        return True
    written = datetime.fromtimestamp(last.timestamp, UTC)
    measured = (_figures_in(each, views[key]).get(MEASURED_AT) for key, each in found.items())
    return any(each and each > written for each in measured)


def occasions(source: Source) -> str:
    """Return when figures are due, in words that follow "due"."""
    if source.report_cron is None:
        return _OFF
    words = in_words(source.report_cron)
    return f"when the tables reach a time of `report_cron`: {words[:1].lower()}{words[1:]}"


def next_occasion(
    instance: dg.DagsterInstance, source: Source, views: Mapping[dg.AssetKey, AnalysisView]
) -> str:
    """Return when figures are due next, in words that follow "due"."""
    if source.report_cron is None:
        return _OFF
    now, found = datetime.now(UTC), _last_materializations(instance, views)
    figures = [_figures_in(each, views[key]) for key, each in found.items()]
    reached = min((each[LOADED_UNTIL] for each in figures if LOADED_UNTIL in each), default=now)
    return f"when the tables reach {clock_time(next_time(source.report_cron, reached), now)}"


def _is_late(figures: Mapping[str, Any], cron: str | None, moment: Moment) -> bool:
    """Return whether the tables have reached a time of the cron since figures were measured.

    If they stand still, as when one of them cannot be loaded, a whole period of the cron is waited
    for.
    """
    if cron is None:
        return False
    tick = previous_time(cron, moment.now)
    if moment.loaded_until is None or LOADED_UNTIL not in figures:
        return bool(figures[MEASURED_AT] < tick)
    is_reached = figures[LOADED_UNTIL] < previous_time(cron, moment.loaded_until)
    return is_reached or bool(figures[MEASURED_AT] < previous_time(cron, tick - _INSTANT))


def _last_materializations(
    instance: dg.DagsterInstance, assets: Iterable[dg.AssetKey]
) -> dict[dg.AssetKey, dg.EventLogEntry]:
    entries = (record.asset_entry for record in instance.get_asset_records(list(assets)))
    return {
        each.asset_key: each.last_materialization for each in entries if each.last_materialization
    }


def _metadata(entry: dg.EventLogEntry) -> Mapping[str, dg.MetadataValue[Any]]:
    return entry.asset_materialization.metadata if entry.asset_materialization else {}


def _figures_in(entry: dg.EventLogEntry, view: AnalysisView) -> dict[str, Any]:
    """Return the figures of a view that a materialization has; moments as times."""
    shown = _metadata(entry)
    names = {"rows": "dagster/row_count"}
    names |= {name: name for name in (*view.figures, MEASURED_AT, LOADED_UNTIL, DEFINITION)}
    found: dict[str, Any] = {
        name: shown[known].value for name, known in names.items() if known in shown
    }
    for name in {MEASURED_AT, LOADED_UNTIL} & found.keys():
        found[name] = datetime.fromtimestamp(found[name], UTC)
    return found


def _has_months(table: str) -> bool:
    return declared().stream_of(declared().collections[table]).partitioned


def _has_older_month(
    instance: dg.DagsterInstance, source: Source, table: dg.AssetKey, since: datetime
) -> bool:
    """Return whether a month before the current one was loaded into a table since then."""
    months = months_of(source).get_partition_keys()[:-1]
    wanted = dg.AssetRecordsFilter(
        table, asset_partitions=list(months), after_timestamp=since.timestamp()
    )
    return bool(months and instance.fetch_materializations(wanted, limit=1).records)


def _was_replayed(instance: dg.DagsterInstance, source: Source, since: datetime) -> bool:
    """Return whether a replay has loaded tables since then."""
    job = loading_job(placement.name_of(source))
    found = instance.get_runs(dg.RunsFilter(job_name=job, updated_after=since), limit=10)
    return any(REPLAY_TAG in run.tags for run in found)
