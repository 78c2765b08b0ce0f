from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from zendesk_assets.spec import DeletedWhen
from zendesk_assets_tests import long
from zendesk_assets_tests.warehouse.helpers import METRICS, THINGS, thing


def test_a_deleted_record_is_marked_and_a_restored_one_is_not(warehouse, hub, rows):
    first = warehouse.load("s", THINGS, [hub.batch(thing(1, 1), thing(2, 1))])
    second = warehouse.load("s", THINGS, [hub.batch(thing(1, 2, status="deleted"), at=1)])
    assert [row["_deleted"] for row in rows()] == [True, False]
    third = warehouse.load("s", THINGS, [hub.batch(thing(1, 3, status="open"), at=2)])
    assert [row["_deleted"] for row in rows()] == [False, False]
    assert [each.deleted for each in (first, second, third)] == [0, 1, 0]


def test_a_value_that_is_there_may_mean_deleted(warehouse, hub, rows):
    collection = replace(THINGS, deleted=DeletedWhen("made_at"))
    batch = hub.batch(thing(1, made_at="2024-01-01T00:00:00Z"), thing(2, made_at=None), thing(3))
    warehouse.load("s", collection, [batch])
    assert [row["_deleted"] for row in rows()] == [True, False, False]


LIVE = thing(5, 1, metric_set={"id": 50, "thing_id": 5, "replies": 1})
GONE = thing(5, 2, status="deleted", metric_set=None)
BACK = thing(5, 3, metric_set={"id": 50, "thing_id": 5, "replies": 2})


@pytest.mark.parametrize("order", list(permutations([0, 1])))
def test_a_tombstone_deletes_in_any_order(warehouse, hub, rows, order):
    batches = [hub.batch(LIVE, at=0), hub.batch(GONE, at=1)]
    results = [warehouse.load("s", METRICS, [batches[at]]) for at in order]
    assert [row["_deleted"] for row in rows("metrics")] == [True]
    assert sum(each.deleted for each in results) == 1


@long.parametrize("order", permutations([0, 1, 2]), few=2)
def test_a_newer_live_row_ends_a_tombstone_in_any_order(warehouse, hub, rows, order):
    batches = [hub.batch(record, at=at) for at, record in enumerate((LIVE, GONE, BACK))]
    for at in order:
        warehouse.load("s", METRICS, [batches[at]])
    assert [(row["_deleted"], row["replies"]) for row in rows("metrics")] == [(False, 2)]


def test_a_row_and_its_tombstone_may_come_together(warehouse, hub, rows):
    result = warehouse.load("s", METRICS, [hub.batch(LIVE, GONE)])
    assert [row["_deleted"] for row in rows("metrics")] == [True]
    assert (result.inserted, result.deleted) == (1, 1)


def test_an_old_live_row_read_again_stays_deleted_and_untouched(warehouse, hub, rows):
    warehouse.load("s", METRICS, [hub.batch(LIVE, GONE)])
    before = rows("metrics")
    result = warehouse.load("s", METRICS, [hub.batch(LIVE, at=9)])
    assert rows("metrics") == before
    assert (result.unchanged, result.deleted) == (1, 0)


def test_one_tombstone_is_kept_per_key(warehouse, hub, engine):
    warehouse.load("s", METRICS, [hub.batch(GONE, at=5)])
    warehouse.load("s", METRICS, [hub.batch({**GONE, "version": 9}, at=6)])
    warehouse.load("s", METRICS, [hub.batch({**GONE, "version": 4}, at=7)])
    (tombstone,) = engine.query("SELECT * FROM s._tombstones")
    assert (tombstone["collection"], tombstone["key"]) == ("metrics", 5)
    assert tombstone["version"].timestamp() == 9
