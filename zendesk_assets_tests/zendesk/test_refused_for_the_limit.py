"""429 is waited out, counted apart from trouble, and bounded in time; on simulated time."""

import json
from itertools import pairwise

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.errors import ConnectionFailedError, RateLimitedError
from zendesk_assets.spec import EPOCH
from zendesk_assets.zendesk import Position
from zendesk_assets.zendesk.oauth import OAuthClient
from zendesk_assets_tests.oauth_account import CLIENT, register, token_requests


def refuse_for(account, clock, seconds, path="/groups", **headers):
    """Answer 429 to everything under `path` until `seconds` are over."""
    until, answer = clock.now().timestamp() + seconds, account.answer
    rule = {"status": 429, "path": path, "times": None, "body": "Too many", "headers": headers}
    fault = account.faults.add("status", **rule)

    def answering(request):
        if clock.now().timestamp() >= until:
            account.faults.rules[:] = [each for each in account.faults.rules if each is not fault]
        return answer(request)

    account.answer = answering


@pytest.mark.parametrize(
    ("said", "most_requests", "most_seconds"),
    [
        ("0", 7, 64),
        ("-1", 7, 64),
        ("0.2", 7, 64),
        ("Thu, 01 Jan 2009 00:00:00 GMT", 7, 64),
        ("5", 12, 65),
        ("59", 2, 118),
        ("600", 1, 300),
        ("soon", 1, 60),
    ],
)
def test_a_minute_of_refusals_costs_few_requests_and_no_failure(
    account, connect, clock, said, most_requests, most_seconds
):
    refuse_for(account, clock, 60, **{"Retry-After": said})
    lines, before = [], clock.now()
    client = connect(lines=lines, attempts=1)
    pages = list(client.walk(declared().streams["groups"], Position(start=EPOCH)))

    assert {json.loads(each)["id"] for page in pages for each in page.records} == {
        row["id"] for row in account.expected("groups")
    }
    times = [each.time for each in account.requests]
    assert all(after - earlier >= 1 for earlier, after in pairwise(times))
    assert len(times) - 1 <= most_requests
    assert 60 <= (clock.now() - before).total_seconds() <= most_seconds
    cost = sum((page.cost for page in pages[1:]), pages[0].cost)
    assert cost.refused == len(times) - 1
    assert cost.waited == pytest.approx((clock.now() - before).total_seconds())
    refusals = [line for line in lines if "used up, also by others" in line]
    assert len(refusals) == cost.refused


def test_a_refusal_without_any_word_waits_until_the_minute_is_over(account, connect, clock):
    account.faults.add(
        "status", status=429, path="/groups", headers={"ratelimit-reset": "", "Retry-After": ""}
    )
    before = clock.now()
    connect().get("/groups")
    assert (clock.now() - before).total_seconds() == 60


def test_a_wait_that_is_too_long_is_cut_and_that_is_said(account, connect, clock):
    account.faults.add("status", status=429, path="/groups", headers={"Retry-After": "86400"})
    lines, before = [], clock.now()
    connect(lines=lines).get("/groups")
    assert (clock.now() - before).total_seconds() == 300
    assert any("it asks for 1,440 minutes, which is too long" in line for line in lines)


@pytest.mark.parametrize("said", ["0", "30", "inf", "86400"])
def test_a_limit_that_stays_used_up_ends_in_a_quarter_of_an_hour_with_its_own_sentence(
    account, connect, clock, said
):
    headers = {"Retry-After": said}
    account.faults.add("status", status=429, path="/groups", headers=headers, times=None)
    before = clock.now()
    with pytest.raises(RateLimitedError, match="used up, also by others, for 15 minutes") as raised:
        connect().get("/groups")
    assert 900 <= (clock.now() - before).total_seconds() <= 960
    assert len(account.requests) <= 45
    assert "subdomain" not in str(raised.value)


def test_refusals_between_failures_do_not_use_up_the_attempts(account, connect):
    for _ in range(4):
        account.faults.add("status", status=429, path="/groups", headers={"Retry-After": "1"})
        account.faults.add("status", status=503, path="/groups")
    connect(attempts=5).get("/groups")
    assert [each.status for each in account.requests] == [429, 503] * 4 + [200]


def test_trouble_that_says_how_long_is_waited_for_so_long_and_counts(account, connect, clock):
    headers = {"Retry-After": "77"}
    account.faults.add("status", status=503, path="/groups", headers=headers, times=None)
    before = clock.now()
    client = connect(attempts=4)
    with pytest.raises(ConnectionFailedError, match=r"status 503\): Zendesk or a proxy has an"):
        client.get("/groups")
    assert (clock.now() - before).total_seconds() == 3 * 77
    assert client.cost.refused == 0


def test_tokens_are_asked_for_again_when_the_limit_allows(account, clock):
    register(account, secret="s3cret")
    refuse_for(account, clock, 20, path="/oauth/tokens", **{"Retry-After": "5"})
    before = clock.now()
    assert OAuthClient(account.base_url, CLIENT, "s3cret", clock=clock).client_credentials()
    assert token_requests(account) == [429] * 4 + [200]
    assert (clock.now() - before).total_seconds() == 20


def test_tokens_that_stay_refused_for_the_limit_end_before_the_lock_does(account, clock):
    register(account, secret="s3cret")
    refuse_for(account, clock, 10_000, path="/oauth/tokens", **{"Retry-After": "3600"})
    before = clock.now()
    with pytest.raises(RateLimitedError):
        OAuthClient(account.base_url, CLIENT, "s3cret", clock=clock).client_credentials()
    assert (clock.now() - before).total_seconds() == 75
