"""What a warehouse needs of the database that it lives in: an `Engine`, and its `Session`.

A session is an open transaction that runs statements (`ask`, `fetch`, `change`) and receives staged
rows (`bring`). What can be said in SQL is written once over these, in the words of a `Dialect`:
creating relations (`relations.ensure`) and merging rows into them (`merge.merge`, which a session's
`merge` calls). An engine's own package says how it connects, waits, receives staged rows and words
its errors. It knows neither batches nor the load log.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

import duckdb

from zendesk_assets.clock import Clock, SystemClock
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse.engines.dialect import Dialect
from zendesk_assets.warehouse.engines.queries import QueryResult
from zendesk_assets.warehouse.results import LoadResult, Published, Tidied
from zendesk_assets.warehouse.upsert import Counts, Upsert

if TYPE_CHECKING:
    import pyarrow as pa

_SYSTEM_CLOCK = SystemClock()
# How statements begin that change the catalog; temporary tables are not looked up there.
CATALOG_CHANGES: Final = re.compile("(?!CREATE (OR REPLACE )?TEMP )(CREATE|ALTER|DROP|COMMENT) ")


@dataclass(frozen=True)
class Options:
    """What every engine takes: `lock_timeout` is how long others are waited for, in seconds.

    `memory_limit` bounds, in megabytes, the DuckDBs that type the rows of a load, `threads` what
    reads large tables; `log` receives what is waited for.
    """

    lock_timeout: float = 120.0
    memory_limit: int = 1000
    threads: int = 2
    clock: Clock = _SYSTEM_CLOCK
    log: Callable[[str], None] | None = None


class Session(Protocol):
    """An open transaction; parameters of statements are `$1`, `$2`, ….

    Temporary tables are its own: there are none at its beginning but the staged ones.
    """

    @property
    def dialect(self) -> Dialect:
        """Return the engine's dialect."""

    def ask(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows that a query finds."""

    def look_up(self, query: str, schema: str) -> list[tuple[Any, ...]]:
        """Return what a query finds in the database's catalog about a schema.

        It is asked once, and again after this session has changed the catalog.
        """

    def list_columns(self, schema: str, name: str) -> list[tuple[Any, ...]]:
        """Return what `Dialect.columns` finds about a table or view; others may be there too."""

    def fetch(self, query: str, values: Sequence[Any] = ()) -> pa.Table:
        """Return what a query finds as an Arrow table."""

    def change(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run a statement; return how many rows it changed (0 for DDL)."""

    def make_schema(self, schema: str) -> None:
        """Create a schema if it is missing; wait while another process completes it."""

    def bring(self, table: str, collection: Collection | None = None) -> None:
        """Make a staged table a temporary table of this transaction.

        Values of a `collection` that the engine refuses are set aside, and listed in `rejects`.
        """

    def merge(self, upsert: Upsert, now: datetime | None = None) -> Counts:
        """Bring the rows of the upsert's source into its table; what is newer wins."""


class Engine(Protocol):
    """A database. Nothing is opened before it is used, and looking creates nothing.

    `name` is what messages call it.
    """

    name: str
    options: Options

    def staging(self, *, share: int = 1) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Open the in-memory DuckDB where rows become typed; its errors are in our words.

        It may use the `share`-th part of the memory limit: 2 is half.
        """

    def write(
        self,
        memory: duckdb.DuckDBPyConnection,
        schema: str,
        table: str,
        work: Callable[[Session], LoadResult],
    ) -> LoadResult:
        """Do the work in a transaction, when it is our turn for the table; add how long it took.

        `memory` has the staged rows. What is not there yet, apart from the schema, is created. Work
        that a passing fault of the engine has ended is done again.
        """

    def reading(self) -> AbstractContextManager[Session | None]:
        """Open a transaction that only reads; None if there is no warehouse yet."""

    def changing(self, schema: str, table: str) -> AbstractContextManager[Session | None]:
        """Open a transaction that changes a table, once; None if there is no warehouse yet."""

    def query(
        self, statement: str, limit: int | None, schemas: Sequence[str]
    ) -> QueryResult | None:
        """Return what a person's SELECT finds; None if there is no warehouse yet.

        Names that are not qualified are looked for in `schemas` first.
        """

    def forget_old_bytes(self, schema: str, tables: Sequence[str]) -> datetime | None:
        """Rewrite what is kept of rows of these tables of ours that have changed.

        Where snapshots had them, it removes those, and returns when that was.
        """

    def tidy(self, keep: timedelta) -> Tidied | None:
        """Merge small files and expire snapshots older than `keep`; None where there are none."""

    def publish(self) -> Published | None:
        """Bring the copy for readers up to date; None where there is none."""
