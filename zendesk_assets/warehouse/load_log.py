"""What is written beside the rows, in the same transaction: loads, rejects and tombstones, as SQL.

Only pure functions that return SQL, the same for every engine, over the staged temporary tables.
"""
# ruff: noqa: S608  # names are quoted by `qualified`

from __future__ import annotations

from zendesk_assets.spec import Collection
from zendesk_assets.warehouse.engines.dialect import Dialect
from zendesk_assets.warehouse.scrubs import build_wiped, keeps_content
from zendesk_assets.warehouse.sql import ident, listing, literal, qualified
from zendesk_assets.warehouse.tables import ERROR, LOAD_LOG, WARNING
from zendesk_assets.warehouse.upsert import OLDEST

__all__ = [
    "build_clear",
    "build_marking",
    "build_record_loads",
    "build_record_rejects",
    "build_record_tombstones",
    "build_seen",
    "build_stale",
    "build_superseded",
    "costs_row",
]

# Names that no table has.
_SEEN, _SUPERSEDED = ident("~seen"), ident("~superseded")
_LOADS = tuple(field.name for field in LOAD_LOG["_loads"])
_REJECTS = tuple(field.name for field in LOAD_LOG["_rejects"])


def build_clear(database: str, schema: str, log: str) -> str:
    """Return the statement that removes the staged batches from a log (parameter: collection)."""
    return (
        f"DELETE FROM {qualified(database, schema, log)} "
        "WHERE collection = $1 AND batch_id IN (SELECT batch_id FROM batches)"
    )


def build_record_loads(database: str, schema: str) -> str:
    """Return the statement for `_loads` (parameters: collection, now, three lists of counts)."""
    return (
        f"INSERT INTO {qualified(database, schema, '_loads')} ({listing(_LOADS)})\n"
        "SELECT batch_id, $1, rows_in, coalesce(inserted, 0), coalesce(updated, 0), "
        "rows_in - coalesce(inserted, 0) - coalesce(updated, 0) - quarantined, quarantined, "
        "received_at, $2, 0 FROM batches LEFT JOIN "
        "(SELECT unnest($3::VARCHAR[]) AS batch_id, unnest($4::BIGINT[]) AS inserted, "
        "unnest($5::BIGINT[]) AS updated) AS counted USING (batch_id)"
    )


def build_record_rejects(database: str, schema: str) -> str:
    """Return the statement for `_rejects` (parameters: collection, now).

    What was rejected before for the same reason keeps the moment when it was first seen.
    """
    return (
        f"INSERT INTO {qualified(database, schema, '_rejects')} ({listing(_REJECTS)})\n"
        "SELECT r.batch_id, $1, r.line, r.part, r.primary_key, r.reason, r.record, $2, r.version, "
        f"r.received_at, coalesce(s.first_seen, $2), r.severity FROM rejects AS r "
        f"LEFT JOIN {_SEEN} AS s "
        f"ON s.identity = {_identity('r')} AND s.reason = r.reason ORDER BY 1, 4, 3"
    )


def build_seen(database: str, schema: str) -> list[str]:
    """Return the statements that note what is in `_rejects` already (parameter: collection)."""
    return [
        f"DROP TABLE IF EXISTS {_SEEN}",
        (
            f"CREATE TEMP TABLE {_SEEN} AS SELECT {_identity('o')} AS identity, reason, "
            "min(coalesce(first_seen, rejected_at)) AS first_seen "
            f"FROM {qualified(database, schema, '_rejects')} AS o WHERE collection = $1 "
            "GROUP BY 1, 2"
        ),
    ]


def costs_row(*, graded: bool = True) -> str:
    """Return the condition that a reject is a row that stayed out, not one that lacks a value.

    Where rejects are not `graded` yet, all are such rows.
    """
    return f"coalesce(severity, {literal(ERROR)}) <> {literal(WARNING)}" if graded else "true"


def build_superseded(
    dialect: Dialect, schema: str, collection: Collection, table: str
) -> list[str]:
    """Return the statements that drop rejects which a newer state settled (parameter: collection).

    Warnings as well as errors: a newer rejected state of the same row, where a version that cannot
    be read counts as the moment it was received; or a newer good one, in this load or in the table.
    (A row that has not changed keeps the moment when it was first received, so the table alone does
    not show it.) Where wiped content is kept, a wiped state settles nothing. What is dropped is
    counted in `_loads`.
    """
    log, loads = (qualified(dialect.database, schema, name) for name in ("_rejects", "_loads"))
    good = "".join(
        f"\nOR EXISTS (SELECT 1 FROM {rows} AS o WHERE {_key(collection)} = r.primary_key "
        f"AND {_is_newer(collection)})"
        for rows in ("incoming", table)
    )
    return [
        f"DROP TABLE IF EXISTS {_SUPERSEDED}",
        (
            f"CREATE TEMP TABLE {_SUPERSEDED} AS\n"
            f"WITH held AS (SELECT {dialect.row_id} AS id, batch_id, part, line, primary_key, "
            "reason, record, version, severity, "
            f"coalesce(received_at, rejected_at, {OLDEST}) AS received_at "
            f"FROM {log} WHERE collection = $1),\n"
            f"r AS (SELECT held.*, rank() OVER (PARTITION BY {_identity('held')} ORDER BY "
            "coalesce(version, received_at) DESC, received_at DESC, coalesce(batch_id, '') DESC, "
            "coalesce(part, '') DESC, coalesce(line, 0) DESC) AS place FROM held)\n"
            f"SELECT id, batch_id, severity FROM r WHERE place > 1{good}"
        ),
        (
            f"UPDATE {loads} AS l SET superseded = coalesce(l.superseded, 0) + s.n FROM "
            f"(SELECT batch_id, count(*) AS n FROM {_SUPERSEDED} WHERE {costs_row()} GROUP BY 1) "
            "AS s "
            "WHERE l.collection = $1 AND l.batch_id = s.batch_id"
        ),
        (
            f"DELETE FROM {log} WHERE collection = $1 "
            f"AND {dialect.row_id} IN (SELECT id FROM {_SUPERSEDED})"
        ),
    ]


def _identity(table: str) -> str:
    """Return SQL for what a reject is about: its key, or the record itself where it has none."""
    record = f"md5(concat({table}.reason, chr(10), {table}.record))"
    return f"coalesce({table}.primary_key, ':' || {record})"


def _key(collection: Collection) -> str:
    """Return SQL for the key of the row `o` as rejects have it."""
    texts = [f"CAST(o.{ident(name)} AS VARCHAR)" for name in collection.primary_key]
    return texts[0] if len(texts) == 1 else f"CAST(to_json(ARRAY[{', '.join(texts)}]) AS VARCHAR)"


def _is_newer(collection: Collection) -> str:
    """Return the condition that the good row `o` is newer than the reject `r`."""
    version = f"coalesce(o.{ident(collection.version)}, {OLDEST})"
    received = f"coalesce(o.received_at, {OLDEST})"
    kept = f" AND NOT {build_wiped(collection.scrub, 'o')}" if keeps_content(collection) else ""
    # Equal versions that were received at once: the later batch is what the table keeps.
    batches = [f"coalesce({each}, '') COLLATE \"C\"" for each in ('o."_batch_id"', "r.batch_id")]
    return (
        f"CASE WHEN r.version IS NULL THEN {received} > r.received_at "
        f"ELSE ({version}, {received}, {batches[0]}) "
        f"> (r.version, r.received_at, {batches[1]}) END{kept}"
    )


def build_record_tombstones(database: str, schema: str) -> list[str]:
    """Return the statements that keep the newest tombstone of each key (parameter: collection)."""
    log = qualified(database, schema, "_tombstones")
    newer = f"{_moment('new')} > {_moment('old')}"
    same = "old.collection = $1 AND old.key = new.key"
    return [
        f"DELETE FROM {log} AS old USING tombstones AS new WHERE {same} AND {newer}",
        (
            f"INSERT INTO {log} SELECT $1, key, version, received_at FROM tombstones AS new "
            f"WHERE NOT EXISTS (SELECT 1 FROM {log} AS old WHERE {same})"
        ),
    ]


def build_marking(collection: Collection, rows: str, tombstones: str) -> str:
    """Return the statement that marks the `rows` that a tombstone as new or newer deletes.

    Where wiped content is kept, it marks those that were wiped.
    """
    tombstone, version = collection.tombstone, ident(collection.version)
    column = ident(tombstone.column if tombstone else collection.primary_key[0])
    mark = '"_deleted" = true' if tombstone else '"_deleted" = true, "_scrubbed" = true'
    unmarked = (
        'NOT coalesce(r."_deleted", false)' if tombstone else 'NOT coalesce(r."_scrubbed", false)'
    )
    stamp = "" if rows == "incoming" else ", loaded_at = $2"
    later = ">" if collection.comes_whole else ">="  # the rows that come with it are not older
    return (
        f"UPDATE {rows} AS r SET {mark}{stamp} FROM {tombstones} AS s\n"
        f"WHERE s.collection = $1 AND s.key = r.{column} AND {unmarked}\n"
        f"AND {_moment('s')} {later} "
        f"(coalesce(r.{version}, {OLDEST}), coalesce(r.received_at, {OLDEST}))"
    )


def build_stale(table: str) -> str:
    """Return the statement that drops what another process has loaded meanwhile (a list)."""
    column = '"_batch_id"' if table == "incoming" else "batch_id"
    return f"DELETE FROM {table} WHERE {column} IN (SELECT unnest($1::VARCHAR[]))"


def _moment(table: str) -> str:
    return f"(coalesce({table}.version, {OLDEST}), coalesce({table}.received_at, {OLDEST}))"
