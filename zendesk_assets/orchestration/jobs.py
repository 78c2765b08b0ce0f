"""Jobs to launch by hand: all of a source, one of its two layers, or its reconciliation.

https://docs.dagster.io/guides/build/jobs/asset-jobs
"""

from collections.abc import Iterable

import dagster as dg

from zendesk_assets.analysis import has_views
from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.dagster_internals.names import UnresolvedAssetJobDefinition
from zendesk_assets.settings.sources import Source


def build_jobs(source: Source, collections: Iterable[str]) -> list[UnresolvedAssetJobDefinition]:
    """Return the jobs of a source: source sync, warehouse sync, both in one run, reconciliation.

    `collections` are the names of the collections that the source syncs.
    """
    schema, names = source.schema_name, tuple(collections)
    compared = dg.AssetSelection.checks(*(keys.reconciliation_key(schema, each) for each in names))
    hub = dg.AssetSelection.groups(keys.hub_group(schema))
    tables = dg.AssetSelection.groups(keys.table_group(schema)) - compared
    views = dg.AssetSelection.groups(keys.analysis_group(schema))
    everything = hub | tables | views if source.analysis and has_views(names) else hub | tables
    name = source.nickname
    return [
        dg.define_asset_job(
            f"{keys.source_sync_name(schema)}_job", hub, description=f"{name}: Zendesk → hub."
        ),
        dg.define_asset_job(
            f"{keys.warehouse_sync_name(schema)}_job",
            tables,
            description=f"{name}: hub → warehouse.",
        ),
        dg.define_asset_job(
            keys.sync_job_name(schema),
            everything,
            description=f"{name}: Zendesk → hub → warehouse, and the views on it.",
        ),
        dg.define_asset_job(
            keys.reconcile_job_name(schema),
            compared,
            description=f"{name}: compare the tables with Zendesk; changes nothing.",
        ),
    ]
