"""The budgets: never exceeded, used up while there is work, and tightened by what Zendesk says."""

from datetime import UTC, datetime

import pytest

from zendesk_assets.clock import ManualClock
from zendesk_assets.zendesk import Limits, RateLimiter
from zendesk_assets.zendesk.rate_limit import account_limit, seconds_until_allowed
from zendesk_assets_tests.sliding import most_in_a_minute


@pytest.fixture
def clock():
    return ManualClock(datetime(2024, 1, 1, tzinfo=UTC))


def run(limiter, clock, requests, *, export):
    times = []
    for _ in range(requests):
        limiter.acquire(export=export)
        times.append(clock.now().timestamp())
    return times


@pytest.mark.parametrize(("export", "limit"), [(False, 200), (True, 10)])
def test_a_budget_is_never_exceeded_and_used_to_95_percent(tmp_path, clock, export, limit):
    limiter = RateLimiter(tmp_path / "a.sqlite", Limits(200, 10), clock)
    times = run(limiter, clock, limit * 5, export=export)

    assert most_in_a_minute(times) <= limit
    full_minutes = (times[-1] - times[0]) / 60
    assert limit * 4 / full_minutes >= 0.95 * limit


def test_exports_are_charged_to_both_budgets(tmp_path, clock):
    limiter = RateLimiter(tmp_path / "a.sqlite", Limits(core=12, exports=10), clock)
    run(limiter, clock, 10, export=True)

    assert limiter.acquire(export=False) == 0
    assert limiter.acquire(export=False) == 0
    assert limiter.acquire(export=False) > 50


def test_whoever_opens_the_file_shares_the_budget(tmp_path, clock):
    limiters = [RateLimiter(tmp_path / "a.sqlite", Limits(10, 10), clock) for _ in range(3)]
    times = [run(each, clock, 1, export=False)[0] for each in limiters * 10]

    assert most_in_a_minute(times) <= 10


def test_no_wait_is_silent(tmp_path, clock):
    waits = []
    limiter = RateLimiter(tmp_path / "a.sqlite", Limits(1, 1), clock, notice=waits.append)
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
    assert seconds_until_allowed(headers, export=bool(export)) == seconds


def test_the_accounts_limit_is_read_in_every_spelling():
    assert account_limit({"X-Rate-Limit": "700"}) == 700
    assert account_limit({"RateLimit-Limit": "400"}) == 400
    assert account_limit({}) is None
