"""Counts requests in PostgreSQL, for accounts that several machines use, by the server's clock.

`budgets` has the interface. This module has the tables, and waits for a server that is away.

It does not use pyrate-limiter's `PostgresBucket`, which counts by a time that its caller read
before waiting for the lock, refuses without a waiting time if two processes ask at once, creates a
table per account in any schema of the search path, and stores times without a zone.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Final, TypeVar

import psycopg
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential,
)

from zendesk_assets import postgres
from zendesk_assets.clock import Clock
from zendesk_assets.errors import BudgetStoreError
from zendesk_assets.spec import Budget
from zendesk_assets.zendesk.budgets import WINDOW_SECONDS, Budgets, Limits

Answer = TypeVar("Answer")
_logger = logging.getLogger(__name__)

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
_LOCK_SECONDS: Final = 20
_SETTINGS: Final = {
    **{name: value for name, value in postgres.RELIED_ON.items() if name != "search_path"},
    "synchronous_commit": "off",
    "lock_timeout": f"{_LOCK_SECONDS}s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "10s",
}
# Rows in the future were written before the server's clock was set back. `blocking` is the request
# that has to leave the window before the next one may be sent.
_TAKE: Final = """
WITH time AS MATERIALIZED (
    SELECT clock_timestamp() AS now, pg_catalog.make_interval(secs => $3) AS w),
gone AS (
    DELETE FROM zendesk_assets.requests USING time
    WHERE account = $1 AND budget = $2
      AND (sent_at <= now - w OR sent_at > now + w)),
blocking AS (
    SELECT sent_at FROM zendesk_assets.requests, time
    WHERE account = $1 AND budget = $2
      AND sent_at > now - w AND sent_at <= now + w
    ORDER BY sent_at DESC OFFSET $4 - 1 LIMIT 1),
taken AS (
    INSERT INTO zendesk_assets.requests
    SELECT $1, $2, now FROM time WHERE NOT EXISTS (SELECT FROM blocking))
SELECT extract(epoch FROM sent_at + w - now)::float8 FROM blocking, time
"""
_CLAIM: Final = """
INSERT INTO zendesk_assets.right_of_way
VALUES ($1, $2, clock_timestamp() + pg_catalog.make_interval(secs => $3))
ON CONFLICT (account, budget) DO UPDATE SET until = excluded.until
"""
_CLAIMED: Final = """
SELECT extract(epoch FROM until - clock_timestamp())::float8
FROM zendesk_assets.right_of_way WHERE account = $1 AND budget = $2
"""
_USED: Final = """
SELECT budget, pg_catalog.count(*) FROM zendesk_assets.requests
WHERE account = $1
  AND sent_at > clock_timestamp() - pg_catalog.make_interval(secs => $2)
GROUP BY budget
"""
_LONGEST_CLAIM: Final = WINDOW_SECONDS + 10.0  # more means that the server's clock was set back
_APPLICATION: Final = "zendesk-assets rate limit"
_ATTEMPTS: Final = 15  # a minute, including the waits between them, for a server that restarts


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

    def used(self, clock: Clock) -> Mapping[Budget, int]:
        """Query the server once; its clock counts, not `clock`.

        Raises:
            BudgetStoreError: if the server cannot be used.
        """
        del clock
        try:
            with (
                closing(postgres.connect(self._url(), _APPLICATION)) as connection,
                postgres.begin(connection, _SETTINGS),
            ):
                rows = connection.execute(_USED, [self._account, WINDOW_SECONDS]).fetchall()
                counts: dict[str, int] = dict(rows)
                return {each: counts.get(each.value.name, 0) for each in Budget}
        except psycopg.errors.UndefinedTable:
            return dict.fromkeys(Budget, 0)
        except psycopg.Error as error:
            problem = _unreachable(error)
        raise problem


class _Counter:
    """The budgets of one account, by a connection that is reopened if it was lost."""

    def __init__(self, url: Callable[[], str], account: str, limits: Limits, clock: Clock) -> None:
        self._account, self._limits, self._clock = account, limits, clock
        self._kept = postgres.KeptConnection(
            url, _APPLICATION, "zendesk_assets.requests", _TABLES, _SETTINGS
        )

    def try_acquire(self, budget: Budget) -> float:
        """Take a place. If a commit was not confirmed, it counts, and another place is taken."""
        values = [self._account, budget.value.name, WINDOW_SECONDS, self._limits.of(budget)]

        def take(connection: postgres.Connection) -> float:
            # The next statement sees what the previous holder has written, and reads the time
            # after the wait.
            postgres.take_turn(connection, f"budget {self._account} {budget.value.name}")
            found = connection.execute(_TAKE, values).fetchone()
            return max(0.001, found[0]) if found else 0.0

        return self._ask(take)

    def claim(self, budget: Budget, seconds: float) -> None:
        values = [self._account, budget.value.name, seconds]
        self._ask(lambda connection: connection.execute(_CLAIM, values))

    def seconds_claimed(self, budget: Budget) -> float:
        values = [self._account, budget.value.name]
        found = self._ask(lambda connection: connection.execute(_CLAIMED, values).fetchone())
        return found[0] if found and 0 < found[0] <= _LONGEST_CLAIM else 0.0

    def close(self) -> None:
        self._kept.close()

    def _ask(self, question: Callable[[postgres.Connection], Answer]) -> Answer:
        """Return the result of a transaction; wait up to a minute for a server that is away."""
        attempts = Retrying(
            sleep=self._clock.sleep,
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_exponential(multiplier=0.25, max=5),
            retry=retry_if_exception(_is_waited_for),
            before_sleep=_say_once,
            reraise=True,
        )
        try:
            answer: Answer = attempts(self._ask_once, question)
        except psycopg.Error as error:
            problem = _unreachable(error)
        else:
            return answer
        # Raised here, without a cause: the database's texts contain statements and addresses.
        raise problem

    def _ask_once(self, question: Callable[[postgres.Connection], Answer]) -> Answer:
        with self._kept.begin() as connection:
            return question(connection)


def _say_once(state: RetryCallState) -> None:
    if state.attempt_number == 1:
        _logger.warning("PostgreSQL, where requests are counted, is away; trying for a minute.")


def _unreachable(error: psycopg.Error) -> BudgetStoreError:
    return BudgetStoreError(
        "The request counts in PostgreSQL cannot be reached "
        f"({postgres.describe(error, _LOCK_SECONDS)}), and uncounted requests are not sent: check "
        "the database and `rate_limits` in the sources file, and try again."
    )


def _is_waited_for(error: BaseException) -> bool:
    """Return whether the server may be available again soon; also if its disk is full, or busy."""
    return postgres.is_passing(error) or (
        isinstance(error, psycopg.OperationalError) and error.sqlstate is not None
    )
