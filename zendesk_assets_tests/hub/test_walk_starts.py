"""Where a walk begins: at the end of what precedes it, if that is near, and never in between."""

from datetime import UTC, datetime, timedelta

import pytest

from zendesk_assets.hub.walk_starts import open_windows
from zendesk_assets.spec import Window

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SETTLE = timedelta(minutes=10)


def landed(start, end):
    return Window(start, end)


@pytest.mark.parametrize("hours", [0, 1, 24, 25])
def test_a_walk_begins_where_the_coverage_before_it_has_just_ended(hours):
    ended = MARCH - hours * HOUR
    found = open_windows(Window(MARCH, APRIL), [landed(ended - 9 * HOUR, ended)], SETTLE)
    assert found == [Window(ended, APRIL)]


@pytest.mark.parametrize("hours", [26, 24 * 7, 24 * 300])
def test_what_another_walk_has_left_long_ago_is_not_fetched_along(hours):
    ended = MARCH - hours * HOUR
    found = open_windows(Window(MARCH, APRIL), [landed(ended - 9 * HOUR, ended)], SETTLE)
    assert found == [Window(MARCH, APRIL)]


def test_only_gaps_are_walked():
    middle = MARCH + 99 * HOUR
    batches = [landed(MARCH - HOUR, MARCH + HOUR), landed(middle, middle + HOUR)]
    assert open_windows(Window(MARCH, APRIL), batches, SETTLE) == [
        Window(MARCH + HOUR, middle),
        Window(middle + HOUR, APRIL),
    ]
