"""A person's query on an attached database: it reads tables, and neither files nor the network.

The database is attached read-only, the statement has to be a SELECT to DuckDB's own parser, and
DuckDB has given up its access to files, network and extensions before it runs. A lake's tables are
files, so its own stay open; functions of its extensions could reach further, so only those that are
named here may stand after FROM, and the lake's catalog is not part of the warehouse.
"""
# ruff: noqa: S608  # no value comes from outside

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import duckdb

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse.engines.attached.dialect import DUCKDB
from zendesk_assets.warehouse.engines.queries import ONE_SELECT, QueryResult, cut, refused
from zendesk_assets.warehouse.sql import ident, literal, literals

# https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview: the file is open
# already, and nothing else can be any more; the last line keeps a query from undoing the others.
_CLOSED = (
    "SET autoload_known_extensions = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
_SELECT: Final = duckdb.StatementType.SELECT
_CATALOG: Final = "__ducklake"
_OF_LAKES: Final = {
    "generate_series", "json_each", "json_tree", "range", "unnest", "ducklake_snapshots",
    "ducklake_table_changes", "ducklake_table_deletions", "ducklake_table_insertions",
    "iceberg_snapshots",
}  # fmt: skip


def find_tables(statement: str) -> list[tuple[str, str]]:
    """Return the (schema, name) of what a SELECT reads; "" where it names no schema.

    A name without one may also be that of a part of the query itself, before which stands `with`.

    Raises:
        WarehouseError: for anything but a SELECT.
    """
    with duckdb.connect() as memory:
        tables = _find("BASE_TABLE", _parse(memory, statement))
    return list(dict.fromkeys((each["schema_name"], each["table_name"]) for each in tables))


def _parse(connection: duckdb.DuckDBPyConnection, statement: str) -> Any:
    """Return a SELECT as DuckDB's parser has it. Raises WarehouseError for anything else."""
    found = connection.execute("SELECT json_serialize_sql($1)", [statement]).fetchall()
    parsed = json.loads(found[0][0])
    if parsed["error"]:
        is_other = parsed["error_type"] == "not implemented"
        raise WarehouseError(ONE_SELECT) if is_other else refused(parsed["error_message"])
    return parsed


def _find(kind: str, node: Any) -> Iterator[dict[str, Any]]:
    """Yield what is of a kind in a part of a statement."""
    if isinstance(node, dict):
        if node.get("type") == kind:
            yield node
        node = list(node.values())
    for each in node if isinstance(node, list) else ():
        yield from _find(kind, each)


def query_attached(
    connection: duckdb.DuckDBPyConnection,
    statement: str,
    limit: int | None,
    schemas: Sequence[str],
    folders: Sequence[str] = (),
) -> QueryResult:
    """Return what a SELECT on the attached database finds. Raises WarehouseError.

    Names that are not qualified are looked for in `schemas` first, then in `main`. `folders` are
    where the files of a lake are.
    """
    try:
        parsed = connection.extract_statements(statement)
        # A PRAGMA comes as a SELECT that nobody has typed.
        if [each.type for each in parsed] != [_SELECT] or parsed[0].query not in statement:
            raise WarehouseError(ONE_SELECT)
        if folders:
            _check_reach(_parse(connection, statement))
            connection.execute(f"SET allowed_directories = [{literals(folders)}]")
        _look_in(connection, schemas)
        for setting in _CLOSED:
            connection.execute(setting)
        connection.execute(parsed[0])
        names = tuple(column[0] for column in connection.description or ())
        rows = connection.fetchall() if limit is None else connection.fetchmany(limit + 1)
        return cut(names, rows, limit)
    except duckdb.Error as error:
        raise refused(str(error)) from error


def _check_reach(parsed: Any) -> None:
    """Raise WarehouseError if a query names what is not part of a lake's tables."""
    for each in _find("BASE_TABLE", parsed):
        if any(each[at].lower().startswith(_CATALOG) for at in ("catalog_name", "schema_name")):
            raise refused("the lake's catalog is not part of the warehouse")
    for each in _find("TABLE_FUNCTION", parsed):
        name = each["function"]["function_name"]
        if name.lower() not in _OF_LAKES:
            raise refused(f"{name} may reach beyond the warehouse")


def _look_in(connection: duckdb.DuckDBPyConnection, schemas: Iterable[str]) -> None:
    """Put those of the schemas that are there into the search path, before `main`.

    Where there are none, a schema of DuckDB's own lets names with a schema be the warehouse's.
    """
    query = f"SELECT schema_name FROM duckdb_schemas() WHERE database_name = '{DUCKDB.database}'"
    present = {row[0] for row in connection.execute(query).fetchall()}
    names = [each for each in (*schemas, "main") if each in present] or ["pg_catalog"]
    path = ",".join(f"{DUCKDB.database}.{ident(each)}" for each in names)
    connection.execute(f"SET search_path = {literal(path)}")
