"""Erase a person from the tables of a schema: which rows are looked at, and how they are rewritten.

What belongs to a person is declared in the catalog; how a value is wiped is `erasing`'s, the same
as in the hub, so that a replay of an erased batch changes nothing. Runs on a connection that has
the file attached, within the caller's transaction. Other tables in the schema are left alone.
"""
# ruff: noqa: S608  # names are quoted by `ident`

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import duckdb

from zendesk_assets.erasing import ERASED, Person, wipe
from zendesk_assets.spec import Collection, Column, ColumnType, Compute, Personal
from zendesk_assets.warehouse.sql import ident, listing, literal

__all__ = ["erase_rejects", "erase_rows"]

Row = dict[str, Any]
_FOUND: Final = re.compile(r"(: found ).*?(, not )", re.DOTALL)
_VALUES: Final = (Compute.CHANGED_VALUE, Compute.CUSTOM_FIELD_VALUE)


def erase_rows(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    collection: Collection,
    person: Person,
    now: datetime,
    *,
    apply: bool,
) -> int:
    """Return how many rows of the table (a quoted name) have something of the person; erase it."""
    eraser = _RowEraser(collection, person)
    names = [*(column.name for column in collection.columns), "_unknown"]
    where = _candidates(collection, person)
    found = connection.execute(f"SELECT rowid, {listing(names)} FROM {table} WHERE {where}")
    changes = []
    while rows := found.fetchmany(1000):
        for place, *values in rows:
            row = dict(zip(names, values, strict=True))
            new = eraser.erase(row)
            if new != row:
                changes.append((place, new))
    if apply and changes:
        _write(connection, table, eraser.touched, changes, now)
    return len(changes)


def erase_rejects(
    connection: duckdb.DuckDBPyConnection,
    book: str,
    collection: Collection,
    person: Person,
    erase_record: Callable[[bytes], bytes],
    *,
    apply: bool,
) -> int:
    """Return how many quarantined rows of a collection have something of the person; erase it."""
    query = f"SELECT rowid, record, reason FROM {book} WHERE collection = $1"
    changes = []
    for place, record, reason in connection.execute(query, [collection.name]).fetchall():
        erased = erase_record(record.encode()).decode()
        # The reason quotes the value that was found.
        told = reason if erased == record else _FOUND.sub(rf"\g<1>{ERASED}\g<2>", reason)
        told = person.in_text(told)
        if (erased, told) != (record, reason):
            changes.append([erased, told, place])
    if apply and changes:
        connection.executemany(
            f"UPDATE {book} SET record = $1, reason = $2 WHERE rowid = $3", changes
        )
    return len(changes)


@dataclass(frozen=True)
class _RowEraser:
    """Takes a person out of rows of one table."""

    collection: Collection
    person: Person

    @property
    def touched(self) -> list[str]:
        """Return the columns that may be rewritten: whatever is no key, version or owner."""
        fixed = {*self.collection.primary_key, self.collection.version}
        names = [each.name for each in self.collection.columns if each.name not in fixed]
        return [*names, "_unknown"]

    def erase(self, row: Row) -> Row:
        """Return the row without the person."""
        new = dict(row)
        for personal in self.collection.personal:
            owner = _column_at(self.collection, personal.owner)
            if owner is not None and row[owner.name] in self.person.ids:
                self._wipe(personal, new)
        for column in self.collection.columns:
            self._take_out(new, column.name, column.type)
        self._take_out(new, "_unknown", ColumnType.JSON)
        return new

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
        tests += [f"contains(lower({column}), {literal(each)})" for each in person.spellings]
        tests.append(f"contains({column}, '\\u')")
    return " OR ".join(tests) or "false"


def _write(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    names: Iterable[str],
    changes: list[tuple[int, Row]],
    now: datetime,
) -> None:
    columns = list(names)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE erased AS SELECT 0::BIGINT AS place, {listing(columns)} "
        f"FROM {table} LIMIT 0"
    )
    marks = ", ".join(f"${at}" for at in range(1, len(columns) + 2))
    rows = [[place, *(row[name] for name in columns)] for place, row in changes]
    connection.executemany(f"INSERT INTO erased VALUES ({marks})", rows)
    sets = ", ".join(f"{ident(name)} = e.{ident(name)}" for name in columns)
    connection.execute(
        f"UPDATE {table} AS t SET {sets}, loaded_at = $1 FROM erased AS e WHERE t.rowid = e.place",
        [now],
    )
