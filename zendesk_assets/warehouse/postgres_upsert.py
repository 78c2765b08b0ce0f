"""The upsert into PostgreSQL as SQL: one INSERT … ON CONFLICT … WHERE newer, which counts itself.

Only a pure function that returns SQL. The incoming rows are the temporary table `incoming`, unique
by primary key. What is newer is what `upsert` says of DuckDB.
"""
# ruff: noqa: S608  # names are quoted by `ident`

from __future__ import annotations

from zendesk_assets.warehouse.scrubs import build_wiped
from zendesk_assets.warehouse.sql import equal, ident, listing
from zendesk_assets.warehouse.upsert import TIES, Upsert

__all__ = ["build_upsert"]


def build_upsert(upsert: Upsert) -> str:
    """Return the statement that upserts and finds (batch, inserted, updated, newly deleted).

    Its parameter is `loaded_at`, where rows have one. The states that are replaced are read in the
    same statement, so they are those of before it.
    """
    columns = [*upsert.content, *(TIES if upsert.received else ())]
    stamped = [*columns, "loaded_at"] if upsert.received else columns
    values = listing(columns, "s") + (", $1" if upsert.received else "")
    changes = ", ".join(f"{ident(name)} = EXCLUDED.{ident(name)}" for name in stamped)
    # Of a row that was inserted, and of no other, xmax is 0.
    return (
        f"WITH was AS ({_replaced(upsert)}), written AS (\n"
        f"INSERT INTO {upsert.table} AS t ({listing(stamped)})\n"
        f"SELECT {values} FROM incoming AS s\n"
        f"ON CONFLICT ({listing(upsert.primary_key)}) DO UPDATE SET {changes}\n"
        f"WHERE {_replaces(upsert)}\n"
        f"RETURNING {listing(upsert.primary_key, 't')}, t.xmax = 0 AS new, "
        f"{_of_row(upsert)})\n"
        "SELECT batch, count(*) FILTER (WHERE new), count(*) FILTER (WHERE NOT new), "
        "count(*) FILTER (WHERE deleted AND NOT coalesce(was_deleted, false))\n"
        f"FROM written LEFT JOIN was ON {equal(upsert.primary_key, 'written', 'was')} GROUP BY 1"
    )


def _replaced(upsert: Upsert) -> str:
    """Return the query for the rows that were marked as deleted before."""
    keys = listing(upsert.primary_key, "t")
    if not upsert.received:
        return f"SELECT {keys}, false AS was_deleted FROM {upsert.table} AS t WHERE false"
    return (
        f'SELECT {keys}, t."_deleted" AS was_deleted FROM {upsert.table} AS t '
        f"JOIN incoming AS s ON {equal(upsert.primary_key, 's', 't')} "
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
    compared = [
        f"({listing(upsert.content, 'EXCLUDED')}) IS DISTINCT FROM ({listing(upsert.content, 't')})"
    ]
    if upsert.received:
        compared.append(f"({_ties('EXCLUDED')}) >= ({_ties('t')})")
    if upsert.version is None:
        return " AND ".join(compared)
    new, old = f"EXCLUDED.{ident(upsert.version)}", f"t.{ident(upsert.version)}"
    compared.append(f"{new} IS NOT DISTINCT FROM {old}")
    newer = f"{new} > {old} OR ({old} IS NULL AND {new} IS NOT NULL)"
    return f"{newer} OR ({' AND '.join(compared)})"


def _ties(table: str) -> str:
    """Return what decides between equal versions; text is ordered by bytes, as in DuckDB."""
    received, batch = (f"{table}.{ident(name)}" for name in TIES)
    return f'{received}, {batch} COLLATE "C"'
