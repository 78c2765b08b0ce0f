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
import psycopg
from psycopg import errors

from zendesk_assets import postgres
from zendesk_assets.errors import WarehouseError, WarehouseLockedError
from zendesk_assets.storage.holders import HeldError, acquire

# `lake` is another name than those of tables and schemas, which begin with `warehouse`.
_LAKE: Final = "lake"
_SHARED: Final = "SELECT pg_catalog.pg_advisory_xact_lock_shared($1, pg_catalog.hashtext($2))"
_ALIVE: Final = "SELECT 1"
_SETTINGS: Final = {**postgres.RELIED_ON, "idle_in_transaction_session_timeout": "0"}


@dataclass(frozen=True)
class FileTurns:
    """A lock in a file of this machine; `alone` says that it is always that of the whole lake."""

    path: Path
    name: str
    lock_timeout: float
    log: Callable[[str], None] | None = None
    alone: bool = True

    @contextmanager
    def taken(self, table: str | None) -> Iterator[Callable[[], object]]:  # noqa: ARG002 # it is the whole lake's
        """Have the turn for a table by its qualified name, or for all; yield a check of it.

        The check raises if the turn was lost meanwhile.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lock, say = filelock.FileLock(self.path), self.log or (lambda _line: None)
        try:
            taken = acquire(lock, self.lock_timeout, say, what=self.name)
        except HeldError as held:
            raise WarehouseLockedError(
                f"{self.name} is being written by {held.holder}, which did not end in time; end it "
                "if it hangs, or run this again later."
            ) from None
        with taken:
            yield lambda: None


@dataclass(frozen=True)
class PostgresTurns:
    """Advisory locks of a PostgreSQL database, for any number of machines.

    They end with the transaction of a connection of their own, so with the process as well.
    """

    url: str
    name: str
    lock_timeout: float
    log: Callable[[str], None] | None = None
    alone: bool = False

    @contextmanager
    def taken(self, table: str | None) -> Iterator[Callable[[], object]]:
        """Have the turn, as with a file."""
        settings = {**_SETTINGS, "lock_timeout": str(int(self.lock_timeout * 1000) or 1)}
        with (
            self._translated(),
            postgres.connect(self.url, "zendesk-assets") as connection,
            postgres.begin(connection, settings),
        ):
            if table is None:
                postgres.take_turn(connection, _LAKE, self._say)
            else:
                connection.execute(_SHARED, [postgres.LOCK_NUMBER, _LAKE])
                postgres.take_turn(connection, f"{_LAKE} {table}", self._say)
            check = partial(connection.execute, _ALIVE)
            check()  # otherwise the lock's own statement keeps VACUUM from removing anything
            yield check

    def _say(self, holder: str) -> None:
        if self.log is not None:
            self.log(f"Waiting up to {self.lock_timeout:.0f} s for {self.name}: {holder} holds it.")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except errors.LockNotAvailable as error:
            raise WarehouseLockedError(
                f"A table of {self.name} was being written for {self.lock_timeout:.0f} s; look at "
                "pg_stat_activity of its catalog for a long transaction, end it with "
                "pg_terminate_backend if it hangs, or run this again later."
            ) from error
        except psycopg.ProgrammingError:  # its text may repeat the address
            raise WarehouseError(
                f"The address of the catalog of {self.name} cannot be read, or it refuses a lock: "
                "check that it is like postgresql://user:password@host:5432/database."
            ) from None
        except psycopg.Error as error:
            said = postgres.server_text(error, self.url)
            raise WarehouseError(
                f"The catalog of {self.name} cannot be used ({said}); nothing was written: check "
                "the address, the rights and the server, and run this again."
            ) from (error if postgres.is_passing(error) else None)


Turns = FileTurns | PostgresTurns
