"""DuckLake: the catalog of the tables in PostgreSQL or SQLite, their rows in Parquet files.

https://ducklake.select/docs/stable/
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Final

import duckdb
import psycopg
from psycopg import conninfo

from zendesk_assets import postgres
from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse.engines.dialect import Dialect
from zendesk_assets.warehouse.engines.engine import Options
from zendesk_assets.warehouse.engines.lake import upkeep
from zendesk_assets.warehouse.engines.lake.dialect import DUCKLAKE
from zendesk_assets.warehouse.engines.lake.extensions import load
from zendesk_assets.warehouse.engines.lake.session import LakeSession
from zendesk_assets.warehouse.engines.lake.store import Store
from zendesk_assets.warehouse.engines.lake.turns import FileTurns, PostgresTurns, Turns
from zendesk_assets.warehouse.sql import literal

_OURS: Final = "zendesk_assets_lake"
_HAS_TABLES: Final = "SELECT 1 FROM sqlite_master WHERE name = 'ducklake_metadata'"
_IS_THERE: Final = "SELECT pg_catalog.to_regclass('public.ducklake_metadata') IS NOT NULL"
_ELSEWHERE: Final = re.compile('does not match existing data path in the catalog "(.*?)"')
# Rows of small inserts would be in the catalog, which readers of Parquet do not see.
_WRITING: Final = "DATA_INLINING_ROW_LIMIT 0"
# Seconds that SQLite waits while another process commits, in its milliseconds.
_SQLITE: Final = "META_BUSY_TIMEOUT 30000, META_JOURNAL_MODE 'WAL'"
# The files that this process has attached: Python's SQLite must not open them meanwhile, because by
# closing them it would release the locks of DuckDB's, and another process could cut off what that
# has mapped. https://www.sqlite.org/howtocorrupt.html, section 2.2.1
_attached: set[Path] = set()


@dataclass(frozen=True)
class DuckLake:
    """A lake by its `catalog`, a path or the address of a PostgreSQL database, and its `data`."""

    catalog: Path | str
    data: str
    options: Options
    dialect: Dialect = DUCKLAKE
    attempts: int = 4

    @property
    def name(self) -> str:
        """Return what messages call it: never with a password."""
        return f"the DuckLake in {self.data}"

    @cached_property
    def store(self) -> Store:
        """Return where its files are."""
        return Store(self.data)

    @property
    def places(self) -> list[str]:
        """Return where its files are."""
        return [self.store.root]

    def session(
        self, connection: duckdb.DuckDBPyConnection, *, is_alone: bool = True
    ) -> LakeSession:
        """Return a transaction on it."""
        return LakeSession(connection, self.dialect, is_alone=is_alone)

    def reworded(self, said: str) -> str:
        """Return what DuckDB has said: the secret is in none of its texts."""
        return said

    @property
    def turns(self) -> Turns:
        """Return who writes when."""
        waits = (self.name, self.options.lock_timeout, self.options.log)
        if isinstance(self.catalog, Path):
            return FileTurns(self.catalog.with_name(f".{self.catalog.name}.lock"), *waits)
        return PostgresTurns(self.catalog, *waits)

    def is_there(self) -> bool:
        """Return whether somebody has created it."""
        if isinstance(self.catalog, Path):
            return self.catalog.exists() and (
                self.catalog in _attached or _has_catalog(self.catalog)
            )
        try:
            with postgres.connect(self.catalog, "zendesk-assets") as connection:
                return connection.execute(_IS_THERE).fetchone() == (True,)
        except psycopg.Error as error:
            is_told = not isinstance(error, psycopg.ProgrammingError)
            said = postgres.server_text(error, self.catalog) if is_told else "its address"
            raise WarehouseError(
                f"The catalog of {self.name} cannot be used ({said}): check its address and the "
                "server, and run this again."
            ) from None

    @contextmanager
    def attached(
        self, connection: duckdb.DuckDBPyConnection, *, read_only: bool = False
    ) -> Iterator[None]:
        """Attach it as `warehouse`; the first to write to it creates it."""
        load(connection, "ducklake")
        self.store.open(connection, writes=not read_only)
        place, options = self._catalog(connection)
        options += ["READ_ONLY"] if read_only else [_WRITING]
        options += [f"DATA_PATH {literal(self.store.root)}"]
        where = f"{literal(f'ducklake:{place}')} AS {self.dialect.database}"
        try:
            connection.execute(f"ATTACH {where} ({', '.join(options)})")
        except duckdb.Error as error:
            if found := _ELSEWHERE.search(str(error)):
                raise self._elsewhere(found[1]) from None
            raise
        try:
            yield
        finally:
            with suppress(duckdb.Error):
                connection.execute(f"DETACH {self.dialect.database}")

    def _elsewhere(self, place: str) -> WarehouseError:
        return WarehouseError(
            f"The lake's catalog says that its files are in {place}, not in {self.store.root}: "
            "give `data` that place, or another catalog; docs/warehouses.md says how a lake moves."
        )

    def tidy(
        self, connection: duckdb.DuckDBPyConnection, now: datetime, keep: timedelta
    ) -> dict[str, int]:
        """Merge files, expire snapshots, remove files; return how many. Nobody else may write."""
        found = upkeep.tidy(connection, now, keep)
        if not keep:
            upkeep.forget_statistics(connection)
        return found

    def forget(self) -> None:
        """Rewrite what the catalog keeps of deleted rows, while it is not attached here."""
        try:
            upkeep.rewrite_catalog(self.catalog)
        except (sqlite3.Error, psycopg.Error) as error:
            raise WarehouseError(
                f"The catalog of {self.name} could not be rewritten ({type(error).__name__}): the "
                "least and greatest texts of erased rows may still be in freed parts of it. Run "
                "this again when nobody reads it."
            ) from None

    def _catalog(self, connection: duckdb.DuckDBPyConnection) -> tuple[str, list[str]]:
        """Return where the catalog is, as DuckLake takes it, and the options that go with it."""
        if isinstance(self.catalog, Path):
            load(connection, "sqlite_scanner")
            self.catalog.parent.mkdir(parents=True, exist_ok=True)
            _attached.add(self.catalog)
            return f"sqlite:{self.catalog}", [_SQLITE]
        load(connection, "postgres_scanner")
        parts = conninfo.conninfo_to_dict(self.catalog)
        # In a secret, a password is in no message and in no list of databases.
        password = literal(str(parts.pop("password", None) or ""))
        connection.execute(f"CREATE OR REPLACE SECRET {_OURS} (TYPE postgres, PASSWORD {password})")
        parts.setdefault("application_name", "zendesk-assets")
        address = conninfo.make_conninfo("", **parts)
        return f"postgres:{address}", [f"META_SECRET {literal(_OURS)}"]


def _has_catalog(file: Path) -> bool:
    """Return whether an SQLite file has the tables of a lake, or is for attaching to refuse."""
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as opened:
            return bool(opened.execute(_HAS_TABLES).fetchall())
    except sqlite3.Error:
        return True
