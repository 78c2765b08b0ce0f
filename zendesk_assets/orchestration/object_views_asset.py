"""The asset of the views of custom objects: one per source, for however many views there are.

Which objects an account has is not known when definitions are loaded, so the views have one asset,
and each materialization says which there are. `zendesk_assets.analysis` declares the views.
https://docs.dagster.io/guides/build/assets/metadata-and-tags
"""

from collections.abc import Iterable
from typing import Any

import dagster as dg

from zendesk_assets.analysis import OBJECT_PREFIX, OBJECT_VIEWS_FILE, object_views_for
from zendesk_assets.catalog import declared
from zendesk_assets.errors import WarehouseError
from zendesk_assets.orchestration import keys, placement
from zendesk_assets.orchestration.describe import code_reference
from zendesk_assets.orchestration.describe_analysis import TYPE_NAMES
from zendesk_assets.orchestration.failures import as_failure
from zendesk_assets.orchestration.freshness import freshness_policy
from zendesk_assets.orchestration.signatures import signed
from zendesk_assets.orchestration.view_step import refuse_failed
from zendesk_assets.plain_text import counted
from zendesk_assets.settings.sources import Source
from zendesk_assets.warehouse import FamilyState, ViewFamily, ViewState, put_family


def object_views_of(source: Source, names: Iterable[str]) -> ViewFamily | None:
    """Return the views of a source's custom objects, if it syncs what they are made from.

    `names` are the names of all collections that the source syncs.
    """
    return object_views_for(names) if source.analysis else None


def build_object_views(
    source: Source, family: ViewFamily, engine: str, pool: str | None, condition: Any
) -> dg.AssetsDefinition:
    """Return the asset that creates, replaces and drops the views, when its `condition` holds."""
    schema, place = source.schema_name, placement.path_of(source)
    manager = placement.io_manager(source)
    cadence = max(declared().stream_of(each).cadence for each in family.reads)

    @dg.asset(
        key=keys.object_views_key(place),
        deps=[keys.table_key(place, each.name) for each in family.reads],
        group_name=keys.analysis_group(schema),
        description=_describe(source, family),
        kinds={engine, "view"},
        owners=source.owners,
        metadata=code_reference(OBJECT_VIEWS_FILE),
        automation_condition=condition,
        freshness_policy=freshness_policy(source.warehouse_sync_cron, cadence),
        pool=pool,
        io_manager_key=manager,
        required_resource_keys={manager},
    )
    @signed
    def refresh(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        warehouse = getattr(context.resources, manager).warehouse(context.log.info)
        with as_failure():
            state = put_family(warehouse, schema, family)
            _say(context, state)
            refuse_failed(state.views.values())
        return dg.MaterializeResult(metadata=_metadata(schema, state))

    return refresh


def _describe(source: Source, family: ViewFamily) -> str:
    """Return the description of the asset in Markdown."""
    schema = source.schema_name
    tables = ", ".join(f"`{schema}.{each.name}`" for each in family.reads)
    return (
        "A view for each custom object of the account: its records, with a column for each of its "
        "fields, named by the field's key and typed by its kind. Deleted records are left out.\n\n"
        f"- **Names**: `{schema}.{OBJECT_PREFIX}` and the key of the object. Each materialization "
        "says which views there are, with their columns.\n"
        f"- **From**: {tables}, by views in the warehouse.\n"
        "- **Key**: one row per `id`.\n"
        "- **Fresh**: always as fresh as these tables. Materializing it creates the views of new "
        "objects, adds columns for new fields, and drops the views of deleted objects; that "
        "happens after each load."
    )


def _say(context: dg.AssetExecutionContext, state: FamilyState) -> None:
    if state.missing:
        missing = " and ".join(state.missing)
        context.log.info("views are created once there is a table %s", missing)
        return
    for name, each in state.views.items():
        if isinstance(each, WarehouseError):
            context.log.error("%s: %s", name, each)
        elif each.remark:
            context.log.warning(each.remark)
    for reason in state.kept.values():
        context.log.warning(reason)
    written = sum(each.changed for each in _there(state).values())
    dropped = f", {len(state.dropped)} dropped" if state.dropped else ""
    views = counted(len(_there(state)), "view")
    context.log.info("%s: %s written%s", views, written, dropped)


def _there(state: FamilyState) -> dict[str, ViewState]:
    """Return those of the views that are there."""
    return {name: each for name, each in state.views.items() if isinstance(each, ViewState)}


def _metadata(schema: str, state: FamilyState) -> dict[str, Any]:
    if state.missing:
        return {"tables_not_there_yet": list(state.missing)}
    there = _there(state)
    found: dict[str, Any] = {
        "views": _table(schema, there),
        "views_changed": sum(each.changed for each in there.values()),
    }
    if state.dropped:
        found["views_dropped"] = list(state.dropped)
    if state.kept:
        found["views_of_deleted_objects"] = list(state.kept)
    return found


def _table(schema: str, views: dict[str, ViewState]) -> dg.TableMetadataValue:
    """Return a row for each view: its name, and its columns with their types."""
    columns = {
        name: ", ".join(f"{each.name} {TYPE_NAMES[each.sql_type]}" for each in view.fields)
        for name, view in views.items()
    }
    records = [
        dg.TableRecord({"view": f"{schema}.{name}", "columns": columns[name]}) for name in columns
    ]
    return dg.MetadataValue.table(
        records, dg.TableSchema(columns=[dg.TableColumn("view"), dg.TableColumn("columns")])
    )
