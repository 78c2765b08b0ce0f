"""What counts as a difference, and what is asked about: without an account."""

from datetime import UTC, date, datetime

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.reconcile.compare import compare
from zendesk_assets.reconcile.sample import choose, missing_ids, to_ranges

TICKETS = declared().collections["tickets"]
RECORD = {
    "id": 5,
    "subject": "Hello",
    "status": "open",
    "tags": ["a", "b"],
    "has_incidents": False,
    "satisfaction_probability": 0.5,
    "updated_at": "2024-03-01T10:00:00+02:00",
    "generated_timestamp": 0,
}
ROW = dict.fromkeys((column.name for column in TICKETS.columns), None) | {
    "id": 5,
    "subject": "Hello",
    "status": "open",
    "tags": '["a", "b"]',
    "has_incidents": False,
    "satisfaction_probability": 0.5,
    "updated_at": datetime(2024, 3, 1, 8, tzinfo=UTC),
    "generated_timestamp": datetime(2024, 3, 3, tzinfo=UTC),
    "_deleted": False,
}


def test_a_row_that_says_the_same_in_other_words_is_no_difference():
    assert compare(TICKETS, RECORD, ROW) is None
    assert compare(TICKETS, None, ROW | {"_deleted": True}) is None
    assert compare(TICKETS, None, None) is None
    deleted = RECORD | {"status": "deleted"}
    assert compare(TICKETS, deleted, ROW | {"status": "deleted", "_deleted": True}) is None


def test_a_custom_field_that_was_added_since_is_no_difference_unless_it_has_a_value():
    known, added = {"id": 1, "value": "x"}, {"id": 2, "value": None}
    row = ROW | {"custom_fields": '[{"id": 1, "value": "x"}]'}
    assert compare(TICKETS, RECORD | {"custom_fields": [known, added]}, row) is None
    wrong = RECORD | {"custom_fields": [known, added | {"value": False}]}
    assert "custom_fields" in compare(TICKETS, wrong, row).what
    assert "custom_fields" in compare(TICKETS, RECORD | {"custom_fields": [added]}, row).what


@pytest.mark.parametrize(
    ("record", "row", "what"),
    [
        (RECORD | {"tags": ["b", "a"]}, ROW, "tags"),
        (RECORD | {"subject": None}, ROW, "subject"),
        (RECORD | {"has_incidents": True}, ROW, "has_incidents"),
        (RECORD | {"updated_at": "2024-03-01T10:00:00Z"}, ROW, "updated_at"),
        (RECORD, ROW | {"_deleted": True}, "marked as deleted"),
        (RECORD, None, "not in the table"),
        (None, ROW, "does not show it"),
    ],
)
def test_each_kind_of_difference_is_named_with_the_days_that_a_walk_would_find_it_on(
    record, row, what
):
    difference = compare(TICKETS, record, row)
    assert what in difference.what
    assert difference.id == 5
    wanted = {"2024-03-03"} if row else set()
    assert set(difference.days) == wanted | ({"2024-03-01"} if record else set())


def test_a_sample_takes_some_of_each_day_before_more_of_one():
    days = [(number, date(2024, 1, 1)) for number in range(1000)]
    days += [(2000 + number, date(2024, 2, number + 1)) for number in range(20)]
    chosen = choose(days, 30, "seed")

    assert set(range(2000, 2020)) < set(chosen)
    assert len(chosen) == len(set(chosen)) == 30
    assert choose(days, 30, "seed") == chosen != choose(days, 30, "other")


def test_only_ids_within_what_is_known_are_missing():
    assert missing_ids([(5, 7), (9, 9)], 4, "") == [5, 6, 7, 9]
    assert missing_ids([], 10, "") == []
    drawn = missing_ids([(2, 3), (10, 999)], 10, "")
    assert sorted(set(drawn)) == drawn
    assert len(drawn) == 10
    assert set(drawn) <= {2, 3, *range(10, 1000)}
    assert set(missing_ids([(2, 3), (5, 9)], 6, "")) < {2, 3, *range(5, 10)}


def test_days_become_ranges_without_gaps():
    ranges = to_ranges(["2024-02-29", "2024-02-28", "2024-03-05"])
    assert ranges == [
        (date(2024, 2, 28), date(2024, 3, 1)),
        (date(2024, 3, 5), date(2024, 3, 6)),
    ]
