"""How long an answer asks to wait: every form of the standards and of Zendesk's own headers."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from zendesk_assets.zendesk.retry_after import date_of, seconds_requested, seconds_until_reset

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
DATE = {"Date": format_datetime(NOW, usegmt=True)}


def at(seconds):
    return format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)


FORMS = [
    ({"Retry-After": "7"}, 7),
    ({"retry-after": " 7 "}, 7),
    ({"Retry-After": "0.5"}, 0.5),
    ({"Retry-After": "0"}, 0),
    ({"Retry-After": "-5"}, 0),
    ({"Retry-After": "1e9"}, 1e9),
    ({"Retry-After": "inf"}, float("inf")),
    ({"Retry-After": str(int(NOW.timestamp()) + 9)}, 9),
    ({"Retry-After": at(20)}, 20),
    ({"Retry-After": at(-20)}, 0),
    ({"Retry-After": "Sat, 01 Jun 2024 14:00:30 +0200"}, 30),
    ({"Retry-After": "soon"}, None),
    ({"Retry-After": "nan"}, None),
    ({"Retry-After": ""}, None),
    ({"Retry-After": "soon", "ratelimit-reset": "8"}, 8),
    ({"Retry-After": "5", "ratelimit-reset": "8"}, 5),
    ({"ratelimit-remaining": "0", "ratelimit-reset": "8"}, 8),
    ({"rate-limit-remaining": "0", "rate-limit-reset": "8"}, 8),
    ({"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "8"}, 8),
    ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 11)}, 11),
    ({"zendesk-ratelimit-tags-index": "total=100; remaining=0; resets=42"}, 42),
    ({"zendesk-rate-limit-tags-index": "total=100; remaining=0; resets=42"}, 42),
    (
        {
            "ratelimit-remaining": "100",
            "ratelimit-reset": "55",
            "zendesk-ratelimit-incremental-exports": "total=10;remaining=0;resets=6",
        },
        6,
    ),
    ({"RateLimit": "limit=100, remaining=0, reset=50"}, 50),
    ({"RateLimit": '"default";r=0;t=50'}, 50),
    ({"RateLimit": '"burst";r=3;t=9, "hour";r=0;t=33'}, 33),
    ({}, None),
    # Less than a second is no time to wait for a limit that lasts longer.
    ({"Retry-After": "0", "ratelimit-remaining": "0", "ratelimit-reset": "42"}, 42),
    ({"Retry-After": "0", "ratelimit-remaining": "5", "ratelimit-reset": "42"}, 0),
    # Sent twice and put together, with a unit, with parameters, in other clocks.
    ({"Retry-After": "7, 7"}, 7),
    ({"ratelimit-remaining": "0, 0", "ratelimit-reset": "8, 8"}, 8),
    ({"Retry-After": "7s"}, 7),
    ({"Retry-After": "7 seconds"}, 7),
    ({"Retry-After-Ms": "1500"}, 1.5),
    ({"RateLimit-Reset": "8;w=60"}, 8),
    ({"X-RateLimit-Reset-After": "6"}, 6),
    ({"Retry-After": "2024-06-01T12:00:20Z"}, 20),
    ({"X-RateLimit-Reset": "2024-06-01T12:00:21"}, 21),
    ({"X-RateLimit-Reset": str(int(NOW.timestamp() * 1000) + 9_000)}, 9),
    # The access log's service: a date, and nothing else.
    ({"ratelimit-reset": "2024-06-01T12:00:22Z"}, 22),
    ({"ratelimit-reset": at(23)}, 23),
]


@pytest.mark.parametrize(("headers", "seconds"), FORMS)
def test_every_form_of_an_answer_says_how_long_to_wait(headers, seconds):
    assert seconds_requested(DATE | headers, NOW + timedelta(hours=3)) == seconds


def test_a_date_is_judged_by_the_clock_of_the_answer_else_by_ours():
    headers = {"Retry-After": at(20)}
    assert seconds_requested(headers | DATE, NOW + timedelta(hours=3)) == 20
    assert seconds_requested(headers, NOW + timedelta(seconds=5)) == 15


@pytest.mark.parametrize("text", ["", "tomorrow", "Sat, 99 Jun 2024 12:00:00 GMT", "\x00"])
def test_a_date_that_cannot_be_read_is_none(text):
    assert date_of({"Date": text}) is None


def test_a_good_answer_makes_wait_only_for_what_is_used_up():
    left = {"ratelimit-remaining": "3", "ratelimit-reset": "8"}
    used = {"ratelimit-remaining": "0", "ratelimit-reset": "8"}
    assert seconds_until_reset(left, None, NOW) == 0
    assert seconds_until_reset(used, None, NOW) == 8
