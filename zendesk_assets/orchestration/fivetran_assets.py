"""Assets of the views in Fivetran's shape: one per source and relation, and one step for all.

They hold nothing and are always as fresh as their tables. Some depend on what the account has
(custom fields, time zones, which tables are there), so each load of their tables brings them up to
date, for the price of a look at the catalog. `zendesk_assets.fivetran` declares them.
https://docs.dagster.io/guides/build/assets/defining-assets#multi-asset
"""

from collections.abc import Iterable, Iterator
from typing import Any

import dagster as dg

from zendesk_assets.analysis import AnalysisView
from zendesk_assets.errors import WarehouseError
from zendesk_assets.fivetran import RELATION_FILES, RELATIONS
from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.automation import view_condition
from zendesk_assets.orchestration.describe_analysis import figures_metadata, relation_metadata
from zendesk_assets.orchestration.failures import as_failure
from zendesk_assets.orchestration.view_assets import refuse_failed, say_written
from zendesk_assets.settings.sources import Source
from zendesk_assets.warehouse import ViewState, put_views


def fivetran_keys(source: Source, loaded: Iterable[str]) -> tuple[dg.AssetKey, ...]:
    """Return the keys of all relations of a source, if one reads a table of `loaded`."""
    tables = set(loaded)
    if not source.fivetran or all(tables.isdisjoint(each.reads) for each in RELATIONS.values()):
        return ()
    return tuple(keys.table_key(source.fivetran_schema, name) for name in RELATIONS)


def build_fivetran(
    source: Source, engine: str, names: Iterable[str], pool: str | None
) -> list[dg.AssetsDefinition]:
    """Return the assets of a source; `names` are the names of all collections that it syncs.

    All relations are there, whatever is synced: those of other collections have no rows.
    """
    if not source.fivetran:
        return []
    schema, home, synced = source.schema_name, source.fivetran_schema, set(names)
    tables = sorted(synced & {name for each in RELATIONS.values() for name in each.reads})
    condition = view_condition([keys.table_key(schema, name) for name in tables])
    by_key = {keys.table_key(home, each.name): each for each in RELATIONS.values()}

    @dg.multi_asset(
        name=keys.fivetran_step(schema),
        specs=[_spec(source, engine, each, synced, condition) for each in RELATIONS.values()],
        can_subset=True,
        pool=pool,
        required_resource_keys={keys.WAREHOUSE_IO_MANAGER},
    )
    def refresh(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        warehouse = context.resources.warehouse_io_manager.warehouse(context.log.info)
        wanted = [each for key, each in by_key.items() if key in context.selected_asset_keys]
        with as_failure():
            found = put_views(warehouse, schema, [each.as_view() for each in wanted], partly=True)
            for each in wanted:
                if result := _report(context, source, each, found[each.name]):
                    yield result
            refuse_failed(found.values())
            say_written(context, found)

    return [refresh]


def _spec(
    source: Source, engine: str, relation: AnalysisView, synced: set[str], condition: Any
) -> dg.AssetSpec:
    schema, home = source.schema_name, source.fivetran_schema
    spec = dg.AssetSpec(
        keys.table_key(home, relation.name),
        deps=[keys.table_key(schema, name) for name in relation.reads if name in synced],
        group_name=home,
        description=_describe(source, relation, synced),
        kinds={engine, "view"},
        owners=source.owners,
        metadata=relation_metadata(home, relation, RELATION_FILES[relation.name]),
        automation_condition=condition,
        skippable=True,
    )
    return spec.with_io_manager_key(keys.WAREHOUSE_IO_MANAGER)


def _describe(source: Source, relation: AnalysisView, synced: set[str]) -> str:
    """Return the description of a relation in Markdown."""
    tables = ", ".join(f"`{source.schema_name}.{name}`" for name in relation.reads)
    missing = [name for name in relation.reads if name not in synced]
    lines = [
        relation.description,
        "",
        f"- **From**: {tables}, by a view, for what is built on Fivetran's Zendesk connector.",
        f"- **Key**: one row per {', '.join(f'`{name}`' for name in relation.grain)}.",
        "- **Fresh**: always as fresh as these tables.",
    ]
    if missing:
        lines.append(f"- **Not synced**: {', '.join(missing)}; nothing of it is here.")
    return "\n".join(lines)


def _report(
    context: dg.AssetExecutionContext,
    source: Source,
    relation: AnalysisView,
    state: ViewState | WarehouseError,
) -> dg.MaterializeResult[Any] | None:
    """Return the materialization of a relation, if it is as it is declared."""
    if isinstance(state, WarehouseError):
        context.log.error("%s: %s", relation.name, state)
    elif not state.fields:
        context.log.info("%s: nothing is loaded yet; the first load creates it", relation.name)
    elif state.remark:
        context.log.warning(state.remark)
    else:
        return dg.MaterializeResult(
            asset_key=keys.table_key(source.fivetran_schema, relation.name),
            metadata=figures_metadata(source, relation, state, {}),
        )
    return None
