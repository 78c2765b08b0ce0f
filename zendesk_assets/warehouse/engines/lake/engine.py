"""The engine of lakes: rows are typed and merged in DuckDB, and written as Parquet files.

Readers are never held up: each reads one snapshot, whoever writes meanwhile.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

import duckdb
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from zendesk_assets import postgres
from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse.engines.attached.query import query_attached
from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.engines.lake.lake import Lake
from zendesk_assets.warehouse.engines.lake.session import LakeSession, NotAloneError
from zendesk_assets.warehouse.engines.queries import QueryResult
from zendesk_assets.warehouse.memory import open_memory
from zendesk_assets.warehouse.results import LoadResult, Published, Tidied

_PASSING: Final = re.compile(
    "(?i)database is locked|(closed the|terminating|lost) connection|connection (refused|reset)|"
    "(Conflict_409|TooManyRequests_429|BadGateway_502|ServiceUnavailable_503|GatewayTimeout_504)|"
    "reachable state in this transaction"  # a table that was made since it began
)


class LakeEngine:
    """A lake with one schema per source. What its format refuses is done again, alone."""

    def __init__(self, lake: Lake) -> None:
        self.name, self.options, self._lake = lake.name, lake.options, lake

    @contextmanager
    def staging(
        self,
        *,
        keep: bool = True,
        few: bool = True,  # noqa: ARG002 # a table may be large, whatever is loaded
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the in-memory DuckDB that the lake is attached to later."""
        with open_memory(self.options.memory_limit, self.options.threads, keep=keep) as memory:
            try:
                yield memory
            except duckdb.Error as error:
                raise self._as_warehouse_error(error) from error

    def write(
        self,
        memory: duckdb.DuckDBPyConnection,
        schema: str,
        table: str,
        work: Callable[[Session], LoadResult],
    ) -> LoadResult:
        """Do the work in one transaction, when it is our turn for the table."""
        memory.execute("DROP TABLE IF EXISTS raw")
        attempts = Retrying(
            stop=stop_after_attempt(self._lake.attempts),
            wait=wait_random_exponential(max=20),
            retry=retry_if_exception(_is_passing),
            sleep=self.options.clock.sleep,
            reraise=True,
        )
        return attempts(self._write, memory, f"{schema}.{table}", work)

    def _write(
        self,
        memory: duckdb.DuckDBPyConnection,
        table: str,
        work: Callable[[Session], LoadResult],
    ) -> LoadResult:
        try:
            return self._write_once(memory, table, work)
        except (NotAloneError, duckdb.TransactionException):
            # A schema is to be made, or another table's load has changed the load log.
            return self._write_once(memory, None, work)

    def _write_once(
        self,
        memory: duckdb.DuckDBPyConnection,
        table: str | None,
        work: Callable[[Session], LoadResult],
    ) -> LoadResult:
        started = monotonic()
        with self._writing(memory, table) as session:
            held = monotonic()
            result = work(session)
        waited = held - started
        return replace(result, lock_seconds=monotonic() - held, lock_wait_seconds=waited)

    @contextmanager
    def reading(self, *, keep: bool = True) -> Iterator[LakeSession | None]:
        """Open the lake to read one snapshot, or give None if there is none."""
        if not self._lake.is_there():
            yield None
            return
        with self.staging(keep=keep) as memory, self._lake.attached(memory, read_only=True):
            memory.begin()
            try:
                yield self._lake.session(memory)
            finally:
                _undo(memory)

    @contextmanager
    def changing(self, schema: str, table: str) -> Iterator[LakeSession | None]:  # noqa: ARG002 # it is alone
        """Open the lake to change it within one transaction, alone; None if there is none."""
        if not self._lake.is_there():
            yield None
            return
        with self.staging() as memory, self._writing(memory, None) as session:
            yield session

    def query(
        self, statement: str, limit: int | None, schemas: Sequence[str]
    ) -> QueryResult | None:
        """Return what a person's SELECT finds; None if there is no lake."""
        if not self._lake.is_there():
            return None
        with self.staging(keep=False) as memory, self._lake.attached(memory, read_only=True):
            return query_attached(memory, statement, limit, schemas, self._lake.places)

    def forget_old_bytes(self, schema: str, tables: Sequence[str]) -> datetime | None:  # noqa: ARG002 # it has the whole lake
        """Remove all snapshots but the newest, with their files; return when that was."""
        if not self._lake.is_there():
            return None
        with self._lake.turns.taken(None):
            self._tidy(timedelta())
            self._lake.forget()
            return self.options.clock.now()

    def tidy(self, keep: timedelta) -> Tidied | None:
        """Merge small files, expire older snapshots, remove files; None if there is no lake."""
        if not self._lake.is_there():
            return None
        started = monotonic()
        with self._lake.turns.taken(None):
            return Tidied(**self._tidy(keep), seconds=monotonic() - started)

    def _tidy(self, keep: timedelta) -> dict[str, int]:
        with self.staging() as memory, self._lake.attached(memory):
            return self._lake.tidy(memory, self.options.clock.now(), keep)

    def publish(self) -> Published | None:
        """Return None: everybody reads a lake at any time."""
        return None

    @contextmanager
    def _writing(
        self, memory: duckdb.DuckDBPyConnection, table: str | None
    ) -> Iterator[LakeSession]:
        """Attach the lake to write within one transaction: all of it, or nothing."""
        if not self._lake.is_there():
            table = None
        with self._lake.turns.taken(table) as check, self._lake.attached(memory):
            memory.begin()
            try:
                is_alone = table is None or self._lake.turns.alone
                session = self._lake.session(memory, is_alone=is_alone)
                yield session
                check()
                session.commit()
            except BaseException:
                _undo(memory)
                raise

    def _as_warehouse_error(self, error: duckdb.Error) -> WarehouseError:
        what = " ".join(self._lake.reworded(str(error)).split()).removesuffix(".")
        return WarehouseError(
            f"{self.name[0].upper()}{self.name[1:]} cannot be used ({what}); nothing was written: "
            "check its places, the rights and the free space, and run this again."
        )


def _is_passing(error: BaseException) -> bool:
    """Return whether the same may work a moment later."""
    if isinstance(error, duckdb.Error):
        return bool(_PASSING.search(str(error)))
    return isinstance(error, WarehouseError) and postgres.is_passing(error.__cause__)


def _undo(memory: duckdb.DuckDBPyConnection) -> None:
    # One that a fatal error has ended already is undone as it is.
    with suppress(duckdb.Error):
        memory.rollback()
