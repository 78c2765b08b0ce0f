"""The engine of lakes: rows are typed and merged in DuckDB, and written as Parquet files.

Readers never wait: each reads one snapshot, no matter who is writing. On Iceberg, a reader that
needs a newer table goes on with a later snapshot. What a format says is how its lake is attached,
who writes when, what a transaction on it is, and how it is tidied.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

import duckdb
from duckdb import DuckDBPyConnection

from zendesk_assets import postgres
from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse.engines.attached.query import query_attached
from zendesk_assets.warehouse.engines.attached.session import transaction
from zendesk_assets.warehouse.engines.attempts import attempts
from zendesk_assets.warehouse.engines.engine import Session
from zendesk_assets.warehouse.engines.lake.ducklake import DuckLake, NotAloneError
from zendesk_assets.warehouse.engines.lake.extensions import Aim
from zendesk_assets.warehouse.engines.lake.iceberg import TOO_LATE, Iceberg
from zendesk_assets.warehouse.engines.queries import QueryResult
from zendesk_assets.warehouse.memory import open_memory
from zendesk_assets.warehouse.results import LoadResult, Published, Tidied

_PASSING: Final = re.compile(
    "(?i)database is locked|(closed the|terminating|lost) connection|connection (refused|reset)|"
    "(Conflict_409|TooManyRequests_429|BadGateway_502|ServiceUnavailable_503|GatewayTimeout_504)|"
    f"{TOO_LATE}"
)
_QUERIES: Final = 2
_Work = Callable[[Session], LoadResult]


class LakeEngine:
    """A lake with one schema per source. What its format refuses is done again, alone."""

    def __init__(self, lake: DuckLake | Iceberg) -> None:
        self.name, self.options, self._lake = lake.name, lake.options, lake

    @contextmanager
    def staging(self, *, share: int = 1, keep: bool = True) -> Iterator[DuckDBPyConnection]:
        """Open the in-memory DuckDB that the lake is attached to later."""
        with (
            open_memory(
                self.options.memory_limit // share, self.options.threads, keep=keep
            ) as memory,
            self._worded(),
        ):
            yield memory

    def write(self, memory: DuckDBPyConnection, schema: str, table: str, work: _Work) -> LoadResult:
        """Do the work in one transaction, when it is our turn for the table."""
        memory.execute("DROP TABLE IF EXISTS raw")

        def once() -> LoadResult:
            try:
                return self._write_once(memory, f"{schema}.{table}", work)
            except (NotAloneError, duckdb.TransactionException):
                # There is no lake or schema yet, or another load has changed the load log.
                with self._lake.turn(None), self._attached(memory, "create"):
                    pass
                return self._write_once(memory, None, work)

        return attempts(self.options, self._lake.attempts, _is_passing)(self._worded()(once))

    def _write_once(self, memory: DuckDBPyConnection, table: str | None, work: _Work) -> LoadResult:
        started = monotonic()
        with self._writing(memory, table) as session:
            if session is None:
                raise NotAloneError
            held = monotonic()
            result = work(session)
        return replace(result, lock_seconds=monotonic() - held, lock_wait_seconds=held - started)

    @contextmanager
    def reading(self) -> Iterator[Session | None]:
        """Open the lake to read one snapshot, or give None if there is none."""
        with self.staging() as memory, self._attached(memory) as is_there, transaction(memory):
            yield self._lake.session(memory, None) if is_there else None

    @contextmanager
    def changing(self, schema: str, table: str) -> Iterator[Session | None]:  # noqa: ARG002 # it is alone
        """Open the lake to change it within one transaction, alone; None if there is none."""
        with self.staging() as memory, self._writing(memory, None) as session:
            yield session

    def query(
        self, statement: str, limit: int | None, schemas: Sequence[str]
    ) -> QueryResult | None:
        """Return what a person's SELECT finds; None if there is no lake."""

        def once() -> QueryResult | None:
            with self.staging(keep=False) as memory, self._attached(memory) as is_there:
                if not is_there:
                    return None
                return query_attached(memory, statement, limit, schemas, self._lake.places)

        return attempts(self.options, _QUERIES, _is_too_late)(once)

    def forget_old_bytes(self, schema: str, tables: Sequence[str]) -> datetime | None:  # noqa: ARG002 # it has the whole lake
        """Remove all snapshots but the newest, with their files; return when that was."""
        return self.options.clock.now() if self.tidy(timedelta()) else None

    def tidy(self, keep: timedelta) -> Tidied | None:
        """Merge small files, expire older snapshots, remove files; None if there is no lake."""
        started = monotonic()
        with self.staging() as memory, self._attached(memory, "write") as is_there:
            if not is_there:
                return None
            with self._lake.turn(None):
                found = self._lake.tidy(memory, self.options.clock.now(), keep)
        return Tidied(**found, seconds=monotonic() - started)

    def publish(self) -> Published | None:
        """Return None: everybody reads a lake at any time."""
        return None

    @contextmanager
    def _attached(self, memory: DuckDBPyConnection, aim: Aim = "read") -> Iterator[bool]:
        """Attach the lake; yield whether there is one."""
        is_there = self._lake.attach(memory, aim)
        try:
            yield is_there
        finally:
            # It is not there, is where a query looks, or is gone by a fatal error.
            with suppress(duckdb.Error):
                memory.execute("DETACH warehouse")

    @contextmanager
    def _writing(self, memory: DuckDBPyConnection, table: str | None) -> Iterator[Session | None]:
        """Attach the lake to write within one transaction, in our turn: all of it, or nothing."""
        with self._attached(memory, "write") as is_there:
            if not is_there:
                yield None
                return
            with self._lake.turn(table) as turn, transaction(memory):
                session = self._lake.session(memory, turn)
                yield session
                turn.check()
                session.commit()

    @contextmanager
    def _worded(self) -> Iterator[None]:
        """Say in our words, without secrets, what DuckDB says."""
        try:
            yield
        except duckdb.Error as error:
            what = " ".join(str(error).split()).removesuffix(".")
            for each in self._lake.secrets:
                what = what.replace(each, "***")
            raise WarehouseError(
                f"{self.name[0].upper()}{self.name[1:]} cannot be used ({what}); nothing was "
                "written: check its catalog, its files, the rights and the free space, and run "
                "this again."
            ) from error


def _is_too_late(error: BaseException) -> bool:
    """Return whether another machine has just made a table that a query reads."""
    return bool(re.search(TOO_LATE, str(error.__cause__)))


def _is_passing(error: BaseException) -> bool:
    """Return whether the same may work a moment later."""
    cause = error.__cause__
    return bool(_PASSING.search(str(cause))) or postgres.is_passing(cause)
