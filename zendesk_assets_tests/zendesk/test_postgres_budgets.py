"""Budgets in PostgreSQL: the server's clock and lock decide, and who dies there stops nobody."""

import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import conninfo

from zendesk_assets.clock import ManualClock, SystemClock
from zendesk_assets.errors import BudgetStoreError
from zendesk_assets.postgres import take_turn
from zendesk_assets.spec import Budget
from zendesk_assets.zendesk import Limits, RateLimiter
from zendesk_assets.zendesk.postgres_budgets import PostgresBudgets
from zendesk_assets_tests.database_time import DatabaseTime, simulated_time

START = datetime(2024, 1, 1, tzinfo=UTC)
ACCOUNT = "acme.zendesk.com"


@pytest.fixture
def url(fresh_database):
    return fresh_database


def store_at(url, account=ACCOUNT):
    return PostgresBudgets(lambda: url, account)


@contextmanager
def opened(url, limits, clock=None, account=ACCOUNT):
    budgets = store_at(url, account).open(limits, clock or SystemClock())
    try:
        yield budgets
    finally:
        budgets.close()


def test_machines_whose_clocks_are_hours_apart_share_one_budget(url):
    simulated = simulated_time(url)
    clock = DatabaseTime(ManualClock(START), simulated)
    early, late = (SkewedClock(clock, hours) for hours in (-3, 3))
    limiters = [RateLimiter(store_at(simulated), Limits(10, 10), each) for each in (early, late)]
    times = []
    for number in range(60):
        limiters[number % 2].acquire()
        times.append(clock.now().timestamp())

    full_minutes = (times[-1] - times[0]) / 60
    assert sum(time < times[0] + 61 for time in times) == 10
    assert 50 / full_minutes >= 0.95 * 10


class SkewedClock:
    """A machine's clock that is hours off; waiting takes as long as anywhere."""

    def __init__(self, clock, hours):
        self._clock, self._skew = clock, timedelta(hours=hours)

    def now(self):
        return self._clock.now() + self._skew

    def sleep(self, seconds):
        self._clock.sleep(seconds)


def test_all_who_ask_at_once_get_as_many_places_as_there_are(url):
    limits, answers = Limits(core=40), []

    def ask():
        with opened(url, limits) as budgets:
            for _ in range(10):
                answers.append(budgets.try_acquire(Budget.ACCOUNT))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 80
    assert answers.count(0.0) == 40
    assert all(40 < seconds <= 61.5 for seconds in answers if seconds)


def test_accounts_and_budgets_do_not_count_for_each_other(url):
    with opened(url, Limits(1, 1)) as ours, opened(url, Limits(1, 1), account="other") as theirs:
        assert [ours.try_acquire(Budget.ACCOUNT), ours.try_acquire(Budget.EXPORTS)] == [0, 0]
        assert theirs.try_acquire(Budget.ACCOUNT) == 0
        ours.claim(Budget.EXPORTS, 30)

        assert 29 < ours.seconds_claimed(Budget.EXPORTS) <= 30
        assert ours.seconds_claimed(Budget.ACCOUNT) == theirs.seconds_claimed(Budget.EXPORTS) == 0


def test_a_smaller_limit_counts_at_once(url):
    with opened(url, Limits(core=5)) as before, opened(url, Limits(core=2)) as after:
        assert [before.try_acquire(Budget.ACCOUNT) for _ in range(4)] == [0] * 4
        assert after.try_acquire(Budget.ACCOUNT) > 55
        assert before.try_acquire(Budget.ACCOUNT) == 0


def test_a_servers_clock_that_was_set_back_stops_nobody(url):
    simulated = simulated_time(url)
    clock = DatabaseTime(ManualClock(START), simulated)
    with opened(simulated, Limits(core=1), clock) as budgets:
        assert budgets.try_acquire(Budget.ACCOUNT) == 0
        clock.advance(timedelta(days=-1))
        assert budgets.try_acquire(Budget.ACCOUNT) == 0
        assert budgets.try_acquire(Budget.ACCOUNT) > 0


def test_a_machine_that_vanished_in_its_turn_keeps_nobody_out(url):
    vanished = psycopg.connect(url, cursor_factory=psycopg.RawCursor)
    vanished.execute("SET LOCAL idle_in_transaction_session_timeout TO '500ms'")
    take_turn(vanished, f"budget {ACCOUNT} core")
    with opened(url, Limits()) as budgets:
        assert budgets.try_acquire(Budget.ACCOUNT) == 0


def test_old_requests_are_forgotten(url):
    simulated = simulated_time(url)
    clock = DatabaseTime(ManualClock(START), simulated)
    with opened(simulated, Limits(core=3), clock) as budgets:
        for _ in range(20):
            budgets.try_acquire(Budget.ACCOUNT)
            clock.advance(timedelta(seconds=30))
    with psycopg.connect(url) as connection:
        ((kept,),) = connection.execute("SELECT count(*) FROM zendesk_assets.requests").fetchall()
    assert kept <= 3


def test_a_server_that_is_away_for_a_moment_is_waited_for(url):
    waits = []

    class Waiting(ManualClock):
        def sleep(self, seconds):
            waits.append(seconds)
            place["url"] = url  # it is back

    place = {"url": conninfo.make_conninfo(url, host="/nowhere")}
    with opened_by(lambda: place["url"], Waiting(START)) as budgets:
        assert budgets.try_acquire(Budget.ACCOUNT) == 0
        lose_connections(url)
        assert budgets.try_acquire(Budget.ACCOUNT) == 0
    assert len(waits) == 2


@contextmanager
def opened_by(address, clock):
    budgets = PostgresBudgets(address, ACCOUNT).open(Limits(), clock)
    yield budgets
    budgets.close()


def lose_connections(url):
    with psycopg.connect(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'zendesk-assets rate limit' AND datname = current_database()"
        )


@pytest.mark.parametrize(
    ("address", "words", "waited"),
    [
        ("host=/nowhere user=me password=s3cret-word dbname=x", "no connection", True),
        ("postgresql://me:s3cret-word@127.0.0.1:1/x", "no connection", True),
        ("{url} dbname=not_there password=s3cret-word", "has no such database", False),
        ("postgresql://me:s3cret-word@[half", "its address cannot be read", False),
    ],
)
def test_a_server_that_stays_away_is_one_sentence_without_its_password(url, address, words, waited):
    clock = ManualClock(START)
    begun = time.monotonic()
    with (
        opened_by(lambda: address.format(url=url), clock) as budgets,
        pytest.raises(BudgetStoreError, match="check the database and `rate_limits`") as caught,
    ):
        budgets.try_acquire(Budget.ACCOUNT)

    assert words in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert (clock.now() - START > timedelta(seconds=45)) == waited
    assert time.monotonic() - begun < 20


def test_who_may_only_use_the_tables_needs_no_right_to_make_them(url):
    with opened(url, Limits()) as budgets:
        budgets.try_acquire(Budget.ACCOUNT)
    with psycopg.connect(url) as connection:
        connection.execute(
            "DROP ROLE IF EXISTS counts_requests; CREATE ROLE counts_requests LOGIN;"
            "GRANT USAGE ON SCHEMA zendesk_assets TO counts_requests;"
            "GRANT SELECT, INSERT, UPDATE, DELETE ON zendesk_assets.requests,"
            "  zendesk_assets.right_of_way TO counts_requests"
        )
    try:
        with opened(conninfo.make_conninfo(url, user="counts_requests"), Limits()) as budgets:
            assert budgets.try_acquire(Budget.EXPORTS) == 0
            budgets.claim(Budget.EXPORTS, 10)
    finally:
        with psycopg.connect(url) as connection:
            connection.execute("DROP OWNED BY counts_requests; DROP ROLE counts_requests")
