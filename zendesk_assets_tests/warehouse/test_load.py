from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import fsspec
import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.errors import CorruptPartError
from zendesk_assets.spec import RECEIVED, BatchFiles, ColumnType
from zendesk_assets.warehouse import Link, open_audit, staging, summarize
from zendesk_assets_tests.warehouse.helpers import (
    CHILDREN,
    FILES,
    METRICS,
    T0,
    THINGS,
    column,
    thing,
)


def test_values_arrive_in_the_types_of_the_catalog(warehouse, hub, rows, engine):
    name = "a\u0000b ünï 🙂"
    record = thing(
        "12345678901234",
        name=name,
        size="-5",
        weight=1.5,
        open=True,
        made_at="2024-01-02T03:04:05+02:00",
        seen=0,
        tags=["x", {"y": None}],
        time={"calendar": 7},
        twin=1,
    )
    result = warehouse.load("s", THINGS, [hub.batch(record, name="b", at=9)])
    (row,) = rows()
    assert row == {
        "id": 12345678901234,
        "name": name.replace("\0", "\ufffd"),
        "size": -5,
        "weight": 1.5,
        "open": True,
        "made_at": datetime(2024, 1, 2, 1, 4, 5, tzinfo=UTC),
        "seen": datetime(1970, 1, 1, tzinfo=UTC),
        "tags": '["x",{"y":null}]',
        "minutes": 7,
        "status": None,
        "version": datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
        "_deleted": False,
        "_unknown": None,
        "received_at": T0 + timedelta(seconds=9),
        "loaded_at": T0,
        "_batch_id": "b",
    }
    assert (result.batches, result.rows_in, result.inserted, result.total) == (1, 1, 1, 1)


def test_null_and_absent_are_null(warehouse, hub, rows):
    warehouse.load("s", THINGS, [hub.batch({"id": 1, "tags": None, "time": None, "size": None})])
    (row,) = rows()
    assert {name for name, value in row.items() if value is None} >= {"tags", "minutes", "version"}


def test_text_takes_any_value(warehouse, hub, rows):
    values = ["x", 1, 1.5, True, {"a": [1]}, [], ""]
    warehouse.load("s", THINGS, [hub.batch(*(thing(i, name=v) for i, v in enumerate(values)))])
    assert [row["name"] for row in rows()] == ["x", "1", "1.5", "true", '{"a":[1]}', "[]", ""]


def test_unknown_properties_are_kept(warehouse, hub, rows):
    warehouse.load("s", THINGS, [hub.batch(thing(1, new={"a": None}, none=None), thing(2, twin=1))])
    assert [row["_unknown"] for row in rows()] == ['{"new":{"a":null},"none":null}', None]


def test_unknown_members_are_kept_at_every_level_that_is_read(warehouse, hub, rows):
    batch = hub.batch(thing(1, time={"calendar": 7, "more": {"a": 1}, "none": None}, new=1))
    warehouse.load("s", THINGS, [batch])
    (row,) = rows()
    assert row["minutes"] == 7
    assert json.loads(row["_unknown"]) == {"time": {"more": {"a": 1}, "none": None}, "new": 1}
    event = {"id": 1, "timestamp": 2, "about": 3, "a/b~": [4], "children": [
        {"id": 11, "files": [{"id": 1, "x": 5}], "y": 6}, {"id": 12, "event_type": "Change"},
    ]}  # fmt: skip
    batch = hub.batch(event)
    for collection in (CHILDREN, FILES):
        warehouse.load("s", collection, [batch])
    around = {"../about": 3, "../a/b~": [4]}
    found = [json.loads(each["_unknown"]) for each in rows("children")]
    assert found == [{"y": 6, **around}, around]
    (file,) = rows("files")
    assert json.loads(file["_unknown"]) == {
        "x": 5, "../y": 6, "../../about": 3, "../../a/b~": [4],
    }  # fmt: skip
    with open_audit(warehouse, "s", CHILDREN) as audit:
        assert audit.unknown_properties() == {"../a/b~": 2, "../about": 2, "y": 1}
    with open_audit(warehouse, "s", THINGS) as audit:
        assert audit.unknown_properties() == {"new": 1, "time.more": 1, "time.none": 1}


def test_what_another_table_has_is_not_repeated(warehouse, hub, rows):
    child = {"id": 11, "y": 6, "files": [{"id": 1, "x": 5}]}
    event = {"id": "odd", "timestamp": 1, "about": 3, "children": [child]}
    alone = replace(FILES, ignored=("../*", "../../*"))
    warehouse.load("s", alone, [hub.batch(event)])
    (file,) = rows("files")
    assert json.loads(file["_unknown"]) == {"x": 5, "../../id": "odd"}
    with open_audit(warehouse, "s", alone) as audit:
        assert audit.unknown_properties() == {"x": 1}


def test_an_object_of_another_shape_costs_its_values_only(warehouse, hub, rows):
    paths = [column("a", ColumnType.INTEGER, "in.deep.a"), column("b", path="in.b")]
    collection = replace(THINGS, columns=(*THINGS.columns, *paths))
    sent = [
        {"deep": {"a": 1}, "b": "x"}, {"deep": {"a": "?", "c": 2}, "b": "x"}, {"deep": 5, "b": "x"},
        {"deep": None, "d": 1}, "text", [], {}, None,
    ]  # fmt: skip
    batch = hub.batch(*(thing(at, **{"in": value}) for at, value in enumerate(sent)))
    result = warehouse.load("s", collection, [batch])
    assert (result.inserted, result.warnings) == (8, 4)
    assert [(row["a"], row["b"]) for row in rows()] == [
        (1, "x"), (None, "x"), (None, "x"), *[(None, None)] * 5,
    ]  # fmt: skip
    left = [json.loads(row["_unknown"] or "{}").get("in") for row in rows()]
    assert left == [
        None, {"deep": {"a": "?", "c": 2}}, {"deep": 5}, {"d": 1}, "text", [], None, None,
    ]  # fmt: skip
    with open_audit(warehouse, "s", collection) as audit:
        assert audit.unknown_properties() == {"in.d": 1, "in.deep.c": 1}


def test_a_nested_object_has_rows_and_sees_the_record_around_it(warehouse, hub, rows):
    batch = hub.batch(
        thing(1, 5, metric_set={"id": 10, "thing_id": 1, "replies": 2}),
        thing(2, 5, metric_set=None),
        thing(3, 5),
    )
    warehouse.load("s", METRICS, [batch])
    assert [(r["id"], r["replies"], r["version"].second) for r in rows("metrics")] == [(10, 2, 5)]


def test_lists_inside_lists_have_a_row_each(warehouse, hub, rows):
    event = {
        "id": 1,
        "timestamp": 9,
        "children": [
            {"id": 11, "files": [{"id": 1}, {"id": 2}]},
            {"id": 12, "files": [{"id": 1}]},
            {"id": 13},
        ],
    }
    warehouse.load("s", FILES, [hub.batch(event, {"id": 2, "children": None})])
    found = [(r["child_id"], r["id"], r["event_id"]) for r in rows("files", "child_id, id")]
    assert found == [(11, 1, 1), (11, 2, 1), (12, 1, 1)]


def test_a_record_is_passed_over_only_if_its_inner_lists_are_empty(warehouse, hub, rows):
    told = ', "id": 1, "timestamp": 9}'
    lines = [
        '{"children":[{"id":11,"files":[]},{"id":12,"files":[{"id":1}]}]' + told,
        '{ "children" : [ { "id":13, "files" : \t[ {"id":2}] } ]' + told,
        '{"children": [{"id": 14, "files": [ ]}, {"id": 15, "note": "\\"files\\": [1]"}]' + told,
        '{"children": [{"id": 16, "files": null}, {"id": 17}]' + told,
        '{"children": [{"id": 18, "files": "none"}]' + told,
        '{"children": [{"id": 19, "files": [3]}]' + told,
        '{"children": "none", "files": []' + told,
        '["no object"]',
    ]
    result = warehouse.load("s", FILES, [hub.batch(*map(str.encode, lines))])
    assert [(row["child_id"], row["id"]) for row in rows("files", "child_id")] == [(12, 1), (13, 2)]
    assert result.quarantined == 4
    assert sorted(row["reason"] for row in warehouse.rejects("s")) == [
        'children: found "none", not a list',
        'files: found "none", not a list',
        "files: found 3, not an object",
        'the record: found ["no object"], not an object',
    ]


def test_a_change_names_its_field_by_a_key(warehouse, hub, rows):
    children = [
        {"id": 1, "event_type": "Change", "status": "open", "previous_value": "new"},
        {"id": 2, "event_type": "Create", "type": "problem"},
        {"id": 3, "event_type": "Comment", "type": "Voice", "status": "x"},
        {"id": 4, "event_type": "Change", "custom_ticket_fields": {"36": ["a", 1]}},
        {"id": 5, "event_type": "Change", "a/b~c$": None, "second": 2},
        {"id": 6, "event_type": "Change", "custom_ticket_fields": {"1": 1, "2": 2}},
        {"id": 7, "event_type": "Change"},
    ]
    warehouse.load("s", CHILDREN, [hub.batch({"id": 9, "timestamp": 1, "children": children})])
    names = ("field_name", "value", "thing_type", "comment_type", "_unknown")
    assert [tuple(row[name] for name in names) for row in rows("children")] == [
        ("status", "open", None, None, None),
        ("type", "problem", "problem", None, None),
        (None, None, None, "Voice", '{"status":"x"}'),
        ("36", '["a",1]', None, None, None),
        ("a/b~c$", None, None, None, '{"second":2}'),
        ("custom_ticket_fields", '{"1":1,"2":2}', None, None, None),
        (None, None, None, None, None),
    ]
    assert [(r["field_id"], r["field_value"]) for r in rows("children")][3] == (36, '["a",1]')


def test_a_key_that_is_mostly_fixed_is_the_field_of_a_change_that_has_no_other(
    warehouse, hub, rows
):
    flags = tuple(column(name, ColumnType.FLAG) for name in ("shown", "public"))
    collection = replace(
        CHILDREN,
        columns=(*CHILDREN.columns, *flags),
        fixed_keys=(*CHILDREN.fixed_keys, "shown"),
        spare_keys=("shown",),
    )
    children = [
        {"id": 1, "event_type": "Create", "shown": "0"},
        {"id": 2, "event_type": "Change", "shown": True, "status": "open"},
        {"id": 3, "event_type": "Change", "public": "perhaps", "previous_value": "1"},
        {"id": 4, "event_type": "Comment", "public": "perhaps", "shown": 1},
    ]
    warehouse.load("s", collection, [hub.batch({"id": 9, "timestamp": 1, "children": children})])
    names = ("field_name", "value", "shown", "public")
    assert [tuple(row[name] for name in names) for row in rows("children")] == [
        ("shown", "0", False, None),
        ("status", "open", True, None),
        ("public", "perhaps", None, None),
        (None, None, True, None),
    ]
    assert [row["_unknown"] and json.loads(row["_unknown"]) for row in rows("children")] == [
        None, None, None, {"public": "perhaps"},
    ]  # fmt: skip
    assert [each["primary_key"] for each in warehouse.rejects("s")] == ["4"]


def test_a_batch_is_loaded_once(warehouse, hub):
    batch = hub.batch(thing(1), name="b")
    assert warehouse.loaded_batches("s", "things") == set()
    warehouse.load("s", THINGS, [batch])
    assert warehouse.loaded_batches("s", "things") == {"b"}
    again = warehouse.load("s", THINGS, [batch])
    assert (again.batches, again.rows_in, again.total) == (0, 0, 1)


def test_looking_creates_nothing(warehouse, engine):
    assert warehouse.loaded_batches("s", "things") == set()
    assert warehouse.rejects("s") == []
    assert summarize(warehouse, "s") == []
    assert warehouse.row_count("s", "things") == 0
    assert engine.is_empty()


def test_an_empty_batch_is_noted_with_zeros(warehouse, hub, engine):
    result = warehouse.load("s", METRICS, [hub.batch(name="e")])
    assert (result.batches, result.rows_in, result.total) == (1, 0, 0)
    (row,) = engine.query("SELECT * FROM s._loads")
    assert (row["batch_id"], row["rows_in"], row["inserted"]) == ("e", 0, 0)


def test_loads_are_counted_per_batch(warehouse, hub, engine):
    one = hub.batch(thing(1), thing(2), thing(2), name="1")
    two = hub.batch(thing(2, 2), thing(3), thing("x"), name="2", at=1)
    result = warehouse.load("s", THINGS, [two, one])
    names = ("batch_id", "rows_in", "inserted", "updated", "unchanged", "quarantined")
    loads = engine.query("SELECT * FROM s._loads ORDER BY batch_id")
    found = [tuple(row[name] for name in names) for row in loads]
    assert found == [("1", 3, 1, 0, 2, 0), ("2", 3, 2, 0, 0, 1)]
    assert result.rows_in == 6
    assert result.inserted + result.updated + result.unchanged + result.quarantined == 6


def test_long_lists_of_batches_are_split_into_transactions(warehouse, hub, monkeypatch):
    sizes = []
    stage = staging.stage

    def spy(connection, collection, batches, **more):
        sizes.append(len(batches))
        stage(connection, collection, batches, **more)

    monkeypatch.setattr("zendesk_assets.warehouse.warehouse.stage", spy)
    batches = [hub.batch(thing(i), thing(i + 100), at=i) for i in range(7)]
    result = warehouse.load("s", THINGS, batches, rows_per_transaction=6)
    assert sizes == [3, 3, 1]
    assert (result.batches, result.total) == (7, 14)


def test_what_is_loaded_again_shares_larger_transactions(warehouse, hub, monkeypatch):
    sizes = []
    stage = staging.stage

    def spy(connection, collection, batches, **more):
        sizes.append(len(batches))
        stage(connection, collection, batches, **more)

    monkeypatch.setattr("zendesk_assets.warehouse.warehouse.stage", spy)
    # Declared larger than they are: what a batch is said to have is what counts.
    monkeypatch.setattr(staging, "_check_counts", lambda *_: None)
    batches = [replace(hub.batch(thing(i), at=i), records=20_000) for i in range(6)]
    warehouse.load("s", THINGS, batches)
    assert sizes == [2] * 3
    sizes.clear()
    assert warehouse.load("s", THINGS, batches, reload=True).unchanged == 6
    assert sizes == [5, 1]


def test_the_table_has_the_catalogs_columns_and_comments(warehouse, hub, engine):
    warehouse.load("s", THINGS, [hub.batch()])
    found, of_table = engine.columns("things")
    system = ["_deleted", "_unknown", "received_at", "loaded_at", "_batch_id"]
    assert [name for name, _ in found] == [c.name for c in THINGS.columns] + system
    assert of_table == THINGS.description
    engine.needs("comments on columns")
    assert found[1] == ("name", "The name.")


def test_a_column_added_to_the_catalog_is_added_and_filled_by_a_reload(warehouse, hub, rows):
    batch = hub.batch(thing(1, extra="x"), name="b")
    warehouse.load("s", THINGS, [batch])
    wider = replace(THINGS, columns=(*THINGS.columns, column("extra")))
    result = warehouse.load("s", wider, [batch], reload=True)
    (row,) = rows()
    assert (row["extra"], row["_unknown"], result.updated) == ("x", None, 1)


def test_a_missing_part_is_named_before_anything_is_written(warehouse, hub, engine):
    bad = BatchFiles("b", T0, 1, (str(hub.folder / "gone.zst"),))
    with pytest.raises(CorruptPartError, match=r"gone\.zst"):
        warehouse.load("s", THINGS, [hub.batch(thing(1)), bad])
    assert engine.is_empty()


@pytest.mark.parametrize("damage", ["cut", "flip", "garbage", "short"])
def test_a_corrupt_part_is_named_and_nothing_is_written(warehouse, hub, engine, damage):
    lines = [thing(i, name=str(hash(i * 7919.5))) for i in range(3000)]
    good, bad = hub.part([thing(1)]), hub.part(lines, "bad.zst")
    file = hub.folder / "bad.zst"
    content = file.read_bytes()
    half = len(content) // 2
    if damage == "short":
        hub.part(lines[:-1], "bad.zst")
    else:
        file.write_bytes(
            {
                "cut": content[:half],
                "flip": content[:half] + b"\x00\xff\x00\xff" + content[half + 4 :],
                "garbage": b"hello",
            }[damage]
        )
    with pytest.raises(CorruptPartError, match=r"bad\.zst"):
        warehouse.load("s", THINGS, [BatchFiles("b", T0, 3001, (good, bad))])
    assert engine.is_empty()


def test_parts_may_be_urls(warehouse, hub, rows):
    with fsspec.open("memory://hub/p.ndjson.zst", "wb") as target:
        target.write((hub.folder / hub.part([thing(1)])).read_bytes())
    warehouse.load("s", THINGS, [BatchFiles("b", T0, 1, ("memory://hub/p.ndjson.zst",))])
    assert len(rows()) == 1


@pytest.mark.parametrize("name", sorted(declared().collections))
def test_every_collection_of_the_catalog_loads(warehouse, hub, name):
    collection = declared().collections[name]
    times = {"created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z"}
    record = {
        "id": 1,
        "name": "x",
        "ticket_id": 1,
        "version": 1,
        "key": "k",
        "agent_id": 1,
        "engagement_id": "e",
        "engagement_end_time": "2024-01-01T00:00:00",
        "timestamp": 5,
        "generated_timestamp": 5,
        **times,
    }
    if any(
        each.name == "timestamp" and each.type is ColumnType.TIMESTAMP
        for each in collection.columns
    ):
        record["timestamp"] = times["created_at"]
    inner = {"id": 2, "event_type": "Change", "status": "open", "attachments": [{"id": 3}]}
    nested = {
        "child_events": [inner],
        "metric_set": {"id": 4, "ticket_id": 1},
        "identities": [{"id": 5, "user_id": 1}],
    }
    if collection.records and collection.records[0] not in {*nested, "child_events[]"}:
        is_text = collection.column("id").type is ColumnType.TEXT
        nested[collection.records[0]] = {"id": "6" if is_text else 6, **times}
    wanted = {step.removesuffix("[]") for step in collection.records}
    record |= {key: value for key, value in nested.items() if key in wanted}
    result = warehouse.load("s", collection, [hub.batch(record)])
    assert (result.inserted, result.quarantined) == (1, 0), str(warehouse.rejects("s"))


@pytest.mark.long
def test_many_long_comments_in_one_page_are_loaded_within_the_memory(warehouse, hub, rows):
    """DuckDB types 2,048 records at a time: 16 comments of 5 MB would need 2 GB at once."""
    comment = "Hello \U0001f600 " * 300_000
    lines = [
        {"id": n, "timestamp": n, "children": [{"id": n, "event_type": "Comment", "body": comment}]}
        for n in range(1, 17)
    ]
    result = warehouse.load("s", CHILDREN, [hub.batch(*lines, {"id": 99, "children": 5})])
    assert (result.inserted, result.quarantined) == (16, 1)
    assert {json.loads(row["_unknown"])["body"] for row in rows("children")} == {comment}


def test_ids_that_lead_nowhere_are_found_whether_they_are_numbers_or_texts(warehouse, hub):
    lists = replace(
        THINGS,
        name="lists",
        columns=(column("id"), column("parent"), column("thing", ColumnType.INTEGER)),
        version=RECEIVED.name,
        deleted=None,
    )
    rows = [
        {"id": "a", "parent": None, "thing": 1},
        {"id": "b", "parent": "a", "thing": -1},
        {"id": "c", "parent": "", "thing": 7},
        {"id": "d", "parent": "x", "thing": 7},
    ]
    warehouse.load("s", THINGS, [hub.batch(thing(1), at=2)])
    warehouse.load("s", lists, [hub.batch(*rows, at=1)])
    links = [Link("parent", "lists", "id", None), Link("thing", "things", "id", None)]
    with open_audit(warehouse, "s", lists) as audit:
        found = {
            each.column: (each.ids, each.rows, each.examples) for each in audit.dangling(links)
        }
    assert found == {"parent": (1, 1, ["x"]), "thing": (1, 2, [7])}
