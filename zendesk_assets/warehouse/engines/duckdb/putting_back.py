"""Puts back the blocks of a DuckDB file that were cut short while DuckDB wrote them.

`saved_blocks` runs it as a program of its own: a process that closes a file lets go of all locks
that it has on it, also DuckDB's (https://www.sqlite.org/howtocorrupt.html, section 2.2). It imports
the standard library alone, to start quickly.
"""

import errno
import fcntl
import os
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

HEADERS = 3 * 4096  # bytes: the file's, and two that each say where a state of it begins
SIZE = struct.Struct("<q")
BLOCK = struct.Struct("<qQ")  # its number, and a bit for each part that is free
# These say that the file is gone, that another process has it open, or that it is read-only here.
_NOT_OURS = {errno.ENOENT, errno.EAGAIN, errno.EACCES, errno.EPERM, errno.EROFS}
_PARTS = 64
_CHECKSUM = 8


def saved_file(path: Path) -> Path:
    """Return where the blocks of a DuckDB file are saved while it may be changed."""
    path = path.resolve()
    return path.with_name(f".{path.name}.blocks")


def new_file(path: Path) -> Path:
    """Return where the next blocks are written before they take the place of those saved."""
    saved = saved_file(path)
    return saved.with_name(f"{saved.name}.new")


def forget(path: Path) -> None:
    """Remove what was saved: it is not needed any more. Raises OSError."""
    for each in (saved_file(path), new_file(path)):
        each.unlink(missing_ok=True)


def open_alone(path: Path) -> BinaryIO | None:
    """Open a file while nobody else has it open; None if that cannot be. Raises OSError."""
    try:
        file = path.open("r+b", buffering=0)
    except OSError as error:
        if error.errno in _NOT_OURS:
            return None
        raise
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # It may have been replaced between being opened and being locked.
        if os.path.samestat(os.fstat(file.fileno()), path.stat()):
            return file
    except OSError as error:
        if error.errno not in _NOT_OURS:
            raise
    file.close()
    return None


def put_back(path: Path) -> None:
    """Put back what was cut short, and remove what was saved.

    Nothing is done to a file that another process has open, or that has had a checkpoint since, or
    to a block of which a part that is in use differs. Raises OSError.
    """
    file = open_alone(path)
    if file is None:
        return
    with file:
        try:
            data = saved_file(path).read_bytes()
        except FileNotFoundError:
            return  # another process was faster
        if os.pread(file.fileno(), HEADERS, 0) == data[:HEADERS]:
            for place, free, block in _blocks(data):
                _put_back(file.fileno(), place, free, block)
            os.fsync(file.fileno())
        forget(path)


def _blocks(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield where each block that was saved belongs, its free parts, and its bytes."""
    if len(data) < HEADERS + SIZE.size:
        return
    (size,) = SIZE.unpack_from(data, HEADERS)
    for start in range(HEADERS + SIZE.size, len(data), BLOCK.size + size):
        number, free = BLOCK.unpack_from(data, start)
        begin = start + BLOCK.size
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


if __name__ == "__main__":
    put_back(Path(sys.argv[1]))
