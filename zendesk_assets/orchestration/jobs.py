"""Jobs to launch by hand: all of a source, one of its two layers, or its reconciliation.

https://docs.dagster.io/guides/build/jobs/asset-jobs
"""

from collections.abc import Iterable

import dagster as dg

from zendesk_assets.orchestration import keys, placement
from zendesk_assets.orchestration.dagster_internals.job_of_source import JobOfSource, define_jobs
from zendesk_assets.orchestration.schedules import Select, views_groups
from zendesk_assets.settings.sources import Source


def build_jobs(
    source: Source,
    collections: Iterable[str],
    *,
    publishes: bool = False,
    select: Select = dg.AssetSelection.groups,
    executor: dg.ExecutorDefinition | None = None,
) -> list[JobOfSource]:
    """Return the jobs of a source: source sync, warehouse sync, both in one run, reconciliation.

    `collections` are the names of the collections whose tables we keep. Where it `publishes` a
    copy for readers, the third job does too. `select` returns the assets that belong to groups of
    ours; without an `executor`, the jobs have that of the code location.
    """
    schema, names, name = source.schema_name, tuple(collections), placement.name_of(source)
    views = views_groups(source, names, publishes=publishes)
    groups = [keys.hub_group(schema), keys.table_group(schema)]
    compared = placement.compared_tables(source, names)
    hub, loaded = (select(each) for each in groups)
    tables = loaded - compared
    everything = hub | tables | select(*views) if views else hub | tables
    jobs = {
        f"{keys.source_sync_name(name)}_job": (hub, "Zendesk → hub."),
        f"{keys.warehouse_sync_name(name)}_job": (tables, "hub → warehouse."),
        keys.sync_job_name(name): (everything, "Zendesk → hub → warehouse, and the views on it."),
    }
    if names:
        text = "compare the tables with Zendesk; changes nothing."
        jobs[keys.reconcile_job_name(name)] = (compared, text)
    return define_jobs(
        select(*groups, *views),
        *(
            {
                "name": job,
                "selection": selection,
                "description": f"{source.nickname}: {text}",
                "executor_def": executor,
            }
            for job, (selection, text) in jobs.items()
        ),
    )
