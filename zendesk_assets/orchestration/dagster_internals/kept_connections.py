"""Dagster's storages of runs and of schedules in SQLite, whose connections stay open.

Dagster makes a new engine for each question, so that it compiles each statement anew, and opens and
closes the file. A daemon asks both files many times a minute, a sync at the beginning and end of
each run. The event log, which is many files, is in `sqlite_storage`.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from dagster._core.storage.runs import SqliteRunStorage
from dagster._core.storage.schedules import SqliteScheduleStorage
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.pool import Pool, QueuePool

# How many connections stay open after use; there are as many as threads that ask at once.
_KEPT: Final = 2


class _KeptConnections:
    """What both storages share: an engine that stays, as long as its file does."""

    _conn_string: str

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._engine_lock = threading.Lock()
        self._engine: Engine | None = None
        self._file = (0, 0)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Yield a connection in a transaction."""
        with self._engine_of_file().begin() as connection:
            yield connection

    def _engine_of_file(self) -> Engine:
        file = identity(Path(make_url(self._conn_string).database or ""))
        with self._engine_lock:
            if self._engine is None or self._file != file:
                self._close()
                self._engine, self._file = make_engine(self._conn_string, QueuePool), file
            return self._engine

    def _close(self) -> None:
        if self._engine:
            self._engine.dispose()
        self._engine = None

    def dispose(self) -> None:
        """Close the file."""
        with self._engine_lock:
            self._close()
        super().dispose()  # type: ignore[misc] # of the storage


class KeptRunStorage(_KeptConnections, SqliteRunStorage):
    """Dagster's storage of runs in SQLite."""


class KeptScheduleStorage(_KeptConnections, SqliteScheduleStorage):
    """Dagster's storage of schedules and sensors in SQLite."""


def has_tables(address: str, *needed: str) -> bool:
    """Return whether Dagster has made the tables of a file, those `needed` among them.

    Dagster finds it out by loading all of its migrations.
    """
    file = Path(make_url(address).database or "").absolute()
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            is_stamped = connection.execute("SELECT 1 FROM alembic_version").fetchone()
    except sqlite3.OperationalError:
        return False
    return is_stamped is not None and tables.issuperset(needed)


def make_engine(address: str, pool: type[Pool], **options: Any) -> Engine:
    """Return an engine whose commits do not wait for the disk; `options` are of `sqlite3`."""
    more: dict[str, Any] = {"pool_size": _KEPT, "max_overflow": -1} if pool is QueuePool else {}
    arguments = {"check_same_thread": False, **options}
    engine = create_engine(address, poolclass=pool, connect_args=arguments, **more)

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous = NORMAL")

    return engine


def identity(path: Path) -> tuple[int, int]:
    """Return the identity of the file at a path, (0, 0) if there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return (0, 0)
    return (found.st_dev, found.st_ino)
