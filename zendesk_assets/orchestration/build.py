"""Builds Definitions from sources. Building has no side effects, and returns a new value.

Tests and the command line build their own; `zendesk_assets.definitions` builds Dagster's.
https://docs.dagster.io/guides/build/assets/defining-assets
"""

import warnings
from functools import partial
from itertools import chain
from typing import Any

import dagster as dg

from zendesk_assets.account import Account, chosen_collections
from zendesk_assets.catalog import declared
from zendesk_assets.clock import Clock, SystemClock
from zendesk_assets.history import histories_of
from zendesk_assets.hub import AccountGuard
from zendesk_assets.orchestration import keys, placement
from zendesk_assets.orchestration.alerts import build_alerts
from zendesk_assets.orchestration.analysis_assets import build_analysis
from zendesk_assets.orchestration.checks import build_checks
from zendesk_assets.orchestration.dagster_internals.job_of_source import JobOfSource
from zendesk_assets.orchestration.dagster_internals.pool_turns import patient_executor
from zendesk_assets.orchestration.failures import Refusals
from zendesk_assets.orchestration.fivetran_assets import build_fivetran
from zendesk_assets.orchestration.hub_assets import build_hub_asset
from zendesk_assets.orchestration.jobs import build_jobs
from zendesk_assets.orchestration.progress_listener import ProgressRelay
from zendesk_assets.orchestration.published_copy import build_published_copy
from zendesk_assets.orchestration.reconciliation import build_reconciliation
from zendesk_assets.orchestration.replays import build_replay_jobs, build_replay_sensor
from zendesk_assets.orchestration.resources import (
    HubResource,
    warehouse_resource,
    zendesk_resource,
)
from zendesk_assets.orchestration.schedules import Select, build_sensors
from zendesk_assets.orchestration.stored_tables import build_stored_table
from zendesk_assets.orchestration.upkeep_asset import build_upkeep, build_upkeep_schedule
from zendesk_assets.orchestration.view_assets import build_nested_views
from zendesk_assets.orchestration.warehouse_assets import build_warehouse_asset
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.warehouse_opening import open_warehouse


def build_definitions(
    sources: Sources, clock: Clock | None = None, relay: ProgressRelay | None = None
) -> dg.Definitions:
    """Return every asset, sensor, job and resource of the sources.

    `relay` receives each page, wait and load of runs in this process.
    """
    clock, relay = clock or SystemClock(), relay or ProgressRelay()
    upkeep, jobs = build_upkeep(sources, writers_pool(sources)), jobs_of(sources)
    return dg.Definitions(
        assets=[*build_assets(sources, clock, relay), *upkeep],
        schedules=build_upkeep_schedule(upkeep),
        asset_checks=build_asset_checks(sources, clock),
        sensors=[
            *sensors_of(sources),
            *build_alerts(sources, clock),
            *build_replay_sensor(sources, jobs),
        ],
        jobs=[*jobs, *build_replay_jobs(sources)],
        resources=build_resources(sources, relay),
        # Steps are short or wait for the rate limit, so only runs are parallel.
        executor=patient_executor,
    )


def build_assets(sources: Sources, clock: Clock, relay: ProgressRelay) -> list[dg.AssetsDefinition]:
    """Return the assets of all sources. Raises SourcesFileError like `build_definitions`."""
    with warnings.catch_warnings():
        # backfill_policy is marked beta and warns once per asset.
        warnings.simplefilter("ignore", dg.BetaWarning)
        found = (_assets_of(each, sources, clock, relay) for each in sources.sources)
        return list(chain.from_iterable(found))


def build_asset_checks(sources: Sources, clock: Clock) -> list[dg.AssetChecksDefinition]:
    """Return the checks of all sources."""
    found = (_checks_of(each, sources, clock) for each in sources.sources)
    return list(chain.from_iterable(found))


def sensors_of(
    sources: Sources, select: Select = dg.AssetSelection.groups
) -> list[dg.AutomationConditionSensorDefinition]:
    """Return the schedule sensors of all sources; `select` returns the assets of groups."""
    number, publishes = len(sources.sources), bool(sources.warehouse.published)
    return [
        sensor
        for each in sources.sources
        for sensor in build_sensors(each, _names(each), number, publishes=publishes, select=select)
    ]


def jobs_of(
    sources: Sources,
    select: Select = dg.AssetSelection.groups,
    executor: dg.ExecutorDefinition | None = None,
) -> list[JobOfSource]:
    """Return the jobs of all sources; `select` returns the assets of groups."""
    publishes = bool(sources.warehouse.published)
    return [
        job
        for each in sources.sources
        for job in build_jobs(
            each, _names(each), publishes=publishes, select=select, executor=executor
        )
    ]


def _assets_of(
    source: Source, sources: Sources, clock: Clock, relay: ProgressRelay
) -> list[dg.AssetsDefinition]:
    chosen = chosen_collections(source)
    streams = dict.fromkeys(each.stream for each in chosen)
    guard, account = AccountGuard(source.identity, clock), Account(sources, source, clock)
    refusals = Refusals()
    hub_assets = [
        build_hub_asset(account, declared().streams[name], relay, guard, refusals)
        for name in streams
    ]
    if placement.placement_of(source).io_manager:
        return hub_assets + [build_stored_table(source, each, clock) for each in chosen]
    engine, pool = sources.warehouse.type, writers_pool(sources)
    histories = histories_of(source, chosen)
    tables = [
        build_warehouse_asset(
            source, each, engine, pool, clock, keeps_history=each.name in histories
        )
        for each in chosen
    ]
    names = [each.name for each in chosen]
    views = build_nested_views(source, engine, names, pool)
    views += build_analysis(source, sources, names, pool, clock)
    views += build_fivetran(source, engine, names, pool)
    published = build_published_copy(source, sources, tables + views, pool)
    return hub_assets + tables + views + published


def _names(source: Source) -> list[str]:
    """Return the names of the collections whose tables are in our warehouse."""
    if placement.placement_of(source).io_manager:
        return []
    return [each.name for each in chosen_collections(source)]


def _checks_of(source: Source, sources: Sources, clock: Clock) -> list[dg.AssetChecksDefinition]:
    if placement.placement_of(source).io_manager:
        return []
    chosen = chosen_collections(source)
    pool = writers_pool(sources)
    checks = [build_checks(source, each, _names(source), pool) for each in chosen]
    return [*checks, build_reconciliation(Account(sources, source, clock), chosen)]


def build_resources(sources: Sources, relay: ProgressRelay) -> dict[str, Any]:
    """Return the hub, the IO manager and the connections to accounts, by their keys."""
    hub = HubResource(path=sources.resolve(sources.hub.path))
    io_manager = warehouse_resource(partial(open_warehouse, sources), relay)
    # Without sources, people's own assets may use the first two.
    found: dict[str, Any] = {keys.HUB: hub, keys.WAREHOUSE_IO_MANAGER: io_manager}
    if any(isinstance(each, placement.PlacedSource) for each in sources.sources):
        found = {}
    for source in sources.sources:
        found[placement.hub_resource(source)] = hub
        if not placement.placement_of(source).io_manager:
            found[placement.io_manager(source)] = io_manager
        found[placement.zendesk_resource(source)] = zendesk_resource(sources, source)
    return found


def writers_pool(sources: Sources) -> str | None:
    """Return the pool of writers: a file has one at a time, a server many."""
    file = sources.warehouse.file
    return file and keys.warehouse_pool(sources.resolve(file))
