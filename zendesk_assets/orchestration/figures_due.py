"""When the figures of views are measured anew, and the report is written from them.

Both read whole tables, so their cost grows with the account and not with what has changed, and the
report is about whole days. A run that follows loads measures once in each period of `report_cron`,
what was never measured, and everything after an older month was loaded; otherwise a view keeps the
figures that it had. Any other run measures what it was asked for. How is for `view_step`.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import dagster as dg

from zendesk_assets.analysis import AnalysisView
from zendesk_assets.catalog import declared
from zendesk_assets.orchestration import keys, placement
from zendesk_assets.orchestration.schedule_times import clock_time, next_time, previous_time
from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import month_of

MEASURED_AT: Final = "measured_at"
# So many loads of a table are looked at; more than that since the last figures are a long history.
_LOADS: Final = 200


def follows_loads(tags: Mapping[str, str]) -> bool:
    """Return whether a run measures only what is due, by its tags."""
    return keys.FIGURES_TAG in tags


def kept_figures(
    instance: dg.DagsterInstance,
    source: Source,
    views: Mapping[dg.AssetKey, AnalysisView],
    now: datetime,
) -> dict[dg.AssetKey, dict[str, Any]]:
    """Return the figures of those views that a run that follows loads need not measure.

    They are as in the view's last materialization, under their names in `AnalysisView.figures`,
    with the number of `rows`, and the time they were `measured_at`.
    """
    found = _last_materializations(instance, views)
    kept = {key: _figures_in(each, views[key]) for key, each in found.items()}
    kept = {key: each for key, each in kept.items() if MEASURED_AT in each}
    if not kept:
        return {}
    oldest = min(each[MEASURED_AT] for each in kept.values())
    if source.report_cron and oldest < previous_time(source.report_cron, now):
        return {}
    tables = {name for view in views.values() for name in view.reads}
    return {} if _older_month_since(instance, source, tables, oldest) else kept


def is_report_due(
    instance: dg.DagsterInstance, report: dg.AssetKey, views: Mapping[dg.AssetKey, AnalysisView]
) -> bool:
    """Return whether a view was measured since the report was written, or there is no report."""
    found = _last_materializations(instance, [report, *views])
    if report not in found:
        return True
    written = datetime.fromtimestamp(found.pop(report).timestamp, UTC)
    measured = (_figures_in(each, views[key]).get(MEASURED_AT) for key, each in found.items())
    return any(each and each > written for each in measured)


def when_due(source: Source, now: datetime) -> str:
    """Return when figures are due next, in words that follow "due"."""
    if source.report_cron is None:
        return "when they are materialized (report_cron is off)"
    return f"after {clock_time(next_time(source.report_cron, now), now)}"


def _last_materializations(
    instance: dg.DagsterInstance, assets: Iterable[dg.AssetKey]
) -> dict[dg.AssetKey, dg.EventLogEntry]:
    entries = (record.asset_entry for record in instance.get_asset_records(list(assets)))
    return {
        each.asset_key: each.last_materialization for each in entries if each.last_materialization
    }


def _figures_in(entry: dg.EventLogEntry, view: AnalysisView) -> dict[str, Any]:
    """Return the figures of a view that a materialization has; `measured_at` as a time."""
    shown = entry.asset_materialization.metadata if entry.asset_materialization else {}
    names = {"rows": "dagster/row_count", MEASURED_AT: MEASURED_AT} | {n: n for n in view.figures}
    found: dict[str, Any] = {
        name: shown[known].value for name, known in names.items() if known in shown
    }
    if isinstance(at := found.get(MEASURED_AT), float):
        found[MEASURED_AT] = datetime.fromtimestamp(at, UTC)
    return found


def _older_month_since(
    instance: dg.DagsterInstance, source: Source, tables: Iterable[str], since: datetime
) -> bool:
    """Return whether a table has loaded a month since then that was not the current one."""
    catalog, place = declared(), placement.path_of(source)
    dated = [name for name in tables if catalog.stream_of(catalog.collections[name]).partitioned]
    return any(_is_history(instance, keys.table_key(place, name), since) for name in sorted(dated))


def _is_history(instance: dg.DagsterInstance, table: dg.AssetKey, since: datetime) -> bool:
    wanted = dg.AssetRecordsFilter(table, after_timestamp=since.timestamp())
    found = instance.fetch_materializations(wanted, limit=_LOADS).records
    months = (
        (each.partition_key, month_of(datetime.fromtimestamp(each.timestamp, UTC)))
        for each in found
    )
    return len(found) == _LOADS or any(loaded and loaded < then for loaded, then in months)
