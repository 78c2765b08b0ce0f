"""A column that a newer catalog gives another type: the old one stays, renamed, beside the new.

The hub may have been pruned, so a table may have values that nothing else has: none is discarded.
What fits the new type without loss is carried over; the rest is filled by a replay.
"""
# ruff: noqa: S608  # names are quoted

from collections.abc import Iterable, Mapping
from typing import Final

from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.sql import ident
from zendesk_assets.warehouse.tables import Field, Relation

_EXACT: Final = 2**53  # every smaller integer is the same as a double
# From one DuckDB type to another: the value `{0}` in the type `{1}`, or NULL where it does not fit.
_CARRIED: Final = {
    (
        "BIGINT",
        "DOUBLE",
    ): f"CASE WHEN {{0}} BETWEEN -{_EXACT} AND {_EXACT} THEN CAST({{0}} AS {{1}}) END",
    ("DOUBLE", "BIGINT"): (
        f"CASE WHEN {{0}} = floor({{0}}) AND abs({{0}}) <= {_EXACT} THEN CAST({{0}} AS {{1}}) END"
    ),
    ("VARCHAR", "BIGINT"): "CASE WHEN {0} SIMILAR TO '-?[0-9]{{1,18}}' THEN CAST({0} AS {1}) END",
    ("VARCHAR", "DOUBLE"): (
        "CASE WHEN {0} SIMILAR TO '-?[0-9]{{1,15}}([.][0-9]{{1,9}})?' THEN CAST({0} AS {1}) END"
    ),
    ("VARCHAR", "BOOLEAN"): "CASE {0} WHEN 'true' THEN true WHEN 'false' THEN false END",
    ("BIGINT", "VARCHAR"): "CAST({0} AS {1})",
    ("DOUBLE", "VARCHAR"): "CAST({0} AS {1})",
    ("BOOLEAN", "VARCHAR"): "CAST({0} AS {1})",
    ("TIMESTAMP WITH TIME ZONE", "VARCHAR"): "CAST({0} AS {1})",
}


def set_aside_old_types(
    session: Session, table: str, relation: Relation, present: Mapping[str, str]
) -> bool:
    """Rename the columns of a table that have the wrong type, and add new ones.

    `table` is a quoted name, `present` the types of its columns. The old column is `<name>__old`
    then. A column of the key keeps its name where its values fit the new type; what is left is for
    the caller to refuse. Returns whether something was changed.
    """
    retyped = [
        (each, session.dialect.type_name(each.sql_type))
        for each in relation.fields
        if present.get(each.name, "") not in ("", session.dialect.type_name(each.sql_type))
    ]
    taken = set(present)
    for field, wanted in retyped:
        carried = _carried(session, present[field.name], field)
        is_key = field.name in relation.key
        if is_key and not (carried and field.sql_type == "VARCHAR"):
            continue
        if is_key and session.dialect.retypes_in_place:
            column = ident(field.name)
            using = carried.format(column, wanted)
            session.change(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {wanted} USING {using}")
            continue
        fresh = _free(f"{field.name}__old", taken)
        taken.add(fresh)
        _set_aside(session, table, field.name, fresh, wanted, carried)
        if is_key:
            session.change(f"ALTER TABLE {table} DROP COLUMN {ident(fresh)}")
    return bool(retyped)


def _carried(session: Session, old: str, field: Field) -> str:
    """Return how an old value becomes a new one, or an empty text."""
    if field.sql_type == "VARCHAR" and old == session.dialect.type_name("JSON"):
        return session.dialect.json_text
    for (before, after), how in _CARRIED.items():
        if (session.dialect.type_name(before), after) == (old, field.sql_type):
            return how
    return ""


def _set_aside(
    session: Session, table: str, name: str, fresh: str, wanted: str, carried: str
) -> None:
    column, old = ident(name), ident(fresh)
    session.change(f"ALTER TABLE {table} RENAME COLUMN {column} TO {old}")
    session.change(f"ALTER TABLE {table} ADD COLUMN {column} {wanted}")
    if carried:
        value = carried.format(old, wanted)
        session.change(f"UPDATE {table} SET {column} = {value} WHERE {old} IS NOT NULL")


def _free(name: str, taken: Iterable[str]) -> str:
    """Return the name, with a number behind it where it is taken."""
    known, number, free = {each.lower() for each in taken}, 1, name
    while free.lower() in known:
        number += 1
        free = f"{name}{number}"
    return free
