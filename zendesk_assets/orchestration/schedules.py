"""The schedules of each source: sensors that evaluate the conditions of its assets.

Each source has three with a cron of their own, and one that follows the loads; each can be switched
off alone. When something is due is decided in `automation`.
https://docs.dagster.io/guides/automate/declarative-automation
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final

import dagster as dg

from zendesk_assets.analysis import has_views
from zendesk_assets.orchestration import keys, placement
from zendesk_assets.orchestration.describe import in_words
from zendesk_assets.orchestration.figures_due import occasions
from zendesk_assets.settings.sources import Source

Select = Callable[..., dg.AssetSelection]
# An evaluation of a source with 70 assets takes the daemon up to a second of CPU: it must not
# take longer than the time until the next one, however many sources there are.
_EVALUATE_EVERY_SECONDS: Final = 30
_SECONDS_PER_SOURCE: Final = 2
_FIGURES_DUE: Final = {keys.FIGURES_TAG: keys.WHEN_DUE}


def build_sensors(
    source: Source,
    collections: Iterable[str],
    sources: int = 1,
    *,
    publishes: bool = False,
    select: Select = dg.AssetSelection.groups,
) -> list[dg.AutomationConditionSensorDefinition]:
    """Return the schedule sensors of a source, which are on by default.

    `collections` are the names of the collections whose tables we keep, `sources` how many
    sources there are; the last sensor also `publishes` the copy for readers. `select` returns the
    assets that belong to groups of ours.
    """
    every = max(_EVALUATE_EVERY_SECONDS, sources * _SECONDS_PER_SOURCE)
    schema, names, name = source.schema_name, tuple(collections), placement.name_of(source)
    compared = placement.compared_tables(source, names)
    sensor, seldom = partial(_sensor, schema, every), partial(_sensor, schema, 2 * every)
    cron = source.reconcile_cron
    followed = views_groups(source, names, publishes=publishes)
    followers = [_analysis_sensor(source, every, select(*followed))] if followed else []
    compares = [
        seldom(
            keys.reconcile_name(name),
            compared,
            "comparison with Zendesk",
            f"Tables of {source.nickname} compared with Zendesk. "
            + (f"{in_words(cron)}." if cron else "Switched off in the sources file."),
            running=cron is not None,
        )
    ]
    return [
        sensor(
            keys.source_sync_name(name),
            select(keys.hub_group(schema)),
            keys.TO_HUB,
            f"Zendesk → hub for {source.nickname}. {in_words(source.source_sync_cron)}.",
        ),
        sensor(
            keys.warehouse_sync_name(name),
            select(keys.table_group(schema)) - compared,
            keys.TO_TABLES,
            f"Hub → warehouse for {source.nickname}. {in_words(source.warehouse_sync_cron)}.",
        ),
        *(compares if names else ()),
        *followers,
    ]


def views_groups(
    source: Source, collections: Iterable[str], *, publishes: bool = False
) -> list[str]:
    """Return the groups of what is made of a source's tables: views, the report, the copy."""
    schema, home = source.schema_name, source.fivetran_schema
    follows = publishes or (source.analysis and has_views(collections))
    first = [keys.analysis_group(schema)] if follows else []
    return [*first, home] if home else first


def _analysis_sensor(
    source: Source, every: int, followers: dg.AssetSelection
) -> dg.AutomationConditionSensorDefinition:
    return _sensor(
        source.schema_name,
        every,
        keys.analysis_name(placement.name_of(source)),
        followers,
        "views and report",
        f"Views of {source.nickname}, after each load of their tables. Their figures, and the "
        f"report: {occasions(source)}.",
        tags=_FIGURES_DUE,
    )


def _sensor(
    schema: str,
    every: int,
    name: str,
    target: dg.AssetSelection,
    layer: str,
    description: str,
    *,
    running: bool = True,
    tags: Mapping[str, str] | None = None,
) -> dg.AutomationConditionSensorDefinition:
    status = dg.DefaultSensorStatus.RUNNING if running else dg.DefaultSensorStatus.STOPPED
    return dg.AutomationConditionSensorDefinition(
        name,
        target=target,
        default_status=status,
        minimum_interval_seconds=every,
        run_tags={keys.SOURCE_TAG: schema, keys.LAYER_TAG: layer, **(tags or {})},
        description=description,
    )
