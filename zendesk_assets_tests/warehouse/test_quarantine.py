from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from zendesk_assets.spec import ColumnType
from zendesk_assets_tests.warehouse.helpers import CHILDREN, METRICS, T0, THINGS, thing


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", 1.7), ("size", 1.0), ("size", True), ("size", "abc"), ("size", ""), ("size", " 1"),
        ("size", 2**63), ("size", "1_000"), ("size", "1e3"), ("size", [1]),
        ("open", "yes"), ("open", 1), ("open", 0), ("open", "t"),
        ("weight", "nan"), ("weight", "inf"), ("weight", "1e999"), ("weight", True),
        ("made_at", "2024-02-30T00:00:00Z"), ("made_at", "2024-01-01"), ("made_at", 1700000000),
        ("made_at", "infinity"), ("made_at", "0000-01-01T00:00:00Z"), ("made_at", "yesterday"),
        ("seen", "2024-01-01T00:00:00Z"), ("seen", 1.5), ("seen", 2**62), ("seen", True),
        ("time", "7"), ("time", [1]),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_type_quarantines_its_row_only(warehouse, hub, rows, name, value):
    record = thing(7, **{name: value})
    result = warehouse.load("s", THINGS, [hub.batch(thing(1), record, thing(2), name="b")])
    assert [row["id"] for row in rows()] == [1, 2]
    (reject,) = warehouse.rejects("s")
    assert reject["reason"].startswith(f"{name}: found ")
    assert (reject["line"], reject["primary_key"], reject["batch_id"]) == (2, "7", "b")
    assert json.loads(reject["record"]) == record
    assert (result.quarantined, result.inserted) == (1, 2)


@pytest.mark.parametrize("key", [{}, {"id": None}, {"id": "x"}])
def test_a_row_without_a_primary_key_is_quarantined(warehouse, hub, key):
    warehouse.load("s", THINGS, [hub.batch({"version": 1, **key}, thing(2))])
    (reject,) = warehouse.rejects("s")
    assert reject["reason"].startswith("id: ")
    assert warehouse.row_count("s", "things") == 1


@pytest.mark.parametrize(
    "line",
    [
        b"{broken", b'{"id": 1} {"id": 2}', b'{"id": "\\ud83d"}', b'{"id": 5, "name": "\xff"}',
        b"[1]", b"5", b'"x"', b"null",
    ],
)  # fmt: skip
def test_a_line_that_is_no_record_is_quarantined_as_it_is(warehouse, hub, rows, line):
    warehouse.load("s", THINGS, [hub.batch(thing(1), thing(2), line, thing(3))])
    assert [row["id"] for row in rows()] == [1, 2, 3]
    (reject,) = warehouse.rejects("s")
    assert reject["line"] == 3
    assert reject["record"] == line.decode(errors="backslashreplace")
    assert reject["part"].endswith(".zst")
    assert reject["reason"]


def test_a_bad_child_leaves_its_siblings(warehouse, hub, rows):
    children = [{"id": 1}, 5, None, {"id": "x"}, {"id": 2}]
    event = {"id": 9, "timestamp": 1, "children": children}
    result = warehouse.load("s", CHILDREN, [hub.batch(event)])
    assert [row["id"] for row in rows("children")] == [1, 2]
    assert result.quarantined == 3
    assert all(json.loads(each["record"]) == event for each in warehouse.rejects("s"))


@pytest.mark.parametrize(
    ("collection", "record", "reason"),
    [
        (CHILDREN, {"id": 1, "children": 5}, "children: found 5, not a list"),
        (CHILDREN, {"id": 1, "children": {"a": 1}}, 'children: found {"a":1}, not a list'),
        (METRICS, thing(1, metric_set=[1]), "metric_set: found [1], not an object"),
        (METRICS, thing("x", status="deleted"), "id: found x, not a 64-bit integer"),
    ],
)
def test_a_step_of_the_wrong_shape_is_quarantined(warehouse, hub, collection, record, reason):
    warehouse.load("s", collection, [hub.batch(record)])
    assert [each["reason"] for each in warehouse.rejects("s")] == [reason]


def test_a_long_value_is_cut_in_the_reason(warehouse, hub):
    warehouse.load("s", THINGS, [hub.batch(thing(1, size="9" * 5000))])
    (reject,) = warehouse.rejects("s")
    assert len(reject["reason"]) < 200
    assert len(reject["record"]) > 5000


def test_reloading_a_batch_replaces_its_rejects(warehouse, hub):
    batch, other = hub.batch(thing(1, size="x")), hub.batch(thing(2, size="y"))
    warehouse.load("s", THINGS, [batch, other])
    warehouse.load("s", THINGS, [batch], reload=True)
    assert sorted(each["primary_key"] for each in warehouse.rejects("s")) == ["1", "2"]


def test_a_reload_after_a_fix_removes_the_rejects_and_loads_the_rows(warehouse, hub):
    batch = hub.batch(thing(1, made_at="soon"))
    columns = tuple(c for c in THINGS.columns if c.name != "made_at")
    warehouse.load("s", THINGS, [batch])
    result = warehouse.load("s", replace(THINGS, columns=columns), [batch], reload=True)
    assert warehouse.rejects("s") == []
    assert (result.inserted, result.total) == (1, 1)


def test_no_type_lets_a_value_vanish(warehouse, hub, rows):
    """Whatever JSON comes, for each type: the row is quarantined, or the value is there."""
    values = [0, -1, 2**70, 1.5, "", "a", "1", "true", True, False, [], {}, [None], "\u0000"]
    for kind in ColumnType:
        columns = tuple(replace(c, type=kind) if c.name == "name" else c for c in THINGS.columns)
        collection = replace(THINGS, name=f"t_{kind.name}", columns=columns)
        batch = hub.batch(*(thing(i, name=value) for i, value in enumerate(values)))
        result = warehouse.load("s", collection, [batch])
        found = rows(collection.name)
        assert all(row["name"] is not None for row in found)
        assert len(found) + result.quarantined == len(values)


BAD, GOOD = thing(1, 2, size="x"), thing(1, 3, size=3)


def add_up(engine):
    """Return whether each batch's quarantined rows are there, or counted as superseded."""
    found = engine.query(
        "SELECT quarantined, superseded, (SELECT count(*) FROM s._rejects AS r "
        "WHERE r.batch_id = l.batch_id AND r.collection = l.collection) AS kept FROM s._loads AS l",
    )
    return all(row["quarantined"] == row["superseded"] + row["kept"] for row in found)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_newer_good_state_of_a_row_ends_its_quarantine_in_any_order(
    warehouse, hub, rows, engine, order
):
    batches = [hub.batch(BAD, thing(2, size="y"), at=0), hub.batch(GOOD, at=1)]
    for at in order:
        warehouse.load("s", THINGS, [batches[at]])
    assert [each["primary_key"] for each in warehouse.rejects("s")] == ["2"]
    assert [row["size"] for row in rows()] == [3]
    assert add_up(engine)


def test_an_older_good_state_does_not(warehouse, hub, engine):
    warehouse.load("s", THINGS, [hub.batch(thing(1, 1), at=0), hub.batch(BAD, at=1)])
    warehouse.load("s", THINGS, [hub.batch(thing(1, 1, name="a"), at=2)])
    assert [each["primary_key"] for each in warehouse.rejects("s")] == ["1"]
    assert add_up(engine)


def test_a_bad_row_that_is_read_again_is_one_reject_that_is_not_new(warehouse, hub, engine, clock):
    lines = [BAD, 5, {"id": 3, "version": "never"}]
    for at in range(4):
        clock.advance(timedelta(hours=1))
        warehouse.load("s", THINGS, [hub.batch(*lines, at=at, name=f"b{at}")])
    found = warehouse.rejects("s")
    assert sorted(each["primary_key"] or "" for each in found) == ["", "1", "3"]
    assert {each["batch_id"] for each in found} == {"b3"}
    assert {each["first_seen"] for each in found} == {T0 + timedelta(hours=1)}
    assert {each["rejected_at"] for each in found} == {T0 + timedelta(hours=4)}
    assert add_up(engine)


def test_a_good_row_that_did_not_change_ends_the_quarantine_of_a_bad_one_in_between(
    warehouse, hub, engine
):
    good, bad = thing(1, 2, size=3), thing(1, 2, size="x")
    unread = thing(1, "never", size=3)
    for at, record in enumerate((good, bad, unread)):
        warehouse.load("s", THINGS, [hub.batch(record, at=at)])
    assert len(warehouse.rejects("s")) == 1
    result = warehouse.load("s", THINGS, [hub.batch(good, at=9)])
    assert warehouse.rejects("s") == []
    assert (result.unchanged, result.updated) == (1, 0)
    assert add_up(engine)


def test_another_reason_for_the_same_row_is_new(warehouse, hub, clock):
    warehouse.load("s", THINGS, [hub.batch(BAD, at=0)])
    clock.advance(timedelta(hours=1))
    warehouse.load("s", THINGS, [hub.batch(thing(1, 3, size="z"), at=1)])
    (reject,) = warehouse.rejects("s")
    assert reject["first_seen"] == T0 + timedelta(hours=1)


@pytest.mark.parametrize("seed", range(6))
def test_what_is_quarantined_does_not_depend_on_the_order_of_loads(warehouse, engine, hub, seed):
    """Each version is another state; a row is listed if its newest state is bad, once."""
    draw = random.Random(seed)
    newest, batches = {}, []
    for at in range(7):
        lines = []
        for key in draw.sample(range(1, 6), 3):
            lines.append(thing(key, at + 1, size=draw.choice([at, f"bad {at}"])))
            newest[key] = lines[-1]["size"]
        batches.append(hub.batch(*lines, at=at))
    for batch in [*draw.sample(batches, 7), *draw.sample(batches, 3)]:
        warehouse.load("s", THINGS, [batch], reload=draw.random() < 0.5)
        assert add_up(engine)
    listed = [each["primary_key"] for each in warehouse.rejects("s")]
    assert sorted(listed) == sorted(str(k) for k, size in newest.items() if isinstance(size, str))
