"""The DuckDB engine: a file, written by one process at a time, and only for seconds."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Final

import duckdb

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse.engines.attached.query import query_attached
from zendesk_assets.warehouse.engines.attached.session import DuckDBSession, transaction
from zendesk_assets.warehouse.engines.duckdb.file import DuckDBFile, as_warehouse_error
from zendesk_assets.warehouse.engines.duckdb.publish import publish
from zendesk_assets.warehouse.engines.duckdb.rewrite import rewrite
from zendesk_assets.warehouse.engines.engine import Options, Session
from zendesk_assets.warehouse.engines.queries import QueryResult
from zendesk_assets.warehouse.memory import open_memory
from zendesk_assets.warehouse.results import LoadResult, Published, Tidied

_SMALL_FILE: Final = 64 * 1024 * 1024  # bytes; its larger tables have some 100,000 rows


class DuckDBEngine:
    """A DuckDB file with one schema per source.

    `storage_version` is the oldest DuckDB that can open the file, if this makes it; `published` is
    where the copy for readers is, if there is to be one.
    """

    def __init__(
        self, path: Path, options: Options, storage_version: str, published: Path | None = None
    ) -> None:
        self.name, self.options, self._path = str(path), options, path
        self._published = published
        self._file = DuckDBFile(
            path, options.lock_timeout, options.clock, options.log, storage_version
        )

    @contextmanager
    def staging(
        self, *, share: int = 1, keep: bool = True, threads: int = 1
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the in-memory DuckDB that the file is attached to later."""
        limit = self.options.memory_limit // share
        with open_memory(limit, threads, keep=keep) as memory:
            try:
                yield memory
            except duckdb.Error as error:
                raise as_warehouse_error(error, self._path) from error

    def write(
        self,
        memory: duckdb.DuckDBPyConnection,
        schema: str,  # noqa: ARG002 # it has the whole file
        table: str,  # noqa: ARG002 # as above
        work: Callable[[Session], LoadResult],
    ) -> LoadResult:
        """Do the work in one transaction on the file, which is held for that long only."""
        memory.execute("DROP TABLE IF EXISTS raw")
        with self._writing(memory) as (session, waited):
            held = monotonic()
            result = work(session)
        return replace(result, lock_seconds=monotonic() - held, lock_wait_seconds=waited)

    @contextmanager
    def reading(self, *, keep: bool = True) -> Iterator[DuckDBSession | None]:
        """Open the file to read, or give None if there is none: looking does not create it."""
        if not self._path.exists():
            yield None
            return
        with self.staging(keep=keep, threads=self._readers()) as memory:
            if keep:
                with self._file.in_use(memory, read_only=True) as use:
                    yield DuckDBSession(memory, seen=use.seen)
            else:
                with self._file.attached(memory, read_only=True):
                    yield DuckDBSession(memory)

    @contextmanager
    def changing(self, schema: str, table: str) -> Iterator[DuckDBSession | None]:  # noqa: ARG002 # it has the whole file
        """Open the file to change it within one transaction; None if there is none."""
        if not self._path.exists():
            yield None
            return
        with self.staging() as memory, self._writing(memory) as (session, _):
            yield session

    def query(
        self, statement: str, limit: int | None, schemas: Sequence[str]
    ) -> QueryResult | None:
        """Return what a person's SELECT finds; None if there is no file."""
        with self.reading(keep=False) as session:  # it locks DuckDB's settings
            if session is None:
                return None
            return query_attached(session.connection, statement, limit, schemas)

    def forget_old_bytes(self, schema: str, tables: Sequence[str]) -> None:  # noqa: ARG002 # it has the whole file
        """Rewrite the file, so that freed blocks are gone from it, and publish it again.

        The copy for readers is replaced even if the file cannot be rewritten. Raises
        WarehouseError.
        """
        troubles = []
        for forget in (self._rewrite, self._publish_what_is_left):
            try:
                forget()
            except WarehouseError as error:
                troubles.append(str(error))
        if troubles:
            raise WarehouseError(" ".join(troubles))

    def _rewrite(self) -> None:
        if self._path.exists():
            with self.staging(threads=self._readers()) as memory:
                rewrite(self._file, memory)

    def _publish_what_is_left(self) -> None:
        try:
            self.publish()
        except WarehouseError as error:
            raise WarehouseError(
                f"{error} What was erased may still be in {self._published}: if it is our copy, "
                "delete it, and the next sync makes it again."
            ) from error

    def tidy(self, keep: timedelta) -> Tidied | None:  # noqa: ARG002 # it has no snapshots
        """Return None: there is nothing to tidy."""
        return None

    def publish(self) -> Published | None:
        """Bring the copy for readers up to date; None if there is to be none, or no file yet."""
        if self._published is None or not self._path.exists():
            return None
        with self.staging(threads=self._readers()) as memory:
            return publish(self._file, memory, self._published)

    def _readers(self) -> int:
        """Return how many threads read: to share little work costs twice the processor."""
        try:
            is_small = self._path.stat().st_size <= _SMALL_FILE
        except OSError:
            is_small = True
        return 1 if is_small else self.options.threads

    @contextmanager
    def _writing(self, memory: duckdb.DuckDBPyConnection) -> Iterator[tuple[DuckDBSession, float]]:
        """Attach the file to write within one transaction: all of it, or nothing."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WarehouseError(
                f"The folder of {self._path} cannot be made ({error.strerror}): make it, writable "
                "for you, or give `warehouse` another path in the sources file."
            ) from error
        with self._file.in_use(memory) as use, transaction(memory):
            yield DuckDBSession(memory, seen=use.seen), use.waited
            use.save_blocks(memory)
            memory.commit()
