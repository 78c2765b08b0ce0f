"""Why a file could not be written: its disk is full, or, of SQLite's, another process writes.

Libraries each say so in another way, or only that writing has failed.

Knows no file of ours; who met the error words the sentence.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

__all__ = ["is_full", "tells_full_disk", "tells_locked"]

_SAID: Final = re.compile(r"(?i)no space left|disk is full|disk full|disk quota exceeded")
_UNSURE: Final = re.compile(r"(?i)disk i/o error")  # SQLite's, also when its journal cannot grow
_LEAST: Final = 64 * 1024  # bytes; SQLite writes pages of 4 KiB, and a few of them at once


def tells_full_disk(error: BaseException, folder: Path | None = None) -> bool:
    """Return whether an error, or one that it came of, is that of a full disk.

    `folder` is where it was to be written; it is looked at where the error does not say.
    """
    return any(_tells(each, folder) for each in _chain(error))


def tells_locked(error: BaseException) -> bool:
    """Return whether an error, or one that it came of, is that of an SQLite file in use."""
    return any("database is locked" in str(each) for each in _chain(error))


def is_full(folder: Path) -> bool:
    """Return whether next to nothing can be written to a folder's disk."""
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
