"""Erase a person from the tables of a schema: which rows are looked at, and how they are rewritten.

What belongs to a person is declared in the catalog; how a value is wiped is `erasing`'s, the same
as in the hub, so that a replay of an erased batch changes nothing. Runs within the caller's
transaction, on any engine. Other tables in the schema are left alone.
"""
# ruff: noqa: S608  # names are quoted by `ident`

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from zendesk_assets.erasing import ERASED, Person, wipe
from zendesk_assets.spec import Collection, Column, ColumnType, Compute, Personal
from zendesk_assets.warehouse import transaction
from zendesk_assets.warehouse.session import Session
from zendesk_assets.warehouse.sql import ident, literal

__all__ = ["Erasure", "erase"]
Row = dict[str, Any]
_FOUND: Final = re.compile(r"(: found ).*?(, not )", re.DOTALL)
_VALUES: Final = (Compute.CHANGED_VALUE, Compute.CUSTOM_FIELD_VALUE)


@dataclass(frozen=True)
class Erasure:
    """Who is taken out of which table; `erase_record` does so in a record of its stream."""

    schema: str
    collection: Collection
    person: Person
    erase_record: Callable[[bytes], bytes]


def erase(session: Session, work: Erasure, now: datetime, *, apply: bool) -> tuple[int, int]:
    """Return in how many rows and quarantined rows the person is; with `apply`, erase it there."""
    present = transaction.table_names(session, work.schema)
    if work.collection.name not in present:
        return 0, 0
    table = transaction.name_table(session, work.schema, work.collection.name)
    book = transaction.name_table(session, work.schema, "_rejects")
    rows = _changed_rows(session, work, table)
    rejects = _changed_rejects(session, work, book) if "_rejects" in present else []
    if apply:
        key = [ident(name) for name in work.collection.primary_key]
        for place, changes in rows:
            _write(session, table, key, place, {**changes, "loaded_at": now})
        for place, changes in rejects:
            _write(session, book, [session.dialect.row_id], [place], changes)
    return len(rows), len(rejects)


def _changed_rows(session: Session, work: Erasure, table: str) -> list[tuple[list[Any], Row]]:
    """Return the keys of the rows that have something of the person, and what becomes of it."""
    eraser = _RowEraser(work.collection, work.person)
    kinds = {c.name: c.type for c in work.collection.columns} | {"_unknown": ColumnType.JSON}
    columns = ", ".join(
        f"CAST({ident(name)} AS VARCHAR)" if kind is ColumnType.JSON else ident(name)
        for name, kind in kinds.items()
    )
    found = session.ask(
        f"SELECT {columns} FROM {table} WHERE {_candidates(work.collection, work.person)}"
    )
    rows = [dict(zip(kinds, values, strict=True)) for values in found]
    key = work.collection.primary_key
    return [
        ([row[name] for name in key], changes) for row in rows if (changes := eraser.changes(row))
    ]


def _changed_rejects(session: Session, work: Erasure, book: str) -> list[tuple[Any, Row]]:
    """Return where the quarantined rows are that have something of the person, without it."""
    query = f"SELECT {session.dialect.row_id}, record, reason FROM {book} WHERE collection = $1"
    changes = []
    for place, record, reason in session.ask(query, [work.collection.name]):
        erased = work.erase_record(record.encode()).decode()
        # The reason quotes the value that was found.
        told = reason if erased == record else _FOUND.sub(rf"\g<1>{ERASED}\g<2>", reason)
        told = work.person.in_text(told)
        if (erased, told) != (record, reason):
            changes.append((place, {"record": erased, "reason": told}))
    return changes


def _write(session: Session, table: str, key: list[str], place: list[Any], changes: Row) -> None:
    """Change the row that is found by its key: a table may have a column that hides row ids."""
    first = len(place) + 1
    sets = ", ".join(f"{ident(name)} = ${at}" for at, name in enumerate(changes, first))
    where = " AND ".join(f"{name} = ${at}" for at, name in enumerate(key, 1))
    session.change(f"UPDATE {table} SET {sets} WHERE {where}", [*place, *changes.values()])


@dataclass(frozen=True)
class _RowEraser:
    """Takes a person out of rows of one table."""

    collection: Collection
    person: Person

    def changes(self, row: Row) -> Row:
        """Return the columns that are other without the person."""
        new = dict(row)
        for personal in self.collection.personal:
            owner = _column_at(self.collection, personal.owner)
            if owner is not None and row[owner.name] in self.person.ids:
                self._wipe(personal, new)
        for column in self.collection.columns:
            self._take_out(new, column.name, column.type)
        self._take_out(new, "_unknown", ColumnType.JSON)
        return {name: value for name, value in new.items() if value != row[name]}

    def _wipe(self, personal: Personal, row: Row) -> None:
        for path in personal.properties:
            for column in self.collection.columns:
                if column.compute:
                    _wipe_computed(self.collection, column, path, row)
                elif column.source_path == path:
                    row[column.name] = _wiped(column, row[column.name])
                elif path.startswith(f"{column.source_path}."):
                    rest = path.removeprefix(f"{column.source_path}.")
                    row[column.name] = _wiped_inside(row[column.name], rest)
        if personal.unknown:
            row["_unknown"] = _wiped_inside(row["_unknown"], "*")

    def _take_out(self, row: Row, name: str, kind: ColumnType) -> None:
        value = row[name]
        if isinstance(value, str):
            is_json = kind is ColumnType.JSON
            erase = self.person.in_json(value.encode()).decode if is_json else None
            row[name] = erase() if erase else self.person.in_text(value)


def _column_at(collection: Collection, path: str) -> Column | None:
    found = (c for c in collection.columns if not c.compute and c.source_path == path)
    return next(found, None)


def _wiped(column: Column, value: Any) -> Any:
    if value is None:
        return None
    if column.type is ColumnType.TEXT:
        return ERASED
    return json.dumps(ERASED) if isinstance(value, str) and value.startswith('"') else None


def _wiped_inside(value: Any, rest: str) -> Any:
    """Return a column's JSON, wiped at a path inside it; what is no JSON stays."""
    if not isinstance(value, str) or not value.startswith(("{", "[")):
        return value
    return wipe(value.encode(), tuple(rest.split("."))).decode()


def _wipe_computed(collection: Collection, column: Column, path: str, row: Row) -> None:
    """Wipe the value of a change when the field that it is about is wiped."""
    fields = [c.name for c in collection.columns if c.compute is Compute.CHANGED_FIELD]
    custom = [c.name for c in collection.columns if c.compute is Compute.CUSTOM_FIELD_ID]
    is_custom = any(row[name] is not None for name in custom)
    changed = "custom_ticket_fields.*" if is_custom else next((row[n] for n in fields), None)
    if column.compute in _VALUES and changed == path and row[column.name] is not None:
        row[column.name] = ERASED


def _candidates(collection: Collection, person: Person) -> str:
    """Return the condition of the rows that may have something of the person."""
    ids = ", ".join(str(each) for each in sorted(person.ids))
    owners = {_column_at(collection, each.owner) for each in collection.personal}
    tests = [f"{ident(each.name)} IN ({ids})" for each in owners if each is not None and ids]
    texts = [c.name for c in collection.columns if c.type in {ColumnType.TEXT, ColumnType.JSON}]
    for name in [*texts, "_unknown"] if person.texts else []:
        column = f"CAST({ident(name)} AS VARCHAR)"
        tests += [f"position({literal(each)} IN lower({column})) > 0" for each in person.spellings]
        tests.append(f"position('\\u' IN {column}) > 0")
    return " OR ".join(tests) or "false"
