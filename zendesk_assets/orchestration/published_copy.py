"""The asset of the copy for readers: the DuckDB file as it is after a sync, under another name.

It is one file for all sources, with an asset for each, because each has syncs of its own; what is
up to date already is not copied again. `sync` on the command line publishes without it, so that a
copy that cannot be written does not make a sync fail.
https://docs.dagster.io/guides/build/assets/defining-assets
"""

from collections.abc import Iterable
from typing import Any

import dagster as dg

from zendesk_assets.orchestration import keys, placement
from zendesk_assets.orchestration.automation import published_condition
from zendesk_assets.orchestration.failures import as_failure
from zendesk_assets.orchestration.freshness import freshness_policy
from zendesk_assets.orchestration.signatures import signed
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.warehouse import Published


def build_published_copy(
    source: Source, sources: Sources, beside: Iterable[dg.AssetsDefinition], pool: str | None
) -> list[dg.AssetsDefinition]:
    """Return the asset that publishes the tables and views `beside`; none if it is not wanted."""
    place, manager = placement.path_of(source), placement.io_manager(source)
    if not sources.warehouse.published:
        return []

    @dg.asset(
        key=keys.published_key(place),
        deps=[key for each in beside for key in each.keys if key != keys.report_key(place)],
        group_name=keys.analysis_group(source.schema_name),
        description=_description(source, sources.resolve(sources.warehouse.published)),
        kinds={sources.warehouse.type, "file"},
        owners=source.owners,
        automation_condition=published_condition(),
        freshness_policy=freshness_policy(source.warehouse_sync_cron),
        pool=pool,  # a load that waited for the file itself would give up in the end
        required_resource_keys={manager},
    )
    @signed
    def published(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        warehouse = getattr(context.resources, manager).warehouse(context.log.info)
        with as_failure():
            copy = warehouse.publish()
        if copy is None:
            context.log.info("nothing is loaded yet that could be published")
            return dg.MaterializeResult()
        context.log.info(copy.sentence)
        return dg.MaterializeResult(metadata=published_metadata(copy))

    return [published]


def published_metadata(copy: Published) -> dict[str, Any]:
    """Return what Dagster shows of a publication."""
    return {
        "path": dg.MetadataValue.path(str(copy.path)),
        "bytes": copy.bytes,
        "copied": copy.changed,
        "seconds": round(copy.seconds, 3),
    }


def _description(source: Source, path: str) -> str:
    return (
        f"A read-only copy of the whole DuckDB file at `{path}`, for notebooks and BI tools.\n\n"
        f"It is replaced in one step after each load of **{source.nickname}**'s tables. Who has it "
        "open keeps what was there when they opened it, and no load waits for them."
    )
