"""The upsert into PostgreSQL as SQL: one INSERT … ON CONFLICT … WHERE newer, which counts itself.

Only a pure function that returns SQL. The incoming rows are the temporary table `incoming`, unique
by primary key. What is newer is what `upsert` says of DuckDB.
"""
# ruff: noqa: S608  # names are quoted by `ident`

from __future__ import annotations

from zendesk_assets.warehouse.scrubs import build_wiped
from zendesk_assets.warehouse.sql import equal, ident, listing
from zendesk_assets.warehouse.upsert import Upsert, build_ties

__all__ = ["build_upsert"]

_BYTES = ' COLLATE "C"'  # text is ordered by bytes, as in DuckDB


def build_upsert(upsert: Upsert) -> str:
    """Return the statement that upserts and finds (batch, inserted, updated, newly deleted).

    Its parameter is `loaded_at`, where rows have one. The states that are replaced are read in the
    same statement, so they are those of before it.
    """
    values = [upsert.incoming(name) for name in upsert.written]
    stamped = upsert.stamped
    changes = ", ".join(f"{ident(name)} = EXCLUDED.{ident(name)}" for name in stamped)
    keys = [f"k{at}" for at, _ in enumerate(upsert.primary_key)]
    # Of a row that was inserted, and of no other, xmax is 0.
    return (
        f"WITH was AS ({_replaced(upsert)}), written AS (\n"
        f"INSERT INTO {upsert.table} AS t ({listing(stamped)})\n"
        f"SELECT {', '.join([*values, '$1'] if upsert.received else values)} FROM incoming AS s\n"
        f"ON CONFLICT ({listing(upsert.primary_key)}) DO UPDATE SET {changes}\n"
        f"WHERE {_replaces(upsert)}\n"
        f"RETURNING {_keys(upsert)}, t.xmax = 0 AS new, {_of_row(upsert)})\n"
        "SELECT batch, count(*) FILTER (WHERE new), count(*) FILTER (WHERE NOT new), "
        "count(*) FILTER (WHERE deleted AND NOT coalesce(was_deleted, false))\n"
        f"FROM written LEFT JOIN was ON {equal(keys, 'written', 'was')} GROUP BY 1"
    )


def _keys(upsert: Upsert) -> str:
    """Return the key's columns of `t` under names that no table's columns can meet there."""
    return ", ".join(f"t.{ident(name)} AS k{at}" for at, name in enumerate(upsert.primary_key))


def _replaced(upsert: Upsert) -> str:
    """Return the query for the rows that were marked as deleted before."""
    if not upsert.received:
        return f"SELECT {_keys(upsert)}, false AS was_deleted FROM {upsert.table} AS t WHERE false"
    return (
        f'SELECT {_keys(upsert)}, t."_deleted" AS was_deleted FROM {upsert.table} AS t '
        f"JOIN incoming AS s ON {upsert.match()} "
        'WHERE t."_deleted" AND s."_deleted"'
    )


def _of_row(upsert: Upsert) -> str:
    if not upsert.received:
        return "NULL::text AS batch, false AS deleted"
    return 't."_batch_id" AS batch, t."_deleted" AS deleted'


def _replaces(upsert: Upsert) -> str:
    """Return the condition that the incoming row counts; where it is kept, content comes first."""
    if upsert.keep is None:
        return _is_newer(upsert)
    new, old = build_wiped(upsert.keep, "EXCLUDED"), build_wiped(upsert.keep, "t")
    return f"({old} AND NOT {new}) OR ({old} = {new} AND ({_is_newer(upsert)}))"


def _is_newer(upsert: Upsert) -> str:
    """Return the condition that the incoming row is newer, or as new and received later."""
    differs = (
        f"({listing(upsert.content, 'EXCLUDED')}) IS DISTINCT FROM ({listing(upsert.content, 't')})"
    )
    compared = [differs]
    if upsert.received:
        new, old = (build_ties(table, _BYTES) for table in ("EXCLUDED", "t"))
        compared.append(f"({new}) >= ({old})")
        if upsert.restamped:
            compared[0] = f"({differs} OR ({new}) > ({old}))"
    if upsert.version is None:
        return " AND ".join(compared)
    collation = _BYTES if upsert.as_text else ""
    new, old = (f"{table}.{ident(upsert.version)}{collation}" for table in ("EXCLUDED", "t"))
    compared.append(f"{new} IS NOT DISTINCT FROM {old}")
    newer = f"{new} > {old} OR ({old} IS NULL AND {new} IS NOT NULL)"
    return f"{newer} OR ({' AND '.join(compared)})"
