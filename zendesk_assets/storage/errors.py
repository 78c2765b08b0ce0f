"""Why a file could not be written: a full disk, or an SQLite file that another process writes to.

Each library reports this differently, or only that writing failed. Callers word the message.
"""

import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_SAID: Final = re.compile(r"(?i)no space left|disk is full|disk full|disk quota exceeded")
_UNSURE: Final = re.compile(r"(?i)disk i/o error")  # SQLite's, also if its journal cannot grow
_LEAST: Final = 64 * 1024  # bytes; SQLite writes a few pages of 4 KiB at once


def is_disk_full_error(error: BaseException, folder: Path | None = None) -> bool:
    """Return whether an error, or one of its causes, is that of a full disk.

    `folder` is where it wanted to write; its disk is checked if the error is ambiguous.
    """
    return any(_tells(each, folder) for each in _chain(error))


def is_locked_error(error: BaseException) -> bool:
    """Return whether an error, or one of its causes, is that of an SQLite file in use."""
    return any("database is locked" in str(each) for each in _chain(error))


def is_full(folder: Path) -> bool:
    """Return whether almost nothing can be written to a folder's disk."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    return found.f_bavail * found.f_frsize < _LEAST


def _tells(error: BaseException, folder: Path | None) -> bool:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    text = str(error)
    unsure = folder is not None and bool(_UNSURE.search(text)) and is_full(folder)
    return bool(_SAID.search(text)) or unsure


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
