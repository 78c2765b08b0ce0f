"""The warehouse: hub batches and DataFrames become tables, by upsert.

Streams, collections and batches come in as values (`zendesk_assets.spec`); nothing here knows
Zendesk, Dagster or how the hub is laid out.
"""

from __future__ import annotations

from zendesk_assets.warehouse.absence import CompleteWalk
from zendesk_assets.warehouse.duckdb_warehouse import DuckDBWarehouse
from zendesk_assets.warehouse.postgres_warehouse import PostgresWarehouse
from zendesk_assets.warehouse.queries import QueryResult
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
