"""Temporary tables in an in-memory DuckDB, made before a transaction begins.

This module does not know how they are made.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack, suppress
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType


class PreparedTables:
    """A context manager of the DuckDB `opened`, in which `prepare` has made the tables."""

    def __init__(
        self,
        opened: AbstractContextManager[duckdb.DuckDBPyConnection],
        prepare: Callable[[duckdb.DuckDBPyConnection], None],
    ) -> None:
        self._opened, self._prepare = opened, prepare
        self._memory: duckdb.DuckDBPyConnection | None = None
        self._stack = ExitStack()

    def __enter__(self) -> duckdb.DuckDBPyConnection:
        """Open it and make the tables. Raises what `prepare` raises, in the engine's words."""
        with ExitStack() as stack:
            self._memory = stack.enter_context(self._opened)
            self._prepare(self._memory)
            self._stack = stack.pop_all()
        return self._memory

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        """Close it."""
        return self._stack.__exit__(kind, error, traceback)

    def stop(self) -> None:
        """End the query that is running, from another thread."""
        if self._memory is not None:
            with suppress(duckdb.Error):
                self._memory.interrupt()
