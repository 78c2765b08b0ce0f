"""The PostgreSQL engine: DuckDB types rows in memory, COPY sends them, one transaction merges."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from time import monotonic
from typing import Final

import duckdb

from zendesk_assets.errors import WarehouseError
from zendesk_assets.postgres import is_passing
from zendesk_assets.warehouse.engines.attempts import attempts
from zendesk_assets.warehouse.engines.engine import Options, Session
from zendesk_assets.warehouse.engines.postgres.query import query_postgres
from zendesk_assets.warehouse.engines.postgres.server import PostgresServer
from zendesk_assets.warehouse.engines.postgres.session import PostgresSession
from zendesk_assets.warehouse.engines.queries import QueryResult
from zendesk_assets.warehouse.memory import open_memory
from zendesk_assets.warehouse.results import LoadResult, Published, Tidied
from zendesk_assets.warehouse.sql import qualified

_ATTEMPTS: Final = 4


class PostgresEngine:
    """A PostgreSQL database with one schema per source.

    `url` is an address in any form libpq takes. A load that a lost connection, a restart or a
    deadlock has ended is tried again: what had been committed is in the load log, and not repeated.
    """

    def __init__(self, url: str, options: Options) -> None:
        self.options = options
        self._server = PostgresServer(url, options.lock_timeout, options.log)
        self.name = self._server.name

    @contextmanager
    def staging(self, *, share: int = 1) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open an in-memory DuckDB, whose errors are about the machine, not about the server."""
        with open_memory(self.options.memory_limit // share) as memory:
            try:
                yield memory
            except duckdb.Error as error:
                what = " ".join(str(error).split()).removesuffix(".")
                raise WarehouseError(
                    f"Rows for {self.name} could not be made ready ({what}); nothing of them was "
                    "written: check the memory and the temporary folder, and run this again."
                ) from error

    def write(
        self,
        memory: duckdb.DuckDBPyConnection,
        schema: str,
        table: str,
        work: Callable[[Session], LoadResult],
    ) -> LoadResult:
        """Do the work in one transaction, when it is our turn for the table."""

        def once() -> LoadResult:
            started = monotonic()
            with self._server.transaction() as connection:
                self._server.take_turn(connection, f"{schema}.{table}")
                held = monotonic()
                result = work(PostgresSession(self._server, connection, memory))
            waited = held - started
            return replace(result, lock_seconds=monotonic() - held, lock_wait_seconds=waited)

        return attempts(self.options, _ATTEMPTS, lambda error: is_passing(error.__cause__))(once)

    @contextmanager
    def reading(self) -> Iterator[PostgresSession]:
        """Open a transaction that only reads."""
        with self._server.transaction(read_only=True) as connection:
            yield PostgresSession(self._server, connection)

    @contextmanager
    def changing(self, schema: str, table: str) -> Iterator[PostgresSession]:
        """Open a transaction when it is our turn for the table."""
        with self._server.transaction() as connection:
            self._server.take_turn(connection, f"{schema}.{table}")
            yield PostgresSession(self._server, connection)

    def query(self, statement: str, limit: int | None, schemas: Sequence[str]) -> QueryResult:
        """Return what a person's SELECT finds."""
        with self._server.asking() as connection:
            return query_postgres(connection, statement, limit, schemas)

    def forget_old_bytes(self, schema: str, tables: Sequence[str]) -> None:
        """Rewrite the tables, so that old versions of rows are in no file of them."""
        self._server.vacuum([qualified(schema, name) for name in tables])

    def tidy(self, keep: timedelta) -> Tidied | None:  # noqa: ARG002 # it has no snapshots
        """Return None: there is nothing to tidy."""
        return None

    def publish(self) -> Published | None:
        """Return None: a server lets everybody read at any time."""
        return None
