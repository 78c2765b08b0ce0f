"""`zendesk-assets why`: every state of a row that ever landed, and which one the table shows.

The package `why` finds it, from hub and warehouse alone; `why_report` prints it.
"""

import json
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from zendesk_assets.account import Account
from zendesk_assets.analysis import VIEWS
from zendesk_assets.catalog import declared
from zendesk_assets.cli.completion import collection_names, column_names
from zendesk_assets.cli.opening import chosen_sources, warehouse_of
from zendesk_assets.cli.options import AsJson, Chosen
from zendesk_assets.cli.terminal import Console
from zendesk_assets.cli.why_report import show
from zendesk_assets.clock import SystemClock
from zendesk_assets.errors import ZendeskAssetsError, meant
from zendesk_assets.settings.file import load_sources
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse import name_history
from zendesk_assets.why import History, build_page, explain, only, parse_key, to_json

# Each state is shown with them.
_ALWAYS: Final = ("received_at", "loaded_at", "_batch_id")


def why(
    table: Annotated[
        str,
        typer.Argument(
            help="A table, such as tickets or zendesk_prod.tickets.",
            autocompletion=collection_names,
        ),
    ],
    key: Annotated[
        str, typer.Argument(help="The key of a row; with a comma between several columns.")
    ],
    column: Annotated[
        str | None,
        typer.Argument(help="Only changes of this column.", autocompletion=column_names),
    ] = None,
    source: Chosen = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page, too.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show every state of a row that was ever received, and why the table shows the one it does.

    It reads the hub and the warehouse, and sends no request.

    Example: zendesk-assets why tickets 268 status

    Exits with 1 if the hub has never received the row.
    """
    schema, _, name = table.rpartition(".")
    collection = _collection(name)
    column = _checked(collection, column)
    values, sources = parse_key(collection, key), load_sources()
    warehouse, found, say = warehouse_of(sources), list[History](), partial(typer.echo, err=True)
    names = []
    for each in chosen_sources(sources, source or [schema] * bool(schema)):
        account = Account(sources, each)
        account.refuse_other(warehouse)
        names.append(each.schema_name)
        history = explain(each, account.hub, warehouse, collection, values, say)
        found += [only(history, column)] if history else []
    if not found:
        raise ZendeskAssetsError(_never(collection, key, names))
    if html:
        _write(html, build_page(found, SystemClock().now()))
        say(f"The page is in {html}.")
    if as_json:
        typer.echo(json.dumps([to_json(each) for each in found], indent=2))
        return
    console = Console(soft_wrap=True)
    for history in found:
        show(console, history, column)


def _collection(name: str) -> Collection:
    """Return the collection of a table. Raises ZendeskAssetsError if there is no such table."""
    catalog = declared()
    histories = {name_history(each): each for each in catalog.collections}
    name = histories.get(name, name)  # the states of both are the same
    if name in catalog.collections:
        return catalog.collections[name]
    if name in catalog.views:
        table = catalog.views[name].collection
        key = ",".join(catalog.collections[table].primary_key)
        raise ZendeskAssetsError(
            f"{name} is a view that shows rows of {table}: ask `zendesk-assets why {table}` with "
            f"the {key} of such a row."
        )
    if name in VIEWS:
        tables = ", ".join(sorted(VIEWS[name].reads))
        raise ZendeskAssetsError(
            f"{name} is a view over {tables}: ask `zendesk-assets why` about a row of these."
        )
    raise ZendeskAssetsError(
        f"There is no table {name}{meant(name, [*catalog.collections, *catalog.views])}. The "
        "tables are in docs/collections.md."
    )


def _checked(collection: Collection, column: str | None) -> str | None:
    """Return the column whose changes are shown; None for one that every state is shown with.

    Raises:
        ZendeskAssetsError: if the collection's table has no such column.
    """
    names = [each.name for each in (*collection.columns, *collection.system_columns)]
    if column in _ALWAYS or column == collection.version:
        return None
    if column is not None and column not in names:
        raise ZendeskAssetsError(
            f"{collection.name} has no column {column}{meant(column, names)}. Its columns are "
            f"{', '.join(names)}."
        )
    return column


def _write(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ZendeskAssetsError(
            f"{path} cannot be written ({error.strerror}): give --html another file."
        ) from None


def _never(collection: Collection, key: str, sources: list[str]) -> str:
    return (
        f"The hub of {', '.join(sources)} has never received {collection.name} {key}, and no table "
        "has it: check the key, see in `zendesk-assets status` whether months of history "
        f"are missing, or let `zendesk-assets reconcile --collection {collection.name}` ask "
        "Zendesk what is missing."
    )
