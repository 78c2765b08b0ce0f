"""Blocks of a DuckDB file that are saved beside it, in case DuckDB dies while it overwrites them.

What a checkpoint changes goes into free blocks, and the header that points to them comes last; so
the file of a process that was killed is as it was before. Blocks of metadata are an exception
(DuckDB 1.5, `src/storage/metadata/metadata_manager.cpp`): one that has free parts gets new ones and
is written again where it is, 256 KB at once. If that is cut short, its checksum is wrong, and
nobody can open the file any more. Its parts that are in use are as they were, which `putting_back`
checks before it puts the whole block back. `file` says who attaches the file, and when.
"""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import duckdb

from zendesk_assets.errors import WarehouseError
from zendesk_assets.storage.durable import rename_durably
from zendesk_assets.warehouse.engines.attached.dialect import DUCKDB
from zendesk_assets.warehouse.engines.duckdb import putting_back
from zendesk_assets.warehouse.engines.duckdb.putting_back import (
    BLOCK,
    HEADERS,
    SIZE,
    forget,
    new_file,
    saved_file,
)

# With parameters, the first query of a process would import pandas.
_METADATA: Final = f"""
SELECT block_id, free_list, (
    SELECT block_size FROM pragma_database_size() WHERE database_name = '{DUCKDB.database}')
FROM pragma_metadata_info('{DUCKDB.database}') WHERE free_blocks > 0
"""  # noqa: S608 # no value comes from outside


class SavedBlocks:
    """The blocks that the next checkpoint may overwrite, of a file that is attached for writing.

    It has the file open for itself until it is detached: to close it sooner would let go of the
    lock of the process. Raises OSError if it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        self._headers = b""

    def save(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Save them if a checkpoint was made since the last time. Raises OSError, duckdb.Error."""
        headers = os.pread(self._descriptor, HEADERS, 0)
        if headers == self._headers:
            return
        blocks = connection.execute(_METADATA).fetchall()
        size = blocks[0][2] if blocks else 0
        data = [headers, SIZE.pack(size)]
        for number, free, _ in blocks:
            block = os.pread(self._descriptor, size, HEADERS + number * size)
            data += [BLOCK.pack(number, sum(1 << part for part in free)), block]
        self._write(b"".join(data))
        self._headers = headers

    def _write(self, data: bytes) -> None:
        """Write what is saved, for those who may read the file; only one process may change it."""
        new, readers = new_file(self.path), os.fstat(self._descriptor)
        with new.open("wb") as file:
            os.fchmod(file.fileno(), readers.st_mode & 0o777)
            with suppress(PermissionError):
                os.fchown(file.fileno(), readers.st_uid, readers.st_gid)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        rename_durably(new, saved_file(self.path))

    def finish(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Let DuckDB make its last checkpoint; then nothing needs to be saved any more.

        Raises OSError and duckdb.Error: then what was saved stays.
        """
        self.save(connection)
        # If an earlier one has failed, or the file is not attached any more, this is refused.
        connection.execute(f"CHECKPOINT {DUCKDB.database}")
        forget(self.path)

    def close(self) -> None:
        """Let go of the file, which is detached by now, or of which the DuckDB is closed."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1


def put_back(path: Path) -> None:
    """Put right what a process has left that died while it changed the file.

    Raises:
        WarehouseError: if that fails; a file that another process has open is left alone.
    """
    if not saved_file(path).exists():
        return
    command = [sys.executable or "python3", "-I", "-S", putting_back.__file__, str(path)]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 # ours
    if ended.returncode:
        _, _, said = ended.stderr.strip().rpartition("\n")
        raise WarehouseError(
            f"Blocks of {path} could not be put back from {saved_file(path)} "
            f"({said or f'exit code {ended.returncode}'}): check the permissions and the free "
            "space of their folder, and run this again."
        )


def detach(connection: duckdb.DuckDBPyConnection, saved: SavedBlocks | None) -> None:
    """Detach the file, if it still can be; no transaction on it is open any more."""
    try:
        if saved:
            with suppress(duckdb.Error, OSError):  # it is put right the next time
                saved.finish(connection)
        with suppress(duckdb.Error):
            connection.execute(f"DETACH {DUCKDB.database}")
    finally:
        if saved:
            saved.close()
