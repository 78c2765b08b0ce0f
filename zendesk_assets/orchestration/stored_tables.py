"""Tables for an IO manager of the project's own: each load hands it the whole table as a DataFrame.

Such a manager can write a frame, but it cannot upsert rows, so the newest state of each row is made
of what the hub has, in a temporary DuckDB file, by the load that our own tables have. The frame has
to fit into memory, and there is neither a load log nor anything that would read our warehouse.
https://docs.dagster.io/guides/build/io-managers
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import dagster as dg

from zendesk_assets.catalog import declared
from zendesk_assets.clock import Clock
from zendesk_assets.errors import HubError
from zendesk_assets.hub import SourceHub
from zendesk_assets.orchestration import keys, placement
from zendesk_assets.orchestration.automation import table_condition
from zendesk_assets.orchestration.describe import table_description, table_metadata
from zendesk_assets.orchestration.failures import as_failure
from zendesk_assets.orchestration.freshness import freshness_policy
from zendesk_assets.orchestration.hub_batches import HubBatches
from zendesk_assets.orchestration.io_managers import UpsertIOManager
from zendesk_assets.orchestration.progress_listener import ProgressRelay
from zendesk_assets.properties import as_chosen
from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse import open_duckdb

if TYPE_CHECKING:
    import pandas as pd

_STORED = "\n\nThe IO manager `{manager}` stores it: the whole table, at each load."


def build_stored_table(source: Source, collection: Collection, clock: Clock) -> dg.AssetsDefinition:
    """Return the asset that hands the table of `collection` to the project's IO manager."""
    stream, place = declared().stream_of(collection), placement.path_of(source)
    landing, manager = placement.hub_resource(source), placement.placement_of(source).io_manager
    metadata = table_metadata(source, collection)
    metadata.pop("partition_expr", None)  # it has no partitions: a manager would look for them

    @dg.asset(
        key=keys.table_key(place, collection.name),
        deps=[keys.hub_key(place, stream.name)],
        group_name=keys.table_group(source.schema_name),
        description=table_description(source, collection) + _STORED.format(manager=manager),
        kinds={"table"},
        owners=source.owners,
        metadata=metadata,
        automation_condition=table_condition(source, stream, whole=True),
        freshness_policy=freshness_policy(source.warehouse_sync_cron, stream.cadence),
        io_manager_key=manager,
        required_resource_keys={landing},
        output_required=False,
    )
    def table(context: dg.AssetExecutionContext) -> Iterator[dg.Output[Any]]:
        with as_failure():
            hub = getattr(context.resources, landing).of_source(source.schema_name)
            batches = _batches(hub, source, collection, clock)
            if not len(batches.known):
                _nothing(context, keys.hub_key(place, stream.name))
                return
            frame = _frame(context, batches)
        yield dg.Output(frame, metadata={"dagster/row_count": len(frame)})

    return table


def _batches(hub: SourceHub, source: Source, collection: Collection, clock: Clock) -> HubBatches:
    """Return everything that the hub has of a table. Raises HubError."""
    account = hub.account.refuse_other(source.identity)
    return HubBatches(
        hub,
        as_chosen(source, collection),
        hub.look(collection.stream),
        None,
        clock.now(),
        account or source.identity,
    )


def _nothing(context: dg.AssetExecutionContext, hub: dg.AssetKey) -> None:
    """Leave the table as it is; fail unless a schedule asked, which will ask again."""
    sentence = f"The hub has nothing yet: materialize {hub.to_user_string()} first."
    if keys.LAYER_TAG not in context.run.tags:
        raise HubError(sentence)
    context.log.info(sentence)


def _frame(context: dg.AssetExecutionContext, batches: HubBatches) -> "pd.DataFrame":
    """Return the newest state of each row. Raises HubError or WarehouseError."""
    schema, name = batches.hub.schema, batches.collection.name
    with TemporaryDirectory(prefix="zendesk_assets") as folder:
        warehouse = open_duckdb(Path(folder) / "newest.duckdb")
        manager = UpsertIOManager(lambda _log: warehouse, ProgressRelay())
        manager.load(context.asset_key, context.log, schema, batches)
        return warehouse.read(schema, name)
