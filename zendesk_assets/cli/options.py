"""Options of several commands, so that they have the same names and help everywhere."""

from datetime import date
from typing import Annotated

import typer

from zendesk_assets.cli.completion import collection_names, source_names


def _to_day(typed: str) -> date:
    """Return the typed date. Raises typer.BadParameter if it is not a date."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise typer.BadParameter(f"Not a date: {typed}. Use YYYY-MM-DD.") from None


Chosen = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        metavar="NAME",
        help="Nickname, schema or subdomain of a source; may be repeated; default: all.",
        autocompletion=source_names,
    ),
]
ChosenCollections = Annotated[
    list[str] | None,
    typer.Option(
        "--collection",
        metavar="NAME",
        help="A collection; may be repeated; default: all.",
        autocompletion=collection_names,
    ),
]
FirstDay = Annotated[
    date | None,
    typer.Option(
        "--from",
        parser=_to_day,
        metavar="YYYY-MM-DD",
        help="The first day; default: history_start.",
    ),
]
EndDay = Annotated[
    date | None,
    typer.Option(
        "--to",
        parser=_to_day,
        metavar="YYYY-MM-DD",
        help="The day after the last; default: tomorrow.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
