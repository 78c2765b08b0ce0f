"""The IO manager: upserts hub batches, or a DataFrame, into `<schema>.<table>`.

https://docs.dagster.io/guides/build/io-managers. It follows the conventions of Dagster's own
managers for databases: schema and table come from metadata, or else from the asset key; `columns`
in an input's metadata selects columns. It decides where data goes; the warehouse decides how.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

import dagster as dg

from zendesk_assets.hub import Batch
from zendesk_assets.orchestration.describe import column_lineage
from zendesk_assets.orchestration.failures import as_failure
from zendesk_assets.orchestration.hub_batches import HubBatches
from zendesk_assets.orchestration.hub_coverage import months_completed_beside
from zendesk_assets.orchestration.hub_loads import (
    ask_about_deletions,
    bring_back,
    figures_of,
    keep_history,
    open_and_load,
    proved,
    refuse,
)
from zendesk_assets.orchestration.partitions import materialized
from zendesk_assets.orchestration.progress_listener import ProgressRelay
from zendesk_assets.spec import Collection, Window, window_of_months
from zendesk_assets.warehouse import Warehouse, count_within

if TYPE_CHECKING:
    import pandas as pd


class UpsertIOManager(dg.IOManager):
    """Writes to one warehouse: `open_warehouse` returns it, given a log function.

    `relay` receives the beginnings and ends of loads. This is not a `ConfigurableIOManager`,
    because Dagster would show and store the warehouse's address.
    """

    def __init__(
        self, open_warehouse: Callable[[Callable[[str], None]], Warehouse], relay: ProgressRelay
    ) -> None:
        self.warehouse, self._relay = open_warehouse, relay

    def handle_output(self, context: dg.OutputContext, obj: HubBatches | pd.DataFrame) -> None:
        """Upsert, and attach the figures to the materialization.

        Raises:
            dagster.Failure: if the load fails, or a batch is damaged or gone.
            dagster.DagsterInvariantViolationError: for another type, or a frame without a key.
        """
        schema, table = _schema_and_table(context)
        with as_failure():
            if isinstance(obj, HubBatches):
                loaded, figures = self.load(context.asset_key, context.log, schema, obj)
                self._report_load(context, schema, obj, loaded, figures)
            elif _is_frame(obj):
                self._upsert(context, schema, table, obj)
            else:
                raise dg.DagsterInvariantViolationError(
                    f"{schema}.{table} returned a {type(obj).__name__}: return a DataFrame."
                )

    def load_input(self, context: dg.InputContext) -> pd.DataFrame:
        """Return the table of the upstream asset as a DataFrame.

        The input's metadata may have `columns` (a list). A partitioned reader gets the rows of its
        window, if the table's metadata names the column for it (`partition_expr`).

        Raises:
            WarehouseError: if the table cannot be read.
        """
        upstream = context.upstream_output
        schema, table = _schema_and_table(upstream or context)
        time_column = (upstream.definition_metadata if upstream else {}).get("partition_expr")
        columns = (context.definition_metadata or {}).get("columns")
        return self.warehouse(context.log.info).read(
            schema,
            table,
            columns=columns,
            time_column=_text(time_column),
            window=_window(context) if time_column else None,
        )

    def load(
        self, asset: dg.AssetKey, log: dg.DagsterLogManager, schema: str, wanted: HubBatches
    ) -> tuple[Sequence[Batch], dict[str, Any]]:
        """Load batches into an asset's table; return which, and the figures for Dagster.

        Raises:
            HubError: if some of the batches are damaged or gone; the others are loaded.
            WarehouseError: if the load fails.
        """
        warehouse = self.warehouse(log.info)
        with self._relay.turn(asset):
            pending, loaded = wanted.pending(warehouse)
            walk = wanted.walk(pending)
            pending += [batch for batch in walk.batches if batch not in pending] if walk else []
            self._relay.listener.on_load(asset, len(pending))
            opened, result = open_and_load(warehouse, schema, wanted, pending, walk, loaded)
            result = self._relay.take_ahead(asset) + result
        log.info(result.sentence)
        self._relay.listener.on_loaded(asset, result)
        bring_back(log, warehouse, schema, wanted, result)
        kept = keep_history(log, warehouse, wanted) if wanted.keeps_history else {}
        refuse(log, opened)
        ask_about_deletions(schema, wanted.collection, result)
        lineage = column_lineage(asset.path[:-1], wanted.collection)
        found = figures_of(result) | kept | proved(wanted, warehouse)
        return pending, {**found, "dagster/column_lineage": lineage}

    def rows_of_months(
        self, schema: str, collection: Collection, months: Sequence[str]
    ) -> dict[str, dict[str, Any]]:
        """Return the figure of each month for Dagster: how many rows of the table are in it.

        Raises:
            WarehouseError: if the table cannot be read.
        """
        windows = [window_of_months(month, month) for month in months]
        warehouse, name = self.warehouse(lambda _line: None), collection.name
        counts = count_within(warehouse, schema, name, collection.version, windows)
        found = zip(months, counts, strict=True)
        return {month: {"dagster/partition_row_count": rows} for month, rows in found}

    def _report_load(
        self,
        context: dg.OutputContext,
        schema: str,
        obj: HubBatches,
        loaded: Sequence[Batch],
        figures: dict[str, Any],
    ) -> None:
        """Attach the figures of a load, and those of each month that it has loaded."""
        _report(context, figures)
        if not context.has_asset_partitions:
            return
        asked = list(context.asset_partition_keys)
        beside = _other_months(context, loaded, obj) if obj.window is None else []
        months = self.rows_of_months(schema, obj.collection, [*asked, *beside])
        for month in asked:
            context.step_context.add_asset_metadata(months[month], context.asset_key, month)
        for month in beside:
            context.log_event(materialized(context.asset_key, month, months[month]))

    def _upsert(
        self, context: dg.OutputContext, schema: str, table: str, frame: pd.DataFrame
    ) -> None:
        metadata = context.definition_metadata or {}
        key = _names(metadata.get("primary_key"))
        if not key:
            raise dg.DagsterInvariantViolationError(
                f"{schema}.{table} returns a DataFrame without declaring a primary key: add "
                'metadata={"primary_key": ["id"]} to the asset.'
            )
        result = self.warehouse(context.log.info).upsert_frame(
            schema, table, frame, primary_key=key, version=_text(metadata.get("version"))
        )
        _report(context, {**figures_of(result), "dagster/table_name": f"{schema}.{table}"})


def _is_frame(obj: object) -> TypeGuard[pd.DataFrame]:
    import pandas as pd  # noqa: PLC0415 # half a second that only frames need

    return isinstance(obj, pd.DataFrame)


def _report(context: dg.OutputContext, figures: dict[str, Any]) -> None:
    """Attach the figures once: to the last month of a range, or to the asset."""
    if not context.has_asset_partitions:
        context.add_output_metadata(figures)
        return
    last = context.asset_partition_key_range.end
    context.step_context.add_asset_metadata(figures, context.asset_key, last)


def _other_months(context: dg.OutputContext, loaded: Sequence[Batch], obj: HubBatches) -> list[str]:
    """Return other months that were loaded as well, although the run did not request them."""
    if not obj.history:
        return []
    return months_completed_beside(
        [batch.window for batch in loaded],
        obj.known.coverage,
        context.asset_partition_keys,
        context.asset_partitions_def,
        obj.history,
    )


def _schema_and_table(context: dg.OutputContext | dg.InputContext) -> tuple[str, str]:
    metadata: Mapping[str, Any] = context.definition_metadata or {}
    path = context.asset_key.path
    schema = _text(metadata.get("schema")) or (path[-2] if len(path) > 1 else "public")
    return schema, path[-1]


def _window(context: dg.InputContext) -> Window | None:
    if not context.has_asset_partitions:
        return None
    window = _window_from(context.asset_partitions_time_window)
    step = context.step_context
    if not isinstance(step.run_partitions_def, dg.TimeWindowPartitionsDefinition):
        return window
    if not (step.has_partition_key or step.has_partition_key_range):
        return window  # a reader without months, in a job that has assets with some
    # A reader of days gets its day, not the month in which it is; one of another time gets that.
    return window.intersect(_window_from(step.partition_time_window)) or window


def _window_from(window: dg.TimeWindow) -> Window:
    return Window(window.start, window.end)


def _text(value: Any) -> str | None:
    plain = getattr(value, "value", value)
    return str(plain) if plain else None


def _names(value: Any) -> tuple[str, ...]:
    plain = getattr(value, "value", value) or ()
    return (plain,) if isinstance(plain, str) else tuple(plain)
