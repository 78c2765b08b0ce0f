"""The PostgreSQL warehouse: DuckDB reads and types in memory, COPY sends the rows, one upsert."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, Final

import duckdb
import pyarrow as pa
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_random_exponential,
)

from zendesk_assets.account_identity import AccountIdentity
from zendesk_assets.errors import WarehouseError
from zendesk_assets.spec import BatchFiles, Collection
from zendesk_assets.warehouse import frames, transaction
from zendesk_assets.warehouse.absence import CompleteWalk
from zendesk_assets.warehouse.engines.postgres.copy import Courier
from zendesk_assets.warehouse.engines.postgres.query import query_postgres
from zendesk_assets.warehouse.engines.postgres.read import fetch_table
from zendesk_assets.warehouse.engines.postgres.server import Connection, PostgresServer, is_passing
from zendesk_assets.warehouse.engines.postgres.session import PostgresSession
from zendesk_assets.warehouse.engines.queries import QueryResult
from zendesk_assets.warehouse.names import check_schema
from zendesk_assets.warehouse.parts import check_unchanged
from zendesk_assets.warehouse.results import LoadResult
from zendesk_assets.warehouse.scrubs import leaves_tombstones
from zendesk_assets.warehouse.sql import qualified
from zendesk_assets.warehouse.staging import open_memory, stage
from zendesk_assets.warehouse.tables import LOAD_LOG
from zendesk_assets.warehouse.warehouse import Warehouse

__all__ = ["PostgresWarehouse"]

_ATTEMPTS: Final = 4


class PostgresWarehouse(Warehouse):
    """A PostgreSQL database with one schema per source; the options are those of every warehouse.

    `url` is an address in any form libpq takes. A load that a lost connection, a restart or a
    deadlock has ended is tried again: what had been committed is in the load log, and not repeated.
    """

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(**options)
        self._server = PostgresServer(url, self._lock_timeout, self._log)
        self.name = self._server.name

    def _load_group(
        self,
        schema: str,
        collection: Collection,
        group: list[BatchFiles],
        *,
        reload: bool,
        whose: AccountIdentity | None,
        walk: CompleteWalk | None,
    ) -> LoadResult:
        def work(courier: Courier) -> LoadResult:
            courier.send_rows(collection)
            courier.send("rejects")
            courier.send("batches")
            if leaves_tombstones(collection):
                courier.send("tombstones")
            session = PostgresSession(courier.target)
            result = transaction.run(
                session,
                schema,
                collection,
                self._clock.now(),
                reload=reload,
                whose=whose,
                walk=walk,
            )
            check_unchanged(group)
            return result

        with self._memory_of_its_own() as memory:
            stage(memory, collection, group)
            return self._write(memory, schema, collection.name, work)

    def _load_frame(self, frame: frames.Frame) -> LoadResult:
        with self._memory_of_its_own() as memory:
            frames.stage_frame(memory, frame)

            def work(courier: Courier) -> LoadResult:
                session, now = PostgresSession(courier.target), self._clock.now()
                return frames.run(
                    session, memory, frame, now, send=lambda: courier.send("incoming")
                )

            return self._write(memory, frame.schema, frame.table, work)

    def _write(
        self,
        memory: duckdb.DuckDBPyConnection,
        schema: str,
        table: str,
        work: Callable[[Courier], LoadResult],
    ) -> LoadResult:
        """Do the work in one transaction, when it is our turn for the table."""

        def once() -> LoadResult:
            started = monotonic()
            with self._server.transaction() as connection:
                self._prepare(connection, schema, table)
                held = monotonic()
                result = work(Courier(memory, connection))
            return result + LoadResult(
                total=result.total,
                lock_seconds=monotonic() - held,
                lock_wait_seconds=held - started,
            )

        return self._attempts()(once)

    def _prepare(self, connection: Connection, schema: str, table: str) -> None:
        """Wait for our turn; only one of all loading processes makes what the schema lacks."""
        self._server.take_turn(connection, f"{schema}.{table}")
        session = PostgresSession(connection)
        if missing := transaction.load_log_missing(session, schema):
            if missing == LOAD_LOG.keys():
                check_schema(schema)
            self._server.take_turn(connection, schema)
            self._server.make_schema(connection, schema)
            transaction.prepare_load_log(session, schema)

    def _attempts(self) -> Retrying:
        return Retrying(
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_random_exponential(max=20),
            retry=retry_if_exception(lambda error: is_passing(error.__cause__)),
            sleep=self._clock.sleep,
            before_sleep=self._tell,
            reraise=True,
        )

    def _tell(self, state: RetryCallState) -> None:
        if self._log is not None and state.outcome is not None:
            self._log(f"{state.outcome.exception()} It is tried again.")

    def _fetch(self, session: PostgresSession, query: str, values: list[Any]) -> pa.Table:
        return fetch_table(session.connection, query, values)

    def _query(self, statement: str, limit: int | None) -> QueryResult:
        with self._server.asking() as connection:
            return query_postgres(connection, statement, limit)

    @contextmanager
    def _reading(self) -> Iterator[PostgresSession | None]:
        with self._server.transaction(read_only=True) as connection:
            yield PostgresSession(connection)

    @contextmanager
    def _changing(self, schema: str, table: str) -> Iterator[PostgresSession | None]:
        with self._server.transaction() as connection:
            self._server.take_turn(connection, f"{schema}.{table}")
            yield PostgresSession(connection)

    def forget_old_bytes(self, schema: str, tables: Iterable[str]) -> None:
        """Rewrite our tables of the schema, so that old versions of rows are in no file of them."""
        with self._reading() as session:
            present = transaction.table_names(session, schema) if session else set()
        ours = sorted(present & {*LOAD_LOG, *tables})
        self._server.vacuum([qualified("", schema, name) for name in ours])

    @contextmanager
    def _memory_of_its_own(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with open_memory(self._memory) as connection:
            try:
                yield connection
            except duckdb.Error as error:
                what = " ".join(str(error).split()).removesuffix(".")
                raise WarehouseError(
                    f"Rows for {self.name} could not be made ready ({what}); nothing of them was "
                    "written: check the memory and the temporary folder, and run this again."
                ) from error
