"""When the figures of views are measured, and the report is written from them.

Both read whole tables, so their cost grows with the account and not with what has changed, and the
report is about whole days. A run that follows loads measures once in each period of `report_cron`,
what was never measured, everything after an older month was loaded, and what a report is missing.
Any other run measures what it was asked for. The report follows in the same run: Dagster skips it
where a view has no output. How it is measured is for `view_step`.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

import dagster as dg

from zendesk_assets.catalog import declared
from zendesk_assets.orchestration import keys, placement
from zendesk_assets.orchestration.schedule_times import clock_time, next_time, previous_time
from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import month_of

# So many loads of a table are looked at; more than that since the last figures are a long history.
_LOADS: Final = 200


def follows_loads(tags: Mapping[str, str]) -> bool:
    """Return whether a run measures only what is due, by its tags."""
    return keys.FIGURES_TAG in tags


def views_due(
    instance: dg.DagsterInstance,
    source: Source,
    views: Mapping[dg.AssetKey, Iterable[str]],
    report: dg.AssetKey | None,
    now: datetime,
) -> set[dg.AssetKey]:
    """Return which views a run that follows loads measures, of `views` and the tables each reads.

    The `report` shows their figures, if there is one.
    """
    measured = _last_times(instance, [*views, *([report] if report else [])])
    written = measured.pop(report, None) if report else None
    if not measured:
        return set(views)
    oldest, newest = min(measured.values()), max(measured.values())
    cron = source.report_cron
    is_late = cron is not None and oldest < previous_time(cron, now)
    lacks = report is not None and (written is None or written < newest)
    tables = {table for reads in views.values() for table in reads}
    if is_late or lacks or _older_month_since(instance, source, tables, oldest):
        return set(views)
    return {key for key in views if key not in measured}


def when_due(source: Source, now: datetime) -> str:
    """Return when figures are next due, in words that follow "due"."""
    if source.report_cron is None:
        return "when they are materialized (report_cron is off)"
    return f"after {clock_time(next_time(source.report_cron, now), now)}"


def _last_times(
    instance: dg.DagsterInstance, assets: Iterable[dg.AssetKey]
) -> dict[dg.AssetKey, datetime]:
    """Return when each asset was last materialized, of those that were."""
    entries = (record.asset_entry for record in instance.get_asset_records(list(assets)))
    return {
        each.asset_key: datetime.fromtimestamp(each.last_materialization.timestamp, UTC)
        for each in entries
        if each.last_materialization
    }


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
