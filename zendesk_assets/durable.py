"""Files that outlive a crash of the machine: a rename counts once its folder is on the disk too.

Nothing here knows what is in a file, or what a failure means to a user: OSError goes through.
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["rename_durably", "sync_folder"]


def rename_durably(source: Path, target: Path) -> None:
    """Put a file, synced already, in the place of another in its folder; durable on return."""
    source.replace(target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: what was created, renamed or removed there."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
