"""Opens what commands work on: sources by name, collections, the warehouse.

It does not import Dagster; what runs or reads Dagster's runs is in `project`.
"""

from functools import partial

import typer

from zendesk_assets.catalog import declared
from zendesk_assets.errors import ZendeskAssetsError, meant
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.warehouse import Warehouse
from zendesk_assets.warehouse_opening import open_warehouse


def chosen_sources(sources: Sources, names: list[str] | None) -> list[Source]:
    """Return the named sources, or all.

    Raises:
        SourcesFileError: for an unknown name.
    """
    return [sources.source(name) for name in names] if names else list(sources.sources)


def check_collections(names: list[str]) -> None:
    """Check that all collections exist.

    Raises:
        ZendeskAssetsError: for an unknown collection.
    """
    for name in names:
        if name not in declared().collections:
            near, every = meant(name, declared().collections), sorted(declared().collections)
            rest = "." if near else f": use one of {', '.join(every)}."
            raise ZendeskAssetsError(f"There is no collection {name}{near}{rest}")


def warehouse_of(sources: Sources) -> Warehouse:
    """Return the warehouse of the sources file; it reports its waits on standard error.

    Raises:
        SourcesFileError: if its address is missing or wrong.
    """
    return open_warehouse(sources, partial(typer.echo, err=True))
