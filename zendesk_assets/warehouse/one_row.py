"""All that a warehouse has of one row: its columns, loads of batches, rejects, who changed it.

It only reads. What the columns should be is not known here.
"""
# ruff: noqa: S608  # names are quoted by `name_table`, `ident` and `listing`

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from zendesk_assets.records.key_text import key_text
from zendesk_assets.spec import Catalog, Collection, ColumnType
from zendesk_assets.warehouse.reject_log import knows_warnings
from zendesk_assets.warehouse.relations import look_at, name_table, table_names
from zendesk_assets.warehouse.sql import ident, listing
from zendesk_assets.warehouse.tables import WARNING, fields_of

if TYPE_CHECKING:
    from zendesk_assets.warehouse.engines.engine import Session
    from zendesk_assets.warehouse.warehouse import Warehouse


@dataclass(frozen=True)
class RejectedState:
    """What the load log has of a state that stayed out, or, with `in_table`, lacks a value."""

    batch: str
    part: str
    line: int
    reason: str
    in_table: bool
    received: datetime | None


@dataclass(frozen=True)
class ToldChange:
    """A change that another table tells: of which field, what it became, when, and who did it.

    `name` is the user's, if the warehouse has it.
    """

    field: str
    value: str | None
    at: datetime
    by: int | None
    name: str | None = None


@dataclass
class OneRow:
    """What the warehouse has of a row.

    `values` are its columns, JSON as text; None if there is no such row. `lacking` are columns that
    the table does not have yet. `loaded` says per batch when it was last loaded. `told` is None if
    there is no table that tells who changed it.
    """

    has_table: bool = False
    values: dict[str, Any] | None = None
    lacking: tuple[str, ...] = ()
    loaded: dict[str, datetime] = field(default_factory=dict)
    rejects: list[RejectedState] = field(default_factory=list)
    told: list[ToldChange] | None = None


def find_row(
    warehouse: Warehouse,
    schema: str,
    catalog: Catalog,
    collection: Collection,
    key: tuple[str, ...],
    batches: Iterable[str],
) -> OneRow:
    """Return what the warehouse has of the row whose key has these texts. Raises WarehouseError.

    `batches` are those whose loads are asked about.
    """
    with warehouse.reading() as session:
        if session is None:
            return OneRow()
        there, found = table_names(session, schema), OneRow()
        if collection.name in there:
            found.has_table = True
            _find_values(session, schema, collection, key, found)
        if "_loads" in there:
            found.loaded = _loaded(session, schema, collection, [*batches, *_batch_of(found)])
        if "_rejects" in there:
            found.rejects = _rejects(session, schema, collection, key)
        if collection.changes_in and collection.changes_in.collection in there:
            found.told = _told(session, schema, catalog, collection, key)
        return found


def _find_values(
    session: Session, schema: str, collection: Collection, key: tuple[str, ...], found: OneRow
) -> None:
    present = look_at(session, schema, collection.name).types
    kinds = {each.name: each.sql_type for each in fields_of(collection)}
    there = [name for name in kinds if name in present]
    found.lacking = tuple(name for name in kinds if name not in present)
    columns = [
        f"CAST({ident(name)} AS VARCHAR)" if kinds[name] == "JSON" else ident(name)
        for name in there
    ]
    where = " AND ".join(
        f"{ident(name)} = ${at}" for at, name in enumerate(collection.primary_key, 1)
    )
    values = [
        int(text) if collection.column(name).type is ColumnType.INTEGER else text
        for name, text in zip(collection.primary_key, key, strict=True)
    ]
    table = name_table(session, schema, collection.name)
    for row in session.ask(f"SELECT {', '.join(columns)} FROM {table} WHERE {where}", values):
        found.values = dict(zip(there, row, strict=True))


def _batch_of(found: OneRow) -> list[str]:
    batch = (found.values or {}).get("_batch_id")
    return [batch] if batch else []


def _loaded(
    session: Session, schema: str, collection: Collection, batches: list[str]
) -> dict[str, datetime]:
    query = (
        f"SELECT batch_id, max(loaded_at) FROM {name_table(session, schema, '_loads')} "
        "WHERE collection = $1 AND batch_id = ANY ($2::VARCHAR[]) GROUP BY 1"
    )
    return dict(session.ask(query, [collection.name, batches]))


def _rejects(
    session: Session, schema: str, collection: Collection, key: tuple[str, ...]
) -> list[RejectedState]:
    severity = "severity" if knows_warnings(session, schema) else "NULL"
    query = (
        f"SELECT batch_id, part, line, reason, {severity}, received_at "
        f"FROM {name_table(session, schema, '_rejects')} "
        "WHERE collection = $1 AND primary_key = $2 ORDER BY batch_id, part, line"
    )
    return [
        RejectedState(batch, part or "", line or 0, reason or "", kind == WARNING, received)
        for batch, part, line, reason, kind, received in session.ask(
            query, [collection.name, key_text(key)]
        )
    ]


def _told(
    session: Session,
    schema: str,
    catalog: Catalog,
    collection: Collection,
    key: tuple[str, ...],
) -> list[ToldChange]:
    """Return the changes of a row that the table of changes has, in their order."""
    where = collection.changes_in
    assert where is not None
    query = (
        f"SELECT {listing([where.field, where.value, where.at, where.by])} "
        f"FROM {name_table(session, schema, where.collection)} "
        f"WHERE {ident(where.row)} = $1 AND {ident(where.field)} IS NOT NULL "
        f"ORDER BY {ident(where.at)}"
    )
    told = [ToldChange(*row) for row in session.ask(query, [int(key[0])]) if row[2] is not None]
    names = _names(session, schema, catalog, where.collection, where.by, {t.by for t in told})
    return [ToldChange(t.field, t.value, t.at, t.by, names.get(t.by)) for t in told]


def _names(
    session: Session,
    schema: str,
    catalog: Catalog,
    collection: str,
    column: str,
    ids: Iterable[int | None],
) -> dict[int | None, str]:
    """Return the names of those that the ids in a column stand for, as far as they are there."""
    people = catalog.collections[collection].column(column).references
    if (
        people is None
        or not {people.column, "name"} <= look_at(session, schema, people.collection).types.keys()
    ):
        return {}
    query = (
        f'SELECT {ident(people.column)}, "name" '
        f"FROM {name_table(session, schema, people.collection)} "
        f"WHERE {ident(people.column)} = ANY ($1::BIGINT[])"
    )
    wanted = [each for each in ids if each is not None]
    return {number: name for number, name in session.ask(query, [wanted]) if name}
