"""What happens inside the transaction of a load, whatever the engine.

The caller opens, commits and locks. The SQL is built elsewhere; this is its order.
"""
# ruff: noqa: S608  # names are quoted by `qualified`

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zendesk_assets.account_identity import AccountIdentity
from zendesk_assets.errors import WarehouseError
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse import account, load_log, names, retyping, tables
from zendesk_assets.warehouse.absence import CompleteWalk, mark_absent
from zendesk_assets.warehouse.engines.session import Counts, Session
from zendesk_assets.warehouse.names import fold
from zendesk_assets.warehouse.ownership import check_load_log, check_ours, find_relation
from zendesk_assets.warehouse.results import LoadResult, TableSummary
from zendesk_assets.warehouse.scrubs import keeps_content, leaves_tombstones
from zendesk_assets.warehouse.sql import ident, listing, qualified
from zendesk_assets.warehouse.tables import LOAD_LOG, Field
from zendesk_assets.warehouse.upsert import Upsert

__all__ = [
    "Prepared",
    "column_names",
    "count_rows",
    "create_table",
    "find_table",
    "knows_warnings",
    "load_log_missing",
    "name_table",
    "prepare_load_log",
    "prepare_table",
    "read_rejects",
    "run",
    "summarize",
    "table_names",
    "view_names",
]


def run(
    session: Session,
    schema: str,
    collection: Collection,
    now: datetime,
    *,
    reload: bool,
    whose: AccountIdentity | None = None,
    walk: CompleteWalk | None = None,
) -> LoadResult:
    """Upsert what is staged and write the load log; return the counts.

    What is staged is a complete `walk` where one is given: other rows are deleted at the source.

    Raises:
        OtherAccountError: if another account than `whose` fills the schema.
    """
    prepare_load_log(session, schema)
    if whose is not None:
        account.admit(session, schema, whose, now)
    fields = tables.fields_of(collection)
    prepared = prepare_table(
        session, schema, collection.name, fields, collection.primary_key, collection.description
    )
    table = prepared.table
    if not reload:
        _drop_stale(session, schema, collection)
    _mark_incoming(session, schema, collection)
    counts = session.upsert(_upsert(table, collection, prepared.columns), now)
    marked = _mark_rows(session, schema, collection, table, now)
    _write_load_log(session, schema, collection, now, counts)
    _drop_superseded(session, schema, collection, table)
    result = _result(session, schema, collection.name, table, marked, counts)
    if walk is None:
        return result
    absent, withheld = mark_absent(session, schema, collection, table, walk, now)
    return result + LoadResult(deleted=absent, withheld=withheld, total=result.total)


def load_log_missing(session: Session, schema: str) -> set[str]:
    """Return the tables of the load log that a schema lacks; all if there is no schema."""
    return LOAD_LOG.keys() - table_names(session, schema)


def prepare_load_log(session: Session, schema: str) -> None:
    """Create the tables and columns that the load log lacks in an existing schema."""
    missing = load_log_missing(session, schema)
    if len(missing) == len(LOAD_LOG):
        names.check_schema(schema)
    for name in sorted(LOAD_LOG):
        fields, log = session.dialect.fields(LOAD_LOG[name]), name_table(session, schema, name)
        present = _columns(session, schema, name)[0]
        check_load_log(schema, name, find_relation(session, schema, name), present)
        if name in missing:
            session.change(tables.build_create(log, fields))
            continue
        for statement in tables.build_additions(log, fields, present):
            session.change(statement)


@dataclass(frozen=True)
class Prepared:
    """A table that is there: its quoted name, and the types of its columns as the engine has it."""

    table: str
    columns: dict[str, str]


def prepare_table(
    session: Session,
    schema: str,
    name: str,
    fields: tuple[Field, ...],
    key: tuple[str, ...],
    description: str = "",
) -> Prepared:
    """Create a collection's table or add what it lacks. Raises WarehouseError if it is not ours."""
    table, wanted = name_table(session, schema, name), session.dialect.fields(fields)
    present, comments = find_table(session, schema, name, (each.name for each in fields))
    if retyping.set_aside_old_types(session, table, fields, present, key):
        present, comments = _columns(session, schema, name)
    if session.dialect.folds_case:  # the catalog's names are in small letters
        present = {fold(column): kind for column, kind in present.items()}
    if not present:
        create_table(session, schema, name, fields, key)
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
    return Prepared(table, present)


def find_table(
    session: Session, schema: str, name: str, wanted: Iterable[str], *, of_frames: bool = False
) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the types and comments of a table's columns; none if there is no such table.

    A table that is gone is removed from the load log: all its batches are loaded again.

    Raises:
        WarehouseError: if something of that name is not ours.
    """
    found = find_relation(session, schema, name)
    if found is None:
        _forget(session, schema, name)
        return {}, {}
    columns = _columns(session, schema, name)
    check_ours(session, schema, found, wanted, columns[0], of_frames=of_frames)
    return columns


def create_table(
    session: Session, schema: str, name: str, fields: tuple[Field, ...], key: tuple[str, ...]
) -> None:
    """Create a missing table. Raises WarehouseError if the name is not allowed."""
    names.check_new_table(schema, name)
    dialect, table = session.dialect, name_table(session, schema, name)
    constraint = key if dialect.primary_keys else ()
    session.change(tables.build_create(table, dialect.fields(fields), constraint))


def name_table(session: Session, schema: str, name: str) -> str:
    """Return the quoted name of a table of the warehouse."""
    return qualified(session.dialect.database, schema, name)


def count_rows(session: Session, table: str) -> int:
    """Return the number of rows of a table (a quoted name)."""
    return int(session.ask(f"SELECT count(*) FROM {table}")[0][0])


def column_names(session: Session, schema: str, name: str) -> list[str]:
    """Return the names of a table's columns as the engine has them."""
    return list(_columns(session, schema, name)[0])


def table_names(session: Session, schema: str) -> set[str]:
    """Return the names of the tables of a schema, load log included."""
    return {row[0] for row in session.ask(session.dialect.tables, [schema])}


def knows_warnings(session: Session, schema: str) -> bool:
    """Return whether `_rejects` has severities; an older one has them after its next load."""
    return "severity" in _columns(session, schema, "_rejects")[0]


def read_rejects(session: Session, schema: str) -> list[dict[str, Any]]:
    """Return the rejects of a schema, oldest first; nothing if there are none yet."""
    present = _columns(session, schema, "_rejects")[0]
    names = [field.name for field in LOAD_LOG["_rejects"]]
    known = [name for name in names if name in present]
    if not known:
        return []
    rows = session.ask(
        f"SELECT {listing(known)} FROM {name_table(session, schema, '_rejects')} "
        "ORDER BY rejected_at, collection, batch_id, part, line"
    )
    nothing: dict[str, Any] = dict.fromkeys(names)
    found = [{**nothing, **dict(zip(known, row, strict=True))} for row in rows]
    return [{**each, "severity": each["severity"] or tables.ERROR} for each in found]


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
        log: session.ask(
            f"SELECT max({moment}), count(*) FROM {name_table(session, schema, log)} "
            "WHERE collection = $1",
            [table],
        )[0]
        for log, moment in (("_loads", "loaded_at"), ("_rejects", "rejected_at"))
        if log in present
    }
    loads, rejects = found.get("_loads", (None, 0)), found.get("_rejects", (None, 0))
    warnings = _count_warnings(session, schema, table) if rejects[1] else 0
    bad = rejects[1] - warnings
    return TableSummary(table, count_rows(session, name), loads[0], newest, bad, warnings)


def _count_warnings(session: Session, schema: str, name: str, staged: str = "") -> int:
    """Return how many rows of a table lack a value; `staged` narrows it down to those of a load."""
    log = name_table(session, schema, "_rejects")
    if not knows_warnings(session, schema):
        return 0
    query = f"SELECT count(*) FROM {log} WHERE collection = $1 AND severity = $2{staged}"
    return int(session.ask(query, [name, tables.WARNING])[0][0])


def _upsert(table: str, collection: Collection, present: Iterable[str]) -> Upsert:
    scrubbed = ("_scrubbed",) if collection.scrub else ()
    content = (*(each.name for each in collection.columns), "_deleted", "_unknown", *scrubbed)
    keep = collection.scrub if keeps_content(collection) else None
    upsert = Upsert(
        table,
        collection.primary_key,
        content,
        collection.version if collection.is_versioned else None,
        keep=keep,
        restamped=collection.comes_whole,
    )
    return upsert.beside(present)


def _forget(session: Session, schema: str, name: str) -> None:
    """Remove a dropped table from the load log: all its batches are loaded again."""
    for log in ("_loads", "_rejects"):
        session.change(
            f"DELETE FROM {name_table(session, schema, log)} WHERE collection = $1", [name]
        )


def _drop_stale(session: Session, schema: str, collection: Collection) -> None:
    """Drop the staged batches that another process has loaded while we waited for our turn."""
    query = (
        f"SELECT DISTINCT batch_id FROM {name_table(session, schema, '_loads')} "
        "WHERE collection = $1 AND batch_id IN (SELECT batch_id FROM batches)"
    )
    stale = [row[0] for row in session.ask(query, [collection.name])]
    if stale:
        staged = ["incoming", "rejects", "batches"]
        for table in staged + ["tombstones"] * leaves_tombstones(collection):
            session.change(load_log.build_stale(table), [stale])


def _mark_incoming(session: Session, schema: str, collection: Collection) -> None:
    """Keep the staged tombstones, and mark the staged rows that one deletes."""
    if not leaves_tombstones(collection):
        return
    for statement in load_log.build_record_tombstones(session.dialect.database, schema):
        session.change(statement, [collection.name])
    if _marks(collection):
        log = name_table(session, schema, "_tombstones")
        session.change(load_log.build_marking(collection, "incoming", log), [collection.name])


def _mark_rows(
    session: Session, schema: str, collection: Collection, table: str, now: datetime
) -> int:
    """Mark the rows of the table that a tombstone deletes; return how many."""
    if not _marks(collection):
        return 0
    log = name_table(session, schema, "_tombstones")
    return session.change(load_log.build_marking(collection, table, log), [collection.name, now])


def _marks(collection: Collection) -> bool:
    return collection.tombstone is not None or keeps_content(collection)


def _write_load_log(
    session: Session, schema: str, collection: Collection, now: datetime, counts: Counts
) -> None:
    database = session.dialect.database
    for statement in load_log.build_seen(database, schema):
        session.change(statement, [collection.name] if "$1" in statement else [])
    for log in ("_loads", "_rejects"):
        session.change(load_log.build_clear(database, schema, log), [collection.name])
    session.change(load_log.build_record_rejects(database, schema), [collection.name, now])
    lists = [[row[at] for row in counts] for at in range(3)]
    session.change(load_log.build_record_loads(database, schema), [collection.name, now, *lists])


def _drop_superseded(session: Session, schema: str, collection: Collection, table: str) -> None:
    """Drop the rejects that a newer state of their row has settled, those of this load too."""
    log = name_table(session, schema, "_rejects")
    query = f"SELECT count(*) FROM {log} WHERE collection = $1"
    if session.ask(query, [collection.name])[0][0]:
        for statement in load_log.build_superseded(session.dialect, schema, collection, table):
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
    # Slow counting is done once at the end, not in each transaction of a load.
    total = count_rows(session, table) if session.dialect.counts_at_once else 0
    staged = " AND batch_id IN (SELECT batch_id FROM batches)"
    return LoadResult(
        batches, rows_in, inserted, updated, unchanged, deleted, quarantined, total,
        warnings=_count_warnings(session, schema, name, staged),
    )  # fmt: skip


def _columns(session: Session, schema: str, name: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the types and the comments of a table's columns; "" is the table's own comment."""
    rows = session.ask(session.dialect.columns, [schema, name])
    return {row[0]: row[1] for row in rows if row[0]}, {row[0]: row[2] for row in rows}
