"""`zendesk-assets rejects`: which rows and values were rejected, why, and what to do about it."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from zendesk_assets.cli.opening import check_collections, chosen_sources, warehouse_of
from zendesk_assets.cli.options import AsJson, Chosen, ChosenCollections
from zendesk_assets.cli.terminal import Console
from zendesk_assets.errors import HubError
from zendesk_assets.hub import BatchId
from zendesk_assets.plain_text import counted
from zendesk_assets.settings.file import load_sources
from zendesk_assets.warehouse import WARNING

_SHOWN = ("collection", "primary_key", "reason", "received", "batch")
_HOW = (
    "Nothing is lost: the hub has them, and `_rejects` has each record as it was received. After a "
    "fix (another column type, a new release), this loads them:\n"
    "  zendesk-assets sync --warehouse-only --replay --source {source}{collections}"
)

_KEPT = (
    "These rows are in their tables. The column is NULL, and `_unknown` has the value as Zendesk "
    "sent it. A later state of the row that fits ends the warning."
)


def rejects(
    source: Chosen = None,
    collection: ChosenCollections = None,
    as_json: AsJson = False,
    limit: Annotated[int, typer.Option(min=1, help="Rows shown per source, newest first.")] = 50,
) -> None:
    """List the rows and values that could not be read.

    A row that could not be read stayed out of the table (quarantined). A value that does not fit is
    a warning: its row is in the table, its column is NULL, and `_unknown` has the value.

    Example: zendesk-assets rejects --collection tickets
    """
    check_collections(collection or [])
    sources = load_sources()
    warehouse = warehouse_of(sources)
    found = {
        each.schema_name: _rows(each.schema_name, warehouse.rejects(each.schema_name), collection)
        for each in chosen_sources(sources, source)
    }
    if as_json:
        rows = [row for rows in found.values() for row in rows[:limit]]
        typer.echo(json.dumps(rows, indent=2))
        return
    for name, rows in found.items():
        _show(name, rows, limit)


def _rows(
    schema: str, kept: Iterable[dict[str, Any]], collections: list[str] | None
) -> list[dict[str, Any]]:
    """Return the rejects of a source, newest first, without the records themselves."""
    rows = [
        {
            "source": schema,
            "collection": each["collection"],
            "primary_key": each["primary_key"],
            "severity": each["severity"],
            "reason": each["reason"],
            "batch": each["batch_id"],
            "line": each["line"],
            "received": _received(each["batch_id"]),
            "first_seen": _iso(each["first_seen"] or each["rejected_at"]),
        }
        for each in kept
        if not collections or each["collection"] in collections
    ]
    return sorted(rows, key=lambda row: (row["received"] or "", row["batch"]), reverse=True)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _received(batch: str) -> str | None:
    try:
        return BatchId.parse(batch).landed.strftime("%Y-%m-%dT%H:%M:%SZ")
    except HubError:
        return None


def _show(source: str, rows: list[dict[str, Any]], limit: int) -> None:
    bad = [row for row in rows if row["severity"] != WARNING]
    odd = [row for row in rows if row["severity"] == WARNING]
    console = Console()
    if not bad:
        console.print(f"{source}: no row is quarantined.")
    else:
        _list(f"{source}: {len(bad)} quarantined", bad, limit, console)
        names = "".join(f" --collection {each}" for each in sorted({r["collection"] for r in bad}))
        how = _HOW.format(source=source, collections=names)
        Console(soft_wrap=True).say(how)
    if odd:
        heading = f"{source}: {counted(len(odd), 'row')} with a value that does not fit its column"
        _list(heading, odd, limit, console)
        Console(soft_wrap=True).say(_KEPT)


def _list(heading: str, rows: list[dict[str, Any]], limit: int, console: Console) -> None:
    more = f", the newest {limit} of them" if len(rows) > limit else ""
    console.print(f"{heading}{more}")
    table = Table(*_SHOWN, box=None, pad_edge=False)
    for row in rows[:limit]:
        table.add_row(*(_escaped(row[name]) for name in _SHOWN))
    console.print(table)


def _escaped(value: str | None) -> str:
    return (value or "-").replace("[", r"\[")
