"""Builds Definitions from sources. Building has no side effects, and returns a new value.

Tests and the command line build their own; `zendesk_assets.definitions` builds Dagster's.
https://docs.dagster.io/guides/build/assets/defining-assets
"""

import warnings
from functools import partial
from typing import Any

import dagster as dg

from zendesk_assets.account import Account, chosen_collections
from zendesk_assets.catalog import declared
from zendesk_assets.clock import Clock, SystemClock
from zendesk_assets.history import histories_of
from zendesk_assets.hub import AccountGuard
from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.analysis_assets import build_analysis
from zendesk_assets.orchestration.automation import build_sensors
from zendesk_assets.orchestration.checks import build_checks
from zendesk_assets.orchestration.dagster_internals.pool_turns import patient_executor
from zendesk_assets.orchestration.fivetran_assets import build_fivetran
from zendesk_assets.orchestration.hub_assets import build_hub_asset
from zendesk_assets.orchestration.io_managers import UpsertIOManager
from zendesk_assets.orchestration.jobs import build_jobs
from zendesk_assets.orchestration.progress_listener import ProgressRelay
from zendesk_assets.orchestration.published_copy import build_published_copy
from zendesk_assets.orchestration.reconciliation import build_reconciliation
from zendesk_assets.orchestration.resources import HubResource, zendesk_resource
from zendesk_assets.orchestration.upkeep_asset import build_upkeep, build_upkeep_schedule
from zendesk_assets.orchestration.view_assets import build_nested_views
from zendesk_assets.orchestration.warehouse_assets import build_warehouse_asset
from zendesk_assets.properties import check_properties
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.warehouse_opening import open_warehouse


def build_definitions(
    sources: Sources, clock: Clock | None = None, relay: ProgressRelay | None = None
) -> dg.Definitions:
    """Return every asset, sensor, job and resource of the sources.

    `relay` receives each page, wait and load of runs in this process.

    Raises:
        SourcesFileError: if a source names an unknown collection or property.
    """
    clock, relay = clock or SystemClock(), relay or ProgressRelay()
    publishes = bool(sources.warehouse.published)
    assets: list[dg.AssetsDefinition] = []
    with warnings.catch_warnings():
        # backfill_policy is marked beta and warns once per asset.
        warnings.simplefilter("ignore", dg.BetaWarning)
        for source in sources.sources:
            assets += _assets_of(source, sources, clock, relay)
    upkeep = build_upkeep(sources, writers_pool(sources))
    return dg.Definitions(
        assets=[*assets, *upkeep],
        schedules=build_upkeep_schedule(upkeep),
        asset_checks=[
            each for source in sources.sources for each in _checks_of(source, sources, clock)
        ],
        sensors=[
            each
            for source in sources.sources
            for each in build_sensors(
                source, _names(source), len(sources.sources), publishes=publishes
            )
        ],
        jobs=[
            each
            for source in sources.sources
            for each in build_jobs(source, _names(source), publishes=publishes)
        ],
        resources=_resources(sources, relay),
        # Steps are short or wait for the rate limit, so only runs are parallel.
        executor=patient_executor,
    )


def _assets_of(
    source: Source, sources: Sources, clock: Clock, relay: ProgressRelay
) -> list[dg.AssetsDefinition]:
    check_properties(source)
    chosen = chosen_collections(source)
    streams = dict.fromkeys(each.stream for each in chosen)
    guard, account = AccountGuard(source.identity, clock), Account(sources, source, clock)
    hub_assets = [
        build_hub_asset(account, declared().streams[name], relay, guard) for name in streams
    ]
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
    return [each.name for each in chosen_collections(source)]


def _checks_of(source: Source, sources: Sources, clock: Clock) -> list[dg.AssetChecksDefinition]:
    chosen = chosen_collections(source)
    pool = writers_pool(sources)
    checks = [build_checks(source, each, _names(source), pool) for each in chosen]
    return [*checks, build_reconciliation(Account(sources, source, clock), chosen)]


def _resources(sources: Sources, relay: ProgressRelay) -> dict[str, Any]:
    hub = HubResource(path=sources.resolve(sources.hub.path))
    accounts = {
        keys.zendesk_resource_key(source.schema_name): zendesk_resource(sources, source)
        for source in sources.sources
    }
    io_manager = UpsertIOManager(partial(open_warehouse, sources), relay)
    return {keys.HUB: hub, keys.WAREHOUSE_IO_MANAGER: io_manager, **accounts}


def writers_pool(sources: Sources) -> str | None:
    """Return the pool of writers: a file has one at a time, a server many."""
    file = sources.warehouse.file
    return file and keys.warehouse_pool(sources.resolve(file))
