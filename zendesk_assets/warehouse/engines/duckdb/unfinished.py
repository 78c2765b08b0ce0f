"""A DuckDB file that a process had only begun to make when it died: shorter than its headers.

DuckDB does not open it, nor replace it. There cannot be anything in it yet, so it is finished here.
`file` says who attaches it, and when.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import duckdb

from zendesk_assets.storage.temporary import TemporaryFolder
from zendesk_assets.warehouse.engines.duckdb.putting_back import HEADERS, open_alone
from zendesk_assets.warehouse.sql import literal

_NEW: Final = "zendesk_assets_new"
_MAGIC: Final = b"DUCK", 8  # and where it begins


def finish(path: Path, connection: duckdb.DuckDBPyConnection, options: str) -> None:
    """Finish the file if it was only begun; leave what others have open, or what is not DuckDB's.

    `options` are those of ATTACH for a new file. Raises OSError and duckdb.Error.
    """
    is_short = path.exists() and path.stat().st_size < HEADERS
    file = open_alone(path) if is_short else None
    if file is None:
        return
    with file:
        begun = os.pread(file.fileno(), HEADERS, 0)
        if len(begun) < HEADERS and (not begun or begun.startswith(*_MAGIC)):
            os.pwrite(file.fileno(), _empty(connection, options), 0)
            os.fsync(file.fileno())


def _empty(connection: duckdb.DuckDBPyConnection, options: str) -> bytes:
    """Return the bytes of a file without tables."""
    folder = TemporaryFolder("new")
    file = folder.path / "new.duckdb"
    try:
        connection.execute(f"ATTACH {literal(str(file))} AS {_NEW} ({options})")
        connection.execute(f"DETACH {_NEW}")
        return file.read_bytes()
    finally:
        with suppress(duckdb.Error):
            connection.execute(f"DETACH {_NEW}")
        folder.remove()
