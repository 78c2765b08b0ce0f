"""DuckLake: the catalog of the tables in PostgreSQL or SQLite, their rows in Parquet files.

https://ducklake.select/docs/stable/
"""

import re
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Final

import duckdb
from duckdb import DuckDBPyConnection
from psycopg import conninfo

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse.engines.attached.session import DuckDBSession
from zendesk_assets.warehouse.engines.engine import Options
from zendesk_assets.warehouse.engines.lake import upkeep
from zendesk_assets.warehouse.engines.lake.dialect import AFTER_CHANGES, DUCKLAKE
from zendesk_assets.warehouse.engines.lake.extensions import Aim, attach, create_secret, load
from zendesk_assets.warehouse.engines.lake.store import open_store, root_of
from zendesk_assets.warehouse.engines.lake.turns import Turn, turn_by_file, turn_by_server
from zendesk_assets.warehouse.engines.postgres.server import PostgresServer

_ELSEWHERE: Final = re.compile('does not match existing data path in the catalog "(.*?)"')
_NOT_IN_CATALOG: Final = "CALL ducklake_set_option('warehouse', 'data_inlining_row_limit', 0)"
_POSTGRES: Final = {"application_name": "zendesk-assets", "connect_timeout": "10"}


class NotAloneError(Exception):
    """What is to be done takes the turn for the whole lake: begin again with it."""


@dataclass(frozen=True)
class LakeSession(DuckDBSession):
    """A session that knows whether it has the turn for the whole lake."""

    is_alone: bool = True

    def look_up(self, query: str, schema: str) -> list[tuple[Any, ...]]:
        """Return what a query finds in the catalog, with what this transaction has changed."""
        if not self.changes:
            found = super().look_up(query, schema)
            # Of a type that only DuckDB can name, there is none.
            if not any(None in row[:3] for row in found):
                return found
        return super().look_up(AFTER_CHANGES.get(query, query), schema)

    def make_schema(self, schema: str) -> None:
        """Create a schema if it is missing; only who is alone completes one.

        Raises:
            NotAloneError: if others may be at it too.
        """
        if not self.is_alone:
            raise NotAloneError
        super().make_schema(schema)


@dataclass(frozen=True)
class DuckLake:
    """A lake by its `catalog`, a path or the address of a PostgreSQL database, and its `data`."""

    catalog: Path | str
    data: str
    options: Options

    # A load is tried so often; what messages may not have is in a secret of DuckDB's.
    attempts: ClassVar = 4
    secrets: ClassVar[tuple[str, ...]] = ()

    @property
    def name(self) -> str:
        """Return what messages call it: never with a password."""
        return f"the DuckLake in {self.data}"

    @property
    def places(self) -> list[str]:
        """Return where its files are."""
        return [root_of(self.data)]

    def turn(self, table: str | None) -> AbstractContextManager[Turn]:
        """Have the turn to write to a table by its qualified name, or to all."""
        if isinstance(self.catalog, Path):
            lock = self.catalog.with_name(f".{self.catalog.name}.lock")
            return turn_by_file(lock, self.name, self.options)
        return turn_by_server(self._server(self.catalog), table)

    def session(self, connection: DuckDBPyConnection, turn: Turn | None) -> LakeSession:
        """Return a transaction on it."""
        return LakeSession(connection, DUCKLAKE, is_alone=bool(turn and turn.is_alone))

    def attach(self, connection: DuckDBPyConnection, aim: Aim) -> bool:
        """Attach it as `warehouse`; return whether it is there, or was created now."""
        if isinstance(self.catalog, Path) and aim != "create" and not self.catalog.exists():
            return False
        load(connection, "ducklake")
        open_store(connection, self.data, aim)
        place, options = self._place(connection, aim)
        options |= {"CREATE_IF_NOT_EXISTS": str(aim == "create"), "DATA_PATH": root_of(self.data)}
        # Rows of small inserts would be in the catalog, which readers of Parquet do not see.
        options |= {"DATA_INLINING_ROW_LIMIT": "0"} if aim != "read" else {"READ_ONLY": "true"}
        try:
            attach(connection, f"ducklake:{place}", options)
        except duckdb.Error as error:
            if "creating a new DuckLake is explicitly disabled" in str(error):
                return False
            if found := _ELSEWHERE.search(str(error)):
                raise WarehouseError(
                    f"The lake's catalog says that its files are in {found[1]}, not in "
                    f"{root_of(self.data)}: give `data` that place, or another catalog; "
                    "docs/warehouses.md says how a lake moves."
                ) from None
            raise
        if aim == "create":  # other clients are not to keep rows in the catalog either
            connection.execute(_NOT_IN_CATALOG)
        return True

    def tidy(self, memory: DuckDBPyConnection, now: datetime, keep: timedelta) -> dict[str, int]:
        """Merge files, expire snapshots, remove files; return how many. Nobody else may write.

        What is to be kept for no time is forgotten by the catalog as well. Raises WarehouseError.
        """
        found = upkeep.tidy(memory, now, keep)
        if not keep:
            self._rewrite_catalog()
        return found

    def _rewrite_catalog(self) -> None:
        try:
            if isinstance(self.catalog, Path):
                upkeep.rewrite_file(self.catalog, self.options.lock_timeout)
            else:
                self._server(self.catalog).vacuum(upkeep.OF_CATALOG)
        except WarehouseError as error:
            raise WarehouseError(
                f"{error} Until then, the least and greatest texts of erased rows may still be in "
                "freed parts of the catalog."
            ) from error

    def _place(self, connection: DuckDBPyConnection, aim: Aim) -> tuple[str, dict[str, str]]:
        """Return where the catalog is, as DuckLake takes it, and the options that go with it."""
        if isinstance(self.catalog, Path):
            load(connection, "sqlite_scanner")
            self.catalog.parent.mkdir(parents=True, exist_ok=True)
            journal = {"META_JOURNAL_MODE": "WAL"} if aim == "create" else {}
            # SQLite waits so many milliseconds while another process commits.
            return f"sqlite:{self.catalog}", {"META_BUSY_TIMEOUT": "30000", **journal}
        load(connection, "postgres_scanner")
        parts = _POSTGRES | self._server(self.catalog).parts
        # In a secret, a password is in no message and in no list of databases.
        secret = {"PASSWORD": str(parts.pop("password", None) or "")}
        options = {"META_SECRET": create_secret(connection, "postgres", secret)}
        return f"postgres:{conninfo.make_conninfo('', **parts)}", options

    def _server(self, address: str) -> PostgresServer:
        waits = (self.options.lock_timeout, self.options.log)
        return PostgresServer(address, *waits, called=f"the catalog of {self.name}")
