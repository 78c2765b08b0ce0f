"""Where a source's assets are in a Dagster project: alone, or within one that has others too.

The code location of the sources file is alone: its keys begin with the schema, and its resources
have short names. Within another project, keys can have a prefix, and whatever is named has the name
of its source, so that nothing clashes. `zendesk_assets.embedding` takes what a project chooses.
https://docs.dagster.io/guides/build/assets/metadata-and-tags
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from zendesk_assets.orchestration import keys
from zendesk_assets.settings.places import DuckDBTarget
from zendesk_assets.settings.sources import Source, Sources


@dataclass(frozen=True)
class Placement:
    """What a project chooses for the assets of its sources.

    `key_prefix` comes before the schema in each key. `groups` are names of groups by layer (`hub`,
    `tables`, `views`), `tags` are added to each asset, and without `automation` there are neither
    sensors nor conditions, but what a sensor would run can be run as a job. `io_manager` is the key
    of a resource of the project that stores the tables: there are then no views and no checks.
    """

    key_prefix: tuple[str, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    automation: bool = True
    io_manager: str = ""


class PlacedSource(Source):
    """A source within another project."""

    placement: Placement


def place(sources: Sources, placement: Placement) -> Sources:
    """Return the sources as a project has them that chooses this placement."""
    # What reads our warehouse cannot be where another IO manager stores the tables.
    without = {"analysis": False, "fivetran": False} if placement.io_manager else {}
    placed = (
        PlacedSource.model_construct(
            each.model_fields_set, **{**dict(each), **without, "placement": placement}
        )
        for each in sources.sources
    )
    found: dict[str, Any] = {"sources": tuple(placed)}
    if placement.io_manager:
        found["warehouse"] = DuckDBTarget()  # nothing opens it
    return sources.model_copy(update=found)


def placement_of(source: Source) -> Placement:
    """Return where the assets of a source are."""
    return source.placement if isinstance(source, PlacedSource) else Placement()


def path_of(source: Source, schema: str = "") -> tuple[str, ...]:
    """Return what the keys of a source begin with; `schema` is another one than its own."""
    return (*placement_of(source).key_prefix, schema or source.schema_name)


def name_of(source: Source) -> str:
    """Return what the names of a source's sensors, jobs, steps and resources begin with."""
    return "__".join(path_of(source))


def hub_resource(source: Source) -> str:
    """Return the key of the resource that is the hub."""
    return _own(source, keys.HUB)


def io_manager(source: Source) -> str:
    """Return the key of the IO manager, which has the warehouse."""
    return _own(source, keys.WAREHOUSE_IO_MANAGER)


def zendesk_resource(source: Source) -> str:
    """Return the key of the resource for requests to a source's account."""
    return keys.zendesk_resource_key(name_of(source))


def alerts_name(sources: Iterable[Source]) -> str:
    """Return the name of the sensor that tells of problems of these sources."""
    first = next(iter(sources), None)
    return keys.ALERTS if first is None else _own(first, keys.ALERTS, "alerts")


def replays_name(sources: Iterable[Source]) -> str:
    """Return the name of the sensor that starts the replays of these sources."""
    first = next(iter(sources), None)
    return keys.REPLAYS if first is None else _own(first, keys.REPLAYS, "replays")


def compared_tables(source: Source, collections: Iterable[str]) -> dg.AssetSelection:
    """Return the checks that compare the tables of these collections with Zendesk."""
    place = path_of(source)
    found = (keys.reconciliation_key(place, name) for name in collections)
    return dg.AssetSelection.checks(*found)


def _own(source: Source, short: str, ending: str = "") -> str:
    """Return a name that other parts of the project cannot have."""
    placed = isinstance(source, PlacedSource)
    return f"{name_of(source)}_{ending or short}" if placed else short
