"""A transaction on a database that is attached to an in-memory DuckDB as `warehouse`.

Who may write to it when is the engine's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb

from zendesk_assets.spec import Collection
from zendesk_assets.warehouse.engines.attached.dialect import DUCKDB
from zendesk_assets.warehouse.engines.dialect import Dialect
from zendesk_assets.warehouse.engines.engine import CATALOG_CHANGES
from zendesk_assets.warehouse.merge import merge
from zendesk_assets.warehouse.sql import ident, qualified
from zendesk_assets.warehouse.upsert import Counts, Upsert
from zendesk_assets.warehouse.values_in_sql import with_values

if TYPE_CHECKING:
    import pyarrow as pa


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Begin a transaction; what the block has not committed at its end is undone."""
    connection.begin()
    try:
        yield
    finally:
        # One that was committed, or that a fatal error has ended, cannot be undone.
        with suppress(duckdb.Error):
            connection.rollback()


@dataclass(frozen=True)
class DuckDBSession:
    """The staged rows and the database are on one connection: nothing has to be sent.

    `seen` is what was looked up in the catalog, `changes` are the statements that have changed it.
    """

    connection: duckdb.DuckDBPyConnection
    dialect: Dialect = DUCKDB
    seen: dict[tuple[str, str], list[tuple[Any, ...]]] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)

    def ask(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows that a query finds."""
        return self.connection.execute(*with_values(query, values)).fetchall()

    def look_up(self, query: str, schema: str) -> list[tuple[Any, ...]]:
        """Return what a query finds in the catalog about a schema, asked once."""
        if (query, schema) not in self.seen:
            self.seen[query, schema] = self.ask(query, [schema])
        return self.seen[query, schema]

    def list_columns(self, schema: str, name: str) -> list[tuple[Any, ...]]:  # noqa: ARG002 # all are asked for at once
        """Return the columns of all tables and views of a schema."""
        return self.look_up(self.dialect.columns, schema)

    def fetch(self, query: str, values: Sequence[Any] = ()) -> pa.Table:
        """Return what a query finds as an Arrow table, times that Python does not have as text."""
        from zendesk_assets.warehouse.arrow import find_far  # noqa: PLC0415 # half a second that only frames need

        found = self.connection.sql(query, params=list(values)).to_arrow_table()
        if far := find_far(found):
            texts = ", ".join(f"CAST({ident(name)} AS VARCHAR) AS {ident(name)}" for name in far)
            query = f"SELECT * REPLACE ({texts}) FROM ({query})"  # noqa: S608 # names are quoted
            found = self.connection.sql(query, params=list(values)).to_arrow_table()
        return found

    def change(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run a statement; return how many rows it changed (0 for DDL)."""
        if CATALOG_CHANGES.match(statement):
            self.seen.clear()
            self.changes.append(statement)
        row = self.connection.execute(*with_values(statement, values)).fetchone()
        return int(row[0]) if row and isinstance(row[0], int) else 0

    def make_schema(self, schema: str) -> None:
        """Create a schema if it is missing."""
        self.change(f"CREATE SCHEMA IF NOT EXISTS {qualified(self.dialect.database, schema)}")

    def bring(self, table: str, collection: Collection | None = None) -> None:
        """Do nothing: the staged tables are there."""

    def merge(self, upsert: Upsert, now: datetime | None = None) -> Counts:
        """Bring the rows of the upsert's source into its table; what is newer wins."""
        return merge(self, upsert, now)

    def commit(self) -> None:
        """Commit what was changed."""
        self.connection.commit()
