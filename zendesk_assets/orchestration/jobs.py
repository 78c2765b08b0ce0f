"""Jobs to launch by hand: all of a source, one of its two layers, or its reconciliation.

https://docs.dagster.io/guides/build/jobs/asset-jobs
"""

from collections.abc import Iterable

import dagster as dg

from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.automation import views_groups
from zendesk_assets.orchestration.dagster_internals.job_of_source import JobOfSource, define_jobs
from zendesk_assets.settings.sources import Source


def build_jobs(
    source: Source, collections: Iterable[str], *, publishes: bool = False
) -> list[JobOfSource]:
    """Return the jobs of a source: source sync, warehouse sync, both in one run, reconciliation.

    `collections` are the names of the collections that the source syncs. Where it `publishes` a
    copy for readers, the third job does too.
    """
    schema, names = source.schema_name, tuple(collections)
    views = views_groups(source, names, publishes=publishes)
    groups = [keys.hub_group(schema), keys.table_group(schema)]
    compared = dg.AssetSelection.checks(*(keys.reconciliation_key(schema, each) for each in names))
    hub, loaded = (dg.AssetSelection.groups(each) for each in groups)
    tables = loaded - compared
    everything = hub | tables | dg.AssetSelection.groups(*views) if views else hub | tables
    jobs = {
        f"{keys.source_sync_name(schema)}_job": (hub, "Zendesk → hub."),
        f"{keys.warehouse_sync_name(schema)}_job": (tables, "hub → warehouse."),
        keys.sync_job_name(schema): (everything, "Zendesk → hub → warehouse, and the views on it."),
        keys.reconcile_job_name(schema): (
            compared,
            "compare the tables with Zendesk; changes nothing.",
        ),
    }
    return define_jobs(
        [*groups, *views],
        *(
            {"name": name, "selection": selection, "description": f"{source.nickname}: {text}"}
            for name, (selection, text) in jobs.items()
        ),
    )
