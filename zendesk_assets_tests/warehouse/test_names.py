"""No name of ours or of an engine meets a user's; impossible names are the same on every engine."""

from __future__ import annotations

import pandas as pd
import pytest

from zendesk_assets.errors import WarehouseError
from zendesk_assets_tests import long
from zendesk_assets_tests.warehouse.helpers import THINGS, thing

# Names that are ours, an engine's, or hard to quote; all of them at once, and each as a key.
NAMES = [
    *("rowid", "ROWID_", "oid", "incoming", "existing", "verdict", "verdicts", "was_deleted"),
    *("batches", "frame", "new", "batch", "deleted", "was", "written", "k0", "c0", "o0", "s", "t"),
    *("v", "old", "excluded", "loaded_at", "received_at", "_batch_id", "_deleted", "_unknown"),
    *("~n", "~fault", "~row", "select", "user", "$1", "{0}", "{}", "%", "%s"),
]
NAMES += ['a"b', "a.b", "it's", " ", "a b", "ä" * 31, "-- x", "a;b", "\n", "Ünï", "\\"]


def put(warehouse, data, key=("id",), table="scores", schema="s"):
    return warehouse.upsert_frame(schema, table, pd.DataFrame(data), primary_key=key)


def test_a_column_called_rowid_deletes_no_row(warehouse):
    put(warehouse, {"id": [1, 2, 3], "rowid": [10, 10, 11], "name": ["a", "b", "c"]})
    result = put(warehouse, {"id": [2], "rowid": [10], "name": ["B"]})
    assert (result.inserted, result.updated, result.unchanged, result.total) == (0, 1, 0, 3)
    found = warehouse.read("s", "scores").sort_values("id")
    assert list(found["name"]) == ["a", "B", "c"]


def test_names_that_look_like_ours_are_columns_like_others(warehouse):
    columns = {name: [at, at + 1] for at, name in enumerate(NAMES)}
    put(warehouse, {"id": [1, 2], **columns})
    changed = {name: [values[1] + 100] for name, values in columns.items()}
    assert put(warehouse, {"id": [2], **changed}).updated == 1
    found = warehouse.read("s", "scores", columns=["id", *NAMES]).sort_values("id")
    assert list(found.columns) == ["id", *NAMES]
    assert {name: list(found[name]) for name in NAMES} == {
        name: [values[0], values[1] + 100] for name, values in columns.items()
    }


@pytest.mark.long
def test_names_that_look_like_ours_are_keys_like_others(warehouse):
    for at, name in enumerate(NAMES):
        put(warehouse, {name: [1, 2], "x": ["a", "b"]}, key=(name,), table=f"t{at}")
        again = put(warehouse, {name: [2, 3], "x": ["B", "c"]}, key=(name,), table=f"t{at}")
        assert (again.inserted, again.updated, again.total) == (1, 1, 3), name


@long.parametrize(
    "name",
    ["incoming", "verdicts", "frame", "kept", "batches", "s", "t", 'a"b', "a.b", "{0}", "x y"],
    few=3,
)
def test_tables_and_schemas_may_be_called_as_our_temporary_tables(warehouse, engine, name):
    for schema in ("s", name):
        if "." in schema:
            engine.needs("dots in names of schemas")
        put(warehouse, {"id": [1], "x": [1]}, table=name, schema=schema)
        assert put(warehouse, {"id": [1], "x": [2]}, table=name, schema=schema).updated == 1
        assert list(warehouse.read(schema, name)["x"]) == [2]


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("", "it is empty"),
        ("a\0b", "NUL"),
        ("\ud800", "not valid Unicode"),
        ("x" * 64, "64 bytes"),
        ("ü" * 32, "64 bytes"),
        ("ctid", "system column"),
        ("xmin", "system column"),
        ("tableoid", "system column"),
        ("ID", "ignores case"),
        (("a", "b"), "not text"),
        (None, "not text"),
    ],
)
def test_a_column_that_some_engine_cannot_have_is_refused_by_name(warehouse, rows, label, said):
    with pytest.raises(WarehouseError, match=rf"The frame for s\.scores has a column .*{said}"):
        put(warehouse, pd.DataFrame([[1, 2]], columns=pd.Index(["id", label], dtype=object)))
    put(warehouse, {"id": [1]})
    with pytest.raises(WarehouseError, match=said):
        put(warehouse, pd.DataFrame([[1, 2]], columns=pd.Index(["id", label], dtype=object)))
    assert rows("scores") == [{"id": 1}]


def test_a_column_that_is_there_twice_or_in_other_letters_is_refused(warehouse):
    with pytest.raises(WarehouseError, match="'id' twice"):
        put(warehouse, pd.DataFrame([[1, 2]], columns=["id", "id"]))
    put(warehouse, {"id": [1], "Size": [1]})
    with pytest.raises(WarehouseError, match="'size', and the table calls it 'Size'"):
        put(warehouse, {"id": [1], "size": [1]})


def test_numbers_as_labels_are_their_digits(warehouse):
    put(warehouse, pd.DataFrame([[1, 2]]), key=("0",))
    assert list(warehouse.read("s", "scores").columns) == ["0", "1"]


@pytest.mark.parametrize(
    ("schema", "table", "said"),
    [
        ("s", "_loads", "load log"),
        ("s", "_REJECTS", "load log"),
        ("s", "t" * 64, "64 bytes"),
        ("s", "", "it is empty"),
        ("s", "a\0", "NUL"),
        ("s" * 64, "t", "64 bytes"),
        ("pg_mine", "t", "PostgreSQL keeps"),
        ("Information_Schema", "t", "PostgreSQL keeps"),
    ],
)
def test_impossible_names_of_tables_and_schemas_are_refused(warehouse, schema, table, said):
    with pytest.raises(WarehouseError, match=said):
        put(warehouse, {"id": [1]}, schema=schema, table=table)


def test_columns_that_somebody_added_to_our_table_stay(warehouse, hub, engine, rows):
    warehouse.load("s", THINGS, [hub.batch(thing(1), thing(2), thing(3))])
    engine.run("ALTER TABLE s.things ADD COLUMN rowid BIGINT")
    engine.run("ALTER TABLE s.things ADD COLUMN note VARCHAR(9)")
    engine.run("UPDATE s.things SET rowid = 7, note = 'mine'")
    result = warehouse.load("s", THINGS, [hub.batch(thing(2, 2, name="x"), thing(4), at=1)])
    assert (result.inserted, result.updated, result.total) == (1, 1, 4)
    found = [(row["id"], row["name"], row["rowid"], row["note"]) for row in rows()]
    assert found == [
        (1, None, 7, "mine"),
        (2, "x", 7, "mine"),
        (3, None, 7, "mine"),
        (4, None, None, None),
    ]
