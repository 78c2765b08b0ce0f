"""The DuckDB file: attached while it is needed, and waited for while another process has it.

DuckDB lets one process write, or several read. The code here attaches the file to
an in-memory connection and lets go in a `finally`. What is done with it is not known here.
"""

import random
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Final

import duckdb

from zendesk_assets.clock import Clock
from zendesk_assets.errors import WarehouseError, WarehouseLockedError
from zendesk_assets.storage.errors import is_disk_full_error
from zendesk_assets.storage.holders import STOPPED_SECONDS, described, is_stopped
from zendesk_assets.warehouse.engines.attached.dialect import DUCKDB
from zendesk_assets.warehouse.engines.duckdb import kept_open
from zendesk_assets.warehouse.engines.duckdb.putting_back import saved_file
from zendesk_assets.warehouse.engines.duckdb.saved_blocks import SavedBlocks, detach, put_back
from zendesk_assets.warehouse.engines.duckdb.unfinished import finish
from zendesk_assets.warehouse.memory import root_of
from zendesk_assets.warehouse.sql import literal

# What DuckDB 1.x wrote by default: any 1.x opens it, and so do programs built on one.
STORAGE_VERSION: Final = "v1.0.0"

_LOCKED: Final = re.compile(
    r"(?i)could not set lock|conflicting lock|unique file handle|already attached|being used by"
    r"|different configuration"
)
_HOLDER: Final = re.compile(r"held in .+?\(PID (\d+)\)")
_UNKNOWN_VERSION: Final = re.compile(r"(?i)not a known DuckDB version")
_DAMAGED: Final = re.compile(r"Corrupt database|not a valid DuckDB|Could not read enough bytes")
_WRITTEN: Final = "COMMIT succeeded"  # and the checkpoint after it did not
_FULL: Final = re.compile(r"""file "([^"]+)": No space left""")
_LONGEST_PAUSE: Final = 2.0

# DuckDB refuses a file that is open twice in one process, so threads take turns; a lock per file
# can only be shared by a whole process when it lives here.
_turns: Final[dict[Path, threading.Lock]] = {}
# The process that did not let go in time, by file: the next attempt does not wait as long again.
_waited_for: Final[dict[Path, int]] = {}
_turns_guard: Final = threading.Lock()


@dataclass(frozen=True)
class FileUse:
    """A use of the file: the seconds that were `waited`, and what was `seen` in its catalog.

    Who changes the catalog forgets what was seen.
    """

    waited: float
    seen: dict[tuple[str, str], list[tuple[Any, ...]]]
    _saved: SavedBlocks | None

    def save_blocks(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Save what a commit may overwrite: a large one is a checkpoint. Raises WarehouseError."""
        if self._saved:
            with _worded(self._saved.path):
                self._saved.save(connection)


@dataclass(frozen=True)
class DuckDBFile:
    """A DuckDB file that is shared with other threads and processes.

    A file that is there keeps its storage version; `storage_version` is that of a new one.
    """

    path: Path
    lock_timeout: float
    clock: Clock
    log: Callable[[str], None] | None = None
    storage_version: str = STORAGE_VERSION

    @contextmanager
    def attached(
        self, connection: duckdb.DuckDBPyConnection, *, read_only: bool = False
    ) -> Iterator[None]:
        """Attach the file as `warehouse` for the block, and detach it at its end."""
        with self._turn():
            kept_open.let_go(self.path.resolve())
            saved = self._attach(connection, read_only=read_only)
            try:
                yield
            finally:
                # After a fatal error it cannot be detached; closing the connection releases it.
                detach(connection, saved)

    @contextmanager
    def in_use(
        self, connection: duckdb.DuckDBPyConnection, *, read_only: bool = False
    ) -> Iterator[FileUse]:
        """Do the same, but go on with a file that was kept open, and keep it open (`kept_open`).

        The connection is one of `open_memory`. What fails is not kept, nor what was seen then.
        """
        started, path, root = monotonic(), self.path.resolve(), root_of(connection)
        with self._turn() as turn:
            found = kept_open.take(path, root, _identity(path), read_only=read_only)
            if found is None:
                saved = self._attach(connection, read_only=read_only)
                found = kept_open.Attached(root, saved, _identity(path), turn)
            is_kept = False
            try:
                yield FileUse(monotonic() - started, found.seen, found.saved)
                is_kept = kept_open.keep(path, found)
            finally:
                if not is_kept:
                    found.detach()

    @contextmanager
    def _turn(self) -> Iterator[threading.Lock]:
        with _turns_guard:
            turn = _turns.setdefault(self.path.resolve(), threading.Lock())
        if not turn.acquire(timeout=self.lock_timeout):
            raise self._locked("another thread of this process")
        try:
            yield turn
        finally:
            turn.release()

    def _attach(
        self, connection: duckdb.DuckDBPyConnection, *, read_only: bool
    ) -> SavedBlocks | None:
        """Attach it, waiting for others; return the blocks that were saved if it may be changed."""
        started, pause = self.clock.now().timestamp(), 0.05
        logged = False
        while True:
            before = _identity(self.path)
            try:
                self._attach_now(connection, read_only=read_only)
            except (duckdb.Error, OSError) as error:
                left = self._seconds_left(error, started)
                if not logged and self.log is not None:
                    holder = _described(_holder(error))
                    self.log(f"Waiting up to {left:.0f} s for {self.path}: {holder} holds it.")
                logged = True
                self.clock.sleep(min(left, pause * random.uniform(0.5, 1.0)))  # noqa: S311  # jitter
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                if before in (None, _identity(self.path)):
                    _waited_for.pop(self.path.resolve(), None)
                    return None if read_only else self._save(connection)
                # It was replaced between being opened and being locked (`rewrite`).
                detach(connection, None)

    def _attach_now(self, connection: duckdb.DuckDBPyConnection, *, read_only: bool) -> None:
        """Attach it, after what a process that was killed has left is put right."""
        put_back(self.path)
        finish(self.path, connection, self._options_of_new())
        place = f"ATTACH {literal(str(self.path))} AS {DUCKDB.database}"
        # The options differ each time: another process may have made the file meanwhile.
        connection.execute(f"{place} ({self._options(read_only=read_only)})")

    def _save(self, connection: duckdb.DuckDBPyConnection) -> SavedBlocks:
        saved = None
        try:
            with _worded(self.path):
                saved = SavedBlocks(self.path)
                saved.save(connection)
        except BaseException:
            detach(connection, saved)
            raise
        return saved

    def _seconds_left(self, error: Exception, started: float) -> float:
        """Return how long to wait for who has the file; raise if that is over, or not the cause."""
        if _UNKNOWN_VERSION.search(str(error)):
            raise self._unknown_version() from error
        if not _LOCKED.search(str(error)):
            raise as_warehouse_error(error, self.path) from error
        pid = _holder(error)
        left = started + self._patience(pid) - self.clock.now().timestamp()
        if left <= 0:
            if pid:
                _waited_for[self.path.resolve()] = pid
            raise self._locked(_described(pid)) from error
        return left

    def _patience(self, pid: int | None) -> float:
        """Return how many seconds to wait for a process that holds the file."""
        if pid and _waited_for.get(self.path.resolve()) == pid:
            return 0.0
        return (
            min(self.lock_timeout, STOPPED_SECONDS)
            if pid and is_stopped(pid)
            else self.lock_timeout
        )

    def _options(self, *, read_only: bool) -> str:
        if read_only:
            return "TYPE duckdb, READ_ONLY"
        return "TYPE duckdb" if self.path.exists() else self._options_of_new()

    def _options_of_new(self) -> str:
        return f"TYPE duckdb, STORAGE_VERSION {literal(self.storage_version)}"

    def _unknown_version(self) -> WarehouseError:
        return WarehouseError(
            f"DuckDB {duckdb.__version__} knows no storage version {self.storage_version!r}: give "
            "`storage_version` in the sources file as v1.0.0, which any DuckDB 1.x can open, as "
            "latest, or as another version of DuckDB that is not newer than this one."
        )

    def _locked(self, holder: str) -> WarehouseLockedError:
        return WarehouseLockedError(
            f"The DuckDB file {self.path} is held by {holder} and was not let go in time; "
            "close the program that has it open (a DuckDB shell, a notebook, a BI tool, another "
            "sync), open it there with read-only and only briefly, or run this again later."
        )


def as_warehouse_error(error: Exception, path: Path) -> WarehouseError:
    """Return the error as one sentence about the file."""
    what = " ".join(str(error).split()).removesuffix(".")
    written = "what was loaded is in it" if _WRITTEN in what else "nothing of this load was written"
    if is_disk_full_error(error):
        full = _FULL.search(str(error))
        return WarehouseError(
            f"The disk of {full.group(1) if full else path} is full: free some space there and run "
            f"this again; {written}."
        )
    if _DAMAGED.search(what):
        return _damaged(path, what)
    return WarehouseError(
        f"The DuckDB file {path} cannot be used ({what}); {written}: check the path, the "
        "permissions and the free space, and run this again."
    )


@contextmanager
def _worded(path: Path) -> Iterator[None]:
    """Say in our words what the file system says."""
    try:
        yield
    except OSError as error:
        raise as_warehouse_error(error, path) from error


def _damaged(path: Path, what: str) -> WarehouseError:
    if saved_file(path).exists():
        return WarehouseError(
            f"A process died while it wrote to {path} ({what}). Run this once as a user who may "
            "write to it, and it is put right."
        )
    return WarehouseError(
        f"{path} is damaged, or not a DuckDB file ({what}). Put a backup of it in its place, or "
        "move it away and run `zendesk-assets sync --warehouse-only`, which fills the tables anew "
        "from the hub."
    )


def _identity(path: Path) -> tuple[int, int] | None:
    """Return which file it is, whatever its name; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _holder(error: Exception) -> int | None:
    """Return the process that has the file, where it is another than this one."""
    found = _HOLDER.search(str(error))
    return int(found.group(1)) if found else None


def _described(pid: int | None) -> str:
    return described(pid) if pid else "another connection or program"
