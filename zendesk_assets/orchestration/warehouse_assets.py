"""Warehouse assets: one per source and collection, each a table. They never talk to Zendesk.

An asset's function only says which hub batches the table is to take in; the IO manager does it. A
load of the latest day takes in all that the hub has and the table has not, whoever landed it.
"""

from datetime import timedelta

import dagster as dg

from zendesk_assets.catalog import STREAMS
from zendesk_assets.clock import Clock
from zendesk_assets.hub import Batch, reach_back
from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.automation import table_condition
from zendesk_assets.orchestration.describe import table_description, table_metadata
from zendesk_assets.orchestration.failures import as_failure
from zendesk_assets.orchestration.freshness import freshness_policy
from zendesk_assets.orchestration.io_managers import HubBatches
from zendesk_assets.orchestration.partitions import asked_for, backfill_policy, partitions_for
from zendesk_assets.orchestration.properties import as_chosen
from zendesk_assets.sources import Source
from zendesk_assets.spec import Collection, Window

__all__ = ["WarehouseConfig", "build_warehouse_asset"]


class WarehouseConfig(dg.Config):
    """Settings of one materialization: `replay` loads batches that are loaded already."""

    replay: bool = False


def build_warehouse_asset(
    source: Source, collection: Collection, engine: str, pool: str | None, clock: Clock
) -> dg.AssetsDefinition:
    """Return the asset that keeps the table of `collection` of `source`."""
    stream, schema = STREAMS[collection.stream], source.schema_name
    days = partitions_for(source, stream)

    @dg.asset(
        key=keys.table_key(schema, collection.name),
        deps=[keys.hub_key(schema, stream.name)],
        group_name=keys.table_group(schema),
        description=table_description(source, collection),
        kinds={engine, "table"},
        owners=source.owners,
        metadata=table_metadata(source, collection),
        partitions_def=days,
        backfill_policy=backfill_policy(source, stream),
        automation_condition=table_condition(source),
        freshness_policy=freshness_policy(source.warehouse_sync_cron),
        pool=pool,
        io_manager_key=keys.WAREHOUSE_IO_MANAGER,
        required_resource_keys={keys.HUB},
    )
    def table(context: dg.AssetExecutionContext, config: WarehouseConfig) -> HubBatches:
        asked = asked_for(context, days, clock)
        hub = context.resources.hub.of_source(schema)
        with as_failure():
            account = hub.account.refuse_other(source.account)
            batches = hub.batches(stream.name)
        everything = not asked.days or (asked.window.end > clock.now() and not config.replay)
        before = reach_back(timedelta(minutes=source.settle_minutes))
        window = Window(asked.window.start - before, asked.window.end)
        wanted = tuple(each for each in batches if everything or _concerns(each, window))
        return HubBatches(
            hub,
            as_chosen(source, collection),
            wanted,
            clock.now(),
            account or source.account,
            replay=config.replay,
            everything=everything,
        )

    return table


def _concerns(batch: Batch, window: Window) -> bool:
    """Return whether a batch may hold records of the window.

    The walk of a day finishes the day before if that was left unfinished, so the window reaches
    back as far as a walk does.
    """
    return bool(batch.window.intersect(window)) or (window.start <= batch.window.start < window.end)
