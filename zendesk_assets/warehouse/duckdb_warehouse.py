"""The DuckDB warehouse: batches and frames in, tables and frames out; each load a transaction.

The order of a load is here, and the reading. What the SQL says is in `rows`, `tables`, `upsert` and
`books`; how rows come about in `staging`; who may have the file when in `duckdb_file`.
"""
# ruff: noqa: S608  # names are quoted by `qualified`

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any

import duckdb
import pandas as pd

from zendesk_assets.clock import Clock, SystemClock
from zendesk_assets.erasing import Person
from zendesk_assets.errors import WarehouseError
from zendesk_assets.spec import BatchFiles, Collection, Window
from zendesk_assets.warehouse import erasure, frames, transaction
from zendesk_assets.warehouse.duckdb_file import DATABASE, DuckDBFile, as_warehouse_error
from zendesk_assets.warehouse.parts import check_presence
from zendesk_assets.warehouse.results import LoadResult, TableSummary
from zendesk_assets.warehouse.sql import ident, listing, qualified
from zendesk_assets.warehouse.staging import Memory, open_memory, stage
from zendesk_assets.warehouse.table_audit import TableAudit

__all__ = ["DuckDBWarehouse"]

_SYSTEM_CLOCK = SystemClock()


class DuckDBWarehouse:
    """A DuckDB file with one schema per source. Safe to use from several threads and processes."""

    def __init__(
        self,
        path: str | Path,
        *,
        lock_timeout: float = 120.0,
        memory_limit: str = "1GB",
        threads: int = 2,
        clock: Clock = _SYSTEM_CLOCK,
        log: Callable[[str], None] | None = None,
    ) -> None:
        self.path = Path(path)
        self._clock = clock
        self._memory = Memory(memory_limit, threads)
        self._file = DuckDBFile(self.path, lock_timeout, clock, log)

    def load(
        self,
        schema: str,
        collection: Collection,
        batches: Sequence[BatchFiles],
        *,
        reload: bool = False,
        rows_per_transaction: int = 20_000,
    ) -> LoadResult:
        """Bring the batches into the collection's table; those that are in it already are skipped.

        Several batches share a transaction, up to about `rows_per_transaction` records; what is
        committed stays when a later one fails. Raises CorruptPartError or WarehouseError.
        """
        started = monotonic()
        done = set() if reload else self.loaded_batches(schema, collection.name)
        pending = {batch.batch_id: batch for batch in batches if batch.batch_id not in done}
        check_presence(pending.values())
        result = LoadResult()
        for group in _grouped(pending.values(), rows_per_transaction):
            result += self._load_group(schema, collection, group, reload=reload)
        total = result.total if result.batches else self.row_count(schema, collection.name)
        return result + LoadResult(total=total, seconds=monotonic() - started - result.seconds)

    def upsert_frame(
        self,
        schema: str,
        table: str,
        frame: pd.DataFrame,
        *,
        primary_key: tuple[str, ...],
        version: str | None = None,
    ) -> LoadResult:
        """Upsert a DataFrame; the later write wins, or the larger `version` where one is named.

        The key may neither be missing nor repeat itself in the frame.
        """
        started = monotonic()
        frames.check_frame(frame, primary_key, version, f"{schema}.{table}")
        with open_memory(self._memory) as connection, self._translated():
            frames.stage_frame(connection, frame)
            with self._writing(connection) as waited:
                held = monotonic()
                result = frames.run(
                    connection, schema, table, primary_key, version, self._clock.now()
                )
        return result + LoadResult(
            total=result.total,
            seconds=monotonic() - started,
            lock_seconds=monotonic() - held,
            lock_wait_seconds=waited,
        )

    def loaded_batches(self, schema: str, collection: str) -> set[str]:
        """Return the ids of the batches that are in the collection's table; none if it is gone.

        Who drops a table wants it back: everything is loaded again then.
        """
        query = "SELECT DISTINCT batch_id FROM {} WHERE collection = $1"
        rows = self._book(schema, "_loads", query, [collection], needs=collection)
        return {row[0] for row in rows}

    def rejects(self, schema: str) -> list[dict[str, Any]]:
        """Return the quarantined rows of a schema, oldest first."""
        query = "FROM {} ORDER BY rejected_at, collection, batch_id, part, line"
        names = [field.name for field in transaction.BOOKS["_rejects"]]
        rows = self._book(schema, "_rejects", query, [])
        return [dict(zip(names, row, strict=True)) for row in rows]

    def row_count(self, schema: str, table: str) -> int:
        """Return the number of rows, deleted ones included; 0 if there is no such table."""
        rows = self._book(schema, table, "SELECT count(*) FROM {}", [])
        return int(rows[0][0]) if rows else 0

    def summary(self, schema: str, collections: Iterable[Collection] = ()) -> list[TableSummary]:
        """Return each table at a glance, by name; `newest` only for the `collections` given."""
        versions = {each.name: each.version for each in collections}
        with self._reading() as connection:
            if connection is None:
                return []
            tables = transaction.table_names(connection, schema)
            books = tables & transaction.BOOKS.keys()
            return [
                transaction.summarize(connection, schema, table, versions.get(table), books)
                for table in sorted(tables - books)
            ]

    def read(
        self,
        schema: str,
        table: str,
        *,
        columns: Sequence[str] | None = None,
        time_column: str | None = None,
        window: Window | None = None,
    ) -> pd.DataFrame:
        """Return a table, or some `columns`, or the rows whose `time_column` is in `window`."""
        query = f"SELECT {listing(columns) if columns else '*'} FROM {_table(schema, table)}"
        bounds: list[datetime] = []
        if window is not None:
            if time_column is None:
                raise WarehouseError("To read a window of a table, say which column is its time.")
            query += f" WHERE {ident(time_column)} >= $1 AND {ident(time_column)} < $2"
            bounds = [window.start, window.end]
        with self._reading() as connection:
            if connection is None or table not in transaction.table_names(connection, schema):
                raise WarehouseError(
                    f"There is no table {schema}.{table} in {self.path}; load it first."
                )
            return frames.to_frame(connection.sql(query, params=bounds))

    def rows(
        self, schema: str, table: str, columns: Sequence[str], ids: Sequence[int] | None = None
    ) -> list[dict[str, Any]]:
        """Return these columns of the rows with these ids, or of all; [] if there is no table."""
        where = "" if ids is None else ' WHERE "id" IN (SELECT unnest($1::BIGINT[]))'
        query = f"SELECT {listing(columns)} FROM {{}}{where}"
        found = self._book(schema, table, query, [] if ids is None else [list(ids)])
        return [dict(zip(columns, row, strict=True)) for row in found]

    def erase(
        self,
        schema: str,
        collection: Collection,
        person: Person,
        erase_record: Callable[[bytes], bytes],
        *,
        apply: bool,
    ) -> tuple[int, int]:
        """Return in how many rows and quarantined rows a person is found; with `apply`, erase it.

        `erase_record` does so in a record of the collection's stream.
        """
        if not self.path.exists():
            return 0, 0
        work = erasure.Erasure(schema, collection, person, erase_record)
        with open_memory(self._memory) as connection, self._translated():
            look = self._file.attached(connection, read_only=True)
            with self._writing(connection) if apply else look:
                return erasure.erase(connection, work, self._clock.now(), apply=apply)

    @contextmanager
    def audit(self, schema: str, collection: Collection) -> Iterator[TableAudit]:
        """Open the file once, to read, for several questions about a table."""
        with self._reading() as connection:
            yield TableAudit(connection, schema, collection)

    def _load_group(
        self, schema: str, collection: Collection, group: list[BatchFiles], *, reload: bool
    ) -> LoadResult:
        started = monotonic()
        with open_memory(self._memory) as connection, self._translated():
            stage(connection, collection, group)
            with self._writing(connection) as waited:
                held = monotonic()
                result = transaction.run(
                    connection, schema, collection, self._clock.now(), reload=reload
                )
            lock_seconds = monotonic() - held
        return result + LoadResult(
            total=result.total,
            seconds=monotonic() - started,
            lock_seconds=lock_seconds,
            lock_wait_seconds=waited,
        )

    def _book(
        self, schema: str, table: str, query: str, values: list[Any], needs: str = ""
    ) -> list[tuple[Any, ...]]:
        """Return what the query finds in a table; nothing if that, `needs` or the file is gone."""
        with self._reading() as connection:
            wanted = {table, needs} - {""}
            if connection is None or wanted - transaction.table_names(connection, schema):
                return []
            return connection.execute(query.format(_table(schema, table)), values).fetchall()

    @contextmanager
    def _reading(self) -> Iterator[duckdb.DuckDBPyConnection | None]:
        """Open the file to read, or None if there is none: looking does not create it."""
        if not self.path.exists():
            yield None
            return
        with (
            open_memory(self._memory) as connection,
            self._translated(),
            self._file.attached(connection, read_only=True),
        ):
            yield connection

    @contextmanager
    def _writing(self, connection: duckdb.DuckDBPyConnection) -> Iterator[float]:
        """Attach the file to write within one transaction: all of it, or nothing."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WarehouseError(
                f"The folder of {self.path} cannot be created: {error}."
            ) from error
        with self._file.attached(connection) as waited:
            connection.begin()
            try:
                yield waited
                connection.commit()
            except BaseException:
                transaction.roll_back(connection)
                raise

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            raise as_warehouse_error(error, self.path) from error


def _table(schema: str, table: str) -> str:
    return qualified(DATABASE, schema, table)


def _grouped(batches: Iterable[BatchFiles], size: int) -> Iterator[list[BatchFiles]]:
    """Yield the batches, oldest first, in groups of about `size` records."""
    group: list[BatchFiles] = []
    for batch in sorted(batches, key=lambda each: (each.received_at, each.batch_id)):
        if group and sum(each.records for each in group) + batch.records > size:
            yield group
            group = []
        group.append(batch)
    if group:
        yield group
