"""DuckDB files that stay attached to read for a moment, because the next look follows at once.

To attach a file takes 7 to 22 ms of processor, and a sync looks at each table several times in a
row. Within a block that asks for it, what was opened to read is let go when it was not used for a
quarter of a second, when this process wants to write, and at the end of the block. Other processes
can read meanwhile, and wait as long as that to write. Who opens the file is in `file` and `engine`.
"""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import duckdb

_SECONDS: Final = 0.25


@dataclass
class OpenFile:
    """A file that is attached to a DuckDB in memory, and `resources`, which let go of both.

    `seen` is what was looked up in its catalog, which nobody can change meanwhile.
    """

    memory: duckdb.DuckDBPyConnection
    identity: tuple[int, int] | None
    resources: ExitStack
    turn: threading.Lock
    seen: dict[tuple[str, str], list[tuple[Any, ...]]] = field(default_factory=dict)
    timer: threading.Timer | None = None


# Whoever takes something from here, or puts it here, has its turn of that file (`file`).
_kept: Final[dict[Path, OpenFile]] = {}
_blocks: Final[list[None]] = []


@contextmanager
def staying_open() -> Iterator[None]:
    """Keep what is opened to read within the block for the next look."""
    _blocks.append(None)
    try:
        yield
    finally:
        _blocks.pop()
        if not _blocks:
            for path in list(_kept):
                let_go_unused(path)


def take(path: Path, identity: tuple[int, int] | None) -> OpenFile | None:
    """Return a file that was kept; None if there is none, or if another one has its name by now."""
    found = _kept.pop(path, None)
    if found is None:
        return None
    if found.timer:
        found.timer.cancel()
    if found.identity == identity:
        return found
    _close(found)
    return None


def keep(path: Path, opened: OpenFile) -> None:
    """Keep a file for a moment, or close it if no block asks for that."""
    if not _blocks:
        _close(opened)
        return
    opened.timer = threading.Timer(_SECONDS, let_go_unused, [path, opened])
    opened.timer.daemon = True
    _kept[path] = opened
    opened.timer.start()


def let_go(path: Path) -> None:
    """Close a file that was kept, if it was; the caller has its turn."""
    if found := _kept.pop(path, None):
        if found.timer:
            found.timer.cancel()
        _close(found)


def let_go_unused(path: Path, opened: OpenFile | None = None) -> None:
    """Close a file that was kept, this one or any, unless it is in use: that ends by itself."""
    found = _kept.get(path)
    if found is None or not found.turn.acquire(blocking=False):
        return
    try:
        if _kept.get(path) is (opened or found):
            let_go(path)
    finally:
        found.turn.release()


def _close(opened: OpenFile) -> None:
    with suppress(duckdb.Error):
        opened.resources.close()
