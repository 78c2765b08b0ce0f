"""The SQL of a view that is declared over one table.

Only what `spec.NestedView` declares; what a view in the warehouse is, is said in `views`.
"""
# ruff: noqa: S608  # names are quoted by `ident`

from __future__ import annotations

from collections.abc import Iterable, Sequence

from zendesk_assets.spec import (
    Catalog,
    Column,
    ColumnType,
    Compute,
    ListedIn,
    LookedUp,
    NestedView,
)
from zendesk_assets.warehouse.engines.dialect import Dialect
from zendesk_assets.warehouse.json_values import build_typed, build_untyped
from zendesk_assets.warehouse.sql import ident, listing, literal, literals
from zendesk_assets.warehouse.views import Surroundings

_ELEMENT, _PLACE = "_element_{}", "_place_{}"


def build_nested_view(view: NestedView, around: Surroundings, catalog: Catalog) -> str:
    """Return the SELECT of a view, with a column for each that it declares."""
    ways = [_build_list(view, each, around) for each in view.lists or [ListedIn(())]]
    typed = [_build_typed(view, each, around.dialect) for each in view.own_columns]
    sql = _select(typed, "\nUNION ALL\n".join(ways), "elements")
    if view.required:
        conditions = " AND ".join(f"{ident(name)} IS NOT NULL" for name in view.required)
        sql = _select(["*"], sql, f"typed WHERE {conditions}")
    for each in view.looked_up:
        sql = _add_looked_up(sql, each, around, catalog)
    if view.computed:
        more = [f"{each.sql} AS {ident(each.column.name)}" for each in view.computed]
        sql = _select(["*", *more], sql, "known")
    return _select([ident(each.name) for each in view.every_column], sql, "every")


def _select(columns: Iterable[str], source: str, name: str) -> str:
    return f"SELECT {', '.join(columns)} FROM (\n{source}\n) AS {name}"


def _build_list(view: NestedView, listed: ListedIn, around: Surroundings) -> str:
    """Return a SELECT of the rows that one of the lists has, values not typed yet."""
    say = around.dialect
    rows = _build_rows(view, listed, around)
    for at, step in enumerate(listed.steps):
        keys = [*([_ELEMENT.format(at)] if at else []), *step.removesuffix("[]").split(".")]
        value = ident(keys[0])
        if keys[1:]:  # once, however often the SQL that follows names it
            rows = (
                f"(SELECT *, {_member(value, keys[1:])} AS _value_{at} FROM {rows} AS outer_{at})"
            )
            value = f"_value_{at}"
        found = _elements_of(view, listed, at, say).format(value)
        rows = say.unnested.format(rows, found, _ELEMENT.format(at + 1), _PLACE.format(at + 1))
    values = (
        f"{_build_untyped(view, listed, each, say)} AS {ident(each.name)}"
        for each in view.own_columns
    )
    return f"SELECT {', '.join(values)} FROM {rows} AS unnested"


def _elements_of(view: NestedView, listed: ListedIn, at: int, say: Dialect) -> str:
    """Return SQL for the elements of the list at a step."""
    if view.keyed and at == 0:
        return say.members
    spreads = view.spreads and at == len(listed.steps) - 1
    return say.elements_or_itself if spreads else say.elements


def _build_rows(view: NestedView, listed: ListedIn, around: Surroundings) -> str:
    """Return the table's rows, with those columns that the view is made from."""
    needed = [view.place(each).keys[0] for each in view.own_columns if view.is_of_row(each)]
    needed += [listed.column] if listed.steps else []
    columns, table = listing(dict.fromkeys(needed)), around[view.collection]
    return f"(SELECT {columns} FROM {table} AS t{_build_where(view.only)})"


def _build_where(only: Sequence[tuple[str, Sequence[str]]]) -> str:
    conditions = [f"{ident(name)} IN ({literals(values)})" for name, values in only]
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _build_untyped(view: NestedView, listed: ListedIn, column: Column, say: Dialect) -> str:
    place = view.place(column)
    level = view.depth - place.out
    if column.compute is Compute.LIST:
        return listed.name if column.type is ColumnType.BOOLEAN else literal(listed.name)
    if column.compute is Compute.POSITION:
        return _PLACE.format(level)
    if not _is_inside(view, column):
        return ident(place.keys[0])
    keys = [*([_ELEMENT.format(level)] if level else []), *place.keys]
    return build_untyped(column.type, _member(ident(keys[0]), keys[1:]), say)


def _build_typed(view: NestedView, column: Column, say: Dialect) -> str:
    name = ident(column.name)
    typed = build_typed(column.type, name, say) if _is_inside(view, column) else name
    return f"{typed} AS {name}"


def _is_inside(view: NestedView, column: Column) -> bool:
    """Return whether a column's value is inside JSON, and not a column of the table."""
    if column.compute:
        return column.compute is Compute.ELEMENT
    return not view.is_of_row(column) or view.place(column).is_deep


def _member(value: str, keys: Iterable[str]) -> str:
    """Return SQL for a member of a JSON value: NULL where that is no object or lacks it."""
    for key in keys:
        value = f"({value} -> {literal(key)})"
    return value


def _add_looked_up(sql: str, looked_up: LookedUp, around: Surroundings, catalog: Catalog) -> str:
    """Return a SELECT with the column that is looked up."""
    name = looked_up.name
    view = catalog.views.get(name)
    source = f"(\n{build_nested_view(view, around, catalog)}\n)" if view else around[name]
    there = listing(other for _, other in looked_up.by)
    on = " AND ".join(f"there.{ident(b)} = here.{ident(a)}" for a, b in looked_up.by)
    rows = (
        f"SELECT {there}, {_build_choice(looked_up)} AS _found FROM {source} AS source"
        f"{_build_where(looked_up.only)} GROUP BY {there}"
    )
    columns = ["here.*", f"there._found AS {ident(looked_up.column.name)}"]
    return _select(columns, sql, f"here LEFT JOIN (\n{rows}\n) AS there ON {on}")


def _build_choice(looked_up: LookedUp) -> str:
    """Return SQL for the one value that is looked up, of those of several rows."""
    value = ident(looked_up.take)
    if not looked_up.newest_by:
        return f"min({value})"
    ordered = f"array_agg({value} ORDER BY {ident(looked_up.newest_by)} DESC)"
    return f"({ordered} FILTER (WHERE {value} IS NOT NULL))[1]"
