from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from zendesk_assets.spec import ColumnType
from zendesk_assets.warehouse import open_audit, summarize
from zendesk_assets_tests import long
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
def test_a_value_of_the_wrong_type_costs_the_value_only(warehouse, hub, rows, name, value):
    record = thing(7, name="kept", **{name: value})
    result = warehouse.load("s", THINGS, [hub.batch(thing(1), record, thing(2), name="b")])
    assert [row["id"] for row in rows()] == [1, 2, 7]
    row = rows()[2]
    assert (row["name"], row.get(name), row["minutes"]) == ("kept", None, None)
    assert json.loads(row["_unknown"]) == {name: value}
    (reject,) = warehouse.rejects("s")
    assert reject["reason"].startswith(f"{name}: found ")
    assert (reject["line"], reject["primary_key"], reject["batch_id"]) == (2, "7", "b")
    assert (reject["severity"], json.loads(reject["record"])) == ("warning", record)
    assert (result.quarantined, result.inserted, result.warnings) == (0, 3, 1)


def test_all_values_that_do_not_fit_are_told_in_one_warning(warehouse, hub, rows):
    record = thing(1, size="big", open="perhaps", time={"calendar": "soon", "more": 1}, new=[1])
    warehouse.load("s", THINGS, [hub.batch(record)])
    assert json.loads(rows()[0]["_unknown"]) == {
        "size": "big", "open": "perhaps", "time": {"calendar": "soon", "more": 1}, "new": [1],
    }  # fmt: skip
    (reject,) = warehouse.rejects("s")
    assert reject["reason"] == (
        "size: found big, not a 64-bit integer; open: found perhaps, not true or false; "
        "minutes: found soon, not a 64-bit integer"
    )


@pytest.mark.parametrize("version", ["soon", 2**40, 1.5, True, [1]])
def test_a_version_that_cannot_be_read_quarantines_the_row(warehouse, hub, rows, version):
    result = warehouse.load("s", THINGS, [hub.batch(thing(1, version, size="x"), thing(2))])
    assert [row["id"] for row in rows()] == [2]
    (reject,) = warehouse.rejects("s")
    assert (reject["severity"], result.quarantined, result.warnings) == ("error", 1, 0)
    assert reject["reason"].startswith("version: found ")
    assert "size: found x" in reject["reason"]


MOMENTS = {
    "20266-01-01T00:00:00Z": None, "0000-01-01T00:00:00Z": None, "-0001-01-01T00:00:00Z": None,
    "2024-06-30T23:59:60Z": None, "2024-13-01T00:00:00Z": None, "2024-02-30T00:00:00Z": None,
    "2024-01-01T25:00:00Z": None, "10000-01-01T00:00:00Z": None, "": None, "null": None,
    "0001-01-01T00:00:00+14:00": None, "9999-12-31T23:59:59-12:00": None,
    "2024-01-01T24:00:00Z": "2024-01-02T00:00:00",
    "2024-01-01T00:00:00+00:00": "2024-01-01T00:00:00",
    "0001-01-01T00:00:00Z": "0001-01-01T00:00:00", "9999-12-31T23:59:59Z": "9999-12-31T23:59:59",
    "2024-01-01T05:30:00+0530": "2024-01-01T00:00:00",
}  # fmt: skip


def test_each_moment_is_stored_or_a_warning_and_any_client_can_read_it(warehouse, hub, rows):
    lines = [thing(at, made_at=text) for at, text in enumerate(MOMENTS, 1)]
    warehouse.load("s", THINGS, [hub.batch(*lines)])
    found = [row["made_at"] and row["made_at"].replace(tzinfo=None).isoformat() for row in rows()]
    assert dict(zip(MOMENTS, found, strict=True)) == MOMENTS
    unread = [json.loads(row["_unknown"])["made_at"] for row in rows() if row["_unknown"]]
    assert unread == [text for text, moment in MOMENTS.items() if moment is None]
    assert len(warehouse.rejects("s")) == len(unread)


def test_flags_are_also_written_one_and_zero(warehouse, hub, rows):
    columns = tuple(
        replace(each, type=ColumnType.FLAG) if each.name == "open" else each
        for each in THINGS.columns
    )
    sent = [True, False, 1, 0, "1", "0", "true", "false", 2, "yes", None]
    batch = hub.batch(*(thing(at, open=value) for at, value in enumerate(sent)))
    warehouse.load("s", replace(THINGS, columns=columns), [batch])
    read = [True, False, True, False, True, False, True, False, None, None, None]
    assert [row["open"] for row in rows()] == read
    assert [json.loads(row["_unknown"] or "{}") for row in rows()[8:]] == [
        {"open": 2}, {"open": "yes"}, {},
    ]  # fmt: skip


@pytest.mark.parametrize("line", [b'"a\\u0000b"', b'"a\\ud83db"', b'"a\\udc00b"'])
def test_what_no_engine_holds_is_the_replacement_character_wherever_it_is(
    warehouse, hub, rows, line
):
    record = b'{"id": 1, "version": 1, "name": T, "tags": [T, {T: 1}], "size": T, T: {T: T}}'
    warehouse.load("s", THINGS, [hub.batch(thing(0), record.replace(b"T", line), thing(2))])
    row, text = rows()[1], "a\ufffdb"
    assert (row["name"], json.loads(row["tags"])) == (text, [text, {text: 1}])
    assert json.loads(row["_unknown"]) == {"size": text, text: {text: text}}
    (reject,) = warehouse.rejects("s")
    assert reject["reason"] == f"size: found {text}, not a 64-bit integer"
    assert reject["record"].encode() == record.replace(b"T", line)


def test_what_only_looks_like_it_is_stored_as_it_is(warehouse, hub, rows):
    texts = ["\\u0000", "\\ud83d", "\\\\u0000", "\U0001f600", "\ufffd", "\x01", "\x7f"]
    warehouse.load("s", THINGS, [hub.batch(thing(1, tags=texts, name=texts[2]))])
    warehouse.load("s", THINGS, [hub.batch(thing(2, tags=["\u0000", *texts]))])
    assert json.loads(rows()[0]["tags"]) == texts
    assert json.loads(rows()[1]["tags"]) == ["\ufffd", *texts]
    assert rows()[0]["name"] == texts[2]


def test_a_raw_control_character_is_kept_but_for_nul(warehouse, hub, rows):
    warehouse.load("s", THINGS, [hub.batch(b'{"id": 1, "version": 1, "name": "a\x00\tb\x01"}')])
    assert rows()[0]["name"] == "a\ufffd\tb\x01"


def test_a_key_that_no_index_takes_quarantines_its_row_on_every_engine(warehouse, hub, rows):
    columns = tuple(
        replace(each, type=ColumnType.TEXT) if each.name == "id" else each
        for each in THINGS.columns
    )
    long = "".join(random.Random(1).choices("abcdefghijklmnop0123456789", k=2_001))
    batch = hub.batch(thing(long), thing(long[:2_000]), thing("x"))
    result = warehouse.load("s", replace(THINGS, columns=columns), [batch])
    assert (result.inserted, result.quarantined) == (2, 1)
    assert warehouse.rejects("s")[0]["reason"] == "the primary key: longer than 2,000 bytes"


@pytest.mark.parametrize("key", [{}, {"id": None}, {"id": "x"}])
def test_a_row_without_a_primary_key_is_quarantined(warehouse, hub, key):
    warehouse.load("s", THINGS, [hub.batch({"version": 1, **key}, thing(2))])
    (reject,) = warehouse.rejects("s")
    assert reject["reason"].startswith("id: ")
    assert warehouse.row_count("s", "things") == 1


@pytest.mark.parametrize(
    "line",
    [
        b"{broken", b'{"id": 1} {"id": 2}', b'{"id": "\\ud83d"}', b'{"id": 5, "name": \xff}',
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
    assert (result.unchanged, result.warnings, result.total) == (1, 0, 1)


def test_no_type_lets_a_value_vanish(warehouse, hub, rows):
    """Whatever JSON comes, for each type: the value is in its column, or in `_unknown`."""
    values = [0, -1, 2**70, 1.5, "", "a", "1", "true", True, False, [], {}, [None], "\u0000"]
    for kind in ColumnType:
        columns = tuple(replace(c, type=kind) if c.name == "name" else c for c in THINGS.columns)
        collection = replace(THINGS, name=f"t_{kind.name}", columns=columns)
        batch = hub.batch(*(thing(i, name=value) for i, value in enumerate(values)))
        result = warehouse.load("s", collection, [batch])
        found = rows(collection.name)
        assert (len(found), result.quarantined) == (len(values), 0)
        unread = [row for row in found if row["name"] is None]
        kept = [json.loads(row["_unknown"])["name"] for row in unread]
        held = [each if each != "\u0000" else "\ufffd" for each in values]
        assert kept == [held[row["id"]] for row in unread]
        assert result.warnings == len(unread)


BAD, GOOD = thing(1, "never", size=4), thing(1, 3, size=3)
ODD = thing(1, 2, size="x")


def add_up(engine):
    """Return whether each batch's quarantined rows are there, or counted as superseded."""
    found = engine.query(
        "SELECT quarantined, superseded, (SELECT count(*) FROM s._rejects AS r "
        "WHERE r.batch_id = l.batch_id AND r.collection = l.collection "
        "AND r.severity = 'error') AS kept FROM s._loads AS l",
    )
    return all(row["quarantined"] == row["superseded"] + row["kept"] for row in found)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("bad", [BAD, ODD])
def test_a_newer_good_state_of_a_row_ends_its_reject_in_any_order(
    warehouse, hub, rows, engine, order, bad
):
    batches = [hub.batch(bad, thing(2, "never"), thing(3, size="y"), at=0), hub.batch(GOOD, at=1)]
    for at in order:
        warehouse.load("s", THINGS, [batches[at]])
    found = {each["primary_key"]: each["severity"] for each in warehouse.rejects("s")}
    assert found == {"2": "error", "3": "warning"}
    assert [row["size"] for row in rows()] == [3, None]
    assert add_up(engine)


@pytest.mark.parametrize("bad", [BAD, ODD])
def test_an_older_good_state_does_not(warehouse, hub, engine, bad):
    warehouse.load("s", THINGS, [hub.batch(thing(1, 1), at=0), hub.batch(bad, at=3)])
    warehouse.load("s", THINGS, [hub.batch(thing(1, 1, name="a"), at=2)])
    assert [each["primary_key"] for each in warehouse.rejects("s")] == ["1"]
    assert add_up(engine)


def test_a_bad_row_that_is_read_again_is_one_reject_that_is_not_new(warehouse, hub, engine, clock):
    lines = [ODD, 5, {"id": 3, "version": "never"}]
    for at in range(4):
        clock.advance(timedelta(hours=1))
        warehouse.load("s", THINGS, [hub.batch(*lines, at=at, name=f"b{at}")])
    found = warehouse.rejects("s")
    assert sorted(each["primary_key"] or "" for each in found) == ["", "1", "3"]
    assert {each["batch_id"] for each in found} == {"b3"}
    assert {each["first_seen"] for each in found} == {T0 + timedelta(hours=1)}
    assert {each["rejected_at"] for each in found} == {T0 + timedelta(hours=4)}
    assert add_up(engine)


def test_a_good_row_that_did_not_change_ends_the_reject_of_a_bad_one_in_between(
    warehouse, hub, engine
):
    good, unread = thing(1, 2, size=3), thing(1, "never", size=3)
    for at, record in enumerate((good, unread)):
        warehouse.load("s", THINGS, [hub.batch(record, at=at)])
    assert len(warehouse.rejects("s")) == 1
    result = warehouse.load("s", THINGS, [hub.batch(good, at=9)])
    assert warehouse.rejects("s") == []
    assert (result.unchanged, result.updated) == (1, 0)
    assert add_up(engine)


def test_another_reason_for_the_same_row_is_new(warehouse, hub, clock):
    warehouse.load("s", THINGS, [hub.batch(ODD, at=0)])
    clock.advance(timedelta(hours=1))
    warehouse.load("s", THINGS, [hub.batch(thing(1, 3, size="z"), at=1)])
    (reject,) = warehouse.rejects("s")
    assert reject["first_seen"] == T0 + timedelta(hours=1)


@long.parametrize("seed", range(4))
def test_what_is_rejected_does_not_depend_on_the_order_of_loads(warehouse, engine, hub, seed):
    """Each version is another state; a row is listed if its newest state is odd, once."""
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
    odd = {str(key): size for key, size in newest.items() if isinstance(size, str)}
    assert sorted(listed) == sorted(odd)
    found = engine.query("SELECT id, size, _unknown FROM s.things WHERE _unknown IS NOT NULL")
    assert {str(row["id"]): json.loads(row["_unknown"])["size"] for row in found} == odd


def test_a_load_log_from_before_there_were_warnings_is_read_and_grows(warehouse, hub, engine):
    warehouse.load("s", THINGS, [hub.batch(BAD)])
    engine.run("ALTER TABLE s._rejects DROP COLUMN severity")
    assert [each["severity"] for each in warehouse.rejects("s")] == ["error"]
    assert [each.quarantined for each in summarize(warehouse, "s")] == [1]
    with open_audit(warehouse, "s", THINGS) as audit:
        assert [each.is_warning for each in audit.quarantined(None)] == [False]
        assert [each.rejects for each in audit.load_records("", ())[1]] == [1]
    warehouse.load("s", THINGS, [hub.batch(thing(2, size="x"), at=1)])
    assert [each["severity"] for each in warehouse.rejects("s")] == ["error", "warning"]
    (summary,) = summarize(warehouse, "s")
    assert (summary.quarantined, summary.warnings) == (1, 1)
