"""Counts the requests of an account, shared by all that use it: the interface of every store.

The store in files is here, for the processes of one machine; PostgreSQL is in `postgres_budgets`.
`rate_limit` waits.
"""

import logging
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, cast

import filelock
from pyrate_limiter import Rate, RateItem, SQLiteBucket

from zendesk_assets.clock import Clock
from zendesk_assets.errors import BudgetStoreError
from zendesk_assets.settings.sources import EXPORTS_PER_MINUTE, REQUESTS_PER_MINUTE
from zendesk_assets.spec import Budget
from zendesk_assets.storage.errors import is_disk_full_error
from zendesk_assets.storage.holders import HeldError, acquire

# Zendesk counts requests when they arrive, we count them when they are sent: the window is a little
# longer than a minute, so that a delayed request is never the 201st. 60/61.5 = 97.6 %.
WINDOW_SECONDS: Final = 61.5
_LONGEST_CLAIM: Final = WINDOW_SECONDS + 10.0
_LOCK_SECONDS: Final = 60.0  # taking a place takes milliseconds: a longer holder hangs
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """The limits that settings change, in requests a minute: `core` for all, `exports` (T23)."""

    core: int = REQUESTS_PER_MINUTE
    exports: int = EXPORTS_PER_MINUTE

    def of(self, budget: Budget) -> int:
        """Return the requests a minute of a budget."""
        if budget is Budget.EXPORTS:
            return self.exports
        return budget.value.per_minute or self.core


class Budgets(Protocol):
    """The budgets of one account: a sliding window of requests each, and who goes first."""

    def try_acquire(self, budget: Budget) -> float:
        """Take a place in the window; return 0.0, or the seconds until one is free."""

    def claim(self, budget: Budget, seconds: float) -> None:
        """Hold back clients in the background for `seconds`."""

    def seconds_claimed(self, budget: Budget) -> float:
        """Return how long clients in the background are held back; 0.0 if none is waiting."""

    def close(self) -> None:
        """Close files or connections."""


class BudgetStore(Protocol):
    """Names the account; all processes that open it share its budgets."""

    def open(self, limits: Limits, clock: Clock) -> Budgets:
        """Return the budgets, for one client; the caller closes them."""

    def used(self, clock: Clock) -> Mapping[Budget, int]:
        """Return each budget's requests in the last minute; nothing is created or waited for.

        Raises:
            BudgetStoreError: if the store cannot be read.
        """


class FileBudgets:
    """An SQLite file per account, for all processes of one machine, counted by pyrate-limiter."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def open(self, limits: Limits, clock: Clock) -> Budgets:
        """Open the file, creating it if it is missing. Time is the machine's, by `clock`.

        Raises:
            BudgetStoreError: if the file cannot be used.
        """
        with _usable(self._file):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            return _OpenFile(self._file, limits, clock)

    def used(self, clock: Clock) -> Mapping[Budget, int]:
        """Count in the existing file; without one, no request has been sent."""
        since = (clock.now().timestamp() - WINDOW_SECONDS) * 1000
        try:
            with closing(sqlite3.connect(f"{self._file.as_uri()}?mode=ro", uri=True)) as connection:
                return {budget: _count(connection, budget, since) for budget in Budget}
        except sqlite3.Error:
            return dict.fromkeys(Budget, 0)


class _OpenFile:
    """Each budget is a table with a connection of its own, opened when it is first used."""

    def __init__(self, file: Path, limits: Limits, clock: Clock) -> None:
        self._file, self._limits, self._clock = file, limits, clock
        self._lock = threading.Lock()
        self._opened: dict[Budget, SQLiteBucket] = {}
        self._bucket(Budget.ACCOUNT)  # what is wrong with the file is said before any request

    def try_acquire(self, budget: Budget) -> float:
        with self._lock:
            bucket = self._bucket(budget)
            with _locked(cast("filelock.BaseFileLock", bucket.lock), self._file):
                now = int(self._clock.now().timestamp() * 1000)  # not of before the wait
                item = RateItem("request", now)
                bucket.leak(now)
                if bucket.put(item):
                    return 0.0
                seconds = cast("int", bucket.waiting(item)) / 1000
                if seconds <= 2 * WINDOW_SECONDS:
                    return max(0.001, seconds)
                # Counted by a clock that has been set back: useless for the last minute.
                bucket.flush()
                return 0.001

    def claim(self, budget: Budget, seconds: float) -> None:
        until = self._clock.now().timestamp() + seconds
        file = self._claims(budget)
        file.touch()
        os.utime(file, (until, until))

    def seconds_claimed(self, budget: Budget) -> float:
        try:
            until = self._claims(budget).stat().st_mtime
        except FileNotFoundError:
            return 0.0
        left = until - self._clock.now().timestamp()
        # No claim is longer than a window: more means that the clock was set back.
        return left if 0 < left <= _LONGEST_CLAIM else 0.0

    def close(self) -> None:
        for bucket in self._opened.values():
            bucket.close()  # type: ignore[no-untyped-call] # the library has no types here

    def _bucket(self, budget: Budget) -> SQLiteBucket:
        if budget not in self._opened:
            # pyrate-limiter waits for its lock indefinitely, and makes one for each bucket.
            with _locked(filelock.FileLock(f"{self._file}.lock"), self._file):
                pass
            with _usable(self._file):
                name, limit = budget.value.name, self._limits.of(budget)
                self._opened[budget] = _open_bucket(self._file, name, limit)
        return self._opened[budget]

    def _claims(self, budget: Budget) -> Path:
        """Return the file whose modification time is the end of the claim."""
        return self._file.with_name(f"{self._file.name}.{budget.value.name}.first")


@contextmanager
def _usable(file: Path) -> Iterator[None]:
    """Say what is wrong with a file of counts, or with its folder, as BudgetStoreError."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        if is_disk_full_error(error, file.parent):
            raise BudgetStoreError(
                f"Requests cannot be counted in {file}, because its disk is full, and "
                "uncounted requests are not sent: free some space there, or name another "
                "folder in ZENDESK_ASSETS_STATE, and sync again; nothing was lost."
            ) from None
        what = getattr(error, "strerror", None) or error
        raise BudgetStoreError(
            f"Requests cannot be counted in {file} ({what}), and uncounted requests are "
            "not sent: make its folder writable for you, or name another in "
            "ZENDESK_ASSETS_STATE."
        ) from None


def _locked(lock: filelock.BaseFileLock, file: Path) -> AbstractContextManager[object]:
    """Hold a lock of the file. Raises BudgetStoreError, naming a process that hangs with it."""
    try:
        return acquire(lock, _LOCK_SECONDS, _logger.warning, what=f"the request counts in {file}")
    except HeldError as held:
        raise BudgetStoreError(
            f"Requests cannot be counted in {file}, because {held.holder} does not release it: "
            "end that process if it hangs, and try again."
        ) from None


def _count(connection: sqlite3.Connection, budget: Budget, since: float) -> int:
    """Count a budget's requests; 0 if a version that did not know it has made the file."""
    query = f"SELECT count(*) FROM '{budget.value.name}' WHERE item_timestamp >= ?"  # noqa: S608 # our names
    try:
        return int(connection.execute(query, [since]).fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def _open_bucket(file: Path, table: str, limit: int) -> SQLiteBucket:
    rate = Rate(limit, int(WINDOW_SECONDS * 1000))
    return SQLiteBucket.init_from_file([rate], table=table, db_path=str(file), use_file_lock=True)
