"""Names the process that holds Dagster's SQLite files, while we wait and when the wait fails.

A process writes to them for milliseconds. If it is stopped (Ctrl-Z, a debugger) while it writes, no
other process can write.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from zendesk_assets.storage.errors import is_locked_error
from zendesk_assets.storage.holders import described, writer_of

_LOOK_EVERY_SECONDS: Final = 1.0
_LOOKS: Final = 3  # in how many looks in a row the same process has to be found
_hanging: dict[Path, str] = {}


@contextmanager
def naming_who_writes(files: tuple[Path, ...], say: Callable[[str], object]) -> Iterator[None]:
    """Name the process that blocks writing to one of the files for seconds, if there is one."""
    ended = threading.Event()
    arguments = (files, say, ended)
    threading.Thread(target=_watch, args=arguments, daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def explain_locked(error: BaseException) -> str | None:
    """Return a sentence for an error caused by Dagster's locked files; None for any other."""
    if not is_locked_error(error):
        return None
    where, holder = next(iter(_hanging.items()), (Path("Dagster's storage"), "another process"))
    return (
        f"{where} is locked by {holder}, which does not end: end that process if it hangs, and "
        "run this again; what was landed and loaded before is kept."
    )


def _watch(files: tuple[Path, ...], say: Callable[[str], object], ended: threading.Event) -> None:
    found: dict[Path, list[int | None]] = {file: [] for file in files}
    while not ended.wait(_LOOK_EVERY_SECONDS):
        for file, seen in found.items():
            seen.append(writer_of(file))
            del seen[:-_LOOKS]
            _judge(file, seen, say)


def _judge(file: Path, seen: list[int | None], say: Callable[[str], object]) -> None:
    pid = seen[-1]
    if pid in (None, os.getpid()) or seen != [pid] * _LOOKS:
        return
    if file not in _hanging:
        say(f"Waiting for Dagster's {file}: {described(pid or 0)} holds it.")
    _hanging[file] = described(pid or 0)
