"""Loading hub batches into a table: with its views, its history, and the figures for Dagster.

Where a table is, and what is attached to its materialization, is in `io_managers`; which batches
are to be loaded, in `hub_batches`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import dagster as dg

from zendesk_assets.errors import (
    CorruptPartError,
    ForeignHistoryError,
    HubError,
    ReplacedPartError,
    WarehouseError,
)
from zendesk_assets.hub import Batch, OpenedBatches, WholeWalk, is_replaced, open_batches
from zendesk_assets.reconcile import certificate
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse import LoadResult, Warehouse, put_views

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from zendesk_assets.orchestration.hub_batches import HubBatches

# How often a load starts over because an erasure has replaced what it was reading.
_ATTEMPTS: Final = 20


def open_and_load(
    warehouse: Warehouse,
    schema: str,
    wanted: HubBatches,
    pending: list[Batch],
    walk: WholeWalk | None,
    loaded: AbstractSet[str],
) -> tuple[OpenedBatches, LoadResult]:
    """Load the batches; retry if an erasure replaces files meanwhile."""
    for attempt in range(1, _ATTEMPTS + 1):
        opened = open_batches(wanted.hub, pending, wanted, wanted.now, replay=wanted.replay)
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
    by_id = {each.name: each for each in pending}
    return is_replaced(wanted.hub, {by_id[each.batch_id]: each for each in opened.files})


def bring_back(
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


def keep_history(
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


def refuse(log: dg.DagsterLogManager, opened: OpenedBatches) -> None:
    """Fail if some batches could not be read; the others are in the table by now."""
    for sentence in opened.troubles:
        log.error(sentence)
    if opened.troubles:
        more = len(opened.troubles) - 1
        rest = f" {more:,} more: see the log of this step." if more else ""
        raise HubError(f"{opened.troubles[0]} The other batches are in the table.{rest}")


def ask_about_deletions(schema: str, collection: Collection, result: LoadResult) -> None:
    """Fail if a complete walk no longer shows most of the rows: a person has to confirm it."""
    if result.withheld:
        raise WarehouseError(
            f"Zendesk's list of {collection.name} no longer shows {result.withheld:,} of the rows "
            f"of {schema}.{collection.name}, more than half: none was marked as deleted. If they "
            "are really gone, run `zendesk-assets sync --warehouse-only --accept-deletions "
            f"--collection {collection.name}`, or materialize the table with `accept_deletions: "
            "true`."
        )


def proved(wanted: HubBatches, warehouse: Warehouse) -> dict[str, Any]:
    """Return what the last comparison of the table with Zendesk has proved, for its page."""
    try:
        found = wanted.hub.certificates.of(wanted.collection.name)
    except HubError:
        return {}
    is_ours = found and found.warehouse == warehouse.name
    return {"compared_with_zendesk": certificate.sentence(found)} if found and is_ours else {}


def figures_of(result: LoadResult) -> dict[str, Any]:
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
