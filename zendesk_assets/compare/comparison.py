"""Compares a table of ours with another tool's copy: what is asked, in which order."""
# ruff: noqa: S608  # names are quoted by `name_table`

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from zendesk_assets.compare import queries
from zendesk_assets.compare.queries import Sides
from zendesk_assets.compare.results import (
    UNEXPLAINED,
    ComparedCopy,
    FieldDifference,
    Month,
    OnlyOnOneSide,
)
from zendesk_assets.compare.shapes import OurTable, kind_of, read_shape
from zendesk_assets.errors import WarehouseError
from zendesk_assets.plain_text import spell_out_controls
from zendesk_assets.spec import ColumnType, Window
from zendesk_assets.warehouse import Warehouse
from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.relations import look_at, name_table
from zendesk_assets.warehouse.sql import literal
from zendesk_assets.warehouse.tables import ERROR

_SHOWN: Final = 3  # examples of a field
_READ: Final = 5_000  # values of JSON that are compared by their meaning
_CREATED: Final = ("created_at", "comment_created_at", "timestamp")
_UPDATED: Final = ("updated_at", "timestamp")


def compare(
    warehouse: Warehouse,
    schema: str,
    ours: OurTable,
    theirs: tuple[str, str],
    covered: Sequence[Window] | None,
) -> ComparedCopy:
    """Compare a table of ours with a copy (schema and table); it only reads.

    `covered` are the windows of the stream that the hub has, or None if it has the whole of it.
    Raises WarehouseError.
    """
    with warehouse.reading() as session:
        if session is None:
            raise WarehouseError(
                f"There is no {warehouse.name} yet: `zendesk-assets sync` makes it."
            )
        sides = _open(session, warehouse.name, schema, ours, theirs)
        loaded = _last_received(session, schema, ours)
        totals = session.ask(sides.with_both(queries.TOTALS))[0]
        return ComparedCopy(
            f"{schema}.{ours.name}",
            ".".join(theirs),
            sides.copy.tool,
            rows_here=totals[0],
            rows_there=totals[1],
            both=totals[2],
            newer_here=totals[3],
            newer_there=totals[4],
            repeated=totals[5],
            months=_months(session, sides),
            only_here=_only(session, sides, queries.only_here(*totals[6:8])),
            only_there=_only(
                session,
                sides,
                queries.only_there(covered, loaded, _quarantined(session, schema, ours)),
            ),
            fields=_fields(session, sides),
            other_types=_other_types(sides),
            columns_only_here=tuple(
                each.name for each in ours.columns if each.name not in sides.copy.matched
            ),
            columns_only_there=sides.copy.rest,
        )


def _open(
    session: Session, name: str, schema: str, ours: OurTable, theirs: tuple[str, str]
) -> Sides:
    types = look_at(session, *theirs).types
    if not types:
        raise WarehouseError(
            f"There is no table {'.'.join(theirs)} in {name}: give another tool's table there, as "
            "schema.table."
        )
    if not look_at(session, schema, ours.name).types:
        raise WarehouseError(f"There is no table {schema}.{ours.name} in {name}: sync it first.")
    copy = read_shape(ours, types)
    if missing := [each for each in ours.key if each not in copy.matched]:
        raise WarehouseError(
            f"{'.'.join(theirs)} has no column {' and '.join(missing)}, by which rows of "
            f"{schema}.{ours.name} are told apart: name another table of ours with --table, or a "
            "view of theirs that has it."
        )
    here = {each.name: each for each in ours.columns}
    times = [name for name, each in here.items() if each.type in queries.TIMES]
    sides = Sides(
        ours,
        copy,
        types,
        (name_table(session, schema, ours.name), name_table(session, *theirs)),
        queries.pairs(_CREATED, copy, times),
        queries.pairs((ours.version, *_UPDATED), copy, times),
    )
    ((rows, keys),) = session.ask(sides.with_both(queries.KEYS))
    return replace(sides, repeats=rows != keys)


def _last_received(session: Session, schema: str, ours: OurTable) -> Any:
    """Return when the newest batch was received that is in the table."""
    log = name_table(session, schema, "_loads")
    query = f"SELECT max(received_at) FROM {log} WHERE collection = $1"
    return session.ask(query, [ours.collection])[0][0]


def _quarantined(session: Session, schema: str, ours: OurTable) -> str:
    """Return a query for the keys of quarantined rows, where a key is one column of a table."""
    if len(ours.key) > 1 or ours.name != ours.collection:
        return ""
    log = name_table(session, schema, "_rejects")
    return (
        f"SELECT primary_key FROM {log} WHERE collection = {literal(ours.collection)} "
        f"AND primary_key IS NOT NULL AND coalesce(severity, '{ERROR}') = '{ERROR}'"
    )


def _months(session: Session, sides: Sides) -> tuple[Month, ...]:
    rows = session.ask(sides.with_both(queries.MONTHS)) if sides.created else []
    return tuple(
        Month(f"{row[0] // 100:04}-{row[0] % 100:02}" if row[0] else "", *map(int, row[1:]))
        for row in rows
    )


def _only(session: Session, sides: Sides, query: str) -> OnlyOnOneSide:
    rows = session.ask(sides.with_both(query))
    found = sorted(rows, key=lambda row: -row[1])
    return OnlyOnOneSide(
        {row[0]: int(row[1]) for row in found},
        {row[0]: tuple(dict.fromkeys(map(_key, row[2:4]))) for row in found},
    )


def _fields(session: Session, sides: Sides) -> tuple[FieldDifference, ...]:
    if not sides.fields:
        return ()
    counts = list(session.ask(sides.with_both(queries.differences(sides.fields)))[0])
    found = []
    for at, column in enumerate(sides.fields):
        here, there = counts.pop(0), counts.pop(0)
        numbers = {name: int(counts.pop(0)) for name in queries.reasons_of(column)}
        reasons = {name: number for name, number in numbers.items() if number}
        theirs = sides.copy.matched[column.name]
        if reasons.get(UNEXPLAINED) and not (here and there):
            side = "there" if here else "here"
            reasons[f"never filled {side}"] = reasons.pop(UNEXPLAINED)
        if reasons.get(UNEXPLAINED):
            found.append(_look_closer(session, sides, at, reasons))
        elif reasons:
            found.append(FieldDifference(column.name, theirs, reasons))
    return tuple(each for each in found if each.reasons)


def _look_closer(
    session: Session, sides: Sides, at: int, reasons: dict[str, int]
) -> FieldDifference:
    """Return a difference with examples; of JSON, only what differs in its meaning."""
    column = sides.fields[at]
    is_json = column.type is ColumnType.JSON
    limit = _READ if is_json else _SHOWN
    rows = session.ask(sides.with_both(queries.examples(at, column, limit)))
    if is_json:
        not_read = reasons.pop(UNEXPLAINED) - len(rows)
        rows = [row for row in rows if _meaning(row[1]) != _meaning(row[2])]
        counts = {UNEXPLAINED: len(rows), "JSON of another form, not read": not_read}
        reasons |= {name: number for name, number in counts.items() if number}
    shown = tuple((_key(key), here, there) for key, here, there in rows[:_SHOWN])
    return FieldDifference(column.name, sides.copy.matched[column.name], reasons, shown)


def _meaning(text: str | None) -> Any:
    """Return what a JSON text says; lists of plain values have no order, nothing is nothing."""
    try:
        value = json.loads(text or "null")
    except ValueError:
        return text
    if isinstance(value, list) and not any(isinstance(each, dict | list) for each in value):
        return sorted(map(str, value)) or None
    return None if value in ("", {}) else value


def _other_types(sides: Sides) -> tuple[tuple[str, str], ...]:
    """Return the columns whose type is of another kind there, with that type."""
    found = []
    for column in sides.ours.columns:
        name = sides.copy.matched.get(column.name, "")
        wanted = queries.kind_here(column)
        if name and kind_of(sides.types[name]) is not _plain(wanted):
            found.append((column.name, sides.types[name].lower()))
    return tuple(found)


def _plain(kind: ColumnType) -> ColumnType:
    return ColumnType.BOOLEAN if kind is ColumnType.FLAG else kind


def _key(text: str | None) -> str:
    return "NULL" if text is None else spell_out_controls(text.replace("\x1f", ", "))
