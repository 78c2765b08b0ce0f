"""Each table of a schema at a glance: rows, newest, last load, what was rejected."""
# ruff: noqa: S608  # names are quoted by `qualified`

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from zendesk_assets.spec import Collection
from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.reject_log import count_warnings
from zendesk_assets.warehouse.relations import count_rows, name_table, table_names
from zendesk_assets.warehouse.results import TableSummary
from zendesk_assets.warehouse.sql import ident
from zendesk_assets.warehouse.tables import LOAD_LOG
from zendesk_assets.warehouse.warehouse import Warehouse

__all__ = ["summarize"]


def summarize(
    warehouse: Warehouse, schema: str, collections: Iterable[Collection] = ()
) -> list[TableSummary]:
    """Return each table at a glance, by name; `newest` only for the `collections` given."""
    versions = {each.name: each.version for each in collections}
    with warehouse.reading() as session:
        if session is None:
            return []
        tables = table_names(session, schema)
        log = tables & LOAD_LOG.keys()
        return [
            _summarize(session, schema, table, versions.get(table), log)
            for table in sorted(tables - log)
        ]


def _summarize(
    session: Session, schema: str, table: str, version: str | None, present: AbstractSet[str]
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
    return TableSummary(table, count_rows(session, name), loads[0], newest, bad, warnings)
