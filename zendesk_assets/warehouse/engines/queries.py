"""A person's own query: one statement that reads, and no more rows of it than asked for.

The engine, not the wording of a query, ensures that it only reads the warehouse: DuckDB's file is
attached read-only, the statement has to be a SELECT to DuckDB's own parser, and DuckDB has given up
its access to files, network and extensions before it runs. PostgreSQL's way is `postgres_query`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse.engines.dialect import DUCKDB

__all__ = ["ONE_SELECT", "QueryResult", "cut", "query_duckdb", "refused"]

# https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview: the file is open
# already, and nothing else can be any more; the last line keeps a query from undoing the others.
_CLOSED = (
    "SET autoload_known_extensions = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
ONE_SELECT = "Give one statement that begins with SELECT or WITH: this command only reads."


@dataclass(frozen=True)
class QueryResult:
    """What a query found: names of columns, rows, and whether there were more rows than these."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    more: bool


def query_duckdb(
    connection: duckdb.DuckDBPyConnection, statement: str, limit: int | None
) -> QueryResult:
    """Return what a SELECT on the attached file finds. Raises WarehouseError."""
    try:
        parsed = connection.extract_statements(statement)
        if [each.type for each in parsed] != [duckdb.StatementType.SELECT]:
            raise WarehouseError(ONE_SELECT)
        connection.execute(f"USE {DUCKDB.database}")
        for setting in _CLOSED:
            connection.execute(setting)
        connection.execute(parsed[0])
        names = tuple(column[0] for column in connection.description or ())
        return cut(names, _fetch(connection, limit), limit)
    except duckdb.Error as error:
        raise refused(str(error)) from error


def _fetch(connection: duckdb.DuckDBPyConnection, limit: int | None) -> list[tuple[Any, ...]]:
    return connection.fetchall() if limit is None else connection.fetchmany(limit + 1)


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
