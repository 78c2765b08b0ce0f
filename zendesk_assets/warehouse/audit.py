"""Questions about a loaded table: keys, references, quarantine, unknown properties, loads.

Only pure functions that return SQL, each read-only and one pass over the columns it is
about. What an answer means is said where it is asked (`orchestration.checks`).
"""
# ruff: noqa: S608  # names are quoted by `qualified`

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from zendesk_assets.records.paths import Path
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse.engines.dialect import Dialect
from zendesk_assets.warehouse.reject_log import costs_row
from zendesk_assets.warehouse.results import Link
from zendesk_assets.warehouse.sql import ident, listing, literal, qualified
from zendesk_assets.warehouse.unknown import find_declared

__all__ = [
    "EXAMPLES",
    "build_dangling",
    "build_keys",
    "build_loads",
    "build_reasons",
    "build_unknown",
]

EXAMPLES: Final = 20
_BEGINNING: Final = "TIMESTAMPTZ '0001-01-01 00:00:00+00'"


def build_keys(dialect: Dialect, schema: str, collection: Collection) -> str:
    """Return the query for (rows, rows without a key, keys that repeat, some of those)."""
    key = listing(collection.primary_key)
    missing = " OR ".join(f"{ident(name)} IS NULL" for name in collection.primary_key)
    shown = f"concat_ws(', ', {key})"
    repeats = f"n > 1 AND NOT ({missing})"
    some = dialect.smallest.format(shown, EXAMPLES, repeats)
    table = qualified(dialect.database, schema, collection.name)
    return (
        "SELECT coalesce(sum(n), 0)::BIGINT, "
        f"coalesce(sum(n) FILTER (WHERE {missing}), 0)::BIGINT, "
        f"count(*) FILTER (WHERE {repeats}), {some}\n"
        f"FROM (SELECT {key}, count(*) AS n FROM {table} GROUP BY {key}) AS keys"
    )


def build_dangling(
    dialect: Dialect, schema: str, collection: Collection, links: Sequence[Link]
) -> str:
    """Return the query for (column, collection, ids that are not there, their rows, some of them).

    Not judged: deleted rows, whose surroundings may be gone; values that are not ids (-1 is the
    system); rows that landed after what the other table was last fed with, for it may follow in a
    minute.
    """
    database, some = dialect.database, dialect.smallest.format("id", EXAMPLES, "true")
    return "\nUNION ALL\n".join(
        f"SELECT {literal(link.column)}, {literal(link.collection)}, count(*), "
        f"coalesce(sum(n), 0)::BIGINT, {some} FROM (\n"
        f"  SELECT r.{ident(link.column)} AS id, count(*) AS n\n"
        f"  FROM {qualified(database, schema, collection.name)} AS r\n"
        f"  WHERE NOT r._deleted AND r.{ident(link.column)} > 0 AND r.received_at <= "
        f"(SELECT max(received_at) FROM {qualified(database, schema, '_loads')} "
        f"WHERE collection = {literal(link.collection)})"
        f"{_since(database, schema, collection, link)}\n"
        f"  AND NOT EXISTS (SELECT 1 FROM {qualified(database, schema, link.collection)} AS o "
        f"WHERE o.{ident(link.target)} = r.{ident(link.column)})\n  GROUP BY 1) AS missing"
        for link in links
    )


def build_reasons(database: str, schema: str, *, graded: bool) -> str:
    """Return the query for (reason, rows, of them new, last moment, only a warning).

    Its parameters are the collection and the last look.

    New is what was first seen since: a row that is read again and still bad is not.
    """
    moment = "coalesce(first_seen, rejected_at)"
    return (
        "SELECT reason, count(*), "
        f"count(*) FILTER (WHERE {moment} > coalesce($2, {_BEGINNING})), "
        f"max({moment}), NOT {costs_row(graded=graded)} "
        f"FROM {qualified(database, schema, '_rejects')} "
        "WHERE collection = $1 GROUP BY 1, 5 ORDER BY 3 DESC, 2 DESC, 1"
    )


def build_unknown(dialect: Dialect, schema: str, collection: Collection) -> str:
    """Return the query for (path of a property that no column is declared for, rows that have it).

    Values that do not fit their column are in `_unknown` too, but are not such properties.
    """
    held, objects = find_declared(collection)
    found = [
        f"SELECT {literal(f'{path}.' if path else '')} || name AS name FROM (SELECT "
        f"{dialect.keys.format(dialect.if_object.format(_inside(path)))} AS name "
        f"FROM {qualified(dialect.database, schema, collection.name)} "
        "WHERE _unknown IS NOT NULL) AS names"
        for path in ("", *sorted(objects))
    ]
    declared = ", ".join(literal(path) for path in sorted(held | objects))
    return (
        f"SELECT name, count(*) FROM ({' UNION ALL '.join(found)}) AS names "
        f"WHERE name NOT IN ({declared}) GROUP BY 1 ORDER BY 2 DESC, 1"
    )


def _inside(path: str) -> str:
    """Return SQL for what `_unknown` has at a path; `../` is part of the first key."""
    steps = Path.parse(path).from_first if path else ()
    return "".join(["_unknown", *(f" -> {literal(key)}" for key in steps)])


def build_loads(database: str, schema: str, *, graded: bool) -> str:
    """Return the query for what `_loads` says, with the rejects there are or were (collection)."""
    rejects = (
        "SELECT batch_id, count(*) AS rejects FROM "
        f"{qualified(database, schema, '_rejects')} WHERE collection = $1 "
        f"AND {costs_row(graded=graded)} "
        "GROUP BY 1"
    )
    return (
        "SELECT batch_id, rows_in, inserted, updated, unchanged, quarantined, "
        "coalesce(rejects, 0) + coalesce(superseded, 0), loaded_at\n"
        f"FROM {qualified(database, schema, '_loads')} "
        f"LEFT JOIN ({rejects}) AS kept USING (batch_id) "
        "WHERE collection = $1 ORDER BY loaded_at, batch_id"
    )


def _since(database: str, schema: str, collection: Collection, link: Link) -> str:
    """Return the condition that leaves out what is older than all that the other table has."""
    if link.oldest is None:
        return ""
    return (
        f"\n  AND r.{ident(collection.version)} >= (SELECT min({ident(link.oldest)}) "
        f"FROM {qualified(database, schema, link.collection)})"
    )
