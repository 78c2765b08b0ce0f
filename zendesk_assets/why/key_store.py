"""The file of a key index: where it is, and that there always is one that can be used.

What is in it is `key_index`'s to say. One that is damaged, or of another release, is made anew;
where none can be written, it is in memory.
"""

import hashlib
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

from zendesk_assets.errors import BudgetStoreError
from zendesk_assets.hub import KeyWay, SourceHub
from zendesk_assets.settings.state_folder import state_folder
from zendesk_assets.spec import Collection

_VERSION: Final = 2
_BUSY_SECONDS: Final = 60
_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS made_for (declaration TEXT PRIMARY KEY)",
    """CREATE TABLE IF NOT EXISTS batches (
        n INTEGER PRIMARY KEY, id TEXT UNIQUE, fingerprint INTEGER, started TEXT, page INTEGER,
        covers INTEGER, partial INTEGER, pruned INTEGER, keys BLOB)""",
    "CREATE INDEX IF NOT EXISTS walks ON batches (started, id)",
)


def open_key_store(hub: SourceHub, collection: Collection) -> sqlite3.Connection:
    """Return the database of a collection's index, which may be empty."""
    with suppress(BudgetStoreError, OSError):
        path = _folder(hub) / f"{collection.name}.sqlite"
        path.parent.mkdir(parents=True, exist_ok=True)
        for _ in range(2):
            try:
                return _prepared(sqlite3.connect(path, timeout=_BUSY_SECONDS), collection)
            except sqlite3.OperationalError:  # it cannot be written, or is locked for long
                break
            except sqlite3.DatabaseError:
                path.unlink(missing_ok=True)
    return open_in_memory(collection)


def open_in_memory(collection: Collection) -> sqlite3.Connection:
    """Return a database for an index that is not kept."""
    return _prepared(sqlite3.connect(":memory:"), collection)


def forget_keys(hub: SourceHub, collection: Collection | None = None) -> None:
    """Remove the index of a collection on this machine, or of all collections of a source."""
    names = f"{collection.name}.sqlite*" if collection else "*"
    with suppress(BudgetStoreError, OSError):
        for path in _folder(hub).glob(names):
            path.unlink(missing_ok=True)


def _prepared(connection: sqlite3.Connection, collection: Collection) -> sqlite3.Connection:
    """Return the database with its tables, made anew if keys were read in another way before."""
    connection.isolation_level = None
    declaration = f"{_VERSION} {KeyWay(collection).name}"
    try:
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(_TABLES[0])
            if connection.execute("SELECT * FROM made_for").fetchall() != [(declaration,)]:
                for table in ("made_for", "batches", "keys"):  # earlier versions had the last one
                    connection.execute(f"DROP TABLE IF EXISTS {table}")
            for statement in _TABLES:
                connection.execute(statement)
            connection.execute("INSERT OR IGNORE INTO made_for VALUES (?)", [declaration])
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _folder(hub: SourceHub) -> Path:
    place = hashlib.sha256(hub.place.encode()).hexdigest()[:16]
    return state_folder() / "why" / place
