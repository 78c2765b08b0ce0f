"""Wiped states in a history whose table keeps content, as SQL: they show what was there before.

Only a function that returns SQL. A state in which Zendesk has wiped a row is one of its own,
deleted and wiped since then; its content is that of the newest state before it that has any, as in
the table. It keeps its version, by which states are ordered.
"""
# ruff: noqa: S608  # names are quoted by `ident`

from zendesk_assets.spec import Collection
from zendesk_assets.warehouse.sql import ident, listing, match
from zendesk_assets.warehouse.tables import STATE_KEY


def build_keep_content(collection: Collection, table: str) -> str:
    """Return the statement that gives the wiped states of `dated` content; `$1` is now.

    `table` is the history (a quoted name) that has all states of `dated`.
    """
    key, state = collection.primary_key, (*collection.primary_key, *STATE_KEY)
    fixed = {*key, collection.version, "_deleted"}
    columns = [*(c.name for c in collection.columns if c.name not in fixed), "_unknown"]
    full = "max(CASE WHEN NOT d.is_wiped THEN d.nth END)"
    before = f"OVER (PARTITION BY {listing(key, 'd')} ORDER BY d.nth ROWS UNBOUNDED PRECEDING)"
    kept = (
        f"SELECT {listing(state, 'w')}, {_named('s', columns)}\n"
        f"FROM (SELECT d.*, {full} {before} AS full_nth FROM dated AS d) AS w\n"
        f"JOIN dated AS c ON {match('c', 'w', key)} AND c.nth = w.full_nth\n"
        f"JOIN {table} AS s ON {match('s', 'c', state)}\nWHERE w.is_wiped"
    )
    values = ", ".join(f"{ident(each)} = k.{ident(f'kept {each}')}" for each in columns)
    differs = " OR ".join(
        f"t.{ident(each)} IS DISTINCT FROM k.{ident(f'kept {each}')}" for each in columns
    )
    return (
        f'UPDATE {table} AS t SET {values}, "_deleted" = true, loaded_at = $1\nFROM ({kept}) AS k '
        f'WHERE {match("t", "k", state)} AND ({differs} OR NOT t."_deleted")'
    )


def _named(table: str, columns: list[str]) -> str:
    return ", ".join(f"{table}.{ident(each)} AS {ident(f'kept {each}')}" for each in columns)
