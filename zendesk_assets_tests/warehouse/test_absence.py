"""What a complete walk of a list no longer shows is deleted, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from zendesk_assets.spec import RECEIVED, ColumnType
from zendesk_assets.warehouse import CompleteWalk
from zendesk_assets_tests.warehouse.helpers import T0, THINGS, column, thing

LISTED = replace(THINGS, vanishes=True)
TAGS = replace(
    THINGS,
    name="tags",
    columns=(column("name"), column("count", ColumnType.INTEGER)),
    primary_key=("name",),
    version=RECEIVED.name,
    deleted=None,
    ignored=(),
    vanishes=True,
)


@pytest.fixture
def walk(warehouse, hub):
    """Return a function that loads a walk of pages, begun at a second, as complete."""

    def walk(collection, *pages, at, accepted=False, reload=False):
        batches = [hub.batch(*page, at=at + number) for number, page in enumerate(pages, 1)]
        ids = [each.batch_id for each in batches]
        complete = CompleteWalk(frozenset(ids), ids[-1], T0 + timedelta(seconds=at), accepted)
        return warehouse.load("s", collection, batches, walk=complete, reload=reload), batches

    return walk


def living(rows, table="things", key="id"):
    return {row[key] for row in rows(table) if not row["_deleted"]}


def things(*numbers, version=1):
    return [thing(number, version) for number in numbers]


def test_a_row_that_no_page_of_a_complete_walk_shows_is_deleted(walk, rows):
    walk(LISTED, things(1, 2), things(3, 4), at=0)
    result, _ = walk(LISTED, things(1), things(4), things(5), at=100)

    assert living(rows) == {1, 4, 5}
    assert {row["id"] for row in rows()} == {1, 2, 3, 4, 5}
    assert (result.deleted, result.withheld) == (2, 0)


def test_a_walk_that_is_not_complete_deletes_nothing(warehouse, hub, walk, rows):
    walk(LISTED, things(1, 2, 3), at=0)
    warehouse.load("s", LISTED, [hub.batch(*things(1), at=100)])

    assert living(rows) == {1, 2, 3}


def test_pages_that_were_loaded_before_the_end_of_their_walk_count(warehouse, hub, walk, rows):
    walk(LISTED, things(1, 2, 3), at=0)
    first, second = hub.batch(*things(1), at=101), hub.batch(*things(2), at=102)
    warehouse.load("s", LISTED, [first])
    whole = CompleteWalk(
        frozenset({first.batch_id, second.batch_id}), second.batch_id, T0 + timedelta(seconds=100)
    )
    warehouse.load("s", LISTED, [first, second], walk=whole)

    assert living(rows) == {1, 2}


def test_a_row_that_comes_back_as_it_was_lives_again(walk, rows):
    walk(LISTED, things(1, 2, 3), at=0)
    walk(LISTED, things(1, 2), at=100)
    assert living(rows) == {1, 2}
    walk(LISTED, things(1, 2, 3), at=200)

    assert living(rows) == {1, 2, 3}


def test_what_landed_after_the_walk_began_is_not_judged_by_it(warehouse, hub, walk, rows):
    walk(LISTED, things(1, 2, 3), at=0)
    warehouse.load("s", LISTED, [hub.batch(*things(9), at=150)])
    walk(LISTED, things(1, 2, 3), at=100)

    assert living(rows) == {1, 2, 3, 9}


@pytest.mark.parametrize("page", [things(1), []])
def test_most_rows_are_deleted_only_once_somebody_has_confirmed_it(walk, warehouse, rows, page):
    walk(LISTED, things(1, 2, 3, 4), at=0)
    result, batches = walk(LISTED, page, at=100)
    absent = 4 - len(page)

    assert (result.deleted, result.withheld) == (0, absent)
    assert living(rows) == {1, 2, 3, 4}
    assert batches[-1].batch_id not in warehouse.loaded_batches("s", "things")  # it asks again

    ids = frozenset(each.batch_id for each in batches)
    whole = CompleteWalk(ids, batches[-1].batch_id, T0 + timedelta(seconds=100), accepted=True)
    result = warehouse.load("s", LISTED, batches, walk=whole)
    assert (result.deleted, result.withheld) == (absent, 0)
    assert len(living(rows)) == len(page)
    assert ids <= warehouse.loaded_batches("s", "things")


def test_a_row_that_could_not_be_read_is_not_taken_for_absent(walk, rows):
    walk(LISTED, things(1, 2, 3), at=0)
    result, _ = walk(LISTED, [*things(1, 2), {"id": 3, "version": "tomorrow"}], at=100)

    assert result.quarantined == 1
    assert living(rows) == {1, 2, 3}


def test_rows_of_a_parent_whose_list_was_refused_are_not_judged(warehouse, hub, walk, rows):
    """Half of the rows are of parents, whose ids are in the column `name`; one has none."""
    of_parents = replace(LISTED, parent_columns=("name",))
    first = [{**thing(n), "name": f"it's {n % 2}"} for n in range(1, 7)] + [thing(7)]
    walk(of_parents, first, at=0)
    batch = hub.batch(first[1], at=101)
    whole = CompleteWalk(
        frozenset({batch.batch_id}), batch.batch_id, T0 + timedelta(seconds=100), unread=("it's 1",)
    )
    result = warehouse.load("s", of_parents, [batch], walk=whole)

    assert result.deleted == 3
    assert living(rows) == {1, 2, 3, 5}  # odd ones are of the parent that was refused
    nobodys = CompleteWalk(whole.batches, whole.last, whole.started, unread=("1",))
    assert warehouse.load("s", LISTED, [batch], reload=True, walk=nobodys).deleted == 0


def test_rows_below_a_parent_whose_own_parent_was_refused_are_not_judged(
    warehouse, hub, walk, rows
):
    """Rows are in a list of `status` within `name`: refused are all of a, and 1 within b."""
    of_parents = replace(LISTED, parent_columns=("name", "status"))
    places = [("a", "1"), ("a", "2"), ("b", "1"), ("b", "2"), ("a/b", "1"), ("b/1", "2")]
    first = [
        {**thing(n), "name": outer, "status": inner} for n, (outer, inner) in enumerate(places)
    ]
    first += [{**thing(n), "name": "c", "status": "1"} for n in range(6, 12)]
    walk(of_parents, first, at=0)
    batch = hub.batch(*first[6:], at=101)
    whole = CompleteWalk(
        frozenset({batch.batch_id}), batch.batch_id, T0 + timedelta(seconds=100),
        unread=("a", "b/1"),
    )  # fmt: skip
    result = warehouse.load("s", of_parents, [batch], walk=whole)

    assert result.deleted == 2
    assert {0, 1, 2, 3, 4, 5} - living(rows) == {3, 4}


def test_a_replay_of_everything_ends_where_the_loads_did(walk, warehouse, rows):
    _, old = walk(LISTED, things(1, 2, 3), at=0)
    _, new = walk(LISTED, things(1, 2), at=100)
    before = rows()
    ids = [each.batch_id for each in new]
    whole = CompleteWalk(frozenset(ids), ids[-1], T0 + timedelta(seconds=100))
    warehouse.load("s", LISTED, [*old, *new], walk=whole, reload=True)

    assert [{**row, "loaded_at": None} for row in rows()] == [
        {**row, "loaded_at": None} for row in before
    ]


def test_rows_without_a_version_and_with_a_key_of_text_follow_the_list(walk, rows):
    walk(TAGS, [{"name": "a", "count": 1}, {"name": "b", "count": 2}], at=0)
    result, _ = walk(TAGS, [{"name": "a", "count": 5}, {"name": "c", "count": 1}], at=100)

    assert {(row["name"], row["count"], row["_deleted"]) for row in rows("tags", "name")} == {
        ("a", 5, False),
        ("b", 2, True),
        ("c", 1, False),
    }
    assert (result.inserted, result.updated, result.deleted) == (1, 1, 1)
    again, _ = walk(TAGS, [{"name": "a", "count": 5}, {"name": "c", "count": 1}], at=200)
    assert (again.inserted, again.updated, again.unchanged, again.deleted) == (0, 0, 2, 0)


def test_an_older_state_without_a_version_does_not_replace_a_newer_one(walk, rows):
    walk(TAGS, [{"name": "a", "count": 5}], at=100)
    walk(TAGS, [{"name": "a", "count": 1}], at=0)

    assert [(row["name"], row["count"]) for row in rows("tags", "name")] == [("a", 5)]
