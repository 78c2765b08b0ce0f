"""What a schema has, and how it gets what it lacks: relations, looked up and ensured.

One implementation for every engine, over its dialect. It does not know what a relation is for.
"""
# ruff: noqa: S608  # names are quoted by `qualified`

from collections.abc import Iterable
from dataclasses import dataclass, field

from zendesk_assets.warehouse import names, tables
from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.ownership import check_ours, find_relation
from zendesk_assets.warehouse.sql import qualified
from zendesk_assets.warehouse.tables import LOAD_LOG, Relation


@dataclass(frozen=True)
class Present:
    """A table as it is: the types and the comments of its columns; none if it is not there.

    The comment under "" is the table's own.
    """

    types: dict[str, str] = field(default_factory=dict)
    comments: dict[str, str | None] = field(default_factory=dict)


def ensure(session: Session, schema: str, relation: Relation, present: Present) -> dict[str, str]:
    """Create a relation, or add the columns and comments that it lacks; return its types.

    Raises:
        WarehouseError: if it is to be created and no table can have its name.
    """
    table = name_table(session, schema, relation.name)
    fields = session.dialect.fields(relation.fields)
    if not present.types:
        if relation.name not in LOAD_LOG:
            names.check_new_table(schema, relation.name)
        key = relation.key if session.dialect.primary_keys else ()
        session.change(tables.build_create(table, fields, key))
        present = Present({each.name: each.sql_type for each in fields})
    for statement in (
        *tables.build_additions(table, fields, present.types),
        *_comments(session, table, relation, present),
    ):
        session.change(statement)
    return {**{each.name: each.sql_type for each in fields}, **present.types}


def _comments(session: Session, table: str, relation: Relation, present: Present) -> list[str]:
    """Return the statements for missing or outdated descriptions, as far as the engine has any."""
    fields = relation.fields if session.dialect.comments_columns else ()
    how = session.dialect.comment_table
    return tables.build_comments(table, relation.description, fields, present.comments, how)


def find_ours(
    session: Session, schema: str, name: str, wanted: Iterable[str], *, of_frames: bool = False
) -> Present:
    """Return a table as it is.

    One that is gone is removed from the load log: all its batches are loaded again.

    Raises:
        WarehouseError: if something of that name is not ours.
    """
    found = find_relation(session, schema, name)
    if found is None:
        for log in ("_loads", "_rejects"):
            table = name_table(session, schema, log)
            session.change(f"DELETE FROM {table} WHERE collection = $1", [name])
        return Present()
    present = look_at(session, schema, name)
    check_ours(session, schema, found, wanted, present.types, of_frames=of_frames)
    return present


def look_at(session: Session, schema: str, name: str) -> Present:
    """Return a table or view as it is."""
    same = names.fold if session.dialect.folds_case else str
    every = session.list_columns(schema, name)
    rows = [row[1:] for row in every if same(row[0]) == same(name)]
    more = session.dialect.columns_of_views
    if more and len(rows) == 1:  # a comment alone: a view
        every = session.look_up(more, schema)
        rows = [row[1:] for row in every if same(row[0]) == same(name)] or rows
    return Present({row[0]: row[1] for row in rows if row[0]}, {row[0]: row[2] for row in rows})


def name_table(session: Session, schema: str, name: str) -> str:
    """Return the quoted name of a table of the warehouse."""
    return qualified(session.dialect.database, schema, name)


def count_rows(session: Session, table: str) -> int:
    """Return the number of rows of a table (a quoted name)."""
    return int(session.ask(f"SELECT count(*) FROM {table}")[0][0])


def table_names(session: Session, schema: str) -> set[str]:
    """Return the names of the tables of a schema, load log included."""
    found = session.look_up(session.dialect.relations, schema)
    return {name for name, kind in found if kind in {"table", "foreign table"}}


def view_names(session: Session, schema: str) -> set[str]:
    """Return the names of the views of a schema."""
    found = session.look_up(session.dialect.relations, schema)
    return {name for name, kind in found if kind == "view"}
