"""Assets of the views over single tables: one per source and view, and one step for all of them.

A view has to be written only when it is missing or its declaration has changed, so a sync with
nothing new has no such step. `zendesk_assets.catalog` declares the views.
"""

from collections.abc import Callable, Iterable
from typing import Any

import dagster as dg

from zendesk_assets.account import chosen_collections
from zendesk_assets.analysis import AnalysisView, definition_version, nested_views_for
from zendesk_assets.catalog import declared
from zendesk_assets.orchestration import keys, placement
from zendesk_assets.orchestration.automation import nested_view_condition
from zendesk_assets.orchestration.describe_analysis import nested_view_description, view_metadata
from zendesk_assets.orchestration.view_step import ViewStep, build_view_step
from zendesk_assets.settings.sources import Source
from zendesk_assets.warehouse import View


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
        keys.table_key(placement.path_of(source), view.name): view
        for view in views
        if not tables.isdisjoint(view.reads)
    }
    known = instance.get_latest_materialization_code_versions(list(wanted))
    stale = (
        view for key, view in wanted.items() if known.get(key) != definition_version(view.name)
    )
    return tuple(
        keys.table_key(placement.path_of(source), view.name)
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
    by_key = {keys.table_key(placement.path_of(source), view.name): view for view in views}
    condition = nested_view_condition()

    specs = [_spec(source, engine, view, condition) for view in views]
    step = ViewStep(
        keys.views_step(placement.name_of(source), keys.NESTED_VIEWS), source, by_key, pool
    )
    return [build_view_step(step, specs)]


def _spec(source: Source, engine: str, view: AnalysisView, condition: Any) -> dg.AssetSpec:
    place = placement.path_of(source)
    return dg.AssetSpec(
        keys.table_key(place, view.name),
        deps=[keys.table_key(place, name) for name in view.reads],
        group_name=keys.analysis_group(source.schema_name),
        description=nested_view_description(source, view),
        kinds={engine, "view"},
        owners=source.owners,
        metadata=view_metadata(source, view),
        code_version=definition_version(view.name),
        automation_condition=condition,
        skippable=True,
    )
