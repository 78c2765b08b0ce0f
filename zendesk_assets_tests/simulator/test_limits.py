"""Requests are counted in a sliding minute per bucket, and the headers say so."""

from datetime import timedelta

import pytest


def test_the_exports_bucket_is_small_and_charged_to_the_account_too(limited):
    for left in (2, 1, 0):
        answer = limited.get("incremental/organizations", start_time=0)
        assert answer.status_code == 200
        header = answer.headers["zendesk-ratelimit-incremental-exports"]
        assert header.startswith(f"total=3; remaining={left}; resets=")
    assert answer.headers["x-rate-limit"] == answer.headers["ratelimit-limit"] == "12"
    assert answer.headers["x-rate-limit-remaining"] == answer.headers["ratelimit-remaining"] == "9"
    refused = limited.get("incremental/organizations", start_time=0)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "60"
    assert refused.json()["error"] == "APIRateLimitExceeded"
    assert limited.get("groups").status_code == 200


def test_the_window_slides(limited):
    limited.get("incremental/organizations", start_time=0)
    limited.clock.advance(timedelta(seconds=40))
    for _ in range(2):
        limited.get("incremental/organizations", start_time=0)
    refused = limited.get("incremental/organizations", start_time=0)
    assert refused.headers["Retry-After"] == "20"
    limited.clock.advance(timedelta(seconds=20))
    assert limited.get("incremental/organizations", start_time=0).status_code == 200
    assert limited.get("incremental/organizations", start_time=0).status_code == 429


def test_the_account_bucket_holds_for_everything(limited):
    statuses = [limited.get("groups").status_code for _ in range(14)]
    assert statuses == [200] * 12 + [429] * 2
    assert limited.get("incremental/organizations", start_time=0).status_code == 429


def test_the_users_export_has_its_own_bucket(limited):
    for _ in range(4):
        answer = limited.get("incremental/users/cursor", start_time=0)
    assert answer.status_code == 200
    assert answer.headers["zendesk-ratelimit-incremental-exports-cursor"].startswith("total=20")
    assert limited.get("incremental/organizations", start_time=0).status_code == 200


def test_the_guides_service_has_a_bucket_of_the_accounts_size_of_its_own(limited):
    limited.get("groups")
    answer = limited.get("guide/survey_responses")
    assert answer.headers["x-rate-limit"] == "12"
    assert answer.headers["x-rate-limit-remaining"] == "11"
    used = limited.simulator.limiter.used(limited.clock.now().timestamp())
    assert (used["account"], used["guide"]) == (1, 1)


def test_a_429_may_be_plain_text(limited):
    limited.act("change_limits", account=0, plain_text=True)
    answer = limited.get("groups")
    assert answer.status_code == 429
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_the_log_tells_bucket_and_status(limited):
    for _ in range(4):
        limited.get("incremental/organizations.json", start_time=0)
    limited.get("groups")
    log = limited.simulator.requests
    assert [each.status for each in log] == [200, 200, 200, 429, 200]
    assert [each.bucket for each in log] == ["exports"] * 4 + ["account"]
    assert log[0].path == "/api/v2/incremental/organizations"
    assert log[0].query == {"start_time": "0"}
    assert log[0].time == limited.clock.now().timestamp()
    assert log[0].token == limited.simulator.token


@pytest.mark.parametrize("path", ["groups", "nothing"])
def test_every_answer_has_the_diagnostic_headers(site, path):
    headers = site.get(path).headers
    assert headers["Date"] == "Sun, 01 Mar 2026 12:00:00 GMT"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert headers["x-zendesk-api-version"] == "v2"
    assert headers["x-request-id"]
    assert headers["x-rate-limit"]
