"""Whose turn it is to write to a lake: its format alone lets two writers insert one new key.

Writers of different tables may be at work at once where PostgreSQL keeps the turns; who has to be
alone (to create, to retry after a conflict, to tidy up) has the whole lake. A file lock is always
that of the whole lake, on one machine. What is done in a turn is not known here.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import filelock

from zendesk_assets import postgres
from zendesk_assets.errors import WarehouseLockedError
from zendesk_assets.storage.holders import HeldError, acquire
from zendesk_assets.warehouse.engines.engine import Options
from zendesk_assets.warehouse.engines.postgres.server import PostgresServer

# `lake` is another name than those of tables and schemas, which begin with `warehouse`.
_LAKE: Final = "lake"
_SHARED: Final = "SELECT pg_catalog.pg_advisory_xact_lock_shared($1, pg_catalog.hashtext($2))"


@dataclass(frozen=True)
class Turn:
    """Whether it is that of the whole lake, and a `check` that raises if it was lost meanwhile."""

    is_alone: bool
    check: Callable[[], object]


@contextmanager
def turn_by_file(path: Path, name: str, options: Options) -> Iterator[Turn]:
    """Have the turn for the lake of that name. Raises WarehouseLockedError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock, say = filelock.FileLock(path), options.log or (lambda _line: None)
    try:
        taken = acquire(lock, options.lock_timeout, say, what=name)
    except HeldError as held:
        raise WarehouseLockedError(
            f"{name} is being written by {held.holder}, which did not end in time; end it if it "
            "hangs, or run this again later."
        ) from None
    with taken:
        yield Turn(is_alone=True, check=lambda: None)


@contextmanager
def turn_by_server(server: PostgresServer, table: str | None) -> Iterator[Turn]:
    """Have the turn for a table by its qualified name, or for all, on any number of machines.

    It ends with the transaction of a connection of its own, so with the process as well. Raises
    WarehouseError.
    """
    with server.transaction() as connection:
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        if table is not None:
            connection.execute(_SHARED, [postgres.LOCK_NUMBER, _LAKE])
        postgres.take_turn(connection, f"{_LAKE} {table}" if table else _LAKE)
        check = partial(connection.execute, "SELECT 1")
        check()  # otherwise the lock's own statement keeps VACUUM from removing anything
        yield Turn(is_alone=table is None, check=check)
