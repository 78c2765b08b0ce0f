"""A person's own query: one statement that reads, and no more rows of it than asked for.

That it cannot write is the engine's doing and not a matter of words: DuckDB's file is attached
read-only and the statement has to be a SELECT to DuckDB's own parser; PostgreSQL gets it as the
query of a cursor, alone in its message (the extended protocol takes one statement), in a read-only
transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import psycopg

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse.dialect import DUCKDB
from zendesk_assets.warehouse.postgres_server import Connection

__all__ = ["QueryResult", "query_duckdb", "query_postgres"]

_ONE_SELECT = "Give one statement that begins with SELECT or WITH: this command only reads."


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
            raise WarehouseError(_ONE_SELECT)
        connection.execute(f"USE {DUCKDB.database}")
        try:
            connection.execute(parsed[0])
            names = tuple(column[0] for column in connection.description or ())
            return _cut(names, _fetch(connection, limit), limit)
        finally:
            connection.execute("USE memory")  # or the file could not be detached
    except duckdb.Error as error:
        raise _refused(str(error)) from error


def query_postgres(connection: Connection, statement: str, limit: int | None) -> QueryResult:
    """Return what a SELECT finds, in a read-only transaction. Raises WarehouseError."""
    query = statement.strip().removesuffix(";")
    rest = "ALL" if limit is None else str(limit + 1)
    try:
        # `binary` is what makes psycopg speak the extended protocol.
        cursor = connection.cursor(binary=True)
        cursor.execute(f"DECLARE asked NO SCROLL CURSOR FOR {query}".encode())
        found = connection.execute(f"FETCH FORWARD {rest} FROM asked".encode())
    except psycopg.errors.SyntaxError as error:
        raise _refused(f"{error.diag.message_primary}. {_ONE_SELECT}") from error
    except (psycopg.ProgrammingError, psycopg.DataError, psycopg.NotSupportedError) as error:
        raise _refused(error.diag.message_primary or str(error)) from error
    except psycopg.errors.ReadOnlySqlTransaction as error:
        raise WarehouseError(_ONE_SELECT) from error
    return _cut(tuple(column.name for column in found.description or ()), found.fetchall(), limit)


def _fetch(connection: duckdb.DuckDBPyConnection, limit: int | None) -> list[tuple[Any, ...]]:
    return connection.fetchall() if limit is None else connection.fetchmany(limit + 1)


def _cut(names: tuple[str, ...], rows: list[tuple[Any, ...]], limit: int | None) -> QueryResult:
    """Return at most `limit` rows; one more had been asked for, to know whether there are."""
    kept = rows if limit is None else rows[:limit]
    return QueryResult(names, tuple(kept), more=len(kept) < len(rows))


def _refused(what: str) -> WarehouseError:
    said = " ".join(what.split("\nLINE ", maxsplit=1)[0].split()).removesuffix(".")
    return WarehouseError(
        f"The query was refused ({said}); the tables and columns are in docs/collections.md."
    )
