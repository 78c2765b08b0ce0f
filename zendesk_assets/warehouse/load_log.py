"""The load log: tables beside the rows, written in the same transaction, and what they say.

`_loads` and `_tombstones` are upserted as every table is, each from a temporary table that a query
fills; `reject_log` and `account` say why the other two are not.
"""
# ruff: noqa: S608  # names are quoted by `qualified`

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from zendesk_assets.spec import Collection
from zendesk_assets.warehouse import names
from zendesk_assets.warehouse.engines.dialect import Dialect
from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.ownership import check_load_log, find_relation
from zendesk_assets.warehouse.relations import ensure, look_at, name_table, table_names
from zendesk_assets.warehouse.results import LoadedUpTo
from zendesk_assets.warehouse.scrubs import keeps_content
from zendesk_assets.warehouse.sql import ident, listing
from zendesk_assets.warehouse.tables import LOAD_LOG
from zendesk_assets.warehouse.upsert import OLDEST, Counts, Upsert


def ensure_load_log(session: Session, schema: str) -> None:
    """Create the schema, and the tables and columns that its load log lacks."""
    missing = LOAD_LOG.keys() - table_names(session, schema)
    if missing == LOAD_LOG.keys():
        names.check_schema(schema)
    if missing:
        session.make_schema(schema)
    for name, relation in sorted(LOAD_LOG.items()):
        present = look_at(session, schema, name)
        check_load_log(schema, name, find_relation(session, schema, name), present.types)
        ensure(session, schema, relation, present)


def record_loads(
    session: Session, schema: str, collection: str, now: datetime, counts: Counts
) -> None:
    """Write a line for each staged batch: what has become of its rows."""
    query = (
        "SELECT batch_id, CAST($1 AS VARCHAR) AS collection, rows_in, "
        "coalesce(inserted, 0) AS inserted, coalesce(updated, 0) AS updated, "
        "rows_in - coalesce(inserted, 0) - coalesce(updated, 0) - quarantined AS unchanged, "
        "quarantined, received_at, $2::TIMESTAMPTZ AS loaded_at, 0::BIGINT AS superseded "
        "FROM batches LEFT JOIN (SELECT unnest($3::VARCHAR[]) AS batch_id, "
        "unnest($4::BIGINT[]) AS inserted, unnest($5::BIGINT[]) AS updated) AS counted "
        "USING (batch_id)"
    )
    values = [collection, now, *([row[at] for row in counts] for at in range(3))]
    if _staged_loads(session, schema, collection):
        _merge(session, schema, "_loads", query, values)
        return
    columns = listing(LOAD_LOG["_loads"].columns)
    log = name_table(session, schema, "_loads")
    new = f"SELECT {columns} FROM ({query}) AS new"
    if session.dialect.logs_again:
        new += (
            f" WHERE NOT EXISTS (SELECT 1 FROM {log} AS known WHERE known.collection = "
            "new.collection AND known.batch_id = new.batch_id)"
        )
    session.change(f"INSERT INTO {log} ({columns}) {new}", values)


def record_frame(session: Session, schema: str, line: Sequence[Any]) -> None:
    """Write the line of a load of a DataFrame: a value for each column of `_loads`."""
    columns = session.dialect.fields(LOAD_LOG["_loads"].fields)
    values = (
        f"CAST(${at} AS {each.sql_type}) AS {ident(each.name)}"
        for at, each in enumerate(columns, start=1)
    )
    _merge(session, schema, "_loads", f"SELECT {', '.join(values)}", line)


def record_tombstones(session: Session, schema: str, collection: str) -> None:
    """Keep the newest tombstone of each key, of those that are there and those that are staged."""
    query = "SELECT CAST($1 AS VARCHAR) AS collection, key, version, received_at FROM tombstones"
    _merge(session, schema, "_tombstones", query, [collection], "version", ("received_at",))


def mark(
    session: Session, schema: str, collection: Collection, rows: str, now: datetime | None = None
) -> int:
    """Mark the `rows` that a tombstone as new or newer deletes; return how many.

    Where wiped content is kept, it marks those that were wiped. Rows of the table are stamped.
    """
    tombstone = collection.tombstone
    if tombstone is None and not keeps_content(collection):
        return 0
    column = ident(tombstone.column if tombstone else collection.primary_key[0])
    flag = '"_deleted"' if tombstone else '"_scrubbed"'
    marked = '"_deleted" = true' + ("" if tombstone else f", {flag} = true")
    stamp = "" if now is None else ", loaded_at = $2"
    later = ">" if collection.comes_whole else ">="  # the rows that come with it are not older
    return session.change(
        f"UPDATE {rows} AS r SET {marked}{stamp} "
        f"FROM {name_table(session, schema, '_tombstones')} AS s\n"
        f"WHERE s.collection = $1 AND s.key = r.{column} AND NOT coalesce(r.{flag}, false)\n"
        f"AND {_moment('s', 'version')} {later} {_moment('r', collection.version)}",
        [collection.name, *([] if now is None else [now])],
    )


def sum_up(
    session: Session, schema: str, collection: str, through: str, besides: Sequence[str]
) -> LoadedUpTo:
    """Return the sum of the loaded batches with ids up to `through`, except for some.

    The fingerprint of an id is the number that the first eight digits of its MD5 spell.
    """
    dialect = session.dialect
    digits = "substr(md5(batch_id), 1, 8)"
    query = (
        f"SELECT count(*), coalesce(sum({dialect.hex_number.format(digits)}), 0), max(last) FROM ("
        f"SELECT batch_id, max(loaded_at) AS last FROM {name_table(session, schema, '_loads')} "
        f"WHERE collection = $1 AND NOT ({is_recent(dialect)}) GROUP BY 1) AS older"
    )
    count, total, last = session.ask(query, [collection, through, list(besides)])[0]
    return LoadedUpTo(int(count), int(total), last)


def find_loads(
    session: Session | None, schema: str, collection: str, through: str, besides: Sequence[str]
) -> tuple[LoadedUpTo, set[str]]:
    """Return the sum of loaded batches, and the ids it leaves out; none if the table is gone."""
    if session is None or {"_loads", collection} - table_names(session, schema):
        return LoadedUpTo(), set()
    older = sum_up(session, schema, collection, through, besides)
    query = (
        f"SELECT DISTINCT batch_id FROM {name_table(session, schema, '_loads')} "
        f"WHERE collection = $1 AND ({is_recent(session.dialect)})"
    )
    return older, {row[0] for row in session.ask(query, [collection, through, list(besides)])}


def is_recent(dialect: Dialect) -> str:
    """Return the condition that a batch is later than `$2`, or one of `$3`."""
    return f"{dialect.bytewise.format('batch_id')} > $2 OR batch_id = ANY ($3::VARCHAR[])"


def drop_stale(session: Session, schema: str, collection: str, staged: dict[str, str]) -> None:
    """Drop the staged batches that another process has loaded while we waited for our turn.

    `staged` are the staged tables, with the column of each that has the batch. Which of two states
    of a row counts is decided in `upsert`.
    """
    stale = _staged_loads(session, schema, collection)
    for table, column in staged.items() if stale else ():
        session.change(
            f"DELETE FROM {table} WHERE {ident(column)} IN (SELECT unnest($1::VARCHAR[]))", [stale]
        )


def _staged_loads(session: Session, schema: str, collection: str) -> list[str]:
    """Return which of the staged batches are in the table already."""
    query = (
        f"SELECT DISTINCT batch_id FROM {name_table(session, schema, '_loads')} "
        "WHERE collection = $1 AND batch_id IN (SELECT batch_id FROM batches)"
    )
    return [row[0] for row in session.ask(query, [collection])]


def _merge(
    session: Session,
    schema: str,
    log: str,
    query: str,
    values: Sequence[Any],
    version: str | None = None,
    ties: tuple[str, ...] = (),
) -> None:
    """Upsert what a query finds into a table of the load log."""
    relation, source = LOAD_LOG[log], f"new{log}"
    session.change(session.dialect.temporary.format(ident(source), query), values)
    upsert = Upsert(
        name_table(session, schema, log),
        relation.key,
        relation.columns,
        version,
        received=False,
        ties=ties,
        source=source,
        is_unique=False,
    )
    session.merge(upsert)


def _moment(table: str, version: str) -> str:
    return (
        f"(coalesce({table}.{ident(version)}, {OLDEST}), coalesce({table}.received_at, {OLDEST}))"
    )
