"""Assets of analysis: one per source and view, one for those of custom objects, and one report.

They only read tables. A view is always as fresh as its tables; materializing it updates it in the
warehouse if its definition has changed, and attaches figures; one step does so for all of them.
`zendesk_assets.analysis` declares the views.
https://docs.dagster.io/guides/build/assets/defining-assets
"""

from collections.abc import Iterable
from typing import Any

import dagster as dg

from zendesk_assets.analysis import AnalysisView, views_for
from zendesk_assets.clock import Clock
from zendesk_assets.orchestration import keys, placement
from zendesk_assets.orchestration.automation import view_condition
from zendesk_assets.orchestration.describe_analysis import view_description, view_metadata
from zendesk_assets.orchestration.freshness import freshness_policy
from zendesk_assets.orchestration.object_views_asset import build_object_views, object_views_of
from zendesk_assets.orchestration.report_asset import build_report_asset, has_report
from zendesk_assets.orchestration.view_step import ViewStep, build_view_step
from zendesk_assets.settings.sources import Source, Sources


def analysis_keys(
    source: Source, names: Iterable[str], loaded: Iterable[str]
) -> tuple[dg.AssetKey, ...]:
    """Return the keys of the views that read a table of `loaded`, and of the report on them.

    `names` are the names of all collections that the source syncs.
    """
    place, tables, every = placement.path_of(source), set(loaded), tuple(names)
    views = views_for(every) if source.analysis else ()
    concerned = [view.name for view in views if not tables.isdisjoint(view.reads)]
    found = [keys.table_key(place, name) for name in concerned]
    found += [keys.report_key(place)] if found and has_report(views) else []
    family = object_views_of(source, every)
    if family and not tables.isdisjoint(each.name for each in family.reads):
        found.append(keys.object_views_key(place))
    return tuple(found)


def build_analysis(
    source: Source, sources: Sources, names: Iterable[str], pool: str | None, clock: Clock
) -> list[dg.AssetsDefinition]:
    """Return the views that can be made of the collections `names`, and the report, if any."""
    every, engine = tuple(names), sources.warehouse.type
    views, family = views_for(every) if source.analysis else (), object_views_of(source, every)
    tables = {name for view in views for name in view.reads}
    tables |= {each.name for each in family.reads} if family else set()
    place = placement.path_of(source)
    rest = view_condition(keys.table_key(place, name) for name in sorted(tables))
    assets = [_build_views(source, views, engine, pool, rest)] if views else []
    assets += [build_report_asset(source, sources, views, clock)] if has_report(views) else []
    assets += [build_object_views(source, family, engine, pool, rest)] if family else []
    return assets


def _build_views(
    source: Source, views: Iterable[AnalysisView], engine: str, pool: str | None, condition: Any
) -> dg.AssetsDefinition:
    by_key = {keys.table_key(placement.path_of(source), view.name): view for view in views}
    key = keys.views_step(placement.name_of(source), keys.ANALYSIS_VIEWS)
    step = ViewStep(key, source, by_key, pool, partly=True, measured=True)
    specs = [_spec(source, view, engine, condition) for view in by_key.values()]
    return build_view_step(step, specs)


def _spec(source: Source, view: AnalysisView, engine: str, condition: Any) -> dg.AssetSpec:
    place = placement.path_of(source)
    return dg.AssetSpec(
        keys.table_key(place, view.name),
        deps=[keys.table_key(place, name) for name in view.reads],
        group_name=keys.analysis_group(source.schema_name),
        description=view_description(source, view),
        kinds={engine, "view"},
        owners=source.owners,
        metadata=view_metadata(source, view),
        automation_condition=condition,
        freshness_policy=freshness_policy(source.warehouse_sync_cron),
        skippable=True,
    )
