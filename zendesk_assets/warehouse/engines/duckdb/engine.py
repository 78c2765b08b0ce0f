"""The DuckDB warehouse: a file, written by one process at a time, and only for seconds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import duckdb

from zendesk_assets.account_identity import AccountIdentity
from zendesk_assets.errors import WarehouseError
from zendesk_assets.spec import BatchFiles, Collection
from zendesk_assets.warehouse import transaction
from zendesk_assets.warehouse.absence import CompleteWalk
from zendesk_assets.warehouse.engines.dialect import DUCKDB
from zendesk_assets.warehouse.engines.duckdb.file import (
    STORAGE_VERSION,
    DuckDBFile,
    as_warehouse_error,
)
from zendesk_assets.warehouse.engines.duckdb.rewrite import rewrite
from zendesk_assets.warehouse.engines.duckdb.session import DuckDBSession
from zendesk_assets.warehouse.engines.queries import QueryResult, query_duckdb
from zendesk_assets.warehouse.parts import check_unchanged
from zendesk_assets.warehouse.results import LoadResult
from zendesk_assets.warehouse.sql import ident, qualified
from zendesk_assets.warehouse.staging import open_memory, stage
from zendesk_assets.warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    import pyarrow as pa

    from zendesk_assets.warehouse import frames

__all__ = ["DuckDBWarehouse"]


class DuckDBWarehouse(Warehouse):
    """A DuckDB file with one schema per source; the options are those of every warehouse.

    `storage_version` is the oldest DuckDB that can open the file, if this makes it.
    """

    def __init__(
        self, path: str | Path, *, storage_version: str = STORAGE_VERSION, **options: Any
    ) -> None:
        super().__init__(**options)
        self.path = Path(path)
        self.name = str(self.path)
        self._file = DuckDBFile(
            self.path, self._lock_timeout, self._clock, self._log, storage_version
        )

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
        with open_memory(self._memory) as connection, self._translated():
            stage(connection, collection, group)
            connection.execute("DROP TABLE raw")
            with self._writing(connection, schema) as (session, waited):
                held = monotonic()
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
            return result + _locked(result.total, held, waited)

    def _load_frame(self, frame: frames.Frame) -> LoadResult:
        from zendesk_assets.warehouse import frames  # noqa: PLC0415 # half a second that only frames need

        with open_memory(self._memory) as connection, self._translated():
            frames.stage_frame(connection, frame)
            with self._writing(connection, frame.schema) as (session, waited):
                held = monotonic()
                now = self._clock.now()
                result = frames.run(session, connection, frame, now, send=lambda: None)
            return result + _locked(result.total, held, waited)

    def _fetch(self, session: DuckDBSession, query: str, values: list[Any]) -> pa.Table:
        from zendesk_assets.warehouse import frames  # noqa: PLC0415 # half a second that only frames need

        found = session.connection.sql(query, params=values).to_arrow_table()
        if far := frames.find_far(found):
            texts = ", ".join(f"CAST({ident(name)} AS VARCHAR) AS {ident(name)}" for name in far)
            query = f"SELECT * REPLACE ({texts}) FROM ({query})"  # noqa: S608 # names are quoted
            found = session.connection.sql(query, params=values).to_arrow_table()
        return found

    def _query(self, statement: str, limit: int | None) -> QueryResult | None:
        with self._reading() as session:
            return None if session is None else query_duckdb(session.connection, statement, limit)

    @contextmanager
    def _reading(self) -> Iterator[DuckDBSession | None]:
        """Open the file to read, or return None if there is none: looking does not create it."""
        if not self.path.exists():
            yield None
            return
        with (
            open_memory(self._memory) as connection,
            self._translated(),
            self._file.attached(connection, read_only=True),
        ):
            yield DuckDBSession(connection)

    @contextmanager
    def _changing(self, schema: str, table: str) -> Iterator[DuckDBSession | None]:  # noqa: ARG002 # it has the whole file
        if not self.path.exists():
            yield None
            return
        with (
            open_memory(self._memory) as connection,
            self._translated(),
            self._writing(connection, schema) as (session, _),
        ):
            yield session

    def forget_old_bytes(self, schema: str, tables: Iterable[str]) -> None:  # noqa: ARG002 # it has the whole file
        """Rewrite the file, with everything in it, so that freed blocks are gone."""
        if self.path.exists():
            with open_memory(self._memory) as connection, self._translated():
                rewrite(self._file, connection)

    @contextmanager
    def _writing(
        self, connection: duckdb.DuckDBPyConnection, schema: str
    ) -> Iterator[tuple[DuckDBSession, float]]:
        """Attach the file to write within one transaction: all of it, or nothing."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WarehouseError(
                f"The folder of {self.path} cannot be made ({error.strerror}): make it, writable "
                "for you, or give `warehouse` another path in the sources file."
            ) from error
        with self._file.attached(connection) as waited:
            connection.begin()
            try:
                connection.execute(
                    f"CREATE SCHEMA IF NOT EXISTS {qualified(DUCKDB.database, schema)}"
                )
                yield DuckDBSession(connection), waited
                connection.commit()
            except BaseException:
                # One that a fatal error has ended already is undone as it is.
                with suppress(duckdb.Error):
                    connection.rollback()
                raise

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            raise as_warehouse_error(error, self.path) from error


def _locked(total: int, held: float, waited: float) -> LoadResult:
    return LoadResult(total=total, lock_seconds=monotonic() - held, lock_wait_seconds=waited)
