"""What happens inside the transaction of a load, on a connection that has the file attached.

Opening, committing and locks are the caller's. The SQL is built elsewhere; this is its order.
"""
# ruff: noqa: S608  # names are quoted by `qualified`

from __future__ import annotations

from collections.abc import Set as AbstractSet
from contextlib import suppress
from datetime import datetime
from typing import Any

import duckdb

from zendesk_assets.errors import WarehouseError
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse import books, tables
from zendesk_assets.warehouse.duckdb_file import DATABASE
from zendesk_assets.warehouse.results import LoadResult, TableSummary
from zendesk_assets.warehouse.scrubs import build_wiped, keeps_content, leaves_stones
from zendesk_assets.warehouse.sql import ident, qualified
from zendesk_assets.warehouse.tables import BOOKS, Field
from zendesk_assets.warehouse.upsert import Upsert

__all__ = [
    "BOOKS",
    "count_rows",
    "prepare_books",
    "prepare_table",
    "roll_back",
    "run",
    "run_upsert",
    "summarize",
    "table_names",
]

Connection = duckdb.DuckDBPyConnection
Counts = list[tuple[Any, ...]]


def run(
    connection: Connection, schema: str, collection: Collection, now: datetime, *, reload: bool
) -> LoadResult:
    """Upsert what is staged and write the books; return the counts."""
    prepare_books(connection, schema)
    fields = tables.fields_of(collection)
    if collection.name not in table_names(connection, schema):
        _forget(connection, schema, collection.name)
    table = prepare_table(connection, schema, collection.name, fields, collection.description)
    if not reload:
        _drop_stale(connection, schema, collection)
    stones = qualified(DATABASE, schema, "_tombstones")
    marks = collection.tombstone is not None or keeps_content(collection)
    if leaves_stones(collection):
        for statement in books.build_record_tombstones(DATABASE, schema):
            connection.execute(statement, [collection.name])
    if marks:
        connection.execute(books.build_marking(collection, "incoming", stones), [collection.name])
    counts = run_upsert(connection, _upsert(table, collection), now)
    marked = 0
    if marks:
        marking = books.build_marking(collection, table, stones)
        marked = _changes(connection, marking, [collection.name, now])
    _write_books(connection, schema, collection, now, counts)
    _drop_superseded(connection, schema, collection, table)
    return _result(connection, schema, collection.name, table, marked, counts)


def run_upsert(connection: Connection, upsert: Upsert, now: datetime) -> Counts:
    """Upsert `incoming`; return (batch, inserted, updated, newly deleted) per batch."""
    connection.execute(upsert.build_verdicts())
    query = "SELECT count(*) FROM verdicts WHERE verdict = 'compare'"
    if _one(connection, query):
        connection.execute(upsert.build_comparison())
    counts = connection.execute(upsert.build_counts()).fetchall()
    if any(row[2] for row in counts):
        connection.execute(upsert.build_delete())
    connection.execute(upsert.build_insert(), [now] if upsert.received else [])
    return counts


def prepare_books(connection: Connection, schema: str) -> None:
    """Create the schema and its books unless they exist."""
    for statement in tables.build_books(DATABASE, schema):
        connection.execute(statement)
    for name, fields in BOOKS.items():
        book = qualified(DATABASE, schema, name)
        for statement in tables.build_additions(
            book, fields, _columns(connection, schema, name)[0]
        ):
            connection.execute(statement)


def prepare_table(
    connection: Connection, schema: str, name: str, fields: tuple[Field, ...], description: str = ""
) -> str:
    """Create the table or add what it lacks; return its quoted name."""
    table = qualified(DATABASE, schema, name)
    connection.execute(tables.build_create(table, fields))
    present, comments = _columns(connection, schema, name)
    changed = tables.find_changed_types(fields, present)
    if changed:
        raise WarehouseError(
            f"The table {schema}.{name} has columns of another type ({'; '.join(changed)}): drop "
            "the table and materialize it again; the hub has everything."
        )
    for statement in (
        *tables.build_additions(table, fields, present),
        *tables.build_comments(table, description, fields, comments),
    ):
        connection.execute(statement)
    return table


def count_rows(connection: Connection, table: str) -> int:
    """Return the number of rows of a table (a quoted name)."""
    return int(_one(connection, f"SELECT count(*) FROM {table}"))


def table_names(connection: Connection, schema: str) -> set[str]:
    """Return the names of the tables of a schema, books included."""
    query = "SELECT table_name FROM duckdb_tables() WHERE database_name = $1 AND schema_name = $2"
    return {row[0] for row in connection.execute(query, [DATABASE, schema]).fetchall()}


def summarize(
    connection: Connection, schema: str, table: str, version: str | None, present: AbstractSet[str]
) -> TableSummary:
    """Return one table at a glance."""
    name = qualified(DATABASE, schema, table)
    newest = _one(connection, f"SELECT max({ident(version)}) FROM {name}") if version else None
    found = {
        book: connection.execute(
            f"SELECT max({moment}), count(*) FROM {qualified(DATABASE, schema, book)} "
            "WHERE collection = $1",
            [table],
        ).fetchall()[0]
        for book, moment in (("_loads", "loaded_at"), ("_rejects", "rejected_at"))
        if book in present
    }
    loads, rejects = found.get("_loads", (None, 0)), found.get("_rejects", (None, 0))
    return TableSummary(table, count_rows(connection, name), loads[0], newest, rejects[1])


def roll_back(connection: Connection) -> None:
    """Undo the transaction; one that a fatal error has ended already is undone as it is."""
    with suppress(duckdb.Error):
        connection.rollback()


def _upsert(table: str, collection: Collection) -> Upsert:
    scrubbed = ("_scrubbed",) if collection.scrub else ()
    content = (*(each.name for each in collection.columns), "_deleted", "_unknown", *scrubbed)
    keeps = keeps_content(collection)
    wiped = (build_wiped(collection, "s"), build_wiped(collection, "t")) if keeps else None
    return Upsert(table, collection.primary_key, content, collection.version, wiped=wiped)


def _forget(connection: Connection, schema: str, name: str) -> None:
    """Take a table that was dropped out of the books: all its batches are to be loaded again."""
    for book in ("_loads", "_rejects"):
        connection.execute(
            f"DELETE FROM {qualified(DATABASE, schema, book)} WHERE collection = $1", [name]
        )


def _drop_stale(connection: Connection, schema: str, collection: Collection) -> None:
    """Forget the staged batches that somebody else has loaded while we waited for the file."""
    query = (
        f"SELECT list(DISTINCT batch_id) FROM {qualified(DATABASE, schema, '_loads')} "
        "WHERE collection = $1 AND batch_id IN (SELECT batch_id FROM batches)"
    )
    stale = _one(connection, query, [collection.name])
    if stale:
        staged = ["incoming", "rejects", "batches"]
        for table in staged + ["tombstones"] * leaves_stones(collection):
            connection.execute(books.build_stale(table), [stale])


def _write_books(
    connection: Connection, schema: str, collection: Collection, now: datetime, counts: Counts
) -> None:
    connection.execute(books.build_seen(DATABASE, schema), [collection.name])
    for book in ("_loads", "_rejects"):
        connection.execute(books.build_clear(DATABASE, schema, book), [collection.name])
    connection.execute(books.build_record_rejects(DATABASE, schema), [collection.name, now])
    lists = [[row[at] for row in counts] for at in range(3)]
    connection.execute(books.build_record_loads(DATABASE, schema), [collection.name, now, *lists])


def _drop_superseded(
    connection: Connection, schema: str, collection: Collection, table: str
) -> None:
    """Drop the rejects that a newer state of their row has made moot, those of this load too."""
    book = qualified(DATABASE, schema, "_rejects")
    if not _one(
        connection, f"SELECT count(*) FROM {book} WHERE collection = $1", [collection.name]
    ):
        return
    find = books.build_superseded(DATABASE, schema, collection, table)
    for statement in (find, *books.build_drop_superseded(DATABASE, schema)):
        connection.execute(statement, [collection.name])


def _result(
    connection: Connection, schema: str, name: str, table: str, marked: int, counts: Counts
) -> LoadResult:
    query = (
        "SELECT count(*), coalesce(sum(rows_in), 0)::BIGINT, coalesce(sum(inserted), 0)::BIGINT, "
        "coalesce(sum(updated), 0)::BIGINT, coalesce(sum(unchanged), 0)::BIGINT, "
        "coalesce(sum(quarantined), 0)::BIGINT "
        f"FROM {qualified(DATABASE, schema, '_loads')} "
        "WHERE collection = $1 AND batch_id IN (SELECT batch_id FROM batches)"
    )
    batches, rows_in, inserted, updated, unchanged, quarantined = connection.execute(
        query, [name]
    ).fetchall()[0]
    deleted = marked + sum(row[3] for row in counts)
    total = count_rows(connection, table)
    return LoadResult(batches, rows_in, inserted, updated, unchanged, deleted, quarantined, total)


def _columns(
    connection: Connection, schema: str, name: str
) -> tuple[dict[str, str], dict[str, str | None]]:
    """Return the types and the comments of a table's columns; "" is the table's own comment."""
    where = "WHERE database_name = $1 AND schema_name = $2 AND table_name = $3"
    query = f"SELECT column_name, data_type, comment FROM duckdb_columns() {where}"
    rows = connection.execute(query, [DATABASE, schema, name]).fetchall()
    comments: dict[str, str | None] = {row[0]: row[2] for row in rows}
    query = f"SELECT comment FROM duckdb_tables() {where}"
    comments[""] = _one(connection, query, [DATABASE, schema, name])
    return {row[0]: row[1] for row in rows}, comments


def _changes(connection: Connection, statement: str, values: list[Any]) -> int:
    """Run an UPDATE; return how many rows it changed."""
    return int(_one(connection, statement, values))


def _one(connection: Connection, query: str, values: list[Any] | None = None) -> Any:
    row = connection.execute(query, values or []).fetchone()
    return None if row is None else row[0]
