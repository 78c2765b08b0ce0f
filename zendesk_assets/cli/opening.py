"""What commands are told to work on, opened: sources by name, collections, the warehouse.

What runs or reads Dagster's runs is in `project`; this imports no Dagster.
"""

from __future__ import annotations

from functools import partial

import typer

from zendesk_assets.catalog import declared
from zendesk_assets.errors import ZendeskAssetsError, meant
from zendesk_assets.sources import Source, Sources
from zendesk_assets.warehouse import Warehouse
from zendesk_assets.warehouse_opening import open_warehouse

__all__ = ["check_collections", "chosen_sources", "warehouse_of"]


def chosen_sources(sources: Sources, names: list[str] | None) -> list[Source]:
    """Return the named sources, or all. Raises SourcesFileError for a name there is not."""
    return [sources.source(name) for name in names] if names else list(sources.sources)


def check_collections(names: list[str]) -> None:
    """Raise ZendeskAssetsError for a collection that there is not."""
    for name in names:
        if name not in declared().collections:
            raise ZendeskAssetsError(
                f"There is no collection {name}{meant(name, declared().collections)}: there are "
                f"{', '.join(sorted(declared().collections))}."
            )


def warehouse_of(sources: Sources) -> Warehouse:
    """Return the warehouse of the sources file; what it waits for is said on standard error."""
    return open_warehouse(sources, partial(typer.echo, err=True))
