"""What happens inside the transaction of a load, whatever the engine.

Opening, committing and locks are the caller's. The SQL is built elsewhere; this is its order.
"""
# ruff: noqa: S608  # names are quoted by `qualified`

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any

from zendesk_assets.errors import WarehouseError
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse import books, retyping, tables
from zendesk_assets.warehouse.results import LoadResult, TableSummary
from zendesk_assets.warehouse.scrubs import keeps_content, leaves_stones
from zendesk_assets.warehouse.session import Counts, Session
from zendesk_assets.warehouse.sql import ident, qualified
from zendesk_assets.warehouse.tables import BOOKS, Field
from zendesk_assets.warehouse.upsert import Upsert

__all__ = [
    "books_missing",
    "count_rows",
    "name_table",
    "prepare_books",
    "prepare_table",
    "run",
    "summarize",
    "table_names",
    "view_names",
]


def run(
    session: Session, schema: str, collection: Collection, now: datetime, *, reload: bool
) -> LoadResult:
    """Upsert what is staged and write the books; return the counts."""
    prepare_books(session, schema)
    if collection.name not in table_names(session, schema):
        _forget(session, schema, collection.name)
    retyping.set_aside_old_types(
        session, schema, collection.name, tables.fields_of(collection), collection.primary_key
    )
    table = prepare_table(
        session,
        schema,
        collection.name,
        tables.fields_of(collection),
        collection.primary_key,
        collection.description,
    )
    if not reload:
        _drop_stale(session, schema, collection)
    _mark_incoming(session, schema, collection)
    counts = session.upsert(_upsert(table, collection), now)
    marked = _mark_rows(session, schema, collection, table, now)
    _write_books(session, schema, collection, now, counts)
    _drop_superseded(session, schema, collection, table)
    return _result(session, schema, collection.name, table, marked, counts)


def books_missing(session: Session, schema: str) -> set[str]:
    """Return the names of the books that a schema does not have; all, if there is no schema."""
    return BOOKS.keys() - table_names(session, schema)


def prepare_books(session: Session, schema: str) -> None:
    """Create the schema's books, or what they lack, unless they exist; the schema is there."""
    missing = books_missing(session, schema)
    for name in sorted(BOOKS):
        fields, book = session.dialect.fields(BOOKS[name]), name_table(session, schema, name)
        if name in missing:
            session.change(tables.build_create(book, fields))
            continue
        for statement in tables.build_additions(book, fields, _columns(session, schema, name)[0]):
            session.change(statement)


def prepare_table(
    session: Session,
    schema: str,
    name: str,
    fields: tuple[Field, ...],
    key: tuple[str, ...],
    description: str = "",
) -> str:
    """Create the table or add what it lacks; return its quoted name."""
    table, dialect = name_table(session, schema, name), session.dialect
    wanted = dialect.fields(fields)
    present, comments = _columns(session, schema, name)
    if not present:
        session.change(tables.build_create(table, wanted, key if dialect.primary_keys else ()))
        present = {each.name: each.sql_type for each in wanted}
    changed = tables.find_changed_types(wanted, present)
    if changed:
        raise WarehouseError(
            f"The table {schema}.{name} has columns of another type ({'; '.join(changed)}): "
            f"rename the table (ALTER TABLE {table} RENAME TO …) and load it again; what the hub "
            "has is then in the new one, and the old one keeps the rest."
        )
    for statement in (
        *tables.build_additions(table, wanted, present),
        *tables.build_comments(table, description, wanted, comments),
    ):
        session.change(statement)
    return table


def name_table(session: Session, schema: str, name: str) -> str:
    """Return the quoted name of a table of the warehouse."""
    return qualified(session.dialect.database, schema, name)


def count_rows(session: Session, table: str) -> int:
    """Return the number of rows of a table (a quoted name)."""
    return int(session.ask(f"SELECT count(*) FROM {table}")[0][0])


def table_names(session: Session, schema: str) -> set[str]:
    """Return the names of the tables of a schema, books included."""
    return {row[0] for row in session.ask(session.dialect.tables, [schema])}


def view_names(session: Session, schema: str) -> set[str]:
    """Return the names of the views of a schema."""
    return {row[0] for row in session.ask(session.dialect.views, [schema])}


def summarize(
    session: Session, schema: str, table: str, version: str | None, present: AbstractSet[str]
) -> TableSummary:
    """Return one table at a glance."""
    name = name_table(session, schema, table)
    newest = session.ask(f"SELECT max({ident(version)}) FROM {name}")[0][0] if version else None
    found = {
        book: session.ask(
            f"SELECT max({moment}), count(*) FROM {name_table(session, schema, book)} "
            "WHERE collection = $1",
            [table],
        )[0]
        for book, moment in (("_loads", "loaded_at"), ("_rejects", "rejected_at"))
        if book in present
    }
    loads, rejects = found.get("_loads", (None, 0)), found.get("_rejects", (None, 0))
    return TableSummary(table, count_rows(session, name), loads[0], newest, rejects[1])


def _upsert(table: str, collection: Collection) -> Upsert:
    scrubbed = ("_scrubbed",) if collection.scrub else ()
    content = (*(each.name for each in collection.columns), "_deleted", "_unknown", *scrubbed)
    keep = collection.scrub if keeps_content(collection) else None
    return Upsert(table, collection.primary_key, content, collection.version, keep=keep)


def _forget(session: Session, schema: str, name: str) -> None:
    """Take a table that was dropped out of the books: all its batches are to be loaded again."""
    for book in ("_loads", "_rejects"):
        session.change(
            f"DELETE FROM {name_table(session, schema, book)} WHERE collection = $1", [name]
        )


def _drop_stale(session: Session, schema: str, collection: Collection) -> None:
    """Forget the staged batches that somebody else has loaded while we waited for our turn."""
    query = (
        f"SELECT DISTINCT batch_id FROM {name_table(session, schema, '_loads')} "
        "WHERE collection = $1 AND batch_id IN (SELECT batch_id FROM batches)"
    )
    stale = [row[0] for row in session.ask(query, [collection.name])]
    if stale:
        staged = ["incoming", "rejects", "batches"]
        for table in staged + ["tombstones"] * leaves_stones(collection):
            session.change(books.build_stale(table), [stale])


def _mark_incoming(session: Session, schema: str, collection: Collection) -> None:
    """Keep the staged tombstones, and mark the staged rows that one deletes."""
    if not leaves_stones(collection):
        return
    for statement in books.build_record_tombstones(session.dialect.database, schema):
        session.change(statement, [collection.name])
    if _marks(collection):
        stones = name_table(session, schema, "_tombstones")
        session.change(books.build_marking(collection, "incoming", stones), [collection.name])


def _mark_rows(
    session: Session, schema: str, collection: Collection, table: str, now: datetime
) -> int:
    """Mark the rows of the table that a tombstone deletes; return how many."""
    if not _marks(collection):
        return 0
    stones = name_table(session, schema, "_tombstones")
    return session.change(books.build_marking(collection, table, stones), [collection.name, now])


def _marks(collection: Collection) -> bool:
    return collection.tombstone is not None or keeps_content(collection)


def _write_books(
    session: Session, schema: str, collection: Collection, now: datetime, counts: Counts
) -> None:
    database = session.dialect.database
    for statement in books.build_seen(database, schema):
        session.change(statement, [collection.name] if "$1" in statement else [])
    for book in ("_loads", "_rejects"):
        session.change(books.build_clear(database, schema, book), [collection.name])
    session.change(books.build_record_rejects(database, schema), [collection.name, now])
    lists = [[row[at] for row in counts] for at in range(3)]
    session.change(books.build_record_loads(database, schema), [collection.name, now, *lists])


def _drop_superseded(session: Session, schema: str, collection: Collection, table: str) -> None:
    """Drop the rejects that a newer state of their row has made moot, those of this load too."""
    book = name_table(session, schema, "_rejects")
    query = f"SELECT count(*) FROM {book} WHERE collection = $1"
    if session.ask(query, [collection.name])[0][0]:
        for statement in books.build_superseded(session.dialect, schema, collection, table):
            session.change(statement, [collection.name] if "$1" in statement else [])


def _result(
    session: Session, schema: str, name: str, table: str, marked: int, counts: Counts
) -> LoadResult:
    query = (
        "SELECT count(*), coalesce(sum(rows_in), 0)::BIGINT, coalesce(sum(inserted), 0)::BIGINT, "
        "coalesce(sum(updated), 0)::BIGINT, coalesce(sum(unchanged), 0)::BIGINT, "
        "coalesce(sum(quarantined), 0)::BIGINT "
        f"FROM {name_table(session, schema, '_loads')} "
        "WHERE collection = $1 AND batch_id IN (SELECT batch_id FROM batches)"
    )
    ((batches, rows_in, inserted, updated, unchanged, quarantined),) = session.ask(query, [name])
    deleted = marked + sum(row[3] for row in counts)
    # Where counting takes long it is done once at the end, not in each transaction of a load.
    total = count_rows(session, table) if session.dialect.counts_at_once else 0
    return LoadResult(batches, rows_in, inserted, updated, unchanged, deleted, quarantined, total)


def _columns(session: Session, schema: str, name: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the types and the comments of a table's columns; "" is the table's own comment."""
    rows = session.ask(session.dialect.columns, [schema, name])
    return {row[0]: row[1] for row in rows if row[0]}, {row[0]: row[2] for row in rows}
