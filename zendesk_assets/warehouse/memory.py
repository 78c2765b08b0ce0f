"""In-memory DuckDBs, in which rows become typed and to which a DuckDB file is attached.

Opening one takes about 20 ms of processor, and a sync needs dozens one after another, so a process
keeps one for the next use. Nothing of a use is left in it: temporary tables belong to a connection,
which is closed. What is done in it is not known here.
"""

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import duckdb

from zendesk_assets.storage.temporary import TemporaryFolder


@dataclass(frozen=True)
class _Memory:
    """A DuckDB in UTC, the folder into which it spills, and the process that opened it."""

    root: duckdb.DuckDBPyConnection
    folder: TemporaryFolder
    limits: tuple[str, int]
    process: int

    def close(self) -> None:
        with suppress(duckdb.Error):
            self.root.close()
        self.folder.remove()


# Lists are changed by single operations, which threads may do at the same time.
_idle: list[_Memory] = []


@contextmanager
def open_memory(
    memory_limit: str, threads: int, *, keep: bool = True
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection to an in-memory DuckDB in UTC that nobody else uses.

    It spills into a folder that is there only meanwhile. It is closed afterwards if something has
    failed or was spilled, or if it is not to be kept, because its settings were changed.
    """
    memory = _take((memory_limit, threads))
    try:
        with memory.root.cursor() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            yield connection
    except BaseException as error:
        memory.close()
        if _is_interruption(error):
            raise KeyboardInterrupt from None
        raise
    if keep and not _idle and memory.folder.is_empty:
        memory.folder.remove()
        _idle.append(memory)
    else:
        memory.close()


def _is_interruption(error: BaseException) -> bool:
    """Return whether DuckDB's client says that Ctrl-C has ended a query, which it has swallowed."""
    return type(error) is RuntimeError and str(error) == "Query interrupted"


def _take(limits: tuple[str, int]) -> _Memory:
    """Return the one that was kept, if it has these limits; else a new one."""
    with suppress(IndexError):
        kept = _idle.pop()
        if kept.process != os.getpid():
            return _open(limits)  # it is the parent's
        if kept.limits == limits:
            with suppress(OSError):
                kept.folder.make_again()
                return kept
        kept.close()
    return _open(limits)


def _open(limits: tuple[str, int]) -> _Memory:
    folder = TemporaryFolder("memory")
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": limits[0],
        "threads": limits[1],
        "temp_directory": str(folder.path),
        "preserve_insertion_order": True,
        # Everything needed is built in: nothing may be downloaded unnoticed.
        "autoinstall_known_extensions": False,
        # A missing table must not be found among the Python variables.
        "python_enable_replacements": False,
    }
    try:
        return _Memory(duckdb.connect(":memory:", config=config), folder, limits, os.getpid())
    except BaseException:
        folder.remove()
        raise


@atexit.register
def _close_idle() -> None:
    while _idle:
        memory = _idle.pop()
        if memory.process == os.getpid():
            memory.close()
