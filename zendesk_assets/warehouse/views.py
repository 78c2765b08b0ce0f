"""Views beside the tables: what one is, and how it is created and replaced.

A view's declaration says what it shows (`analysis`, and `spec.NestedView`). Here is that a view is
touched only when its definition has changed, that its columns have the types they are declared
with, and that what people have built on it stays: PostgreSQL does not let a view lose, move, retype
or rename a column on replacement, and forgets who may read it when it is dropped.
"""
# ruff: noqa: S608  # names are quoted by `ident`

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Final

from zendesk_assets.errors import WarehouseError
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse.engines.dialect import Dialect
from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.ownership import find_relation
from zendesk_assets.warehouse.relations import look_at, table_names, view_names
from zendesk_assets.warehouse.sql import ident, literal, qualified
from zendesk_assets.warehouse.tables import Field, fields_of
from zendesk_assets.warehouse.view_comments import STAMP, build_comment, read_columns

# What identifies a column under any name: at the end of its comment.
_MARK: Final = re.compile(r"\[[a-z]+ \d+\]$")


@dataclass(frozen=True)
class Surroundings:
    """What a view's query is built from: names of tables, the engine's dialect, and a look inside.

    A missing table counts as an empty one with its columns: a view holds from the first load on.
    `columns` are those of the view as it is, with their comments; `look` tells those of a table.
    """

    schema: str
    present: frozenset[str]
    reads: tuple[Collection, ...]
    dialect: Dialect
    ask: Callable[[str], list[tuple[Any, ...]]]
    columns: Mapping[str, str] = field(default_factory=dict)
    look: Callable[[str], frozenset[str]] = lambda _table: frozenset()

    def __getitem__(self, collection: str) -> str:
        """Return what to write after FROM for a collection that the view has declared to read."""
        found = {each.name: each for each in self.reads}[collection]
        if found.name in self.present:
            # No database name: the DuckDB file may be attached under any name.
            return qualified(self.schema, found.name)
        columns = ", ".join(
            f"CAST(NULL AS {each.sql_type}) AS {ident(each.name)}"
            for each in self.dialect.fields(fields_of(found))
        )
        return f"(SELECT {columns} WHERE false)"

    def rows(self, collection: str, columns: str, rest: str) -> list[tuple[Any, ...]]:
        """Return rows of a table at this moment; none if it is not there."""
        if collection not in self.present:
            return []
        table = qualified(self.dialect.database, self.schema, collection)
        return self.ask(f"SELECT {columns} FROM {table} {rest}")


@dataclass(frozen=True)
class Query:
    """A SELECT and its columns, with their types as DuckDB calls them."""

    sql: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class View:
    """A view: its name, what it is, the tables it reads, and how its query is built.

    A table that it `reads_if_there` may be missing for good. `figures` are worth plotting, as
    aggregates over the view's rows. With an `ending`, it is in the schema of that name after its
    tables' own, which is made for it. `setting` is what switches it off in the sources file.
    """

    name: str
    description: str
    reads: tuple[Collection, ...]
    build: Callable[[Surroundings], Query]
    figures: Mapping[str, str]
    ending: str = ""
    setting: str = "analysis"
    reads_if_there: tuple[Collection, ...] = ()


@dataclass(frozen=True)
class ViewState:
    """What has become of a view: its columns, and what a person should know, if anything.

    Without columns there is no view, because nothing is loaded yet. `stamp` identifies its
    definition.
    """

    fields: tuple[Field, ...] = ()
    changed: bool = False
    missing: tuple[str, ...] = ()
    remark: str = ""
    stamp: str = ""


def bring_up_to_date(
    session: Session, schema: str, view: View, *, writes: bool
) -> ViewState | None:
    """Bring the view up to date; None if that takes a session that `writes`.

    Raises:
        WarehouseError: if something of that name is not ours.
    """
    tables = frozenset(table_names(session, schema))
    if not tables:
        return ViewState(missing=tuple(each.name for each in view.reads))
    home = schema + view.ending
    present = look_at(session, home, view.name)
    comments = {name: comment or "" for name, comment in present.comments.items()}
    comments |= read_columns(comments.get("", ""))
    _refuse_others(session, home, view, comments.get("", ""))
    every = (*view.reads, *view.reads_if_there)
    around = Surroundings(
        schema,
        tables,
        every,
        session.dialect,
        session.ask,
        comments,
        lambda table: frozenset(look_at(session, schema, table).types),
    )
    query = view.build(around)
    wanted = replace(query, fields=session.dialect.fields(query.fields))
    missing = tuple(each.name for each in view.reads if each.name not in tables)
    stamp = _stamp(view, wanted)
    found = STAMP.search(comments.get("", ""))
    if found and found[1] == stamp:
        return ViewState(query.fields, missing=missing, stamp=stamp)
    if not writes:
        return None
    columns = [Field(name, kind, comments[name]) for name, kind in present.types.items()]
    if home != schema:
        session.make_schema(home)
    remark = _replace(session, home, view.name, wanted, columns)
    if remark:
        kept = tuple(each for each in query.fields if each.name in {c.name for c in columns})
        return ViewState(kept, missing=missing, remark=remark, stamp=stamp)
    _comment(session, home, view, wanted, stamp)
    return ViewState(query.fields, changed=True, missing=missing, stamp=stamp)


def _refuse_others(session: Session, schema: str, view: View, comment: str) -> None:
    """Raise WarehouseError if something of that name is not a view that this project has made."""
    found = find_relation(session, schema, view.name)
    if found is None or (found.kind == "view" and STAMP.search(comment)):
        return
    raise WarehouseError(
        f"{schema}.{found.name} is a {found.kind} that this project did not make, and it is left "
        "alone: choose another schema for the source, or switch the views off with "
        f"`{view.setting}: false`."
    )


def find_made(session: Session, schema: str, prefix: str) -> list[str]:
    """Return the names of views that this project has made, and that begin with a prefix."""
    every = session.look_up(session.dialect.columns, schema)
    comments = {name: comment or "" for name, column, _, comment in every if not column}
    return sorted(
        name
        for name in view_names(session, schema)
        if name.startswith(prefix) and STAMP.search(comments.get(name, ""))
    )


def _stamp(view: View, query: Query) -> str:
    """Return a fingerprint of the view: its description, query, columns, the tables' types."""
    every = (*view.reads, *view.reads_if_there)
    tables = [(f.name, f.sql_type) for each in every for f in fields_of(each)]
    text = repr((view.description, query, tables))
    return sha256(text.encode()).hexdigest()[:12]


def _replace(session: Session, schema: str, name: str, query: Query, present: list[Field]) -> str:
    """Create or replace the view; return the reason if that is impossible."""
    order = query.fields
    grants: list[str] = []
    if present and not session.dialect.replaces_any_view:
        present = _rename(session, schema, name, query.fields, present)
        types = {each.name: each.sql_type for each in query.fields}
        if all(types.get(each.name) == each.sql_type for each in present):
            old = [each.name for each in present]
            order = tuple(sorted(query.fields, key=lambda f: _place(f.name, old)))
        else:
            if others := find_dependents(session, schema, name):
                return (
                    f"{schema}.{name} has lost or retyped columns and is left as it was, because "
                    f"{', '.join(others)} depends on it: drop that, sync, and create it again."
                )
            grants = _grants(session, schema, name)
            session.change(f"DROP VIEW {qualified(schema, name)}")
    columns = ",\n  ".join(
        f"CAST(q.{ident(f.name)} AS {f.sql_type}) AS {ident(f.name)}" for f in order
    )
    whole = qualified(session.dialect.database, schema, name)
    for statement in (
        f"CREATE OR REPLACE VIEW {whole} AS\nSELECT\n  {columns}\nFROM (\n{query.sql}\n) AS q",
        *grants,
    ):
        session.change(statement)
    return ""


def _place(name: str, order: list[str]) -> int:
    return order.index(name) if name in order else len(order)


def _rename(
    session: Session, schema: str, name: str, wanted: Iterable[Field], present: list[Field]
) -> list[Field]:
    """Rename the columns that are the same under another name; return all columns as they are then.

    In two steps, because two may have exchanged their names.
    """
    names = {mark[0]: field.name for field in wanted if (mark := _MARK.search(field.comment))}
    new = {
        field.name: names[mark[0]]
        for field in present
        if (mark := _MARK.search(field.comment or "")) and mark[0] in names
    }
    new = {old: now for old, now in new.items() if old != now}
    if not {field.name for field in present if field.name not in new}.isdisjoint(new.values()):
        return present  # the name of one that is gone: the view is recreated
    view = qualified(schema, name)
    for at, old in enumerate(new):
        session.change(f'ALTER TABLE {view} RENAME COLUMN {ident(old)} TO "_renamed_{at}"')
    for at, now in enumerate(new.values()):
        session.change(f'ALTER TABLE {view} RENAME COLUMN "_renamed_{at}" TO {ident(now)}')
    return [replace(field, name=new.get(field.name, field.name)) for field in present]


def find_dependents(session: Session, schema: str, name: str) -> list[str]:
    """Return the names of the views that read this one, on an engine that keeps them in force."""
    if session.dialect.replaces_any_view:
        return []
    query = (
        "SELECT DISTINCT c.oid::regclass::text FROM pg_catalog.pg_depend AS d "
        "JOIN pg_catalog.pg_rewrite AS r ON r.oid = d.objid "
        "JOIN pg_catalog.pg_class AS c ON c.oid = r.ev_class "
        "WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass "
        "AND d.refobjid = $1::regclass AND c.oid <> d.refobjid ORDER BY 1"
    )
    return [row[0] for row in session.ask(query, [qualified(schema, name)])]


def _grants(session: Session, schema: str, name: str) -> list[str]:
    """Return the statements that restore the read grants of a view that is dropped."""
    query = (
        "SELECT a.privilege_type, CASE WHEN a.grantee = 0 THEN 'PUBLIC' "
        "ELSE quote_ident(pg_get_userbyid(a.grantee)) END, a.is_grantable "
        "FROM pg_catalog.pg_class AS c, aclexplode(c.relacl) AS a "
        "WHERE c.oid = $1::regclass AND a.grantee <> c.relowner"
    )
    view = qualified(schema, name)
    return [
        f"GRANT {right} ON {view} TO {who}{' WITH GRANT OPTION' if passes_on else ''}"
        for right, who, passes_on in session.ask(query, [view])
    ]


def _comment(session: Session, schema: str, view: View, query: Query, stamp: str) -> None:
    whole = qualified(session.dialect.database, schema, view.name)
    apart = session.dialect.comments_view_columns
    text = build_comment(view.description, stamp, () if apart else query.fields)
    session.change(f"COMMENT ON VIEW {whole} IS {literal(text)}")
    for each in query.fields if apart else ():
        session.change(f"COMMENT ON COLUMN {whole}.{ident(each.name)} IS {literal(each.comment)}")
