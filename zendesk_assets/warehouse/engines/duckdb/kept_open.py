"""DuckDB files that stay attached for a moment, because the next use follows at once.

To attach a file and to detach it takes 15 to 70 ms of processor, the more tables and views are in
it, and a sync uses it several times for each table. Within a block that asks for it, a file stays
attached until it was not used for a quarter of a second, or another DuckDB of this process needs
it, or five seconds are over, or the block ends. Until then, other processes wait. After five
seconds it is attached for each use alone for as long, so that others, who try again every two
seconds at most, have their turn. Who attaches it is in `file`.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Final

import duckdb

from zendesk_assets.warehouse.engines.duckdb.saved_blocks import SavedBlocks, detach
from zendesk_assets.warehouse.memory import before_close

_SECONDS: Final = 0.25
_LONGEST_SECONDS: Final = 5.0

Identity = tuple[int, int] | None


@dataclass
class Attached:
    """A file that is attached to the DuckDB in memory of which `root` is a connection.

    Who uses it has the `turn` of the file. `seen` is what was looked up in its catalog, which only
    they can change meanwhile.
    """

    root: duckdb.DuckDBPyConnection
    saved: SavedBlocks | None  # if it may be changed
    identity: Identity
    turn: threading.Lock
    seen: dict[tuple[str, str], list[tuple[Any, ...]]] = field(default_factory=dict)
    since: float = field(default_factory=monotonic)
    timer: threading.Timer | None = None

    def detach(self) -> None:
        """Let go of the file, also if its DuckDB is closed by now."""
        if self.timer:
            self.timer.cancel()
        try:
            with suppress(duckdb.Error), self.root.cursor() as connection:
                detach(connection, self.saved)
        finally:
            if self.saved:
                self.saved.close()


_kept: Final[dict[Path, Attached]] = {}
# Until when a file is not kept, so that other processes have their turn.
_shared_until: Final[dict[Path, float]] = {}
_closing: Final[set[threading.Thread]] = set()
_blocks: Final[list[None]] = []


@contextmanager
def staying_open() -> Iterator[None]:
    """Keep files that are used within the block attached for the next use."""
    _blocks.append(None)
    try:
        yield
    finally:
        _blocks.pop()
        if not _blocks:
            for path in list(_kept):
                _let_go_unused(path)
            for thread in list(_closing):  # a timer that is at it
                thread.join()


def take(
    path: Path, root: duckdb.DuckDBPyConnection, identity: Identity, *, read_only: bool
) -> Attached | None:
    """Return the file as it was kept, if that will do; otherwise let go of what is in the way.

    In the way are another attachment of the file, and another file on this DuckDB. The caller has
    its turn of the file.
    """
    for other, each in list(_kept.items()):
        if other != path and each.root is root:
            let_go(other)
    found = _kept.pop(path, None)
    if found is None:
        return None
    will_do = found.root is root and found.identity == identity
    if will_do and (found.saved or read_only):
        if found.timer:
            found.timer.cancel()
        return found
    found.detach()
    return None


def keep(path: Path, attached: Attached) -> bool:
    """Return whether the file stays attached for a moment: not if it was for long already."""
    now = monotonic()
    if now - attached.since > _LONGEST_SECONDS:
        _shared_until[path] = now + _LONGEST_SECONDS
    if not _blocks or now < _shared_until.get(path, 0.0):
        return False
    if _let_go_of not in before_close:
        before_close.append(_let_go_of)
    # Not a daemon: a process that ended while it is within DuckDB would be aborted.
    attached.timer = threading.Timer(_SECONDS, _let_go_in_time, [path, attached])
    _kept[path] = attached
    attached.timer.start()
    return True


def let_go(path: Path) -> None:
    """Detach a file that was kept, if it was; the caller has its turn, or knows it is unused."""
    if found := _kept.pop(path, None):
        found.detach()


def _let_go_of(root: duckdb.DuckDBPyConnection) -> None:
    """Detach what is kept on a DuckDB that is about to be closed."""
    for path, each in list(_kept.items()):
        if each.root is root:
            _let_go_unused(path, each)


def _let_go_in_time(path: Path, attached: Attached) -> None:
    """Detach a file in the thread of its timer, for which the end of a block waits."""
    thread = threading.current_thread()
    _closing.add(thread)
    try:
        _let_go_unused(path, attached)
    finally:
        _closing.discard(thread)


def _let_go_unused(path: Path, attached: Attached | None = None) -> None:
    """Detach a file that was kept, this one or any, unless it is in use: that ends by itself."""
    found = _kept.get(path)
    if found is None or not found.turn.acquire(blocking=False):
        return
    try:
        if _kept.get(path) is (attached or found):
            let_go(path)
    finally:
        found.turn.release()
