"""A person's query on a DuckDB file: it reads tables, and neither files nor the network.

The file is attached read-only, the statement has to be a SELECT to DuckDB's own parser, and DuckDB
has given up its access to files, network and extensions before it runs.
"""
# ruff: noqa: S608  # no value comes from outside

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import duckdb

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse.engines.duckdb.dialect import DUCKDB
from zendesk_assets.warehouse.engines.queries import ONE_SELECT, QueryResult, cut, refused
from zendesk_assets.warehouse.sql import ident, literal

# https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview: the file is open
# already, and nothing else can be any more; the last line keeps a query from undoing the others.
_CLOSED = (
    "SET autoload_known_extensions = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)


def find_tables(statement: str) -> list[tuple[str, str]]:
    """Return the (schema, name) of what a SELECT reads; "" where it names no schema.

    A name without one may also be that of a part of the query itself, before which stands `with`.

    Raises:
        WarehouseError: for anything but a SELECT.
    """
    with duckdb.connect() as memory:
        found = memory.execute("SELECT json_serialize_sql($1)", [statement]).fetchall()
    parsed = json.loads(found[0][0])
    if parsed["error"]:
        is_other = parsed["error_type"] == "not implemented"
        raise WarehouseError(ONE_SELECT) if is_other else refused(parsed["error_message"])
    return list(dict.fromkeys(_tables_in(parsed)))


def _tables_in(node: Any) -> Iterator[tuple[str, str]]:
    """Yield the tables in a part of a statement, as DuckDB's parser has it."""
    if isinstance(node, dict):
        if node.get("type") == "BASE_TABLE":
            yield node["schema_name"], node["table_name"]
        node = list(node.values())
    for each in node if isinstance(node, list) else ():
        yield from _tables_in(each)


def query_duckdb(
    connection: duckdb.DuckDBPyConnection,
    statement: str,
    limit: int | None,
    schemas: Sequence[str],
) -> QueryResult:
    """Return what a SELECT on the attached file finds. Raises WarehouseError.

    Names that are not qualified are looked for in `schemas` first, then in `main`.
    """
    try:
        parsed = connection.extract_statements(statement)
        if [each.type for each in parsed] != [duckdb.StatementType.SELECT]:
            raise WarehouseError(ONE_SELECT)
        _look_in(connection, schemas)
        for setting in _CLOSED:
            connection.execute(setting)
        connection.execute(parsed[0])
        names = tuple(column[0] for column in connection.description or ())
        rows = connection.fetchall() if limit is None else connection.fetchmany(limit + 1)
        return cut(names, rows, limit)
    except duckdb.Error as error:
        raise refused(str(error)) from error


def _look_in(connection: duckdb.DuckDBPyConnection, schemas: Iterable[str]) -> None:
    """Put those of the schemas that are there into the search path, before `main`."""
    query = f"SELECT schema_name FROM duckdb_schemas() WHERE database_name = '{DUCKDB.database}'"
    present = {row[0] for row in connection.execute(query).fetchall()}
    names = [*(each for each in schemas if each in present), "main"]
    path = ",".join(f"{DUCKDB.database}.{ident(each)}" for each in names)
    connection.execute(f"SET search_path = {literal(path)}")
