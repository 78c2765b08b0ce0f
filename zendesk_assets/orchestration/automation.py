"""When assets are materialized by themselves: conditions, and the sensors that evaluate them.

https://docs.dagster.io/guides/automate/declarative-automation. Two sensors per source, each with a
cron of its own; either can be switched off alone. Stock conditions do not heal themselves: these
ask at each tick for today and for whatever is missing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import dagster as dg
from dagster import AutomationCondition as Condition

from zendesk_assets.orchestration import keys
from zendesk_assets.sources import Source
from zendesk_assets.spec import Stream

__all__ = ["build_sensors", "hub_condition", "table_condition"]

_AnyCondition = Condition[Any]


def _due(cron: str) -> _AnyCondition:
    """Return a condition that is true at each tick of `cron` (UTC), and at the very first look."""
    return Condition.cron_tick_passed(cron, "UTC") | Condition.initial_evaluation()


def hub_condition(source: Source, stream: Stream) -> _AnyCondition:
    """Return when a stream is synced.

    Partitioned: today at each tick, and every missing or failed day of the initial history. `due`
    stands first because AND hands on the shrinking set of candidates.
    """
    due, idle = _due(source.source_sync_cron), ~Condition.in_progress()
    if not stream.partitioned:
        return (due & idle).with_label("source sync is due")
    history = timedelta(days=max(1, source.initial_history_days))
    missing = Condition.in_latest_time_window(history) & Condition.missing()
    wanted = Condition.in_latest_time_window() | missing.with_label("missing day of the first year")
    return (due & wanted & idle).with_label("source sync is due: today and what is missing")


def table_condition(source: Source) -> _AnyCondition:
    """Return when a table is loaded: at a tick, if the hub has something that it has not."""
    absent = (Condition.missing() & ~Condition.any_deps_missing()).with_label("not loaded yet")
    fresh = Condition.any_deps_updated().since_last_handled().with_label("hub was updated since")
    failed = Condition.execution_failed().with_label("last load failed")
    quiet = ~Condition.in_progress() & ~Condition.any_deps_in_progress()
    wanted = absent | fresh | failed
    return (_due(source.warehouse_sync_cron) & wanted & quiet).with_label("warehouse sync is due")


def build_sensors(source: Source) -> list[dg.AutomationConditionSensorDefinition]:
    """Return the two schedule sensors of a source, running by default."""
    schema = source.schema_name
    return [
        _sensor(
            keys.source_sync_name(schema),
            keys.hub_group(schema),
            {"zendesk/source": schema, "zendesk/layer": "hub"},
            f"Zendesk → hub for {source.nickname}, at `{source.source_sync_cron}` (UTC).",
        ),
        _sensor(
            keys.warehouse_sync_name(schema),
            keys.table_group(schema),
            {"zendesk/source": schema, "zendesk/layer": "warehouse"},
            f"Hub → warehouse for {source.nickname}, at `{source.warehouse_sync_cron}` (UTC).",
        ),
    ]


def _sensor(
    name: str, group: str, run_tags: dict[str, str], description: str
) -> dg.AutomationConditionSensorDefinition:
    return dg.AutomationConditionSensorDefinition(
        name,
        target=dg.AssetSelection.groups(group),
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=30,
        run_tags=run_tags,
        description=description,
    )
