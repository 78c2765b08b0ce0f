"""`zendesk-assets query`: run one SELECT on the warehouse, and print a table, JSON or CSV.

The warehouse keeps it from writing (`warehouse.engines.queries`).
"""

import csv
import json
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final

import typer
from rich.table import Table
from rich.text import Text

from zendesk_assets.cli.opening import chosen_sources, warehouse_of
from zendesk_assets.cli.options import AsJson, Chosen
from zendesk_assets.cli.terminal import Console
from zendesk_assets.plain_text import counted, spell_out_controls
from zendesk_assets.settings.file import load_sources
from zendesk_assets.spec import midnight
from zendesk_assets.warehouse import QueryResult

# Control characters that a terminal may interpret and JSON does not escape: DEL and C1.
_C1: Final = re.compile(r"[\x7f-\x9f]")
_NO_EDGE = 10_000_000  # characters; for files and pipes
_NARROWEST = 8  # characters that a readable column needs, including the space after it


def _to_moment(typed: str) -> datetime:
    """Return the start of a typed date (UTC), or a typed time. Raises typer.BadParameter."""
    with suppress(ValueError):
        return midnight(date.fromisoformat(typed))
    with suppress(ValueError):
        moment = datetime.fromisoformat(typed)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    raise typer.BadParameter(
        f"Not a date: {typed}. Use YYYY-MM-DD, or a time with its zone: 2026-10-01T09:30+02:00."
    )


def query(
    statement: Annotated[str, typer.Argument(metavar="SQL", help="One SELECT.")],
    limit: Annotated[int, typer.Option(min=0, help="Maximum number of rows; 0 for all.")] = 100,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV with a header line.")] = False,
    source: Chosen = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            parser=_to_moment,
            metavar="YYYY-MM-DD",
            help="Answer from what had been received before this day (UTC), or a time with a zone.",
        ),
    ] = None,
) -> None:
    """Run one SELECT on the warehouse; it cannot write.

    A table needs no schema: of several sources, the first one that has it counts, as a line on
    standard error says.

    Example: zendesk-assets query "select count(*) from tickets"
    """
    if as_json and as_csv:
        raise typer.BadParameter("give --json or --csv, not both")
    sources = load_sources()
    chosen = chosen_sources(sources, source)
    schemas = [each.schema_name for each in chosen]
    if note := _whose(statement, schemas):
        typer.echo(note, err=True)
    if as_of is None:
        result = warehouse_of(sources).query(statement, limit or None, schemas)
    else:
        from zendesk_assets.cli.as_of import ask_as_of  # noqa: PLC0415 # half of the time of a query

        result = ask_as_of(sources, chosen, statement, as_of, limit or None)
    if as_json:
        # Other encodings may lack a character.
        plain = not sys.stdout.encoding.lower().startswith("utf")
        typer.echo(_as_json(_objects(result), plain=plain))
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        shown = _harmless if sys.stdout.isatty() else _plain
        writer.writerow(map(shown, result.columns))
        writer.writerows([map(shown, row) for row in result.rows])
    else:
        _show(result)
    if result.more:
        typer.echo(f"Only the first {counted(limit, 'row')}; --limit 0 shows all.", err=True)


def _whose(statement: str, schemas: Sequence[str]) -> str:
    """Return whose tables are meant where several sources have them and none is named, or ''."""
    is_named = any(re.search(rf"\b{each}\b", statement) for each in schemas)
    if not schemas[1:] or is_named or not re.search(r"\bfrom\b", statement, re.IGNORECASE):
        return ""
    first, *others = schemas
    return (
        f"Tables without a schema are those of {first}, before {', '.join(others)}: `--source` "
        "chooses one, and so does its schema before the table's name."
    )


def _as_json(objects: list[dict[str, Any]], *, plain: bool) -> str:
    """Return JSON with all control characters escaped, also those that JSON allows."""
    text = json.dumps(objects, indent=2, ensure_ascii=plain)
    return _C1.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _objects(result: QueryResult) -> list[dict[str, Any]]:
    return [
        {name: _plain(cell) for name, cell in zip(result.columns, row, strict=True)}
        for row in result.rows
    ]


def _harmless(value: Any) -> Any:
    """Return a value without control characters that a terminal would interpret."""
    plain = _plain(value)
    return spell_out_controls(plain) if isinstance(plain, str) else plain


def _plain(value: Any) -> Any:
    """Return a value for JSON and CSV: times in ISO 8601, the rest unchanged or as text."""
    match value:
        case None | str() | int() | float():
            return value
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return float(value) if value % 1 else int(value)
        case dict():
            return {str(name): _plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
    return str(value)


def _show(result: QueryResult) -> None:
    """Print a line for each row, or a line for each value if there are too many columns.

    Only a terminal has an edge at which lines are wrapped.
    """
    console = Console()
    fits = len(result.columns) * _NARROWEST <= console.width
    if not console.file.isatty():
        console.width = _NO_EDGE
    if fits:
        console.print(_table(result))
        return
    for number, row in enumerate(result.rows, start=1):
        table = Table(box=None, pad_edge=False, show_header=False)
        for name, cell in zip(result.columns, row, strict=True):
            table.add_row(Text(_shown(name)), Text(_shown(cell), overflow="fold"))
        console.print(f"[bold]row {number}[/bold]")
        console.print(table)


def _table(result: QueryResult) -> Table:
    table = Table(box=None, pad_edge=False)
    for place, name in enumerate(result.columns):
        numbers = any(_is_number(row[place]) for row in result.rows)
        table.add_column(
            Text(spell_out_controls(name)), justify="right" if numbers else "left", overflow="fold"
        )
    for row in result.rows:
        table.add_row(*(Text(_shown(cell)) for cell in row))
    return table


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return "" if value is None else spell_out_controls(str(_plain(value)))
