"""A warehouse, whatever the engine: batches and frames in, tables and frames out.

The order of a load is here, and the reading. What happens within its transaction is `transaction`'s
and `frames`'; how rows come about, `staging`'s. What else is done with a warehouse (views, audits,
erasure, summaries) are functions in modules of their own, over `reading` and `changing`.
"""
# ruff: noqa: S608  # names are quoted by `qualified`

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from zendesk_assets.account_identity import AccountIdentity
from zendesk_assets.errors import WarehouseError
from zendesk_assets.spec import BatchFiles, Collection, Window
from zendesk_assets.warehouse.absence import CompleteWalk
from zendesk_assets.warehouse.ahead import AT_ONCE, Piece, prepare_ahead
from zendesk_assets.warehouse.engines.engine import Engine, Session
from zendesk_assets.warehouse.engines.queries import QueryResult
from zendesk_assets.warehouse.load_groups import (
    ROWS_PER_RELOAD,
    ROWS_PER_TRANSACTION,
    Group,
    group_batches,
)
from zendesk_assets.warehouse.ownership import has_our_columns
from zendesk_assets.warehouse.parts import check_presence
from zendesk_assets.warehouse.prepared import PreparedTables
from zendesk_assets.warehouse.reject_log import read_rejects
from zendesk_assets.warehouse.relations import look_at, name_table, table_names, view_names
from zendesk_assets.warehouse.results import LoadResult, Published, Tidied
from zendesk_assets.warehouse.sql import ident, listing
from zendesk_assets.warehouse.staging import stage
from zendesk_assets.warehouse.tables import LOAD_LOG

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection


class Warehouse:
    """One schema per source. Safe to use from several threads and processes.

    `name` is what messages call it. Nothing is opened before it is used, and looking creates
    nothing.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name = engine.name
        self.clock = engine.options.clock

    @property
    def engine(self) -> Engine:
        """Return the database that it lives in."""
        return self._engine

    def load(
        self,
        schema: str,
        collection: Collection,
        batches: Sequence[BatchFiles],
        *,
        reload: bool = False,
        loaded: AbstractSet[str] | None = None,
        rows_per_transaction: int | None = None,
        account: AccountIdentity | None = None,
        walk: CompleteWalk | None = None,
    ) -> LoadResult:
        """Load the batches into the collection's table; those that are in it already are skipped.

        Several batches share a transaction, up to about `rows_per_transaction` records (40,000, or
        100,000 of a `reload`); while one is written, the next is typed, and what is committed stays
        when a later one fails. Those of a complete `walk` share one, whether they are in the table
        or not. `account` is whose batches they are, `loaded` what `loaded_batches` has returned, if
        that was asked before. Raises CorruptPartError, OtherAccountError, ReplacedPartError or
        WarehouseError.
        """
        started = monotonic()
        if loaded is None:
            loaded = set() if reload else self.loaded_batches(schema, collection.name)
        done = loaded - (walk.batches if walk else set())
        pending = {batch.batch_id: batch for batch in batches if batch.batch_id not in done}
        check_presence(pending.values())
        size = rows_per_transaction or (ROWS_PER_RELOAD if reload else ROWS_PER_TRANSACTION)
        groups = list(group_batches(pending.values(), size, walk))
        load = partial(self._piece, schema, collection, share=min(len(groups), AT_ONCE))
        pieces = [load(each, reload=reload, whose=account) for each in groups]
        result = sum(prepare_ahead(pieces), LoadResult())
        total = result.total or self.row_count(schema, collection.name)
        return result + LoadResult(total=total, seconds=monotonic() - started)

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

        wanted = frames.read_frame(schema, table, frame, primary_key, version)
        with self._engine.staging() as memory:
            frames.stage_frame(memory, wanted)
            result = self._engine.write(
                memory,
                schema,
                table,
                lambda session: frames.run(session, memory, wanted, self.clock.now()),
            )
        return result + LoadResult(total=result.total, seconds=monotonic() - started)

    def loaded_batches(self, schema: str, collection: str) -> set[str]:
        """Return the ids of the batches that are in the collection's table; none if it is gone.

        After a table was dropped, everything is loaded again.
        """
        query = "SELECT DISTINCT batch_id FROM {} WHERE collection = $1"
        rows = self.ask(schema, "_loads", query, [collection], needs=collection)
        return {row[0] for row in rows}

    def rejects(self, schema: str) -> list[dict[str, Any]]:
        """Return the rejects of a schema, oldest first: quarantined rows, and (warnings) values."""
        with self.reading() as session:
            return read_rejects(session, schema) if session else []

    def row_count(self, schema: str, table: str) -> int:
        """Return the number of rows, deleted ones included; 0 if there is no such table."""
        rows = self.ask(schema, table, "SELECT count(*) FROM {}")
        return int(rows[0][0]) if rows else 0

    def columns_of_ours(self, schema: str, table: str) -> frozenset[str]:
        """Return the columns of a table of a collection; none if there is none, or not by us."""
        with self.reading() as session:
            found = look_at(session, schema, table).types if session else {}
        return frozenset(found) if has_our_columns(found) else frozenset()

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
        found = self.ask(schema, table, query, [] if values is None else [list(values)])
        return [dict(zip(columns, row, strict=True)) for row in found]

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
        with self.reading() as session:
            names = table_names(session, schema) | view_names(session, schema) if session else set()
            if session is None or table not in names:
                raise WarehouseError(
                    f"There is no table {schema}.{table} in {self.name}; load it first."
                )
            name = name_table(session, schema, table)
            wanted = listing(columns) if columns else "*"
            found = session.fetch(f"SELECT {wanted} FROM {name}{where}", bounds)
            from zendesk_assets.warehouse.arrow import to_frame  # noqa: PLC0415 # half a second that only frames need

            return to_frame(found)

    def query(
        self, statement: str, limit: int | None = None, schemas: Sequence[str] = ()
    ) -> QueryResult:
        """Return what one SELECT finds, at most `limit` rows.

        A name without a schema is looked for in `schemas` first, in their order. It reads the
        warehouse only: it cannot write, and has no way to files or to the network.

        Raises:
            WarehouseError: for any other statement, and for one that the engine refuses.
        """
        found = self._engine.query(statement, limit, schemas)
        if found is None:
            raise WarehouseError(f"There is no {self.name} yet: `zendesk-assets sync` makes it.")
        return found

    def ask(
        self, schema: str, table: str, query: str, values: Sequence[Any] = (), needs: str = ""
    ) -> list[tuple[Any, ...]]:
        """Return what a query of ours finds in a table, which is `{}` in it.

        It returns nothing if the table, the one that it `needs`, or all is gone.
        """
        with self.reading() as session:
            wanted = {table, needs} - {""}
            if session is None or wanted - table_names(session, schema):
                return []
            return session.ask(query.format(name_table(session, schema, table)), values)

    def reading(self) -> AbstractContextManager[Session | None]:
        """Open the warehouse to read, or give None if there is none yet."""
        return self._engine.reading()

    def changing(self, schema: str, table: str) -> AbstractContextManager[Session | None]:
        """Open the warehouse to change a table in one transaction; None if there is none yet."""
        return self._engine.changing(schema, table)

    def write(
        self,
        schema: str,
        table: str,
        prepare: Callable[[Any], None],
        work: Callable[[Session], LoadResult],
    ) -> LoadResult:
        """Prepare temporary tables in memory, then do the work in one transaction on a table."""
        with PreparedTables(self._engine.staging(), prepare) as memory:
            return self.write_prepared(memory, schema, table, work)

    def write_prepared(
        self,
        memory: DuckDBPyConnection,
        schema: str,
        table: str,
        work: Callable[[Session], LoadResult],
    ) -> LoadResult:
        """Do the work with the temporary tables in memory, in one transaction on a table."""
        return self._engine.write(memory, schema, table, work)

    def forget_old_bytes(self, schema: str, tables: Iterable[str]) -> datetime | None:
        """Have the engine rewrite what it keeps of rows of `tables` that have changed.

        It returns until when snapshots had them, if there were any. What is not ours stays as it
        is. Raises WarehouseError, and then nothing is lost.
        """
        with self.reading() as session:
            present = table_names(session, schema) if session else set()
        return self._engine.forget_old_bytes(schema, sorted(present & {*LOAD_LOG, *tables}))

    def tidy(self, keep: timedelta) -> Tidied | None:
        """Merge small files and expire the snapshots of a lake that are older than `keep`.

        None if the warehouse is no lake, or not there yet. Raises WarehouseError.
        """
        return self._engine.tidy(keep)

    def publish(self) -> Published | None:
        """Bring the copy for readers up to date, in one step; None if there is to be none.

        Raises WarehouseError, and then the copy is as it was.
        """
        return self._engine.publish()

    def _piece(
        self, schema: str, collection: Collection, group: Group, share: int, **how: Any
    ) -> Piece[DuckDBPyConnection, LoadResult]:
        """Return how a group is staged, and how it is written then."""

        def upsert(session: Session) -> LoadResult:
            return group.upsert(session, schema, collection, self.clock.now(), **how)

        opened = self._engine.staging(share=share)
        return (
            PreparedTables(opened, lambda to: stage(to, collection, group.batches)),
            lambda memory: self.write_prepared(memory, schema, collection.name, upsert),
        )
