"""A transaction on PostgreSQL that has the staged rows as temporary tables of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import errors

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse.engines.dialect import POSTGRES, Dialect
from zendesk_assets.warehouse.engines.postgres.server import Connection
from zendesk_assets.warehouse.engines.postgres.upsert import build_upsert
from zendesk_assets.warehouse.engines.session import Counts
from zendesk_assets.warehouse.sql import listing
from zendesk_assets.warehouse.upsert import Upsert

__all__ = ["PostgresSession"]


@dataclass(frozen=True)
class PostgresSession:
    """Statements on the server; `dialect` says how it calls things."""

    connection: Connection
    dialect: Dialect = POSTGRES

    def ask(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows that a query finds."""
        return self.connection.execute(query.encode(), values).fetchall()

    def change(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run a statement; return how many rows it changed (0 for DDL)."""
        return max(self.connection.execute(statement.encode(), values).rowcount, 0)

    def upsert(self, upsert: Upsert, now: datetime) -> Counts:
        """Insert or update from `incoming`, in one statement."""
        try:
            return self.ask(build_upsert(upsert), [now] if upsert.received else [])
        except errors.InvalidColumnReference as error:
            key = listing(upsert.primary_key)
            raise WarehouseError(
                f"The table {upsert.table} has no primary key ({key}), by which rows are told "
                f"apart: say ALTER TABLE {upsert.table} ADD PRIMARY KEY ({key}), after dropping "
                "another one if there is one."
            ) from error
