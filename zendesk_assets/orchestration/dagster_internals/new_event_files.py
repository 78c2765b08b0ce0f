"""New files of Dagster's event log: a run's file has the tables of the index beside it.

Dagster makes each run's file with its migrations, for which it loads and orders a hundred modules;
that takes fifty times as long. It also does so to find out that a file needs nothing. Whether the
index itself is up to date is decided by Dagster and by `dagster instance migrate`, which migrates
the files of all runs as well. How files are opened is in `sqlite_storage`.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

_VERSION: Final = "SELECT version_num FROM alembic_version"
_TABLES_FIRST: Final = (
    "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' "
    "ORDER BY type = 'table' DESC, rowid"
)


def make_like(index: Path, connection: Connection) -> bool:
    """Return whether a file has tables and a version; if it is empty, it gets those of the index.

    It does not if the index is missing or new, or another process is making the same file.
    """
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, sqlite3.Connection)
    try:
        if raw.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            return raw.execute(_VERSION).fetchone() is not None
        return _copy_tables(index, raw)
    except sqlite3.OperationalError:
        raw.rollback()
        return False


def _copy_tables(index: Path, target: sqlite3.Connection) -> bool:
    with closing(sqlite3.connect(f"{index.absolute().as_uri()}?mode=ro", uri=True)) as source:
        version = source.execute(_VERSION).fetchone()
        statements = [sql for (sql,) in source.execute(_TABLES_FIRST)]
    if not version:
        return False
    target.execute("PRAGMA journal_mode = WAL")
    target.execute("BEGIN IMMEDIATE")
    for statement in statements:
        target.execute(statement)
    target.execute("INSERT INTO alembic_version VALUES (?)", version)
    target.commit()
    return True
