"""Options that several commands have, so that they are called and explained the same everywhere."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["Chosen", "ChosenCollections"]

Chosen = Annotated[
    list[str] | None,
    typer.Option("--source", help="Nickname or schema of a source; all if left out."),
]
ChosenCollections = Annotated[
    list[str] | None,
    typer.Option("--collection", help="Name of a collection; all if left out."),
]
