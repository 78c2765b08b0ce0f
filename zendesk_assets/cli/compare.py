"""`zendesk-assets compare`: our tables beside another tool's copy in the same warehouse.

The package `compare` asks and explains; it reads the warehouse, and sends no request.
"""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from zendesk_assets.account import Account
from zendesk_assets.analysis import VIEWS
from zendesk_assets.catalog import declared
from zendesk_assets.cli.opening import chosen_sources, warehouse_of
from zendesk_assets.cli.options import AsJson, Chosen
from zendesk_assets.cli.terminal import Console
from zendesk_assets.compare import ComparedCopy, OurTable, find_ours
from zendesk_assets.compare import compare as compare_tables
from zendesk_assets.compare.report import describe, month_rows
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.fivetran import RELATIONS
from zendesk_assets.settings.file import load_sources
from zendesk_assets.settings.sources import FIVETRAN_ENDING, Source, Sources


def compare(
    theirs: Annotated[
        str,
        typer.Option(
            "--with", metavar="SCHEMA.TABLE", help="The copy, as fivetran_zendesk.ticket."
        ),
    ],
    table: Annotated[
        str, typer.Option(help="Our table or view; default: the one of a similar name.")
    ] = "",
    source: Chosen = None,
    as_json: AsJson = False,
) -> None:
    """Compare a table with another tool's copy of it in the same warehouse.

    Rows by month, ids that only one side has, and fields that differ, with the reason where one is
    known. Columns are matched by name; ids as text, times without a zone (UTC is assumed) and other
    types are compared by what they mean. It only reads, and sends no request.

    Example: zendesk-assets compare --with fivetran_zendesk.ticket

    Exits with 0 if every difference is explained, otherwise with 1.
    """
    schema, _, name = theirs.partition(".")
    if not (schema and name) or "." in name:
        raise typer.BadParameter("give the schema and the table, as in fivetran_zendesk.ticket")
    sources = load_sources()
    _refuse_ours(sources, schema, name)
    ours = find_ours(name, table)
    found = _compare(sources, _one(sources, source), ours, (schema, name))
    if as_json:
        content = {**asdict(found), "is_explained": found.is_explained}
        typer.echo(json.dumps(content, indent=2))
    else:
        _show(found)
    if not found.is_explained:
        raise typer.Exit(1)


def _refuse_ours(sources: Sources, schema: str, name: str) -> None:
    """Raise ZendeskAssetsError if a table is one of ours: it would only be like itself."""
    catalog = declared()
    tables = {*catalog.collections, *catalog.views, *VIEWS}
    for each in sources.sources:
        ours = each.schema_name
        if name in {ours: tables, ours + FIVETRAN_ENDING: {*RELATIONS}}.get(schema, ()):
            raise ZendeskAssetsError(
                f"{schema}.{name} is ours, and would be compared with itself: give the table of "
                "another tool."
            )


def _one(sources: Sources, names: list[str] | None) -> Source:
    chosen = chosen_sources(sources, names)
    if len(chosen) != 1:
        known = ", ".join(each.schema_name for each in chosen) or "none"
        raise ZendeskAssetsError(
            f"A copy is of one account, and there are several sources ({known}): name the one with "
            "--source."
            if chosen
            else "The sources file has no sources: add one under `sources:`."
        )
    return chosen[0]


def _compare(
    sources: Sources, source: Source, ours: OurTable, theirs: tuple[str, str]
) -> ComparedCopy:
    hub = Account(sources, source).hub
    covered = hub.coverage(ours.stream.name) if ours.stream.partitioned else None
    return compare_tables(warehouse_of(sources), source.schema_name, ours, theirs, covered)


def _show(found: ComparedCopy) -> None:
    console = Console(soft_wrap=True)
    if months := month_rows(found):
        grid = Table(box=None, pad_edge=False)
        for title in ("created in", "here", "deleted", "there", "difference"):
            grid.add_column(title, justify="left" if title == "created in" else "right")
        for cells in months:
            grid.add_row(*cells)
        console.print(grid)
    for line in describe(found):
        console.say(line)
