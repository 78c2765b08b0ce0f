"""A transaction on PostgreSQL that receives the staged rows as temporary tables of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import duckdb

from zendesk_assets.errors import WarehouseError
from zendesk_assets.postgres import Connection
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse.engines.dialect import Dialect
from zendesk_assets.warehouse.engines.engine import CATALOG_CHANGES
from zendesk_assets.warehouse.engines.postgres.copy import Courier
from zendesk_assets.warehouse.engines.postgres.dialect import POSTGRES
from zendesk_assets.warehouse.engines.postgres.read import fetch_table
from zendesk_assets.warehouse.engines.postgres.server import PostgresServer
from zendesk_assets.warehouse.merge import merge
from zendesk_assets.warehouse.sql import listing
from zendesk_assets.warehouse.upsert import Counts, Upsert

if TYPE_CHECKING:
    import pyarrow as pa

# Whether a table has a unique index of these columns, in the order of their names.
_KEYED: Final = """
SELECT 1 FROM pg_catalog.pg_index WHERE indrelid = $1::regclass AND indisunique AND indisvalid
AND indpred IS NULL AND $2 = (SELECT array_agg(attname::text ORDER BY attname::text COLLATE "C")
    FROM pg_catalog.pg_attribute WHERE attrelid = indrelid AND attnum = ANY (indkey))
"""


@dataclass(frozen=True)
class PostgresSession:
    """Statements on the server; `memory` has the staged rows, if there are any."""

    server: PostgresServer
    connection: Connection
    memory: duckdb.DuckDBPyConnection | None = None
    dialect: Dialect = POSTGRES
    seen: dict[tuple[str, str], list[tuple[Any, ...]]] = field(default_factory=dict)

    def ask(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows that a query finds."""
        return self.connection.execute(query.encode(), values).fetchall()

    def look_up(self, query: str, schema: str) -> list[tuple[Any, ...]]:
        """Return what a query finds in the catalog about a schema, asked once."""
        if (query, schema) not in self.seen:
            self.seen[query, schema] = self.ask(query, [schema])
        return self.seen[query, schema]

    def list_columns(self, schema: str, name: str) -> list[tuple[Any, ...]]:  # noqa: ARG002 # all are asked for at once
        """Return the columns of all tables and views of a schema."""
        return self.look_up(self.dialect.columns, schema)

    def fetch(self, query: str, values: Sequence[Any] = ()) -> pa.Table:
        """Return what a query finds as an Arrow table."""
        return fetch_table(self.connection, query, list(values))

    def change(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run a statement; return how many rows it changed (0 for DDL)."""
        if CATALOG_CHANGES.match(statement):
            self.seen.clear()
        return max(self.connection.execute(statement.encode(), values).rowcount, 0)

    def make_schema(self, schema: str) -> None:
        """Create a schema if it is missing; only one of all loading processes completes it."""
        self.server.take_turn(self.connection, schema)
        self.server.make_schema(self.connection, schema)
        self.seen.clear()

    def bring(self, table: str, collection: Collection | None = None) -> None:
        """Send a staged table; values of a `collection` that the server refuses are set aside."""
        assert self.memory is not None
        courier = Courier(self.memory, self.connection)
        if collection is None:
            courier.send(table)
        else:
            courier.send_rows(collection)

    def merge(self, upsert: Upsert, now: datetime | None = None) -> Counts:
        """Bring the rows of the upsert's source into its table; what is newer wins."""
        if upsert.is_unique and not self.ask(_KEYED, [upsert.table, sorted(upsert.primary_key)]):
            key = listing(upsert.primary_key)
            raise WarehouseError(
                f"The table {upsert.table} has no primary key ({key}), by which rows are told "
                f"apart: say ALTER TABLE {upsert.table} ADD PRIMARY KEY ({key}), after dropping "
                "another one if there is one."
            )
        return merge(self, upsert, now)
