"""What a person's own query finds, and the words in which an engine refuses one.

The engine, not the wording of a query, ensures that it only reads the warehouse: how, its `query`
module says.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

import duckdb

from zendesk_assets.errors import WarehouseError

# Where parsers stop, and what they say of the word DEFAULT, which stands for a value in INSERT.
_AT_WORD: Final = re.compile(r'at or near "(\w+)"|\b(DEFAULT) (?:clause|is not allowed)')
_RESERVED: Final = (
    "SELECT 1 FROM duckdb_keywords() WHERE keyword_name = $1 AND keyword_category = 'reserved'"
)
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
        f"{_hint(said)}"
    )


def _hint(said: str) -> str:
    """Return what helps where a parser stumbled over a reserved word, or ''."""
    found = _AT_WORD.search(said)
    word = (found[1] or found[2]).lower() if found else ""
    with duckdb.connect() as memory:
        is_reserved = memory.execute(_RESERVED, [word]).fetchone()
    return f' A column that is called {word} needs double quotes: "{word}".' if is_reserved else ""
