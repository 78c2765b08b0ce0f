"""The warehouse: hub batches and DataFrames become tables, by upsert.

Streams, collections and batches come in as values (`zendesk_assets.spec`); nothing here knows
Zendesk, Dagster or how the hub is laid out.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from zendesk_assets.warehouse.absence import CompleteWalk
from zendesk_assets.warehouse.engines.queries import QueryResult
from zendesk_assets.warehouse.results import (
    Dangling,
    KeyFaults,
    Link,
    LoadRecord,
    LoadResult,
    Quarantined,
    TableSummary,
)
from zendesk_assets.warehouse.table_audit import TableAudit
from zendesk_assets.warehouse.tables import WARNING
from zendesk_assets.warehouse.views import Query, Surroundings, View, ViewState
from zendesk_assets.warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    from zendesk_assets.warehouse.engines.duckdb.engine import DuckDBWarehouse
    from zendesk_assets.warehouse.engines.postgres.engine import PostgresWarehouse

__all__ = [
    "WARNING",
    "CompleteWalk",
    "Dangling",
    "DuckDBWarehouse",
    "KeyFaults",
    "Link",
    "LoadRecord",
    "LoadResult",
    "PostgresWarehouse",
    "Quarantined",
    "Query",
    "QueryResult",
    "Surroundings",
    "TableAudit",
    "TableSummary",
    "View",
    "ViewState",
    "Warehouse",
]

# An engine is imported when it is named: each brings a driver that the other does not need.
_ENGINES = {
    "DuckDBWarehouse": "engines.duckdb.engine",
    "PostgresWarehouse": "engines.postgres.engine",
}


def __getattr__(name: str) -> Any:
    if name not in _ENGINES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(import_module(f"{__name__}.{_ENGINES[name]}"), name)
