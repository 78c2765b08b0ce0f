"""`zendesk-assets check-warehouse`: the promises of the warehouse, tried on the user's own.

The package `check_warehouse` proves; this module opens, and shows what came of it.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

import typer
from rich.markup import escape
from rich.table import Table

from zendesk_assets.check_warehouse import PROMISES, Finding, Result, prove, scratch_schema
from zendesk_assets.cli.lines import wrapped
from zendesk_assets.cli.opening import warehouse_of
from zendesk_assets.cli.options import AsJson
from zendesk_assets.cli.terminal import Console
from zendesk_assets.plain_text import counted
from zendesk_assets.settings.file import load_sources
from zendesk_assets.settings.places import DuckDBTarget
from zendesk_assets.warehouse import Warehouse

_STYLES: Final = {Result.KEPT: "green", Result.BROKEN: "red", Result.NOT_PROMISED: "dim"}
_NARROW: Final = 80  # a terminal where four columns would be slivers


def check_warehouse(as_json: AsJson = False) -> None:
    """Try on your own warehouse whether it keeps what is promised of it.

    About forty loads of made-up rows go into a scratch schema with a new name, some by other
    processes, one of which is killed. The schema is dropped in the end, also after an error, and
    nothing else is touched. All sources of a sources file share its warehouse, so one check is
    enough. It takes about half a minute and sends no request to Zendesk.

    Example: zendesk-assets check-warehouse

    Exits with 0 if every promise is kept, otherwise with 1.
    """
    sources = load_sources()
    warehouse, found = warehouse_of(sources), list[Finding]()
    # Nobody who reads a lake has to wait, wherever its catalog is.
    several = not isinstance(sources.warehouse, DuckDBTarget)
    with scratch_schema(warehouse, readers_meanwhile=several) as scratch:
        typer.echo(f"In the scratch schema {scratch.schema} of {warehouse.name}:", err=True)
        for promise in PROMISES:
            found.append(prove(promise, scratch))
        # Shown before the schema is dropped, which may fail.
        if as_json:
            _print_json(warehouse.name, scratch.schema, found)
        else:
            _show(found)
            _say_lacks(warehouse)
    if not as_json:
        typer.echo(f"The schema {scratch.schema} was dropped.")
    if _broken(found):
        raise typer.Exit(1)


def _broken(found: Sequence[Finding]) -> list[str]:
    return [each.name for each in found if each.result is Result.BROKEN]


def _print_json(warehouse: str, schema: str, found: Sequence[Finding]) -> None:
    content = {
        "warehouse": warehouse,
        "schema": schema,
        "is_kept": not _broken(found),
        "promises": [asdict(each) for each in found],
    }
    typer.echo(json.dumps(content, indent=2))


def _show(found: Sequence[Finding]) -> None:
    console = Console()
    if console.width < _NARROW:
        for each in found:
            for line in wrapped("", f"{each.promise}: {each.result}; {each.seen}.", console.width):
                console.print(line)
        Console(soft_wrap=True).say(_verdict(_broken(found)))
        return
    table = Table("promise", "result", box=None, pad_edge=False)
    table.add_column("seconds", justify="right")
    table.add_column("what was seen")
    for each in found:
        result = f"[{_STYLES[each.result]}]{each.result}[/]"
        table.add_row(each.promise, result, f"{each.seconds:.1f}", escape(each.seen))
    console.print(table)
    Console(soft_wrap=True).say(_verdict(_broken(found)))


def _say_lacks(warehouse: Warehouse) -> None:
    """Say what the format of the tables lacks, if anything."""
    with warehouse.reading() as session:
        lacks = session.dialect.lacks if session else ()
    if lacks:
        Console(soft_wrap=True).say(
            f"Its format lacks {', '.join(lacks)}; docs/warehouses.md says what follows from that."
        )


def _verdict(broken: Sequence[str]) -> str:
    if not broken:
        return "Every promise that this engine makes is kept."
    return (
        f"{counted(len(broken), 'promise')} broken ({', '.join(broken)}): find the reason before "
        "anything is synced into this warehouse."
    )
