"""Counts requests in PostgreSQL, for accounts that several machines use, by the server's clock.

`budgets` has the interface. This module has the tables, the lock, and handles lost connections.

It does not use pyrate-limiter's `PostgresBucket`, which counts by a time that its caller read
before waiting for the lock, refuses without a waiting time if two processes ask at once, creates a
table per account in any schema of the search path, and stores times without a zone.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar

import psycopg
from psycopg import errors
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential,
)

from zendesk_assets.clock import Clock
from zendesk_assets.errors import BudgetStoreError
from zendesk_assets.postgres import RELIED_ON, build_settings
from zendesk_assets.zendesk.budgets import WINDOW_SECONDS, BudgetName, Budgets, Limits

__all__ = ["PostgresBudgets"]

Answer = TypeVar("Answer")
_logger = logging.getLogger(__name__)

# The same as the token store's: both create the schema, and must not do so at once.
_SCHEMA_LOCK: Final = "SELECT pg_catalog.pg_advisory_xact_lock(1514491460, 0)"
_IS_MADE: Final = "SELECT pg_catalog.to_regclass('zendesk_assets.requests') IS NOT NULL"
_TABLES: Final = """
CREATE SCHEMA IF NOT EXISTS zendesk_assets;
CREATE TABLE IF NOT EXISTS zendesk_assets.right_of_way (
    account text, budget text, until timestamptz NOT NULL, PRIMARY KEY (account, budget));
CREATE TABLE IF NOT EXISTS zendesk_assets.requests (
    account text NOT NULL, budget text NOT NULL, sent_at timestamptz NOT NULL);
CREATE INDEX IF NOT EXISTS requests_sent_at
    ON zendesk_assets.requests (account, budget, sent_at);
"""
# The timeouts limit how long a machine that vanished between two statements blocks the others; a
# server's limits for people's queries are not meant for these. A crash of the server may forget the
# requests of its last half second, which is not worth a disk flush for each. The search path is
# unchanged, and the server's functions are qualified; the tests' server has another clock.
_SETTINGS: Final = build_settings(
    {
        **{name: value for name, value in RELIED_ON.items() if name != "search_path"},
        "synchronous_commit": "off",
        "lock_timeout": "20s",
        "statement_timeout": "30s",
        "idle_in_transaction_session_timeout": "10s",
    }
)
# One at a time per budget. The next statement sees what the previous holder has written, and reads
# the time after the wait.
_TURN: Final = (
    "SELECT pg_catalog.pg_advisory_xact_lock(1514491471, pg_catalog.hashtext(%s || ' ' || %s))"
)
# Rows in the future were written before the server's clock was set back. `blocking` is the request
# that has to leave the window before the next one may be sent.
_TAKE: Final = """
WITH time AS MATERIALIZED (
    SELECT clock_timestamp() AS now, pg_catalog.make_interval(secs => %(window)s) AS w),
gone AS (
    DELETE FROM zendesk_assets.requests USING time
    WHERE account = %(account)s AND budget = %(budget)s
      AND (sent_at <= now - w OR sent_at > now + w)),
blocking AS (
    SELECT sent_at FROM zendesk_assets.requests, time
    WHERE account = %(account)s AND budget = %(budget)s
      AND sent_at > now - w AND sent_at <= now + w
    ORDER BY sent_at DESC OFFSET %(limit)s - 1 LIMIT 1),
taken AS (
    INSERT INTO zendesk_assets.requests
    SELECT %(account)s, %(budget)s, now FROM time WHERE NOT EXISTS (SELECT FROM blocking))
SELECT extract(epoch FROM sent_at + w - now)::float8 FROM blocking, time
"""
_CLAIM: Final = """
INSERT INTO zendesk_assets.right_of_way
VALUES (%s, %s, clock_timestamp() + pg_catalog.make_interval(secs => %s))
ON CONFLICT (account, budget) DO UPDATE SET until = excluded.until
"""
_CLAIMED: Final = """
SELECT extract(epoch FROM until - clock_timestamp())::float8
FROM zendesk_assets.right_of_way WHERE account = %s AND budget = %s
"""
_USED: Final = """
SELECT pg_catalog.count(*) FROM zendesk_assets.requests
WHERE account = %s AND budget = %s
  AND sent_at > clock_timestamp() - pg_catalog.make_interval(secs => %s)
"""
_LONGEST_CLAIM: Final = WINDOW_SECONDS + 10.0  # more means that the server's clock was set back
_CONNECTION: Final[dict[str, Any]] = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "application_name": "zendesk-assets rate limit",
    "autocommit": True,  # transactions are begun by name
    "prepare_threshold": None,  # poolers between us and the server do not keep statements
}
_ATTEMPTS: Final = 15  # a minute, including the waits between them, for a server that restarts
_RAISED_WHILE_AWAY: Final = (psycopg.OperationalError, errors.IdleInTransactionSessionTimeout)
# Permanent refusals of a server, which have no error code.
_REFUSALS: Final = ("authentication failed", "does not exist", "no pg_hba.conf entry")


class PostgresBudgets:
    """The requests of `account` in `zendesk_assets.requests`, which is created if it is missing.

    `url` returns the address when it is needed, in any form that libpq accepts. The machines'
    clocks may differ freely: only the server's counts.
    """

    def __init__(self, url: Callable[[], str], account: str) -> None:
        self._url, self._account = url, account

    def open(self, limits: Limits, clock: Clock) -> Budgets:
        """Return the budgets; the server is first used when a request is about to be sent.

        `clock` waits for a server that is away; time is the server's.
        """
        return _Counter(self._url, self._account, limits, clock)

    def used(self, budget: BudgetName, clock: Clock) -> int:
        """Query the server once; its clock counts, not `clock`.

        Raises:
            BudgetStoreError: if the server cannot be used.
        """
        del clock
        try:
            with (
                psycopg.connect(self._url(), **_CONNECTION) as connection,
                connection.transaction(),
            ):
                connection.execute(_SETTINGS)
                if not _is_made(connection):
                    return 0
                values = [self._account, budget, WINDOW_SECONDS]
                found = connection.execute(_USED, values).fetchone()
                return int(found[0]) if found else 0
        except psycopg.Error as error:
            problem = _unreachable(error)
        raise problem


class _Counter:
    """One connection, opened when needed and reopened if it was lost."""

    def __init__(self, url: Callable[[], str], account: str, limits: Limits, clock: Clock) -> None:
        self._url, self._account, self._clock = url, account, clock
        self._limits = limits
        self._lock = threading.Lock()
        self._connection: psycopg.Connection | None = None

    def try_acquire(self, budget: BudgetName) -> float:
        """Take a place. If a commit was not confirmed, it counts, and another place is taken."""
        values = {
            "account": self._account,
            "budget": budget,
            "window": WINDOW_SECONDS,
            "limit": self._limits.of(budget),
        }

        def take(connection: psycopg.Connection) -> float:
            connection.execute(_TURN, [self._account, budget])
            found = connection.execute(_TAKE, values).fetchone()
            return max(0.001, found[0]) if found else 0.0

        return self._ask(take)

    def claim(self, budget: BudgetName, seconds: float) -> None:
        self._ask(lambda connection: connection.execute(_CLAIM, [self._account, budget, seconds]))

    def seconds_claimed(self, budget: BudgetName) -> float:
        values = [self._account, budget]
        found = self._ask(lambda connection: connection.execute(_CLAIMED, values).fetchone())
        return found[0] if found and 0 < found[0] <= _LONGEST_CLAIM else 0.0

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _ask(self, question: Callable[[psycopg.Connection], Answer]) -> Answer:
        """Return the result of a transaction; wait up to a minute for a server that is away."""
        attempts = Retrying(
            sleep=self._clock.sleep,
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_exponential(multiplier=0.25, max=5),
            retry=retry_if_exception(_may_pass),
            before_sleep=_say_once,
            reraise=True,
        )
        with self._lock:
            try:
                answer: Answer = attempts(self._ask_once, question)
            except psycopg.Error as error:
                problem = _unreachable(error)
            else:
                return answer
        # Raised here, without a cause: the database's texts contain statements and addresses.
        raise problem

    def _ask_once(self, question: Callable[[psycopg.Connection], Answer]) -> Answer:
        try:
            if self._connection is None:
                self._connection = _connect(self._url())
            with self._connection.transaction():
                self._connection.execute(_SETTINGS)
                return question(self._connection)
        except psycopg.Error:
            self.close()
            raise


def _connect(url: str) -> psycopg.Connection:
    connection = psycopg.connect(url, **_CONNECTION)
    # At any other level, a statement would see the state before the wait.
    connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
    connection.deferrable = False
    try:
        with connection.transaction():
            connection.execute(_SETTINGS)
            made = _is_made(connection)
        if not made:
            with connection.transaction():
                connection.execute(_SETTINGS)
                connection.execute(_SCHEMA_LOCK)
                connection.execute(_TABLES)
    except BaseException:
        connection.close()
        raise
    return connection


def _is_made(connection: psycopg.Connection) -> bool:
    """Return whether the tables exist: then the right to create them is not needed."""
    found = connection.execute(_IS_MADE).fetchone()
    return bool(found and found[0])


def _say_once(state: RetryCallState) -> None:
    if state.attempt_number == 1:
        _logger.warning("PostgreSQL, where requests are counted, is away; trying for a minute.")


def _unreachable(error: psycopg.Error) -> BudgetStoreError:
    return BudgetStoreError(
        f"The request counts in PostgreSQL cannot be reached ({_what(error)}), and uncounted "
        "requests are not sent: check the database and `rate_limits` in the sources file, and "
        "try again."
    )


def _may_pass(error: BaseException) -> bool:
    """Return whether the server may be available again soon."""
    refused = any(words in str(error) for words in _REFUSALS)
    return isinstance(error, _RAISED_WHILE_AWAY) and not refused


def _what(error: psycopg.Error) -> str:
    """Return a few words about the error."""
    words: dict[type[psycopg.Error], str] = {
        errors.LockNotAvailable: "another process has held the lock for too long",
        errors.InsufficientPrivilege: "this user lacks a right",
        errors.ReadOnlySqlTransaction: "the database is read-only",
        errors.DiskFull: "its disk is full",
    }
    if type(error) in words:
        return words[type(error)]
    if _may_pass(error):
        return "no connection, or it was lost"
    if isinstance(error, psycopg.OperationalError):
        return "it refuses this user, or has no such database"
    if error.sqlstate is None and isinstance(error, psycopg.ProgrammingError):
        return "its address cannot be read"
    return type(error).__name__
