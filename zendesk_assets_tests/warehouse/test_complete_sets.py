"""Rows of which a record always brings all that there are: those that are missing are gone."""

from __future__ import annotations

from itertools import permutations

import pytest

from zendesk_assets.spec import Collection, ColumnType, DeletedWhen, Tombstone
from zendesk_assets_tests import long
from zendesk_assets_tests.warehouse.helpers import column

NUMBERS = Collection(
    "numbers",
    "people",
    "Telephone numbers of people.",
    "https://example.com",
    columns=(
        column("id", ColumnType.INTEGER),
        column("person_id", ColumnType.INTEGER),
        column("value"),
        column("person_version", ColumnType.EPOCH, "../version"),
    ),
    version="person_version",
    records=("numbers[]",),
    ignored=("../*",),
    tombstone=Tombstone("person_id", "id", DeletedWhen("numbers")),
)


def person(number, version, *ids, value="x"):
    numbers = [{"id": each, "person_id": number, "value": value} for each in ids]
    return {"id": number, "version": version, "numbers": numbers}


def living(rows):
    return {row["id"] for row in rows("numbers") if not row["_deleted"]}


def test_one_that_is_missing_from_the_next_set_is_deleted(warehouse, hub, rows):
    warehouse.load("s", NUMBERS, [hub.batch(person(1, 1, 10, 11), person(2, 1, 20))])
    result = warehouse.load("s", NUMBERS, [hub.batch(person(1, 2, 11, 12), at=5)])

    assert living(rows) == {11, 12, 20}
    assert {row["id"] for row in rows("numbers")} == {10, 11, 12, 20}
    assert result.deleted == 1


def test_a_set_without_any_deletes_all_that_there_were(warehouse, hub, rows):
    warehouse.load("s", NUMBERS, [hub.batch(person(1, 1, 10, 11))])
    warehouse.load("s", NUMBERS, [hub.batch(person(1, 2), at=5)])

    assert living(rows) == set()


@pytest.mark.parametrize("nothing", [{}, {"numbers": None}])
def test_a_record_that_came_without_its_set_says_nothing_about_it(warehouse, hub, rows, nothing):
    warehouse.load("s", NUMBERS, [hub.batch(person(1, 1, 10))])
    warehouse.load("s", NUMBERS, [hub.batch({"id": 1, "version": 2, **nothing}, at=5)])

    assert living(rows) == {10}


def test_a_set_that_is_read_again_unchanged_stays(warehouse, hub, rows):
    warehouse.load("s", NUMBERS, [hub.batch(person(1, 1, 10, 11))])
    warehouse.load("s", NUMBERS, [hub.batch(person(1, 1, 10, 11), at=5)])

    assert living(rows) == {10, 11}


def test_a_set_that_changed_without_its_record_counts_by_when_it_came(warehouse, hub, rows):
    warehouse.load("s", NUMBERS, [hub.batch(person(1, 1, 10, 11))])
    warehouse.load("s", NUMBERS, [hub.batch(person(1, 1, 10), at=5)])

    assert living(rows) == {10}


def test_one_that_is_added_again_lives_again(warehouse, hub, rows):
    for at, ids in enumerate([(10, 11), (11,), (10, 11)]):
        warehouse.load("s", NUMBERS, [hub.batch(person(1, 1 + at, *ids), at=at)])

    assert living(rows) == {10, 11}


@long.parametrize("order", permutations(range(3)), few=2)
def test_the_order_of_loads_does_not_matter(warehouse, hub, rows, order):
    states = [(10, 11), (11, 12), (12, 13)]
    batches = [hub.batch(person(1, 1 + at, *ids), at=at) for at, ids in enumerate(states)]
    for at in order:
        warehouse.load("s", NUMBERS, [batches[at]])

    assert living(rows) == {12, 13}


def test_several_states_in_one_load_leave_the_last(warehouse, hub, rows):
    batches = [hub.batch(person(1, 1, 10, 11), at=0), hub.batch(person(1, 2, 11), at=1)]
    warehouse.load("s", NUMBERS, batches)

    assert living(rows) == {11}
    assert {row["value"] for row in rows("numbers")} == {"x"}
