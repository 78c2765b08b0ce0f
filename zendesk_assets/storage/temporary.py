"""Folders for data that is there only meanwhile: for their owner alone, and removed after a crash.

A process that is killed removes nothing, so what it left has to be recognized. Each folder has a
lock, which the kernel releases with its process: one whose lock is there, and free, is left over.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import filelock

_BEGINNING: Final = "zendesk-assets-"
# Under this name nobody looks for a folder that is not locked yet.
_UNLOCKED: Final = f".{_BEGINNING}"
_LOCK: Final = ".zendesk-assets.lock"


class TemporaryFolder:
    """A folder with a new name in the system's place for such; `what` it is for is part of it.

    It may be removed and made again, also by another thread.
    """

    def __init__(self, what: str) -> None:
        self._prefix, self._place = f"{_UNLOCKED}{what}-", tempfile.gettempdir()
        begun, self._lock = self._begin()
        self.path = begun.rename(begun.with_name(begun.name.removeprefix(".")))

    @property
    def is_empty(self) -> bool:
        """Return whether nothing has been written into it."""
        return all(each.name == _LOCK for each in self.path.iterdir())

    def make_again(self) -> None:
        """Make it again under its name. Raises OSError."""
        begun, self._lock = self._begin()
        try:
            begun.rename(self.path)
        except OSError:
            shutil.rmtree(begun, ignore_errors=True)
            self._lock.release()
            raise

    def remove(self) -> None:
        """Remove it with all that is in it."""
        with suppress(OSError):
            _remove(self.path)
        with suppress(OSError):
            self._lock.release()

    def _begin(self) -> tuple[Path, filelock.BaseFileLock]:
        begun = Path(tempfile.mkdtemp(prefix=self._prefix, dir=self._place))
        lock = filelock.FileLock(begun / _LOCK, thread_local=False)
        lock.acquire()
        return begun, lock


@contextmanager
def temporary_folder(what: str) -> Iterator[Path]:
    """Yield a folder that is there as long as the block; `what` it is for is part of its name."""
    folder = TemporaryFolder(what)
    try:
        yield folder.path
    finally:
        folder.remove()


def remove_left_over() -> int:
    """Remove the folders of processes that are gone, and return how many there were.

    Those of another user stay: they cannot be opened.
    """
    found = 0
    for folder in Path(tempfile.gettempdir()).glob(f"{_BEGINNING}*"):
        with suppress(OSError, filelock.Timeout):
            if (folder / _LOCK).exists():
                with filelock.FileLock(folder / _LOCK).acquire(timeout=0):
                    _remove(folder)
                found += 1
    return found


def _remove(folder: Path) -> None:
    """Remove a folder, its lock last: if this is killed, the rest is still known as left over."""
    for each in folder.iterdir():
        if each.is_dir():
            shutil.rmtree(each)
        elif each.name != _LOCK:
            each.unlink(missing_ok=True)
    shutil.rmtree(folder)
