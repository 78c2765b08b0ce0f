"""What is written beside the rows, in the same transaction: loads, rejects and tombstones, as SQL.

Only pure functions that return SQL, the same for every engine, over the staged temporary tables.
"""
# ruff: noqa: S608  # names are quoted by `qualified`

from __future__ import annotations

from zendesk_assets.spec import Collection
from zendesk_assets.warehouse.sql import ident, qualified

__all__ = [
    "build_clear",
    "build_marking",
    "build_record_loads",
    "build_record_rejects",
    "build_record_tombstones",
    "build_stale",
]

# A tombstone or row without a version counts as the oldest.
_OLDEST = "TIMESTAMPTZ '0001-01-01 00:00:00+00'"


def build_clear(database: str, schema: str, book: str) -> str:
    """Return the statement that takes the staged batches out of a book (parameter: collection)."""
    return (
        f"DELETE FROM {qualified(database, schema, book)} "
        "WHERE collection = $1 AND batch_id IN (SELECT batch_id FROM batches)"
    )


def build_record_loads(database: str, schema: str) -> str:
    """Return the statement for `_loads` (parameters: collection, now, three lists of counts)."""
    return (
        f"INSERT INTO {qualified(database, schema, '_loads')}\n"
        "SELECT batch_id, $1, rows_in, coalesce(inserted, 0), coalesce(updated, 0), "
        "rows_in - coalesce(inserted, 0) - coalesce(updated, 0) - quarantined, quarantined, "
        "received_at, $2 FROM batches LEFT JOIN "
        "(SELECT unnest($3::VARCHAR[]) AS batch_id, unnest($4::BIGINT[]) AS inserted, "
        "unnest($5::BIGINT[]) AS updated) AS counted USING (batch_id)"
    )


def build_record_rejects(database: str, schema: str) -> str:
    """Return the statement for `_rejects` (parameters: collection, now)."""
    return (
        f"INSERT INTO {qualified(database, schema, '_rejects')}\n"
        "SELECT batch_id, $1, line, part, primary_key, reason, record, $2 FROM rejects "
        "ORDER BY batch_id, part, line"
    )


def build_record_tombstones(database: str, schema: str) -> list[str]:
    """Return the statements that keep the newest tombstone of each key (parameter: collection)."""
    book = qualified(database, schema, "_tombstones")
    newer = f"{_moment('new')} > {_moment('old')}"
    same = "old.collection = $1 AND old.key = new.key"
    return [
        f"DELETE FROM {book} AS old USING tombstones AS new WHERE {same} AND {newer}",
        (
            f"INSERT INTO {book} SELECT $1, key, version, received_at FROM tombstones AS new "
            f"WHERE NOT EXISTS (SELECT 1 FROM {book} AS old WHERE {same})"
        ),
    ]


def build_marking(collection: Collection, rows: str, stones: str) -> str:
    """Return the statement that marks the `rows` that a tombstone as new or newer deletes."""
    assert collection.tombstone is not None
    column, version = ident(collection.tombstone.column), ident(collection.version)
    stamp = "" if rows == "incoming" else ", loaded_at = $2"
    return (
        f'UPDATE {rows} AS r SET "_deleted" = true{stamp} FROM {stones} AS s\n'
        f'WHERE s.collection = $1 AND s.key = r.{column} AND NOT r."_deleted"\n'
        f"AND {_moment('s')} >= (coalesce(r.{version}, {_OLDEST}), r.received_at)"
    )


def build_stale(table: str) -> str:
    """Return the statement that drops what another process has loaded meanwhile (a list)."""
    column = '"_batch_id"' if table == "incoming" else "batch_id"
    return f"DELETE FROM {table} WHERE {column} IN (SELECT unnest($1::VARCHAR[]))"


def _moment(table: str) -> str:
    return f"(coalesce({table}.version, {_OLDEST}), {table}.received_at)"
