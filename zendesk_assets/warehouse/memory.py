"""In-memory DuckDBs, in which rows become typed and to which a DuckDB file is attached.

Opening one takes about 20 ms of processor, and a sync needs dozens one after another, so a process
keeps one for the next use. Nothing of a use is left in it: temporary tables belong to a connection,
which is closed. What is done in it is not known here.
"""

import atexit
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import duckdb

from zendesk_assets.storage.temporary import TemporaryFolder


@dataclass
class _Memory:
    """A DuckDB in UTC, the folder into which it spills, and the process that opened it."""

    root: duckdb.DuckDBPyConnection
    folder: TemporaryFolder
    process: int
    limits: tuple[int, int] | None = None

    def limit(self, megabytes: int, threads: int) -> None:
        """Limit what all of its connections use; to say it again would take a millisecond."""
        if self.limits != (megabytes, threads):
            self.root.execute(f"SET threads = {threads}; SET memory_limit = '{megabytes}MB'")
            self.limits = megabytes, threads

    def close(self) -> None:
        for each in before_close:
            each(self.root)
        with suppress(duckdb.Error):
            self.root.close()
        self.folder.remove()


# What is done before one is closed, with the connection that all of its uses come from.
before_close: Final[list[Callable[[duckdb.DuckDBPyConnection], None]]] = []
# Lists are changed by single operations, which threads may do at the same time.
_idle: list[_Memory] = []
# By the ids of connections that are in use.
_roots: dict[int, duckdb.DuckDBPyConnection] = {}


@contextmanager
def open_memory(
    megabytes: int, threads: int = 1, *, keep: bool = True
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection to an in-memory DuckDB in UTC that nobody else uses.

    It uses so many `threads` and `megabytes`, and spills into a folder that is there only
    meanwhile. It is closed afterwards if something has failed or was spilled, or if it is not to be
    kept, because its settings were changed.
    """
    memory = _take()
    try:
        with memory.root.cursor() as connection, _with_root(connection, memory.root):
            memory.limit(megabytes, threads)
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


def root_of(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Return what tells one DuckDB from another: the connection that all of its uses come from."""
    return _roots[id(connection)]


@contextmanager
def _with_root(
    connection: duckdb.DuckDBPyConnection, root: duckdb.DuckDBPyConnection
) -> Iterator[None]:
    _roots[id(connection)] = root
    try:
        yield
    finally:
        del _roots[id(connection)]


def _is_interruption(error: BaseException) -> bool:
    """Return whether DuckDB's client says that Ctrl-C has ended a query, which it has swallowed."""
    return type(error) is RuntimeError and str(error) == "Query interrupted"


def _take() -> _Memory:
    """Return the one that was kept, if there is one; else a new one."""
    with suppress(IndexError):
        kept = _idle.pop()
        if kept.process != os.getpid():
            return _open()  # it is the parent's
        with suppress(OSError):
            kept.folder.make_again()
            return kept
        kept.close()
    return _open()


def _open() -> _Memory:
    folder = TemporaryFolder("memory")
    config: dict[str, str | bool | int | float | list[str]] = {
        "temp_directory": str(folder.path),
        "preserve_insertion_order": True,
        # Everything needed is built in: nothing may be downloaded unnoticed.
        "autoinstall_known_extensions": False,
        # A missing table must not be found among the Python variables.
        "python_enable_replacements": False,
    }
    try:
        root = duckdb.connect(":memory:", config=config)
        root.execute("SET GLOBAL TimeZone = 'UTC'")
        return _Memory(root, folder, os.getpid())
    except BaseException:
        folder.remove()
        raise


@atexit.register
def _close_idle() -> None:
    while _idle:
        memory = _idle.pop()
        if memory.process == os.getpid():
            memory.close()
