"""All loaded tables at a glance, and which batches are in them; `audit` looks closer at one."""
# ruff: noqa: S608  # names are quoted by `name_table`

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from zendesk_assets.spec import Collection
from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.newest_sync import find_newest_sync
from zendesk_assets.warehouse.reject_log import count_warnings
from zendesk_assets.warehouse.relations import count_rows, name_table, table_names
from zendesk_assets.warehouse.results import TableSummary
from zendesk_assets.warehouse.sql import ident
from zendesk_assets.warehouse.tables import LOAD_LOG
from zendesk_assets.warehouse.warehouse import Warehouse


def summarize(
    warehouse: Warehouse,
    schema: str,
    collections: Iterable[Collection] = (),
    since: datetime | None = None,
) -> list[TableSummary]:
    """Return each table at a glance, by name; `newest` and `changed` only for the `collections`.

    `since` is when the newest sync began, if that is known: the load log can only tell it by its
    pauses.
    """
    versions = {each.name: each.version for each in collections}
    with warehouse.reading() as session:
        if session is None:
            return []
        tables = table_names(session, schema)
        log = tables & LOAD_LOG.keys()
        if "_loads" in log:
            since = since or find_newest_sync(session, schema)
        return [
            _summarize(session, schema, table, versions.get(table), log, since)
            for table in sorted(tables - log)
        ]


def find_loaded(warehouse: Warehouse, schema: str, batches: Sequence[str]) -> set[tuple[str, str]]:
    """Return the (table, batch) pairs of these batches that are loaded, of tables that exist."""
    with warehouse.reading() as session:
        tables = table_names(session, schema) if session else set()
        if session is None or "_loads" not in tables:
            return set()
        rows = session.ask(
            f"SELECT collection, batch_id FROM {name_table(session, schema, '_loads')} "
            "WHERE batch_id = ANY ($1::VARCHAR[])",
            [list(batches)],
        )
        return {(table, batch) for table, batch in rows if table in tables}


def find_last_received(
    warehouse: Warehouse, schema: str, tables: Iterable[str]
) -> dict[str, datetime]:
    """Return when the newest batch of each of these tables was received, of those with batches.

    Raises WarehouseError.
    """
    query = (
        "SELECT collection, max(received_at) FROM {} WHERE collection = ANY ($1::VARCHAR[]) "
        "GROUP BY 1"
    )
    return dict(warehouse.ask(schema, "_loads", query, [list(tables)]))


def _summarize(
    session: Session,
    schema: str,
    table: str,
    version: str | None,
    present: AbstractSet[str],
    since: datetime | None,
) -> TableSummary:
    """Return one table at a glance."""
    name = name_table(session, schema, table)
    newest = session.ask(f"SELECT max({ident(version)}) FROM {name}")[0][0] if version else None
    found = {
        log: session.ask(
            f"SELECT max({moment}), count(*) FROM {name_table(session, schema, log)} "
            "WHERE collection = $1",
            [table],
        )[0]
        for log, moment in (("_loads", "loaded_at"), ("_rejects", "rejected_at"))
        if log in present
    }
    loads, rejects = found.get("_loads", (None, 0)), found.get("_rejects", (None, 0))
    warnings = count_warnings(session, schema, table) if rejects[1] else 0
    bad = rejects[1] - warnings
    changed = 0
    if version and since:
        query = f"SELECT count(*) FROM {name} WHERE loaded_at >= $1"
        changed = int(session.ask(query, [since])[0][0])
    rows = count_rows(session, name)
    return TableSummary(table, rows, loads[0], newest, bad, warnings, changed, since)
