"""The definitions of sources for another Dagster project: placed as it chooses, clashing with none.

They have no executor, which a project has one of: our jobs have their own, other runs have the
project's. What a person chooses is read by `zendesk_assets.embedding`.
https://docs.dagster.io/api/dagster/definitions#dagster.Definitions.merge
"""

from collections import defaultdict
from collections.abc import Iterable
from itertools import chain

import dagster as dg

from zendesk_assets.clock import Clock, SystemClock
from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.alerts import build_alerts
from zendesk_assets.orchestration.build import (
    build_asset_checks,
    build_assets,
    build_resources,
    jobs_of,
    sensors_of,
)
from zendesk_assets.orchestration.dagster_internals.pool_turns import patient_executor
from zendesk_assets.orchestration.placement import Placement, place
from zendesk_assets.orchestration.progress_listener import ProgressRelay
from zendesk_assets.orchestration.replays import build_replay_jobs, build_replay_sensor
from zendesk_assets.orchestration.schedules import Select
from zendesk_assets.settings.sources import Sources


def embed(sources: Sources, placement: Placement, clock: Clock | None = None) -> dg.Definitions:
    """Return every asset, check, sensor, job and resource of the sources, in this placement."""
    clock, relay, placed = clock or SystemClock(), ProgressRelay(), place(sources, placement)
    assets = build_assets(placed, clock, relay)
    select = _selector(assets)
    layers, jobs = _layers(placed), jobs_of(placed, select, patient_executor)
    return dg.Definitions(
        assets=[_dressed(each, placement, layers) for each in assets],
        asset_checks=build_asset_checks(placed, clock),
        sensors=[
            *(sensors_of(placed, select) if placement.automation else ()),
            *build_alerts(placed, clock),
            *build_replay_sensor(placed, jobs),
        ],
        jobs=[*jobs, *build_replay_jobs(placed)],
        resources=build_resources(placed, relay),
    )


def _selector(assets: Iterable[dg.AssetsDefinition]) -> Select:
    """Return a function that selects assets by their groups of ours, whatever they are in."""
    by_group: dict[str, list[dg.AssetKey]] = defaultdict(list)
    for spec in chain.from_iterable(each.specs for each in assets):
        by_group[spec.group_name or ""].append(spec.key)

    def select(*groups: str) -> dg.AssetSelection:
        return dg.AssetSelection.assets(*chain.from_iterable(by_group[each] for each in groups))

    return select


def _layers(sources: Sources) -> dict[str, str]:
    """Return the layer of each group of ours: `hub`, `tables` or `views`."""
    found: dict[str, str] = {}
    for source in sources.sources:
        schema = source.schema_name
        found |= {keys.hub_group(schema): "hub", keys.table_group(schema): "tables"}
        found |= {keys.analysis_group(schema): "views", source.fivetran_schema: "views"}
    return found


def _dressed(
    asset: dg.AssetsDefinition, placement: Placement, layers: dict[str, str]
) -> dg.AssetsDefinition:
    """Return an asset in the group and with the tags that the project chooses."""

    def dress(spec: dg.AssetSpec) -> dg.AssetSpec:
        own = spec.group_name or ""
        spec = spec.replace_attributes(group_name=placement.groups.get(layers[own], own))
        if not placement.automation:
            # Our crons say neither when it is loaded nor when it is too old.
            spec = spec.replace_attributes(automation_condition=None, freshness_policy=None)
        return spec.merge_attributes(tags=dict(placement.tags))

    return asset.map_asset_specs(dress)
