"""Options that several commands have, so that they are called and explained the same everywhere."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from zendesk_assets.cli.completion import collection_names, source_names

__all__ = ["AsJson", "Chosen", "ChosenCollections", "to_day"]


def to_day(typed: str) -> date:
    """Return the day that somebody typed. Raises BadParameter."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise typer.BadParameter(f"{typed} is no day: give one as 2026-01-31") from None


Chosen = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        metavar="NAME",
        help="Nickname or schema of a source, may be repeated; all if left out.",
        autocompletion=source_names,
    ),
]
ChosenCollections = Annotated[
    list[str] | None,
    typer.Option(
        "--collection",
        metavar="NAME",
        help="A collection, may be repeated; all if left out.",
        autocompletion=collection_names,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
