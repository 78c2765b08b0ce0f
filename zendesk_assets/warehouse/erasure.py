"""Erase a person from the tables of a schema: which rows are looked at, and how they are rewritten.

What belongs to a person is declared in the catalog; how a value is wiped is `erasing`'s, the same
as in the hub, so that a replay of an erased batch changes nothing. It runs in one transaction,
on any engine. Other tables in the schema are left alone.
"""
# ruff: noqa: S608  # names are quoted by `ident`

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from zendesk_assets.erasing import ERASED, Person
from zendesk_assets.spec import RECEIVED, Collection, ColumnType, Personal
from zendesk_assets.warehouse import tables
from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.erasure_rows import write_rows
from zendesk_assets.warehouse.erasure_search import candidates, inside
from zendesk_assets.warehouse.ownership import has_our_columns
from zendesk_assets.warehouse.relations import look_at, name_table, table_names
from zendesk_assets.warehouse.sql import ident, listing
from zendesk_assets.warehouse.warehouse import Warehouse
from zendesk_assets.warehouse.wiping import (
    Row,
    is_there,
    value_at,
    wipe_computed,
    wiped,
    wiped_inside,
    wiped_unknown,
)

_FOUND: Final = re.compile(r"(: found ).*?(, not )", re.DOTALL)


@dataclass(frozen=True)
class Traces:
    """What a table has of a person: which rows and quarantined rows change, and how.

    `looked_at` is the number of all rows of the table.
    """

    looked_at: int = 0
    rows: tuple[tuple[list[Any], Row], ...] = ()
    rejects: tuple[tuple[list[Any], Row], ...] = ()

    @property
    def counts(self) -> tuple[int, int]:
        """Return in how many rows and quarantined rows the person is."""
        return len(self.rows), len(self.rejects)


def find_traces(
    session: Session,
    schema: str,
    collection: Collection,
    person: Person,
    erase_record: Callable[[bytes], bytes],
) -> Traces:
    """Return what the table of a collection has of a person; nothing if there is no such table.

    `erase_record` takes the person out of a record of the collection's stream.
    """
    present = table_names(session, schema)
    if not has_our_columns(look_at(session, schema, collection.name).types):
        return Traces()
    table, log = (name_table(session, schema, each) for each in (collection.name, "_rejects"))
    ((total,),) = session.ask(f"SELECT count(*) FROM {table}")
    rejects: list[tuple[list[Any], Row]] = []
    if "_rejects" in present:
        rejects = _changed_rejects(session, collection, person, erase_record, log)
    rows = changed_rows(session, schema, collection, person, tables.relation_of(collection))
    return Traces(total, tuple(rows), tuple(rejects))


def erase(
    warehouse: Warehouse,
    schema: str,
    collection: Collection,
    person: Person,
    erase_record: Callable[[bytes], bytes],
) -> Traces:
    """Erase a person from a table, and return what it had of them."""
    with warehouse.changing(schema, collection.name) as session:
        if session is None:
            return Traces()
        found = find_traces(session, schema, collection, person, erase_record)
        log, now = name_table(session, schema, "_rejects"), warehouse.clock.now()
        rewrite_rows(session, schema, tables.relation_of(collection), found, now)
        for old, changes in found.rejects:
            _write_reject(session, log, collection.name, old, changes)
        return found


def rewrite_rows(
    session: Session, schema: str, relation: tables.Relation, found: Traces, now: datetime
) -> None:
    """Write what was found in a table of ours as it is without the person."""
    types = look_at(session, schema, relation.name).types
    table = name_table(session, schema, relation.name)
    write_rows(session, table, types, relation.key, found.rows, now)


def changed_rows(
    session: Session,
    schema: str,
    collection: Collection,
    person: Person,
    relation: tables.Relation,
) -> list[tuple[list[Any], Row]]:
    """Return the keys of the rows that have something of the person, and what becomes of it.

    `relation` is the table of the collection, or its history. Columns that it lacks are skipped.
    """
    key, present = relation.key, look_at(session, schema, relation.name).types
    kinds = {c.name: c.type for c in (*collection.columns, RECEIVED)}  # it may be of the key
    kinds["_unknown"] = ColumnType.JSON
    old = {each: name for each in present if (name := each.partition("__old")[0]) in kinds}
    old = {each: name for each, name in old.items() if each != name}
    there = [name for name in kinds if name in present]
    columns = ", ".join(
        ident(name) if name in kinds and kinds[name] is not ColumnType.JSON else _as_text(name)
        for name in (*there, *old)
    )
    table = name_table(session, schema, relation.name)
    where = candidates(collection, person, present, old)
    found = session.ask(f"SELECT {listing(key)}, {columns} FROM {table} WHERE {where}")
    split = ((list(each[: len(key)]), each[len(key) :]) for each in found)
    nothing = dict.fromkeys(kinds)
    rows = (
        (place, nothing | dict(zip((*there, *old), values, strict=True))) for place, values in split
    )
    eraser = _RowEraser(collection, person, old)
    return [(place, changes) for place, row in rows if (changes := eraser.changes(row))]


def _as_text(name: str) -> str:
    return f"CAST({ident(name)} AS VARCHAR)"


def _changed_rejects(
    session: Session,
    collection: Collection,
    person: Person,
    erase_record: Callable[[bytes], bytes],
    log: str,
) -> list[tuple[list[Any], Row]]:
    """Return what the quarantined rows have that have something of the person, without it."""
    query = f"SELECT record, reason FROM {log} WHERE collection = $1"
    changes: list[tuple[list[Any], Row]] = []
    for record, reason in session.ask(query, [collection.name]):
        erased = None if record is None else erase_record(record.encode()).decode()
        # The reason quotes the value that was found.
        wiped = reason if erased == record else _FOUND.sub(rf"\g<1>{ERASED}\g<2>", reason)
        wiped = person.in_text(wiped or "")
        if (erased, wiped) != (record, reason):
            changes.append(([record, reason], {"record": erased, "reason": wiped}))
    return changes


def _write_reject(
    session: Session, log: str, collection: str, old: Sequence[Any], changes: Row
) -> None:
    """Change all rejects of a collection that have the same record and reason."""
    sets = ", ".join(f"{ident(name)} = ${at}" for at, name in enumerate(changes, 4))
    session.change(
        f"UPDATE {log} SET {sets} WHERE collection = $1 AND record IS NOT DISTINCT FROM "
        "$2::VARCHAR AND reason IS NOT DISTINCT FROM $3::VARCHAR",
        [collection, *old, *changes.values()],
    )


@dataclass(frozen=True)
class _RowEraser:
    """Takes a person out of rows of one table.

    `old` are columns that were set aside when their type changed, with the names of the new ones.
    """

    collection: Collection
    person: Person
    old: Mapping[str, str]

    def changes(self, row: Row) -> Row:
        """Return the columns that are other without the person."""
        new = dict(row)
        for personal in self.collection.personal:
            owner = value_at(self.collection, row, personal.owner)
            if self._is_owned(owner, personal) and self._holds(personal, row):
                self._wipe(personal, row, new)
        for column in self.collection.columns:
            self._take_out(new, column.name, column.type)
        self._take_out(new, "_unknown", ColumnType.JSON)
        for name in self.old:
            value = new[name]
            is_theirs = value is not None and self.person.in_text(value) != value
            new[name] = None if is_theirs else value
        return {name: value for name, value in new.items() if value != row[name]}

    def _is_owned(self, owner: Any, personal: Personal) -> bool:
        return str(owner).isdigit() and int(owner) in self.person.owned(personal.owner_is)

    def _holds(self, personal: Personal, row: Row) -> bool:
        if personal.only_if is None:
            return True
        path, text = personal.only_if
        return bool(value_at(self.collection, row, path) == text)

    def _wipe(self, personal: Personal, row: Row, new: Row) -> None:
        for path in personal.properties:
            self._wipe_at(path, row, new)
        for group in personal.together:
            if is_there(self.collection, row, group[0]):
                for path in group:
                    self._wipe_at(path, row, new)
        new["_unknown"] = wiped_unknown(self.collection, new["_unknown"], personal)

    def _wipe_at(self, path: str, row: Row, new: Row) -> None:
        for column in self.collection.columns:
            if column.compute:
                wipe_computed(self.collection, column, path, row, new)
            elif (rest := inside(column.source_path, path)) is not None:
                value = new[column.name]
                new[column.name] = wiped_inside(value, rest) if rest else wiped(column, value)
                new |= {each: None for each, name in self.old.items() if name == column.name}
        # What did not fit its column is there.
        new["_unknown"] = wiped_inside(new["_unknown"], path, in_unknown=True)

    def _take_out(self, row: Row, name: str, kind: ColumnType) -> None:
        value = row[name]
        if isinstance(value, str):
            is_json = kind is ColumnType.JSON
            erase = self.person.in_json(value.encode()).decode if is_json else None
            row[name] = erase() if erase else self.person.in_text(value)
