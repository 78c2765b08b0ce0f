"""Iceberg: the catalog of the tables behind the REST protocol, their rows in Parquet files.

https://iceberg.apache.org/rest-catalog-spec/ and
https://duckdb.org/docs/stable/core_extensions/iceberg/iceberg_rest_catalogs
"""
# ruff: noqa: S608  # names are quoted

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn, TypeVar

import duckdb
from duckdb import DuckDBPyConnection

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse.engines.attached.session import DuckDBSession, transaction
from zendesk_assets.warehouse.engines.attempts import attempts
from zendesk_assets.warehouse.engines.engine import Options, Session
from zendesk_assets.warehouse.engines.lake.dialect import ICEBERG
from zendesk_assets.warehouse.engines.lake.extensions import Aim, attach, create_secret, load
from zendesk_assets.warehouse.engines.lake.store import open_store, root_of
from zendesk_assets.warehouse.engines.lake.turns import Turn, turn_by_file
from zendesk_assets.warehouse.sql import qualified
from zendesk_assets.warehouse.upsert import Counts, Upsert

if TYPE_CHECKING:
    import pyarrow as pa

# What another writer has made or changed since the transaction began.
TOO_LATE: Final = "reachable state in this transaction|is already outdated"
# Another writer was first.
_REFUSED: Final = re.compile(f"Conflict_409|{TOO_LATE}")
# Where a catalog may keep files, of which it tells with each table.
_STORES: Final = ("s3://", "s3a://", "gs://", "gcs://", "r2://", "abfss://", "az://")
# What DuckDB calls otherwise.
_ACCESS: Final = {"token_url": "oauth2_server_uri", "scope": "oauth2_scope"}

# In a quoted name, a quote: DuckDB's table functions cannot read it.
_ODD: Final = '""'
_CREATES: Final = re.compile("CREATE (TABLE|SCHEMA) ")
_DESCRIBES: Final = "SELECT * FROM set_iceberg_table_properties"
_CHANGES: Final = "(INSERT INTO|UPDATE|DELETE FROM)"
_WRITES: Final = re.compile(f'{_CHANGES} "warehouse"[.]')
_LOG: Final = re.compile('"warehouse"[.]"(?:[^"]|"")+"[.]"_loads"')
_WRITES_LOG: Final = re.compile(f"{_CHANGES} {_LOG.pattern}")

# What is done to `_loads` in a transaction of its own.
_Step = Callable[[Session], object]
_Found = TypeVar("_Found")


class Commits(StrEnum):
    """What a catalog can commit at once: all tables, one table, or one snapshot of a table."""

    TOGETHER = "together"
    BY_TABLE = "by_table"
    BY_STATEMENT = "by_statement"


@dataclass(frozen=True)
class IcebergSession(DuckDBSession):
    """A session that commits as its catalog can; `later` is what is to be done to `_loads` last.

    A load that is repeated changes nothing, and is repeated unless `_loads` has its batches. So
    what is in one commit with `_loads` or before it is safe: rows come first, lines of `_loads`
    last, and what is taken out of `_loads` goes before anything else. `again` calls what another
    writer may refuse until it is done. Where `later` is None, all is done at once. One that only
    `reads` restarts its transaction when a table is younger; of one that writes, everything is done
    again.
    """

    commits: Commits = Commits.BY_TABLE
    again: Callable[..., None] = lambda work, group: work(group)
    later: list[_Step] | None = None
    reads: bool = False

    def ask(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows that a query finds."""
        return self._read(super().ask, query, values)

    def fetch(self, query: str, values: Sequence[Any] = ()) -> pa.Table:
        """Return what a query finds as an Arrow table, times that Python does not have as text."""
        return self._read(super().fetch, query, values)

    def _read(self, read: Callable[..., _Found], query: str, values: Sequence[Any]) -> _Found:
        try:
            return read(query, values)
        except duckdb.Error as error:
            if not self.reads or not re.search(TOO_LATE, str(error)):
                raise
        self.connection.rollback()
        self.connection.begin()
        return read(query, values)

    def list_columns(self, schema: str, name: str) -> list[tuple[Any, ...]]:
        """Return the columns of a table, which DuckDB knows of once it is described."""
        tables = [table for table, _kind in self.look_up(self.dialect.relations, schema)]
        same = (table for table in tables if table.lower() == name.lower())
        return [row for table in same for row in self._describe(schema, table)]

    def _describe(self, schema: str, table: str) -> list[tuple[Any, ...]]:
        name = qualified(self.dialect.database, schema, table)
        found = self.ask(f"SELECT column_name, column_type FROM (DESCRIBE {name})")
        query = f"SELECT value FROM iceberg_table_properties($${name}$$) WHERE key = 'comment'"
        comments = [] if _ODD in name else self.ask(query)
        ((comment,),) = comments or [(None,)]
        return [*((table, *row, None) for row in found), (table, "", "", comment)]

    def change(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run a statement, or keep it for later; return how many rows it has changed by now."""
        if statement.startswith(_DESCRIBES) and _ODD in statement.partition("{")[0]:
            return 0
        is_log = self.later is not None and _WRITES_LOG.match(statement)
        is_first = is_log and statement.startswith("DELETE") and not self.later
        # New tables are committed one by one, in any order.
        if is_first or _CREATES.match(statement):
            self._commit()
            changed = super().change(statement, values)
            self._commit()
            return changed
        if self.later is not None and is_log:
            self.later.append(lambda session: session.change(statement, values))
            return 0
        changed = super().change(statement, values)
        if self.commits is Commits.BY_STATEMENT and _WRITES.match(statement):
            self._commit()
        return changed

    def merge(self, upsert: Upsert, now: datetime | None = None) -> Counts:
        """Bring the rows of the upsert's source into its table, or keep that for later."""
        if self.later is not None and _LOG.fullmatch(upsert.table):
            self.later.append(lambda session: session.merge(upsert, now))
            return []
        if self.commits is Commits.BY_STATEMENT:
            self._commit()  # a commit changes the row ids of rows staged since the last one
        return super().merge(upsert, now)

    def _commit(self) -> None:
        self.connection.commit()
        self.connection.begin()

    def commit(self) -> None:
        """Commit the rows, and then what `_loads` says of them: that alone again if need be."""
        self.connection.commit()
        is_divided = self.commits is Commits.BY_STATEMENT
        steps = self.later or []
        for group in [[each] for each in steps] if is_divided else [steps]:
            if group:
                self.again(self._log, group)

    def _log(self, steps: Sequence[_Step]) -> None:
        with transaction(self.connection):
            for step in steps:
                step(replace(self, later=None))
            self.connection.commit()


@dataclass(frozen=True)
class Iceberg:
    """A catalog by its `endpoint`, and the `warehouse` in it.

    `access` is what proves who we are, in no message: `token`, or `client_id` and `client_secret`,
    with `token_url` and `scope`. `data` is where its files are if the catalog gives no credentials
    for them; `locks` is a folder for the turns of this machine's processes. Those of other machines
    are refused by the catalog when they come too late, and do it again.
    """

    endpoint: str
    warehouse: str
    locks: Path
    options: Options
    access: Mapping[str, str] = field(default_factory=dict, repr=False)
    data: str = ""
    commits: Commits = Commits.BY_TABLE

    attempts: ClassVar = 12

    @property
    def name(self) -> str:
        """Return what messages call it: never with a secret."""
        return f"the Iceberg catalog at {self.endpoint}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return what no message may have, which the catalog's answers may repeat."""
        return tuple(self.access[each] for each in {"client_secret", "token"} & set(self.access))

    @property
    def places(self) -> list[str]:
        """Return where a person's query has to reach: files and catalog."""
        urls = [each for each in (self.endpoint, self.access.get("token_url")) if each]
        return [*map(root_of, urls), *([root_of(self.data)] if self.data else _STORES)]

    def turn(self, _table: str | None) -> AbstractContextManager[Turn]:
        """Have the turn to write among the processes of this machine."""
        key = sha256(f"{self.endpoint}\n{self.warehouse}".encode()).hexdigest()[:12]
        return turn_by_file(self.locks / f"iceberg-{key}.lock", self.name, self.options)

    def attach(self, connection: DuckDBPyConnection, aim: Aim) -> bool:
        """Attach it as `warehouse`; return True: it is there before anything is in it."""
        load(connection, "httpfs", "avro", "iceberg")
        # With that log, a table that the catalog made after our transaction began, or by a clock
        # ahead of ours, is a fault that ends this DuckDB; its snapshots say the same without one.
        connection.execute("SET GLOBAL iceberg_use_metadata_log = false")
        open_store(connection, self.data, aim)
        options = {
            "TYPE": "iceberg",
            "ENDPOINT": self.endpoint,
            "READ_ONLY": "true" if aim == "read" else "",
            "ACCESS_DELEGATION_MODE": "none" if self.data else "",
            "DISABLE_MULTI_TABLE_COMMIT": "" if self.commits is Commits.TOGETHER else "true",
            "AUTHORIZATION_TYPE": "" if self.access else "none",
        }
        if self.access:
            known = {_ACCESS.get(name, name): value for name, value in self.access.items()}
            known |= {"endpoint": self.endpoint}
            options["SECRET"] = create_secret(connection, "iceberg", known)
        attach(connection, self.warehouse, options)
        return True

    def session(self, connection: DuckDBPyConnection, turn: Turn | None) -> IcebergSession:
        """Return a transaction on it, in as many commits as the catalog needs."""
        again = attempts(self.options, self.attempts, lambda error: _REFUSED.search(str(error)))
        later: list[_Step] | None = None if self.commits is Commits.TOGETHER else []
        return IcebergSession(
            connection, ICEBERG, commits=self.commits, again=again, later=later, reads=turn is None
        )

    def tidy(self, _: DuckDBPyConnection, now: datetime, _keep: timedelta) -> NoReturn:
        """Raise WarehouseError: DuckDB neither merges files here nor expires snapshots."""
        raise WarehouseError(
            f"Only {self.name}, or a job of Spark or Trino, can merge its files and expire its "
            f"snapshots: those from before {now:%Y-%m-%d %H:%M} UTC have the rows of then, also of "
            "a person who is erased, until they expire there; docs/warehouses.md says how."
        )
