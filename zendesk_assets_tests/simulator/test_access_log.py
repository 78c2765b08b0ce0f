"""The access log's own service: order, bounds, limit and errors."""

from datetime import timedelta

import pytest

LOGS = "access_logs"


def walked(site, **query):
    return list(site.walk_list(LOGS, LOGS, **query))


@pytest.mark.parametrize("turn", [1, -1])
def test_the_log_is_ascending_unless_asked_otherwise(site, turn):
    found = walked(site, **({} if turn == 1 else {"sort": "-created_at"}))
    times = [row["timestamp"] for row in found]
    assert times == sorted(times, reverse=turn == -1)
    wanted = [row["id"] for row in site.simulator.expected(LOGS)]
    assert sorted(row["id"] for row in found) == sorted(wanted)
    assert len(wanted) > 100


def test_bounds_are_not_included_and_a_user_can_be_asked_for(site):
    rows = site.simulator.expected(LOGS)
    first, last = rows[10]["timestamp"], rows[-10]["timestamp"]
    found = walked(site, **{"filter[start]": first, "filter[end]": last})
    assert found == [row for row in rows if first < row["timestamp"] < last]
    user = rows[0]["user_id"]
    found = walked(site, **{"filter[user_id]": user})
    assert found == [row for row in rows if row["user_id"] == user]


def test_each_entry_is_shown_for_90_days(site):
    before = site.simulator.expected(LOGS)
    site.clock.advance(timedelta(days=60))
    assert 0 < len(walked(site)) < len(before)
    site.clock.advance(timedelta(days=31))
    assert walked(site) == []


def test_a_refusal_for_the_limit_names_a_date_and_good_answers_say_nothing(limited):
    limited.simulator.limiter.change(access_logs=2)
    for _ in range(2):
        answer = limited.get(LOGS)
        assert answer.status_code == 200
        assert not [name for name in answer.headers if "rate" in name.lower()]
    limited.clock.advance(timedelta(seconds=40))
    refused = limited.get(LOGS)
    assert refused.status_code == 429
    assert "Retry-After" not in refused.headers
    assert refused.headers["ratelimit-reset"] == "2026-03-01T12:01:00Z"
    assert refused.json()["errors"][0]["title"] == "Too many requests"
    limited.clock.advance(timedelta(seconds=20))
    assert limited.get(LOGS).status_code == 200
    assert limited.simulator.limiter.used(limited.clock.now().timestamp())["account"] == 0


@pytest.mark.parametrize("query", [{"page[size]": "2501"}, {"filter[start]": "yesterday"}])
def test_what_cannot_be_answered_is_said_in_the_services_own_form(site, query):
    answer = site.get(LOGS, **query)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["title"] == "Malformed query params"


def test_only_admins_may_read_it(site):
    site.use(site.simulator.issue_token("agent"))
    answer = site.get(LOGS)
    assert (answer.status_code, answer.json()["errors"][0]["title"]) == (
        403,
        "Authorization failed",
    )
