"""Files that survive a crash of the machine: a rename is durable once its folder is synced too.

The contents of files do not matter here, and OSError is passed on.
"""

import os
from pathlib import Path


def write_durably(path: Path, data: bytes) -> None:
    """Write a file, and its folder if that is missing; it is there whole or as it was before.

    Raises:
        OSError: if the file system refuses.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        rename_durably(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def rename_durably(source: Path, target: Path) -> None:
    """Replace a file by another in the same folder, which is synced already; durable on return.

    Raises:
        OSError: if the file system refuses.
    """
    source.replace(target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make what was created, renamed or removed in a folder durable.

    Raises:
        OSError: if the file system refuses.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
