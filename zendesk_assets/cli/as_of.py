"""`zendesk-assets query --as-of`: the query, answered from what had been received by a moment."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import typer

from zendesk_assets.account import Account
from zendesk_assets.cli.opening import warehouse_of
from zendesk_assets.clock import SystemClock
from zendesk_assets.history import AsOf, query_as_of
from zendesk_assets.settings.places import DuckDBTarget
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.warehouse import QueryResult


def ask_as_of(
    sources: Sources,
    chosen: Sequence[Source],
    statement: str,
    moment: datetime,
    limit: int | None,
) -> QueryResult:
    """Return what a SELECT would have found at a moment; lines about it go to standard error.

    `chosen` are the sources in which a table without a schema is looked for first.

    Raises:
        typer.BadParameter: for a moment that has not come yet.
        HubError, WarehouseError: if the query cannot be answered.
    """
    if moment > SystemClock().now():
        raise typer.BadParameter(f"{moment:%Y-%m-%d %H:%M} UTC has not come yet: give a past one.")
    say = partial(typer.echo, err=True)
    if not isinstance(sources.warehouse, DuckDBTarget):
        say("With --as-of, the query is answered by DuckDB, in its SQL.")
    others = [each for each in sources.sources if each not in chosen]
    hubs = {each.schema_name: Account(sources, each).hub for each in sources.sources}
    warehouse = warehouse_of(sources)
    return query_as_of(AsOf(moment, [*chosen, *others], hubs, warehouse, say), statement, limit)
