"""Assets of analysis: one per source and view, and one report. They only read tables.

A view is always as fresh as its tables; materializing it updates it in the warehouse if its
definition has changed, and attaches figures. `zendesk_assets.analysis` declares the views.
https://docs.dagster.io/guides/build/assets/defining-assets
"""

from collections.abc import Iterable
from typing import Any

import dagster as dg

from zendesk_assets.analysis import AnalysisView, views_for
from zendesk_assets.clock import Clock
from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.automation import view_condition
from zendesk_assets.orchestration.describe_analysis import (
    figures_metadata,
    view_description,
    view_metadata,
)
from zendesk_assets.orchestration.failures import as_failure
from zendesk_assets.orchestration.freshness import freshness_policy
from zendesk_assets.orchestration.report_asset import build_report_asset, has_report
from zendesk_assets.orchestration.signatures import signed
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.warehouse import put_view


def analysis_keys(
    source: Source, names: Iterable[str], loaded: Iterable[str]
) -> tuple[dg.AssetKey, ...]:
    """Return the keys of the views that read a table of `loaded`, and of the report on them.

    `names` are the names of all collections that the source syncs.
    """
    views = views_for(names) if source.analysis else ()
    concerned = [view.name for view in views if not set(loaded).isdisjoint(view.reads)]
    found = [keys.table_key(source.schema_name, name) for name in concerned]
    is_reported = found and has_report(views)
    return (*found, keys.report_key(source.schema_name)) if is_reported else tuple(found)


def build_analysis(
    source: Source, sources: Sources, names: Iterable[str], pool: str | None, clock: Clock
) -> list[dg.AssetsDefinition]:
    """Return the views that can be made of the collections `names`, and the report, if any."""
    views = views_for(names) if source.analysis else ()
    if not views:
        return []
    engine = sources.warehouse.type
    tables = sorted({name for view in views for name in view.reads})
    rest = view_condition([keys.table_key(source.schema_name, name) for name in tables])
    report = [build_report_asset(source, sources, views, clock)] if has_report(views) else []
    return [*(_build_view(source, view, engine, pool, rest) for view in views), *report]


def _build_view(
    source: Source, view: AnalysisView, engine: str, pool: str | None, condition: Any
) -> dg.AssetsDefinition:
    schema, declared = source.schema_name, view.as_view()

    @dg.asset(
        key=keys.table_key(schema, view.name),
        deps=[keys.table_key(schema, name) for name in view.reads],
        group_name=keys.analysis_group(schema),
        description=view_description(source, view),
        kinds={engine, "view"},
        owners=source.owners,
        metadata=view_metadata(source, view),
        automation_condition=condition,
        freshness_policy=freshness_policy(source.warehouse_sync_cron),
        pool=pool,
        io_manager_key=keys.WAREHOUSE_IO_MANAGER,
        required_resource_keys={keys.WAREHOUSE_IO_MANAGER},
    )
    @signed
    def refresh(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        warehouse = context.resources.warehouse_io_manager.warehouse(context.log.info)
        with as_failure():
            state, figures = put_view(warehouse, schema, declared)
            if not state.fields:
                context.log.info("nothing is loaded yet; the first load will create the view")
                return dg.MaterializeResult(metadata={"tables_not_there_yet": list(state.missing)})
        if state.remark:
            context.log.warning(state.remark)
        verb = "view updated" if state.changed else "view unchanged"
        context.log.info("%s rows; %s", f"{figures['rows']:,}", verb)
        return dg.MaterializeResult(metadata=figures_metadata(source, view, state, figures))

    return refresh
