"""Dagster's SQLite storage, but its connections stay open.

Dagster opens and closes the file several times for each event; each close copies SQLite's
write-ahead log into the file, and each commit waits for the disk. A run has hundreds of
events, so most of a sync was spent there. Here a process keeps its connections, and a
commit does not wait for the disk (`PRAGMA synchronous = NORMAL`): a killed process loses nothing; a
power cut may lose the last moments of Dagster's log, and their months are requested again.

dagster.yaml names the class. This module decides how SQLite is opened; tables and statements are
Dagster's. https://www.sqlite.org/wal.html#performance_considerations
https://docs.dagster.io/guides/deploy/dagster-instance-configuration
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from dagster._core.event_api import EventHandlerFn
from dagster._core.storage.event_log import EventLogStorage, SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    INDEX_SHARD_NAME,
    SqliteEventLogStorageWatchdog,
)
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS, create_db_conn_string
from dagster._core.storage.sqlite_storage import (
    DagsterSqliteStorage,
    _event_logs_directory,
    _runs_directory,
    _schedule_directory,
)
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine
from sqlalchemy.pool import StaticPool

from zendesk_assets.orchestration.dagster_internals.asset_records import KnownMaterializations
from zendesk_assets.orchestration.dagster_internals.event_writes import PreparedWrites
from zendesk_assets.orchestration.dagster_internals.kept_connections import (
    KeptRunStorage,
    KeptScheduleStorage,
    has_tables,
    identity,
    make_engine,
)
from zendesk_assets.orchestration.dagster_internals.new_event_files import make_like
from zendesk_assets.orchestration.dagster_internals.pool_places import PoolPlaces
from zendesk_assets.storage.errors import is_locked_error

_AGAIN_SECONDS: Final = 1.0
_LOOK_EVERY_SECONDS: Final = 0.5
# Each run has a file of its own beside the index; a daemon sees many runs.
_OPEN_FILES: Final = 8


@dataclass(frozen=True)
class _Open:
    """A connection, its engine, and the file that it was opened on."""

    engine: Engine
    connection: Connection
    file: tuple[int, int]


class PooledSqliteEventLogStorage(PreparedWrites, KnownMaterializations, PoolPlaces):
    """Dagster's event log in SQLite; the connections to the last few files stay open."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._waited_in_vain = False
        self._known_tables: set[str] = set()
        self._watched: dict[tuple[str, EventHandlerFn], SqliteEventLogStorageWatchdog] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        """Return the storage for a configuration (`base_dir`)."""
        return cls(inst_data=inst_data, **config_value)

    def has_table(self, table_name: str) -> bool:
        """Return whether the index has a table, which is never dropped.

        Dagster asks for most events, also in the middle of a transaction, so this cannot wait for
        the connection that is kept: Dagster opens another one.
        """
        if table_name not in self._known_tables and super().has_table(table_name):
            self._known_tables.add(table_name)
        return table_name in self._known_tables

    def watch(self, run_id: str, cursor: str | None, callback: EventHandlerFn) -> None:
        """Pass on a run's events as they arrive, for the page of a run in the UI.

        Dagster waits for a change of the run's file, which does not change while a connection to it
        is open; so the log beside it is polled.
        """
        self._watched[run_id, callback] = SqliteEventLogStorageWatchdog(
            self, run_id, callback, cursor
        )
        if len(self._watched) == 1:
            threading.Thread(target=self._pass_on, daemon=True).start()

    def end_watch(self, run_id: str, handler: EventHandlerFn) -> None:
        """Stop passing on."""
        self._watched.pop((run_id, handler), None)

    def _pass_on(self) -> None:
        while self._watched:
            for each in list(self._watched.values()):
                each._process_log()  # noqa: SLF001 # what Dagster calls when the file has changed
            time.sleep(_LOOK_EVERY_SECONDS)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        # The lock is Dagster's own: one connection is used by one thread at a time.
        with self._db_lock:
            connection = self._connection(shard)
            try:
                with connection.begin():
                    yield connection
            except Exception as error:
                self._close(shard)  # whatever was wrong, the next connection is new
                self._waited_in_vain = is_locked_error(error)
                raise
            self._waited_in_vain = False

    def _connection(self, shard: str) -> Connection:
        """Return the connection to a file; a new one if the file has been replaced."""
        path = Path(self.path_for_shard(shard))
        found = self._open.get(shard)
        if found and found.file == identity(path):
            self._open.move_to_end(shard)
            return found.connection
        self._close(shard)
        # A process that holds the file has been waited for once: wait less for further events.
        seconds = _AGAIN_SECONDS if self._waited_in_vain else SQLITE_BUSY_TIMEOUT_SECONDS
        engine = make_engine(self.conn_string_for_shard(shard), StaticPool, timeout=seconds)
        if found or shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        self._open[shard] = _Open(engine, engine.connect(), identity(path))
        while len(self._open) > _OPEN_FILES:
            self._close(next(iter(self._open)))
        return self._open[shard].connection

    def _initdb(self, engine: Engine, for_index_shard: bool = False) -> None:  # noqa: FBT001, FBT002 # Dagster's signature
        """Make the tables of a new file: those of the index, or else by Dagster's migrations."""
        with engine.connect() as connection:
            is_made = make_like(Path(self.path_for_shard(INDEX_SHARD_NAME)), connection)
        if not is_made:
            super()._initdb(engine, for_index_shard)

    def _close(self, shard: str) -> None:
        found = self._open.pop(shard, None)
        if found:
            found.connection.close()
            found.engine.dispose()

    def dispose(self) -> None:
        """Close every file, and stop passing on events."""
        self._watched.clear()
        with self._db_lock:
            for shard in list(self._open):
                self._close(shard)
        super().dispose()


class PooledSqliteStorage(DagsterSqliteStorage):
    """Runs, event log and schedules in SQLite files below `base_dir`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        runs = create_db_conn_string(_runs_directory(base_dir), "runs")
        schedules = create_db_conn_string(_schedule_directory(base_dir), "schedules")
        if not has_tables(runs, "instance_info") or not has_tables(schedules):
            DagsterSqliteStorage(base_dir)  # makes them
        super(DagsterSqliteStorage, self).__init__()  # type: ignore[no-untyped-call]
        self.base_dir, self._inst_data = base_dir, inst_data
        self._run_storage = KeptRunStorage(runs)
        self._event_log_storage = PooledSqliteEventLogStorage(_event_logs_directory(base_dir))
        self._schedule_storage = KeptScheduleStorage(schedules)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Any) -> Self:
        """Return the storage for a configuration (`base_dir`)."""
        return cls.from_local(inst_data=inst_data, **config_value)


def files_of(storage: EventLogStorage) -> tuple[Path, ...]:
    """Return the SQLite files that all processes of an instance write to; none for others."""
    if not isinstance(storage, SqliteEventLogStorage):
        return ()
    index = Path(storage.path_for_shard(INDEX_SHARD_NAME))
    return index, index.parent.with_suffix(".db")
