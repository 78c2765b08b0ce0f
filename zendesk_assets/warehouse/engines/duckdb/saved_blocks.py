"""Blocks of a DuckDB file that are saved beside it, in case DuckDB dies while it overwrites them.

What a checkpoint changes goes into free blocks, and the header that points to them comes last; so
the file of a process that was killed is as it was before. Blocks of metadata are an exception
(DuckDB 1.5, `src/storage/metadata/metadata_manager.cpp`): one that has free parts gets new ones and
is written again where it is, 256 KB at once. If that is cut short, its checksum is wrong, and
nobody can open the file any more. Its parts that are in use are as they were, which is checked
here before the whole block is put back. Who attaches the file when is in `file`.
"""

import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import duckdb

from zendesk_assets.storage.durable import write_durably
from zendesk_assets.warehouse.engines.attached.dialect import DUCKDB

HEADERS: Final = 3 * 4096  # bytes: the file's, and two that each say where a state of it begins
_PARTS: Final = 64
_CHECKSUM: Final = 8
_SIZE: Final = struct.Struct("<q")
_BLOCK: Final = struct.Struct("<qQ")  # its number, and a bit for each part that is free
# With parameters, the first query of a process would import pandas.
_METADATA: Final = f"""
SELECT block_id, free_list, (
    SELECT block_size FROM pragma_database_size() WHERE database_name = '{DUCKDB.database}')
FROM pragma_metadata_info('{DUCKDB.database}') WHERE free_blocks > 0
"""  # noqa: S608 # no value comes from outside


class SavedBlocks:
    """The blocks of one attachment that the next checkpoint may overwrite.

    It has the file open for itself, from before it is attached until it is detached: to close it in
    between would let go of the lock of the process (https://www.sqlite.org/howtocorrupt.html,
    section 2.2). Raises OSError if it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()
        self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        self._headers = b""

    def save(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Save them, unless no checkpoint was made since they were saved. Raises OSError."""
        headers = os.pread(self._descriptor, HEADERS, 0)
        if headers == self._headers:
            return
        blocks = connection.execute(_METADATA).fetchall()
        size = blocks[0][2] if blocks else 0
        data = [headers, _SIZE.pack(size)]
        for number, free, _ in blocks:
            block = os.pread(self._descriptor, size, HEADERS + number * size)
            data += [_BLOCK.pack(number, sum(1 << part for part in free)), block]
        write_durably(saved_file(self._path), b"".join(data))
        self._headers = headers

    def close(self) -> None:
        """Let go of the file, which is detached by now."""
        os.close(self._descriptor)


def open_blocks(path: Path) -> SavedBlocks | None:
    """Return them for a file that is about to be attached; None if it cannot be opened."""
    try:
        return SavedBlocks(path)
    except OSError:
        return None  # DuckDB makes it, or says what is the matter


def detach(connection: duckdb.DuckDBPyConnection, saved: SavedBlocks | None) -> None:
    """Detach the file, if it still can be; DuckDB makes a checkpoint if anything was changed."""
    if saved:
        with suppress(duckdb.Error, OSError):
            saved.save(connection)
    with suppress(duckdb.Error):
        connection.execute(f"DETACH {DUCKDB.database}")
    if saved:
        saved.close()


def saved_file(path: Path) -> Path:
    """Return where the blocks of a DuckDB file are saved."""
    return path.with_name(f".{path.name}.blocks")


def put_back(path: Path) -> None:
    """Put back each block that was cut short while it was written; the file is not attached here.

    Nothing is done to a file that another process has, or that has had a checkpoint since, or to a
    block of which a part that is in use differs. Raises OSError.
    """
    path = path.resolve()
    try:
        with saved_file(path).open("rb") as saved, path.open("r+b", buffering=0) as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.pread(file.fileno(), HEADERS, 0) == saved.read(HEADERS):
                for place, free, block in _blocks(saved.read()):
                    _put_back(file.fileno(), place, free, block)
                os.fsync(file.fileno())
    except (FileNotFoundError, BlockingIOError, PermissionError):
        return  # nothing was saved, another process has the file, or it is not ours to change


def forget(path: Path) -> None:
    """Remove what was saved of a file that is another one by now."""
    saved_file(path.resolve()).unlink(missing_ok=True)


def _blocks(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield where each block that was saved belongs, its free parts, and its bytes."""
    (size,) = _SIZE.unpack_from(data)
    for start in range(_SIZE.size, len(data), _BLOCK.size + size or 1):
        number, free = _BLOCK.unpack_from(data, start)
        begin = start + _BLOCK.size
        yield HEADERS + number * size, free, data[begin : begin + size]


def _put_back(descriptor: int, place: int, free: int, block: bytes) -> None:
    found = os.pread(descriptor, len(block), place)
    if found != block and _in_use(found, free) == _in_use(block, free):
        os.pwrite(descriptor, block, place)


def _in_use(block: bytes, free: int) -> list[bytes]:
    """Return the parts of a block that are in use; each is a multiple of eight bytes."""
    size = (len(block) - _CHECKSUM) // _PARTS // 8 * 8
    begins = (_CHECKSUM + size * part for part in range(_PARTS) if not free >> part & 1)
    return [block[begin : begin + size] for begin in begins]
