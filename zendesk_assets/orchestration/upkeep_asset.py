"""The asset of a lake's upkeep: once a night, small files are merged and old snapshots expire.

It is one for all sources, because a lake is. Loads wait meanwhile, for as long as they wait for
each other; readers do not. `zendesk-assets upkeep` does the same at any time.
https://docs.dagster.io/guides/automate/schedules/defining-schedules
"""

from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final

import dagster as dg

from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.failures import as_failure
from zendesk_assets.orchestration.signatures import signed
from zendesk_assets.settings.sources import Sources

_NIGHTLY: Final = "15 4 * * *"


def build_upkeep(sources: Sources, pool: str | None) -> list[dg.AssetsDefinition]:
    """Return the asset that tidies the lake; none if the warehouse is none."""
    days = sources.warehouse.snapshot_days
    if days is None or not sources.sources:
        return []

    @dg.asset(
        key=keys.UPKEEP,
        group_name=keys.UPKEEP_GROUP,
        description=(
            "Small files of the lake are merged, snapshots that are older than "
            f"{days} days expire, and files that belong to none are removed."
        ),
        kinds={sources.warehouse.type},
        pool=pool,
        required_resource_keys={keys.WAREHOUSE_IO_MANAGER},
    )
    @signed
    def upkeep(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        warehouse = context.resources.warehouse_io_manager.warehouse(context.log.info)
        with as_failure():
            found = warehouse.tidy(timedelta(days=days))
        if found is None:
            context.log.info("The lake does not exist yet: the first load makes it.")
            return dg.MaterializeResult()
        context.log.info(found.sentence)
        return dg.MaterializeResult(metadata=asdict(found))

    return [upkeep]


def build_upkeep_schedule(assets: list[dg.AssetsDefinition]) -> list[dg.ScheduleDefinition]:
    """Return the schedule of the upkeep, which is on by default."""
    return [
        dg.ScheduleDefinition(
            name=f"{keys.UPKEEP_GROUP}_upkeep",
            target=each,
            cron_schedule=_NIGHTLY,
            execution_timezone="UTC",
            default_status=dg.DefaultScheduleStatus.RUNNING,
        )
        for each in assets
    ]
