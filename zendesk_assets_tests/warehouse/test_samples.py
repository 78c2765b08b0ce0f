"""Keys are drawn in the database: some of each day, the same for a seed, none twice."""

from datetime import UTC, date, datetime, timedelta

import pytest

from zendesk_assets.warehouse import KeyTimes, draw_keys, find_gaps
from zendesk_assets_tests.warehouse.helpers import THINGS, thing

NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)
DAY = 86_400
PLACE = KeyTimes("things", "id", "version")


@pytest.fixture
def filled(warehouse, hub):
    """A table with 40 rows of one day and one of each of the four days after it."""
    first = int(NEW_YEAR.timestamp())
    rows = [thing(number, first + number) for number in range(1, 41)]
    rows += [thing(100 + number, first + number * DAY) for number in range(1, 5)]
    warehouse.load("s", THINGS, [hub.batch(*rows)])
    return warehouse


def test_each_day_has_its_part_and_a_seed_draws_the_same_again(filled):
    def draw(size, seed="a"):
        return draw_keys(filled, "s", [PLACE], size, seed)

    drawn = draw(10)
    assert drawn.known == 44
    assert {day for _, day in drawn.keys} == {date(2024, 1, each) for each in range(1, 6)}
    assert len(drawn.keys) == len(set(drawn.keys)) == 10  # six of the first day, and all others
    assert set(draw(10).keys) == set(drawn.keys) != set(draw(10, "b").keys)
    assert len(draw(1000).keys) == 44


def test_only_days_within_the_bounds_are_drawn_from(filled):
    start, end = NEW_YEAR + timedelta(days=1), NEW_YEAR + timedelta(days=3)
    drawn = draw_keys(filled, "s", [PLACE], 10, "a", start, end)
    assert (drawn.known, {key for key, _ in drawn.keys}) == (2, {101, 102})
    assert draw_keys(filled, "s", [PLACE], 10, "a", end).known == 2
    assert draw_keys(filled, "s", [PLACE], 10, "a", None, start).known == 40


def test_a_key_of_two_tables_has_the_time_of_the_first_and_a_missing_table_has_none(filled):
    later = KeyTimes("things", "id", "loaded_at")
    keys = draw_keys(filled, "s", [PLACE, later], 100, "a").keys
    assert dict(keys)[104] == date(2024, 1, 5)
    gone = KeyTimes("gone", "id", "version")
    assert draw_keys(filled, "s", [PLACE, gone], 100, "a").known == 44
    assert draw_keys(filled, "s", [gone], 100, "a").known == 0


def test_gaps_are_those_between_the_keys_of_the_days_that_count(filled):
    assert find_gaps(filled, "s", PLACE) == [(41, 100)]
    assert find_gaps(filled, "s", PLACE, NEW_YEAR + timedelta(days=1)) == []
    filled_again = KeyTimes("gone", "id", "version")
    assert find_gaps(filled, "s", filled_again) == []
