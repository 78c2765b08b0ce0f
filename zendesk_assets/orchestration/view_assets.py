"""Assets of the views over single tables: one per source and view, and one step for all of them.

A view has to be written only when it is missing or its declaration has changed, so a sync with
nothing new has no such step. `zendesk_assets.catalog` declares the views.
https://docs.dagster.io/guides/build/assets/defining-assets#multi-asset
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import dagster as dg

from zendesk_assets.account import chosen_collections
from zendesk_assets.analysis import AnalysisView, definition_version, nested_views_for
from zendesk_assets.catalog import declared
from zendesk_assets.errors import WarehouseError
from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.automation import nested_view_condition
from zendesk_assets.orchestration.describe_analysis import (
    figures_metadata,
    nested_view_description,
    view_metadata,
)
from zendesk_assets.orchestration.failures import as_failure
from zendesk_assets.settings.sources import Source
from zendesk_assets.warehouse import View, ViewState, put_views


def stale_view_keys(
    source: Source,
    names: Iterable[str],
    loaded: Iterable[str],
    instance: dg.DagsterInstance,
    refused: Callable[[str], object] = lambda _stream: None,
) -> tuple[dg.AssetKey, ...]:
    """Return the keys of the views to write after a load of the collections `loaded`.

    They are those that Dagster does not know, or knows with another definition. `names` are the
    names of all collections that the source syncs; `refused` tells whether Zendesk does not offer
    a stream to the account, so that its table, and the views over it, are not there.
    """
    views, tables = nested_views_for(names) if source.analysis else (), set(loaded)
    wanted = {
        keys.table_key(source.schema_name, view.name): view
        for view in views
        if not tables.isdisjoint(view.reads)
    }
    known = instance.get_latest_materialization_code_versions(list(wanted))
    stale = (
        view for key, view in wanted.items() if known.get(key) != definition_version(view.name)
    )
    return tuple(
        keys.table_key(source.schema_name, view.name)
        for view in stale
        if not any(refused(declared().collections[name].stream) for name in view.reads)
    )


def views_over(source: Source, collection: str) -> tuple[View, ...]:
    """Return the views of a source that read the table of a collection."""
    names = [each.name for each in chosen_collections(source)]
    views = nested_views_for(names) if source.analysis else ()
    return tuple(view.as_view() for view in views if collection in view.reads)


def build_nested_views(
    source: Source, engine: str, names: Iterable[str], pool: str | None
) -> list[dg.AssetsDefinition]:
    """Return the assets of the views that can be made of the collections `names`."""
    views = nested_views_for(names) if source.analysis else ()
    if not views:
        return []
    schema = source.schema_name
    by_key = {keys.table_key(schema, view.name): view for view in views}
    condition = nested_view_condition()

    @dg.multi_asset(
        name=keys.views_step(schema),
        specs=[_spec(source, engine, view, condition) for view in views],
        can_subset=True,
        pool=pool,
        required_resource_keys={keys.WAREHOUSE_IO_MANAGER},
    )
    def refresh(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        warehouse = context.resources.warehouse_io_manager.warehouse(context.log.info)
        wanted = [view for key, view in by_key.items() if key in context.selected_asset_keys]
        with as_failure():
            found = put_views(warehouse, schema, [view.as_view() for view in wanted])
            for view in wanted:
                if result := _report(context, source, view, found[view.name]):
                    yield result
            refuse_failed(found.values())
            say_written(context, found)

    return [refresh]


def _spec(source: Source, engine: str, view: AnalysisView, condition: Any) -> dg.AssetSpec:
    schema = source.schema_name
    spec = dg.AssetSpec(
        keys.table_key(schema, view.name),
        deps=[keys.table_key(schema, name) for name in view.reads],
        group_name=keys.analysis_group(schema),
        description=nested_view_description(source, view),
        kinds={engine, "view"},
        owners=source.owners,
        metadata=view_metadata(source, view),
        code_version=definition_version(view.name),
        automation_condition=condition,
        skippable=True,
    )
    return spec.with_io_manager_key(keys.WAREHOUSE_IO_MANAGER)


def _report(
    context: dg.AssetExecutionContext,
    source: Source,
    view: AnalysisView,
    state: ViewState | WarehouseError,
) -> dg.MaterializeResult[Any] | None:
    """Return the materialization of a view, if it is as it is declared."""
    key = keys.table_key(source.schema_name, view.name)
    if isinstance(state, WarehouseError):
        context.log.error("%s: %s", view.name, state)
    elif not state.fields:
        missing = " and ".join(state.missing)
        context.log.info("%s is created once there is a table %s", view.name, missing)
    elif state.remark:
        context.log.warning(state.remark)
    else:
        return dg.MaterializeResult(
            asset_key=key, metadata=figures_metadata(source, view, state, {})
        )
    return None


def refuse_failed(states: Iterable[ViewState | WarehouseError]) -> None:
    """Raise WarehouseError if a view failed; the others are there by now."""
    errors = [state for state in states if isinstance(state, WarehouseError)]
    if errors:
        raise WarehouseError(" ".join(map(str, errors)))


def say_written(
    context: dg.AssetExecutionContext, found: dict[str, ViewState | WarehouseError]
) -> None:
    """Log how many views there are, and how many of them were written."""
    states = [state for state in found.values() if isinstance(state, ViewState)]
    changed = sum(state.changed for state in states)
    waiting = sum(not state.fields for state in states)
    rest = f", {waiting} not yet possible" if waiting else ""
    context.log.info("%s views: %s written%s", len(states), changed, rest)
