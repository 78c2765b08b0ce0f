"""A warehouse, whatever the engine: batches and frames in, tables and frames out.

The order of a load is here, and the reading. What the SQL says is in `rows`, `tables`, `upsert` and
`load_log`; how rows come about in `staging`; an engine's own module opens, waits and commits.
"""
# ruff: noqa: S608  # names are quoted by `qualified`

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from zendesk_assets.account_identity import AccountIdentity
from zendesk_assets.clock import Clock, SystemClock
from zendesk_assets.erasing import Person
from zendesk_assets.errors import WarehouseError
from zendesk_assets.spec import BatchFiles, Collection, Window
from zendesk_assets.warehouse import account as whose
from zendesk_assets.warehouse import erasure, transaction
from zendesk_assets.warehouse.absence import CompleteWalk
from zendesk_assets.warehouse.engines.queries import QueryResult
from zendesk_assets.warehouse.engines.session import Session
from zendesk_assets.warehouse.holdable import mend_frame
from zendesk_assets.warehouse.parts import check_presence
from zendesk_assets.warehouse.results import LoadResult, TableSummary
from zendesk_assets.warehouse.sql import ident, listing
from zendesk_assets.warehouse.staging import Memory
from zendesk_assets.warehouse.table_audit import TableAudit
from zendesk_assets.warehouse.tables import LOAD_LOG
from zendesk_assets.warehouse.views import View, ViewState, measure, put_view

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from zendesk_assets.warehouse import frames

__all__ = ["Warehouse"]

_SYSTEM_CLOCK = SystemClock()
_ROWS_PER_TRANSACTION = 20_000


class Warehouse(ABC):
    """One schema per source. Safe to use from several threads and processes.

    `name` is what messages call it; `lock_timeout` how long others are waited for, in seconds.
    Nothing is opened before it is used, and looking creates nothing.
    """

    name: str

    def __init__(
        self,
        *,
        lock_timeout: float = 120.0,
        memory_limit: str = "1GB",
        threads: int = 2,
        clock: Clock = _SYSTEM_CLOCK,
        log: Callable[[str], None] | None = None,
    ) -> None:
        self._lock_timeout = lock_timeout
        self._memory = Memory(memory_limit, threads)
        self._clock = clock
        self._log = log

    def load(
        self,
        schema: str,
        collection: Collection,
        batches: Sequence[BatchFiles],
        *,
        reload: bool = False,
        rows_per_transaction: int = _ROWS_PER_TRANSACTION,
        account: AccountIdentity | None = None,
        walk: CompleteWalk | None = None,
    ) -> LoadResult:
        """Load the batches into the collection's table; those that are in it already are skipped.

        Several batches share a transaction, up to about `rows_per_transaction` records; what is
        committed stays when a later one fails. Those of a complete `walk` share one, whether they
        are in the table or not. `account` is whose batches they are. Raises
        CorruptPartError, OtherAccountError, ReplacedPartError or WarehouseError.
        """
        started = monotonic()
        done = set() if reload else self.loaded_batches(schema, collection.name)
        done -= walk.batches if walk else set()
        pending = {batch.batch_id: batch for batch in batches if batch.batch_id not in done}
        check_presence(pending.values())
        result = LoadResult()
        for group, of_walk in _grouped(pending.values(), rows_per_transaction, walk):
            began = monotonic()
            again = reload or of_walk is not None
            loaded = self._load_group(
                schema, collection, group, reload=again, whose=account, walk=of_walk
            )
            result += loaded + LoadResult(total=loaded.total, seconds=monotonic() - began)
        total = result.total or self.row_count(schema, collection.name)
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

        The key may neither be missing nor repeat itself in the frame. A frame without rows changes
        nothing. Raises WarehouseError.
        """
        started = monotonic()
        if not len(frame):
            return LoadResult(total=self.row_count(schema, table))
        from zendesk_assets.warehouse import frames  # noqa: PLC0415 # half a second that only frames need

        wanted = frames.read_frame(schema, table, mend_frame(frame), primary_key, version)
        result = self._load_frame(wanted)
        return result + LoadResult(total=result.total, seconds=monotonic() - started)

    def loaded_batches(self, schema: str, collection: str) -> set[str]:
        """Return the ids of the batches that are in the collection's table; none if it is gone.

        After a table was dropped, everything is loaded again.
        """
        query = "SELECT DISTINCT batch_id FROM {} WHERE collection = $1"
        rows = self._ask_load_log(schema, "_loads", query, [collection], needs=collection)
        return {row[0] for row in rows}

    def accounts(self, schema: str) -> list[AccountIdentity]:
        """Return the account that fills a schema; none where that is not known yet."""
        with self._reading() as session:
            if session is None or "_account" not in transaction.table_names(session, schema):
                return []
            return whose.read(session, schema)

    def refuse_other_account(self, schema: str, account: AccountIdentity) -> None:
        """Raise OtherAccountError if a schema is filled by another account than `account`."""
        whose.refuse_other(schema, self.accounts(schema), account)

    def set_account(self, schema: str, account: AccountIdentity) -> None:
        """Remember that `account` fills a schema, whatever was known; nothing if it has no data."""
        if not self.accounts(schema):
            return
        with self._changing(schema, "_account") as session:
            if session is not None:
                whose.write(session, schema, account, self._clock.now())

    def rejects(self, schema: str) -> list[dict[str, Any]]:
        """Return the rejects of a schema, oldest first: quarantined rows, and (warnings) values."""
        with self._reading() as session:
            return transaction.read_rejects(session, schema) if session else []

    def row_count(self, schema: str, table: str) -> int:
        """Return the number of rows, deleted ones included; 0 if there is no such table."""
        rows = self._ask_load_log(schema, table, "SELECT count(*) FROM {}", [])
        return int(rows[0][0]) if rows else 0

    def summary(self, schema: str, collections: Iterable[Collection] = ()) -> list[TableSummary]:
        """Return each table at a glance, by name; `newest` only for the `collections` given."""
        versions = {each.name: each.version for each in collections}
        with self._reading() as session:
            if session is None:
                return []
            tables = transaction.table_names(session, schema)
            log_tables = tables & LOAD_LOG.keys()
            return [
                transaction.summarize(session, schema, table, versions.get(table), log_tables)
                for table in sorted(tables - log_tables)
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
        """Return a table or view: some `columns`, the rows whose `time_column` is in `window`."""
        where, bounds = "", list[datetime]()
        if window is not None:
            if time_column is None:
                raise WarehouseError("To read a window of a table, say which column is its time.")
            where = f" WHERE {ident(time_column)} >= $1 AND {ident(time_column)} < $2"
            bounds = [window.start, window.end]
        with self._reading() as session:
            if session is None or table not in _readable(session, schema):
                raise WarehouseError(
                    f"There is no table {schema}.{table} in {self.name}; load it first."
                )
            name = transaction.name_table(session, schema, table)
            wanted = listing(columns) if columns else "*"
            found = self._fetch(session, f"SELECT {wanted} FROM {name}{where}", bounds)
            from zendesk_assets.warehouse import frames  # noqa: PLC0415 # half a second that only frames need

            return frames.to_frame(found)

    def query(self, statement: str, limit: int | None = None) -> QueryResult:
        """Return what one SELECT finds, at most `limit` rows.

        It reads the warehouse only: it cannot write, and has no way to files or to the network.

        Raises:
            WarehouseError: for any other statement, and for one that the engine refuses.
        """
        found = self._query(statement, limit)
        if found is None:
            raise WarehouseError(f"There is no {self.name} yet: `zendesk-assets sync` makes it.")
        return found

    def rows(
        self,
        schema: str,
        table: str,
        columns: Sequence[str],
        values: Sequence[int | str] | None = None,
        key: str = "id",
    ) -> list[dict[str, Any]]:
        """Return these columns of the rows whose `key` is one of `values`, or of all.

        It returns nothing if there is no such table.
        """
        kind = "VARCHAR" if values and isinstance(values[0], str) else "BIGINT"
        where = "" if values is None else f" WHERE {ident(key)} IN (SELECT unnest($1::{kind}[]))"
        query = f"SELECT {listing(columns)} FROM {{}}{where}"
        found = self._ask_load_log(schema, table, query, [] if values is None else [list(values)])
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
        work = erasure.Erasure(schema, collection, person, erase_record)
        opened = self._changing(schema, collection.name) if apply else self._reading()
        with opened as session:
            if session is None:
                return 0, 0
            return erasure.erase(session, work, self._clock.now(), apply=apply)

    @abstractmethod
    def forget_old_bytes(self, schema: str, tables: Iterable[str]) -> None:
        """Have the engine rewrite what it keeps of rows of `tables` that have changed.

        What is not ours stays as it is. Raises WarehouseError, and then nothing is lost.
        """

    def put_view(self, schema: str, view: View) -> ViewState:
        """Create the view beside the tables, or replace it if its definition has changed.

        Nothing is done while the schema has no table. Raises WarehouseError.
        """
        with self._reading() as session:
            if session is None or not transaction.table_names(session, schema):
                return ViewState(missing=tuple(each.name for each in view.reads))
        with self._changing(schema, view.name) as session:
            assert session is not None
            tables = frozenset(transaction.table_names(session, schema))
            return put_view(session, schema, view, tables)

    def measure(self, schema: str, view: View) -> dict[str, Any]:
        """Return the number of rows of a view that is there, as `rows`, and its figures."""
        with self._reading() as session:
            return measure(session, schema, view) if session else {}

    def select(self, schema: str, view: str, query: str) -> list[tuple[Any, ...]]:
        """Return what a query finds, `{view}` in it being that view; nothing if it is not there."""
        with self._reading() as session:
            if session is None or view not in transaction.view_names(session, schema):
                return []
            return session.ask(query.format(view=transaction.name_table(session, schema, view)))

    def newest(
        self, schema: str, table: str, key: str, version: str
    ) -> list[tuple[int, datetime | None]]:
        """Return each value of `key` with the largest `version` among its rows."""
        query = f"SELECT {ident(key)}, max({ident(version)}) FROM {{}} GROUP BY 1"
        return [(row[0], row[1]) for row in self._ask_load_log(schema, table, query, [])]

    @contextmanager
    def audit(self, schema: str, collection: Collection) -> Iterator[TableAudit]:
        """Open the warehouse once, to read, for several questions about a table."""
        with self._reading() as session:
            yield TableAudit(session, schema, collection)

    @abstractmethod
    def _reading(self) -> AbstractContextManager[Session | None]:
        """Open the warehouse to read, or give None if there is none yet."""

    @abstractmethod
    def _changing(self, schema: str, table: str) -> AbstractContextManager[Session | None]:
        """Open the warehouse to change a table in one transaction; None if there is none yet."""

    @abstractmethod
    def _fetch(self, session: Any, query: str, values: list[Any]) -> pa.Table:
        """Return what a query finds."""

    @abstractmethod
    def _query(self, statement: str, limit: int | None) -> QueryResult | None:
        """Return what a person's SELECT finds, or None if there is no warehouse yet."""

    @abstractmethod
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
        """Stage the batches and upsert them in one transaction."""

    @abstractmethod
    def _load_frame(self, frame: frames.Frame) -> LoadResult:
        """Stage the frame and upsert it in one transaction."""

    def _ask_load_log(
        self, schema: str, table: str, query: str, values: list[Any], needs: str = ""
    ) -> list[tuple[Any, ...]]:
        """Return what the query finds in a table; nothing if that, `needs` or all is gone."""
        with self._reading() as session:
            wanted = {table, needs} - {""}
            if session is None or wanted - transaction.table_names(session, schema):
                return []
            return session.ask(query.format(transaction.name_table(session, schema, table)), values)


def _readable(session: Session, schema: str) -> set[str]:
    tables = transaction.table_names(session, schema)
    return tables | transaction.view_names(session, schema)


def _grouped(
    batches: Iterable[BatchFiles], size: int, walk: CompleteWalk | None
) -> Iterator[tuple[list[BatchFiles], CompleteWalk | None]]:
    """Yield the batches, oldest first, in groups of about `size` records; those of `walk` last."""
    group: list[BatchFiles] = []
    of_walk: list[BatchFiles] = []
    for batch in sorted(batches, key=lambda each: (each.received_at, each.batch_id)):
        if walk and batch.batch_id in walk.batches:
            of_walk.append(batch)
            continue
        if group and sum(each.records for each in group) + batch.records > size:
            yield group, None
            group = []
        group.append(batch)
    if group:
        yield group, None
    if of_walk:
        yield of_walk, walk
