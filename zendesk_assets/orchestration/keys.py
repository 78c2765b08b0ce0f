"""The names in Dagster: asset keys, groups, pools, sensors, jobs, resources, tags.

A table's key is [schema, collection], so that its name is schema.table. Within another project, the
schema may have a prefix; `placement` has the names there.
https://docs.dagster.io/guides/build/assets/asset-selection-syntax
"""

from collections.abc import Sequence

import dagster as dg

HUB = "hub"
WAREHOUSE_IO_MANAGER = "warehouse_io_manager"
# What a lake needs, whatever its sources.
UPKEEP_GROUP = "lake"
UPKEEP = dg.AssetKey([UPKEEP_GROUP, "upkeep"])
# Steps that keep many views up to date: those with figures, over single tables, as Fivetran has.
ANALYSIS_VIEWS = "analysis_views"
NESTED_VIEWS = "nested_views"
FIVETRAN_VIEWS = "fivetran_views"
ALERTS = "zendesk_alerts"
REPLAYS = "zendesk_replays"
SOURCE_TAG = "zendesk/source"  # on each run of a schedule or of `zendesk-assets sync`: the schema
SYNC_TAG = "zendesk/sync"  # on each run of `zendesk-assets sync`: when the command began
# On each run that follows loads by itself: it measures only the figures that are due.
FIGURES_TAG, WHEN_DUE = "zendesk/figures", "when due"
LAYER_TAG = "zendesk/layer"  # on each run that a schedule requests: what it does, in words
TO_HUB, TO_TABLES = "Zendesk to hub", "hub to tables"
_RECONCILIATION = "__reconciliation"

# A schema, or the path that ends with it.
Place = str | Sequence[str]


def key(place: Place, *rest: str) -> dg.AssetKey:
    """Return the key of an asset in a place."""
    return dg.AssetKey([*([place] if isinstance(place, str) else place), *rest])


def hub_key(place: Place, stream: str) -> dg.AssetKey:
    """Return the key of a stream's hub asset."""
    return key(place, "hub", stream)


def table_key(place: Place, collection: str) -> dg.AssetKey:
    """Return the key of a collection's table."""
    return key(place, collection)


def report_key(place: Place) -> dg.AssetKey:
    """Return the key of a source's report, which differs from the keys of tables."""
    return key(place, "analysis", "report")


def object_views_key(place: Place) -> dg.AssetKey:
    """Return the key of the asset that stands for the views of a source's custom objects."""
    return table_key(place, "custom_object_views")


def published_key(place: Place) -> dg.AssetKey:
    """Return the key of the copy for readers, as far as it follows this source's loads."""
    return key(place, "published", "copy")


def hub_group(schema: str) -> str:
    """Return the group of a source's hub assets."""
    return f"{schema}_hub"


def table_group(schema: str) -> str:
    """Return the group of a source's tables."""
    return schema


def analysis_group(schema: str) -> str:
    """Return the group of a source's views and its report."""
    return f"{schema}_analysis"


def analysis_name(schema: str) -> str:
    """Return the name of the sensor of the views and the report."""
    return f"{schema}_analysis"


def source_sync_name(schema: str) -> str:
    """Return the name of the sensor that feeds the hub; its job has the suffix `_job`."""
    return f"{schema}_source_sync"


def warehouse_sync_name(schema: str) -> str:
    """Return the name of the sensor that feeds the warehouse; its job has the suffix `_job`."""
    return f"{schema}_warehouse_sync"


def sync_job_name(schema: str) -> str:
    """Return the name of the job that does both."""
    return f"{schema}_sync"


def replay_job_name(schema: str) -> str:
    """Return the name of the job that has everything loaded again."""
    return f"{schema}_replay_job"


def replay_step(schema: str) -> str:
    """Return the key of the step that plans a replay of a source."""
    return f"{schema}__plan_replay"


def reconcile_name(schema: str) -> str:
    """Return the name of the sensor that compares a source's tables with Zendesk."""
    return f"{schema}_reconcile"


def reconcile_job_name(schema: str) -> str:
    """Return the name of the job that compares them at once."""
    return f"{schema}_reconcile_job"


def reconciliation_key(place: Place, collection: str) -> dg.AssetCheckKey:
    """Return the key of the check that has the result of the comparison of a table."""
    return dg.AssetCheckKey(table_key(place, collection), "agrees_with_zendesk")


def reconciliation_step(schema: str) -> str:
    """Return the key of the step that compares a source's tables with Zendesk."""
    return f"{schema}{_RECONCILIATION}"


def checks_step(table_step: str) -> str:
    """Return the key of the step that checks the table which `table_step` loads."""
    return f"{table_step}__checks"


def views_step(schema: str, which: str) -> str:
    """Return the key of the step of many views: one of `*_VIEWS`."""
    return f"{schema}__{which}"


def zendesk_resource_key(schema: str) -> str:
    """Return the key of the resource for requests to a source's account."""
    return f"{schema}_zendesk"


def warehouse_pool(database: str) -> str:
    """Return the pool that limits the writers of one file to one: it has the name of its path."""
    path = "".join(letter if letter.isalnum() else "_" for letter in database.strip("/"))
    return f"writers_of_{path}"
