"""The budgets: never exceeded, used up while there is work, and tightened by what Zendesk says.

One contract for both stores: a machine's file, and PostgreSQL, whose own time is simulated there.
"""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from zendesk_assets.clock import ManualClock
from zendesk_assets.errors import BudgetStoreError
from zendesk_assets.spec import Budget
from zendesk_assets.zendesk import FileBudgets, Limits, RateLimiter
from zendesk_assets.zendesk.postgres_budgets import PostgresBudgets
from zendesk_assets.zendesk.rate_limit import account_limit, seconds_until_allowed
from zendesk_assets_tests import long
from zendesk_assets_tests.database_time import DatabaseTime, simulated_time
from zendesk_assets_tests.lockstep import LockstepClock, run_in_lockstep
from zendesk_assets_tests.sliding import most_in_a_minute

START = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def clock(store_with):
    return store_with(ManualClock(START))[1]


@pytest.fixture
def store(store_with, clock):
    return store_with(clock)[0]


@pytest.fixture(params=["file", "postgres"])
def store_with(request, tmp_path):
    """Return a function: clock → (store of an account, that clock as the store shares it)."""
    if request.param == "file":
        return lambda clock: (FileBudgets(tmp_path / "a.sqlite"), clock)
    url = simulated_time(request.getfixturevalue("fresh_database"))

    def of(clock):
        shared = clock if isinstance(clock, DatabaseTime) else DatabaseTime(clock, url)
        return PostgresBudgets(lambda: url, "acme.zendesk.com"), shared

    return of


def run(limiter, clock, requests, *, export):
    times = []
    for _ in range(requests):
        limiter.acquire(Budget.EXPORTS if export else Budget.ACCOUNT)
        times.append(clock.now().timestamp())
    return times


@pytest.mark.parametrize(("export", "limit"), [(False, 200), (True, 10)])
def test_a_budget_is_never_exceeded_and_used_to_95_percent(store, clock, export, limit):
    limiter = RateLimiter(store, Limits(200, 10), clock)
    times = run(limiter, clock, limit * 5, export=export)

    assert most_in_a_minute(times) <= limit
    full_minutes = (times[-1] - times[0]) / 60
    assert limit * 4 / full_minutes >= 0.95 * limit


def test_exports_are_charged_to_both_budgets(store, clock):
    limiter = RateLimiter(store, Limits(core=12, exports=10), clock)
    run(limiter, clock, 10, export=True)

    assert limiter.acquire() == 0
    assert limiter.acquire() == 0
    assert limiter.acquire() > 50


def test_the_help_centers_budget_is_apart_from_the_accounts(store, clock):
    limiter = RateLimiter(store, Limits(core=3, exports=10), clock)
    waits = [limiter.acquire(Budget.GUIDE) for _ in range(3)]
    waits += [limiter.acquire() for _ in range(3)]

    assert waits == [0] * 6
    assert limiter.acquire(Budget.GUIDE) > 50  # as large as the account's own


def test_small_exports_have_a_budget_each_within_the_accounts(store, clock):
    limiter = RateLimiter(store, Limits(200, 10), clock)
    small = [Budget.TALK_EXPORTS, Budget.RECORDS_EXPORT, Budget.EXPORTS]
    assert [limiter.acquire(each) for each in small * 10] == [0] * 30
    assert store.used(clock)[Budget.ACCOUNT] == 30
    assert limiter.acquire(Budget.TALK_EXPORTS) > 50


def test_stores_of_earlier_versions_are_still_counted_in():
    names = [each.value.name for each in Budget]
    assert names[:3] == ["core", "exports", "users"]
    assert len(set(names)) == len(names)


def test_a_file_without_the_newer_budgets_can_be_read(tmp_path, clock):
    store = FileBudgets(tmp_path / "b.sqlite")
    run(RateLimiter(store, Limits(), clock), clock, 2, export=True)
    with closing(sqlite3.connect(tmp_path / "b.sqlite")) as connection:
        connection.execute("DROP TABLE IF EXISTS guide")
    assert [store.used(clock)[each] for each in (Budget.EXPORTS, Budget.GUIDE)] == [2, 0]


def test_counts_that_cannot_be_opened_later_are_one_sentence(tmp_path, clock):
    limiter = RateLimiter(FileBudgets(tmp_path / "b.sqlite"), Limits(), clock)
    limiter.acquire()
    (tmp_path / "b.sqlite").unlink()
    (tmp_path / "b.sqlite").mkdir()
    with pytest.raises(BudgetStoreError, match="uncounted requests are not sent"):
        limiter.acquire(Budget.EXPORTS)


def test_whoever_opens_the_file_shares_the_budget(store, clock):
    limiters = [RateLimiter(store, Limits(10, 10), clock) for _ in range(3)]
    times = [run(each, clock, 1, export=False)[0] for each in limiters * 10]

    assert most_in_a_minute(times) <= 10


def test_no_wait_is_silent(store, clock):
    waits = []
    limiter = RateLimiter(store, Limits(1, 1), clock, notice=waits.append)
    run(limiter, clock, 2, export=False)

    assert sum(waits) == pytest.approx(61.5, abs=1)


@pytest.mark.parametrize(
    ("headers", "export", "seconds"),
    [
        ({"X-Rate-Limit-Remaining": "0", "ratelimit-remaining": "0", "ratelimit-reset": "7"}, 0, 7),
        ({"rate-limit-remaining": "0", "rate-limit-reset": "8"}, 0, 8),
        ({"RateLimit-Remaining": "3", "ratelimit-reset": "7"}, 0, 0),
        ({"zendesk-ratelimit-incremental-exports": "total=10; remaining=0; resets=9"}, 1, 9),
        ({"zendesk-rate-limit-incremental-exports": "total=10; remaining=0; resets=9"}, 1, 9),
        ({"zendesk-ratelimit-incremental-exports": "total=10; remaining=0; resets=9"}, 0, 0),
        ({"zendesk-ratelimit-incremental-exports": "total=10; remaining=4; resets=9"}, 1, 0),
        ({}, 1, 0),
    ],
)
def test_every_spelling_of_used_up_makes_us_wait(headers, export, seconds):
    budget = Budget.EXPORTS if export else Budget.ACCOUNT
    assert seconds_until_allowed(headers, START, budget) == seconds


def test_the_accounts_limit_is_read_in_every_spelling():
    assert account_limit({"X-Rate-Limit": "700"}) == 700
    assert account_limit({"RateLimit-Limit": "400"}) == 400
    assert account_limit({}) is None


class Walk:
    """A walk of export pages that take 1.5 s each, with the moments at which they were asked."""

    def __init__(self, store, clock, pages, *, background, after=0.0):
        self._limiter = RateLimiter(store, Limits(200, 10), clock, background=background)
        self._clock, self._pages, self._after = clock, pages, after
        self.times, self.began = [], None

    def __call__(self):
        self._clock.sleep(self._after)
        self.began = self._clock.now().timestamp()
        for _ in range(self._pages):
            self._limiter.acquire(Budget.EXPORTS)
            self.times.append(self._clock.now().timestamp())
            self._clock.sleep(1.5)


@pytest.mark.parametrize("backfills", [1, 3])
@long.parametrize("after", [300, 330, 361, 389])
def test_todays_sync_is_late_by_minutes_beside_a_long_backfill(store_with, backfills, after):
    lockstep = LockstepClock(START, backfills + 1)
    store, clock = store_with(lockstep)
    history = [Walk(store, clock, 300 // backfills, background=True) for _ in range(backfills)]
    today = Walk(store, clock, 6, background=False, after=after)
    run_in_lockstep(lockstep, today, *history)

    assert today.times[-1] - today.began <= 75  # one window of the limit, and its own six pages
    every = sorted([*today.times, *(time for walk in history for time in walk.times)])
    assert len(every) == 306
    assert most_in_a_minute(every) <= 10
    assert (len(every) - 10) / ((every[-1] - every[0]) / 60) >= 0.95 * 10


def test_exports_that_wait_for_the_other_budget_do_not_come_together_later(tmp_path):
    clock = LockstepClock(START, 4)
    limits, times = Limits(core=20, exports=4), []

    def walk():
        limiter = RateLimiter(FileBudgets(tmp_path / "a.sqlite"), limits, clock)
        for _ in range(12):
            limiter.acquire(Budget.EXPORTS)
            times.append(clock.now().timestamp())

    def use_up():
        limiter = RateLimiter(FileBudgets(tmp_path / "a.sqlite"), limits, clock)
        for _ in range(300):
            limiter.acquire()

    run_in_lockstep(clock, use_up, walk, walk, walk)

    assert len(times) == 36
    assert most_in_a_minute(sorted(times)) <= 4


def test_nobody_steps_back_when_nobody_waits(store, clock):
    first = RateLimiter(store, Limits(200, 10), clock)
    history = RateLimiter(store, Limits(200, 10), clock, background=True)
    first.acquire(Budget.EXPORTS)

    assert history.acquire(Budget.EXPORTS) == 0


def test_a_clock_that_was_set_back_stops_nobody(store, clock):
    first = RateLimiter(store, Limits(200, 1), clock)
    run(first, clock, 2, export=True)
    claimed = store.open(Limits(200, 1), clock)
    assert claimed.seconds_claimed(Budget.EXPORTS) > 0
    clock.advance(-timedelta(days=1))

    assert claimed.seconds_claimed(Budget.EXPORTS) == 0


@pytest.mark.parametrize("back", [timedelta(minutes=3), timedelta(hours=3)])
def test_a_clock_that_was_set_back_makes_nobody_wait_for_longer_than_a_window(store, clock, back):
    limiter = RateLimiter(store, Limits(10, 10), clock)
    run(limiter, clock, 10, export=True)
    clock.advance(-back)

    assert limiter.acquire(Budget.EXPORTS) <= 2 * 61.5 + 1


def used(store, clock):
    counts = store.used(clock)
    return counts[Budget.ACCOUNT], counts[Budget.EXPORTS]


def test_what_was_used_of_a_minute_is_told_without_making_anything_or_waiting(store, clock):
    assert used(store, clock) == (0, 0)
    limiter = RateLimiter(store, Limits(200, 10), clock)
    run(limiter, clock, 3, export=False)
    run(limiter, clock, 2, export=True)
    assert used(store, clock) == (5, 2)
    clock.sleep(62)
    assert used(store, clock) == (0, 0)
