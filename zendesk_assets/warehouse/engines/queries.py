"""What a person's own query finds, and the words in which an engine refuses one.

The engine, not the wording of a query, ensures that it only reads the warehouse: how, its `query`
module says.
"""

from dataclasses import dataclass
from typing import Any

from zendesk_assets.errors import WarehouseError

ONE_SELECT = "Give one statement that begins with SELECT or WITH: this command only reads."


@dataclass(frozen=True)
class QueryResult:
    """What a query found: names of columns, rows, and whether there were more rows than these."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    more: bool


def cut(names: tuple[str, ...], rows: list[tuple[Any, ...]], limit: int | None) -> QueryResult:
    """Return at most `limit` rows; one more was requested, to know whether there are more."""
    kept = rows if limit is None else rows[:limit]
    return QueryResult(names, tuple(kept), more=len(kept) < len(rows))


def refused(what: str) -> WarehouseError:
    """Return the error for what the engine says about a query."""
    said = " ".join(what.split("\nLINE ", maxsplit=1)[0].split()).removesuffix(".")
    return WarehouseError(
        f"The query was refused ({said}); the tables and columns are in docs/collections.md."
    )
