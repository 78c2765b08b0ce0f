"""Assets of the views in Fivetran's shape: one per source and relation, and one step for all.

They hold nothing and are always as fresh as their tables. Some depend on what the account has
(custom fields, time zones, which tables are there), so each load of their tables brings them up to
date, for the price of a look at the catalog. `zendesk_assets.fivetran` declares them.
"""

from collections.abc import Iterable
from typing import Any

import dagster as dg

from zendesk_assets.analysis import AnalysisView
from zendesk_assets.orchestration import keys, placement
from zendesk_assets.orchestration.automation import view_condition
from zendesk_assets.orchestration.describe_analysis import relation_metadata
from zendesk_assets.orchestration.view_step import ViewStep, build_view_step
from zendesk_assets.settings.sources import Source


def fivetran_keys(source: Source, loaded: Iterable[str]) -> tuple[dg.AssetKey, ...]:
    """Return the keys of all relations of a source, if one reads a table of `loaded`."""
    if not source.fivetran:
        return ()
    from zendesk_assets.fivetran import RELATIONS  # noqa: PLC0415 # dozens of views that few want

    tables = set(loaded)
    if all(tables.isdisjoint(each.reads) for each in RELATIONS.values()):
        return ()
    home = placement.path_of(source, source.fivetran_schema)
    return tuple(keys.table_key(home, name) for name in RELATIONS)


def build_fivetran(
    source: Source, engine: str, names: Iterable[str], pool: str | None
) -> list[dg.AssetsDefinition]:
    """Return the assets of a source; `names` are the names of all collections that it syncs.

    All relations are there, whatever is synced: those of other collections have no rows.
    """
    if not source.fivetran:
        return []
    from zendesk_assets.fivetran import RELATION_FILES, RELATIONS  # noqa: PLC0415 # as above

    home, synced = placement.path_of(source, source.fivetran_schema), set(names)
    place = placement.path_of(source)
    tables = sorted(synced & {name for each in RELATIONS.values() for name in each.reads})
    condition = view_condition([keys.table_key(place, name) for name in tables])
    by_key = {keys.table_key(home, each.name): each for each in RELATIONS.values()}

    specs = [
        _spec(source, engine, each, synced, condition, RELATION_FILES[each.name])
        for each in RELATIONS.values()
    ]
    key = keys.views_step(placement.name_of(source), keys.FIVETRAN_VIEWS)
    step = ViewStep(key, source, by_key, pool, partly=True)
    return [build_view_step(step, specs)]


def _spec(
    source: Source,
    engine: str,
    relation: AnalysisView,
    synced: set[str],
    condition: Any,
    file: str,
) -> dg.AssetSpec:
    place, home = placement.path_of(source), source.fivetran_schema
    return dg.AssetSpec(
        keys.table_key(placement.path_of(source, home), relation.name),
        deps=[keys.table_key(place, name) for name in relation.reads if name in synced],
        group_name=home,
        description=_describe(source, relation, synced),
        kinds={engine, "view"},
        owners=source.owners,
        metadata=relation_metadata(home, relation, file),
        automation_condition=condition,
        skippable=True,
    )


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
