"""The IO manager: upserts hub batches, or a DataFrame, into `<schema>.<table>`.

https://docs.dagster.io/guides/build/io-managers. It follows the conventions of Dagster's own
managers for databases: schema and table come from metadata, or else from the asset key; `columns`
in an input's metadata selects columns. It decides where data goes; the warehouse decides how.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Final, TypeGuard

import dagster as dg

from zendesk_assets.errors import (
    CorruptPartError,
    ForeignHistoryError,
    HubError,
    ReplacedPartError,
    WarehouseError,
)
from zendesk_assets.hub import (
    Batch,
    OpenedBatches,
    WholeWalk,
    is_replaced,
    open_batches,
)
from zendesk_assets.orchestration.describe import column_lineage
from zendesk_assets.orchestration.failures import as_failure
from zendesk_assets.orchestration.hub_batches import HubBatches
from zendesk_assets.orchestration.hub_coverage import months_completed_beside
from zendesk_assets.orchestration.partitions import materialized
from zendesk_assets.orchestration.progress_listener import ProgressRelay
from zendesk_assets.reconcile import certificate
from zendesk_assets.spec import Collection, Window, window_of_months
from zendesk_assets.warehouse import LoadResult, Warehouse, count_within, put_views

if TYPE_CHECKING:
    import pandas as pd

# How often a load starts over because an erasure has replaced what it was reading.
_ATTEMPTS: Final = 20


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
        pending, loaded = wanted.pending(warehouse)
        walk = wanted.walk(pending)
        pending += [batch for batch in walk.batches if batch not in pending] if walk else []
        self._relay.listener.on_load(asset, len(pending))
        opened, result = _open_and_load(warehouse, schema, wanted, pending, walk, loaded)
        result = self._relay.take_ahead(asset) + result
        log.info(result.sentence)
        self._relay.listener.on_loaded(asset, result)
        _bring_back(log, warehouse, schema, wanted, result)
        kept = _keep_history(log, warehouse, wanted) if wanted.keeps_history else {}
        _refuse(log, opened)
        _ask_about_deletions(schema, wanted.collection, result)
        lineage = column_lineage(asset.path[:-1], wanted.collection)
        proved = _proved(wanted, warehouse)
        return pending, {**_figures(result), **kept, **proved, "dagster/column_lineage": lineage}

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
        _report(context, {**_figures(result), "dagster/table_name": f"{schema}.{table}"})


def _open_and_load(
    warehouse: Warehouse,
    schema: str,
    wanted: HubBatches,
    pending: list[Batch],
    walk: WholeWalk | None,
    loaded: AbstractSet[str],
) -> tuple[OpenedBatches, LoadResult]:
    """Load the batches; retry if an erasure replaces files meanwhile."""
    for attempt in range(1, _ATTEMPTS + 1):
        opened = open_batches(wanted.hub, pending, wanted, wanted.now)
        try:
            return opened, warehouse.load(
                schema,
                wanted.collection,
                opened.files,
                reload=wanted.replay,
                loaded=loaded,
                account=wanted.account,
                walk=walk.as_complete(accepted=wanted.accept_deletions)
                if walk and not opened.troubles
                else None,
            )
        except ReplacedPartError:
            if attempt == _ATTEMPTS:
                raise
        except CorruptPartError:
            if attempt == _ATTEMPTS or not _is_replaced(wanted, pending, opened):
                raise
    raise AssertionError


def _is_replaced(wanted: HubBatches, pending: list[Batch], opened: OpenedBatches) -> bool:
    by_id = {str(each.id): each for each in pending}
    return is_replaced(wanted.hub, {by_id[each.batch_id]: each for each in opened.files})


def _bring_back(
    log: dg.DagsterLogManager,
    warehouse: Warehouse,
    schema: str,
    wanted: HubBatches,
    result: LoadResult,
) -> None:
    """Create the views over a table that this load has filled for the first time, or again."""
    if not result.total or result.inserted < result.total:
        return
    for name, state in put_views(warehouse, schema, wanted.views).items():
        if isinstance(state, WarehouseError):
            log.warning("%s: %s", name, state)


def _keep_history(
    log: dg.DagsterLogManager, warehouse: Warehouse, wanted: HubBatches
) -> dict[str, Any]:
    """Bring the table's history up to date; return the figure for Dagster.

    The table is loaded even if another program has a table of the history's name.
    """
    try:
        states = wanted.fill_history(warehouse)
    except ForeignHistoryError as error:
        log.warning("%s", error)
        return {"history_warning": str(error)}
    log.info("%s new states in the history of %s", f"{states:,}", wanted.collection.name)
    return {"history_states": states}


def _is_frame(obj: object) -> TypeGuard[pd.DataFrame]:
    import pandas as pd  # noqa: PLC0415 # half a second that only frames need

    return isinstance(obj, pd.DataFrame)


def _refuse(log: dg.DagsterLogManager, opened: OpenedBatches) -> None:
    """Fail if some batches could not be read; the others are in the table by now."""
    for sentence in opened.troubles:
        log.error(sentence)
    if opened.troubles:
        more = len(opened.troubles) - 1
        rest = f" {more:,} more: see the log of this step." if more else ""
        raise HubError(f"{opened.troubles[0]} The other batches are in the table.{rest}")


def _ask_about_deletions(schema: str, collection: Collection, result: LoadResult) -> None:
    """Fail if a complete walk no longer shows most of the rows: a person has to confirm it."""
    if result.withheld:
        raise WarehouseError(
            f"Zendesk's list of {collection.name} no longer shows {result.withheld:,} of the rows "
            f"of {schema}.{collection.name}, more than half: none was marked as deleted. If they "
            "are really gone, run `zendesk-assets sync --warehouse-only --accept-deletions "
            f"--collection {collection.name}`, or materialize the table with `accept_deletions: "
            "true`."
        )


def _proved(wanted: HubBatches, warehouse: Warehouse) -> dict[str, Any]:
    """Return what the last comparison of the table with Zendesk has proved, for its page."""
    try:
        found = wanted.hub.certificates.of(wanted.collection.name)
    except HubError:
        return {}
    is_ours = found and found.warehouse == warehouse.name
    return {"compared_with_zendesk": certificate.sentence(found)} if found and is_ours else {}


def _figures(result: LoadResult) -> dict[str, Any]:
    """Return the figures of a load under their names in Dagster."""
    return {
        "rows_in": result.rows_in,
        "rows_inserted": result.inserted,
        "rows_updated": result.updated,
        "rows_unchanged": result.unchanged,
        "rows_quarantined": result.quarantined,
        "rows_with_warnings": result.warnings,
        "batches": result.batches,
        "seconds": round(result.seconds, 3),
        "seconds_locked": round(result.lock_seconds, 3),
        "dagster/row_count": result.total,
    }


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
    partitions = set(context.asset_partitions_def.get_partition_keys())
    months = months_completed_beside(
        [batch.window for batch in loaded],
        obj.known.coverage,
        context.asset_partition_keys,
        obj.history,
    )
    return [month for month in months if month in partitions]


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
