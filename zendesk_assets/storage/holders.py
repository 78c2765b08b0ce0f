"""Which process of this machine holds a lock, in words, and whether it is stopped.

A dead process holds nothing: the kernel releases its locks. One that was stopped (by Ctrl-Z or a
debugger) may hold them indefinitely: it is named, and the wait for it is short.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from time import monotonic
from typing import Final

import filelock
import psutil

# How long to wait for a stopped holder: it may be about to be continued.
STOPPED_SECONDS: Final = 20.0
_SAID_AFTER_SECONDS: Final = 1.0
_STOPPED: Final = (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP)
_LOCKS: Final = Path("/proc/locks")
# The bytes that a writer locks in an SQLite file, or in the index of its log.
_PENDING: Final = 0x40000000
_WAL_WRITE: Final = 120
_SOMEBODY: Final = "another process"


class HeldError(Exception):
    """A lock was not released in time; `holder` describes its holder."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


def acquire(
    lock: filelock.BaseFileLock, seconds: float, say: Callable[[str], object], *, what: str
) -> AbstractContextManager[object]:
    """Take a lock that another process may hold, within `seconds`; less if that is stopped.

    It is released at the end of a `with` block of what is returned. Once it has to wait, `say`
    receives a sentence about the holder and `what` it holds.

    Raises:
        HeldError: if the lock is not released in time.
        OSError: if the lock file cannot be used.
    """
    started, said = monotonic(), False
    while True:
        try:
            return lock.acquire(timeout=min(_SAID_AFTER_SECONDS, seconds))
        except filelock.Timeout:
            pid = locker_of(Path(lock.lock_file))
            longest = min(seconds, STOPPED_SECONDS) if pid and is_stopped(pid) else seconds
            holder = described(pid) if pid else _SOMEBODY
            if monotonic() - started >= longest:
                raise HeldError(holder) from None
            if not said:
                say(f"Waiting up to {longest:.0f} s for {what}: {holder} holds it.")
            said = True


def described(pid: int) -> str:
    """Return `PID 12 (zendesk-assets sync)`; for a stopped one also how to continue it."""
    name = _command(pid)
    shown = f"PID {pid} ({name})" if name else f"PID {pid}"
    if not is_stopped(pid):
        return shown
    return f"{shown}, which is stopped (`kill -CONT {pid}` continues it, `kill -9 {pid}` ends it),"


def is_stopped(pid: int) -> bool:
    """Return whether a process is alive but stopped by a signal or a debugger."""
    try:
        return psutil.Process(pid).status() in _STOPPED
    except psutil.Error:
        return False


def locker_of(path: Path) -> int | None:
    """Return the process that has locked a file; None if the system does not show it."""
    return next((pid for pid, _kind, _start in _locks(path)), None)


def writer_of(database: Path) -> int | None:
    """Return the process that writes to an SQLite file; None if the system does not show it.

    https://www.sqlite.org/walformat.html#wal_locks and https://www.sqlite.org/lockingv3.html
    """
    log = _locks(database.with_name(f"{database.name}-shm"))
    found = [pid for pid, kind, start in log if (kind, start) == ("WRITE", _WAL_WRITE)]
    found += [pid for pid, kind, start in _locks(database) if kind == "WRITE" and start > _PENDING]
    return next(iter(found), None)


def _locks(path: Path) -> list[tuple[int, str, int]]:
    """Return the locks of a file: the process, READ or WRITE, and the first byte."""
    try:
        wanted, table = path.stat().st_ino, _LOCKS.read_text("ascii")
    except OSError:
        return []
    found = []
    for line in table.splitlines():
        words = line.split()
        # 1: FLOCK  ADVISORY  WRITE 1234 00:2b:5678 0 EOF; a waiting process follows an arrow.
        if "->" in words or len(words) < 7:  # noqa: PLR2004 # as above
            continue
        if words[5].rpartition(":")[2] == str(wanted) and words[4].isdigit() and words[4] != "0":
            found.append((int(words[4]), words[3], int(words[6])))
    return found


def _command(pid: int) -> str:
    """Return what a process runs: the program and its first word, but no option values."""
    try:
        words = psutil.Process(pid).cmdline()
    except psutil.Error:
        return ""
    if len(words) > 1 and Path(words[0]).name.startswith("python"):
        words = words[2:] if words[1] == "-m" else words[1:]
    if not words or words[0].startswith("-"):
        return "python"
    first = words[1] if len(words) > 1 and words[1].isidentifier() else ""
    return f"{Path(words[0]).name} {first}".strip()
