from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest

from zendesk_assets.errors import WarehouseError
from zendesk_assets.spec import Window
from zendesk_assets_tests.warehouse.helpers import T0, THINGS, thing


def frame(**columns):
    return pd.DataFrame(columns)


def put(warehouse, data, key=("id",), version=None):
    return warehouse.upsert_frame("s", "scores", data, primary_key=key, version=version)


def test_a_frame_comes_back_as_it_went(warehouse):
    times = pd.to_datetime(["2024-01-01T00:00:00Z", None])
    data = frame(id=[1, 2], name=["a", None], score=[0.5, 1.5], good=[True, False], when=times)
    result = put(warehouse, data)
    assert (result.inserted, result.total) == (2, 2)
    found = warehouse.read("s", "scores").sort_values("id")
    assert list(found["id"]) == [1, 2]
    assert list(found["name"].isna()) == [False, True]
    assert list(found["score"]) == [0.5, 1.5]
    assert list(found["good"]) == [True, False]
    assert found["when"].iloc[0] == T0


def test_a_frame_updates_what_differs(warehouse):
    put(warehouse, frame(id=[1, 2], name=["a", "b"]))
    result = put(warehouse, frame(id=[2, 3, 1], name=["B", "c", "a"]))
    assert (result.inserted, result.updated, result.unchanged, result.total) == (1, 1, 1, 3)


def test_a_frame_with_a_version_does_not_go_back(warehouse):
    put(warehouse, frame(id=[1, 2], v=[5, 5], name=["new", "x"]), version="v")
    put(warehouse, frame(id=[1, 2], v=[4, 6], name=["old", "y"]), version="v")
    found = warehouse.read("s", "scores").sort_values("id")
    assert list(found["name"]) == ["new", "y"]


def test_a_new_column_of_a_frame_is_added(warehouse):
    put(warehouse, frame(id=[1]))
    put(warehouse, frame(id=[2], more=["x"]))
    found = warehouse.read("s", "scores").sort_values("id")
    assert list(found["more"].fillna("-")) == ["-", "x"]


def test_columns_that_a_frame_does_not_have_keep_their_values(warehouse):
    put(warehouse, frame(id=[1, 2], size=[3, 4], name=["a", "b"]))
    result = put(warehouse, frame(id=[2, 3], name=["B", "c"]))
    assert (result.inserted, result.updated, result.total) == (1, 1, 3)
    found = warehouse.read("s", "scores").sort_values("id")
    assert list(found["size"].fillna(-1)) == [3, 4, -1]
    assert list(found["name"]) == ["a", "B", "c"]


def test_an_empty_frame_changes_nothing(warehouse, engine, rows):
    for data in (frame(), frame(id=[]), frame(id=[], size=[])):
        assert put(warehouse, data).total == 0
    assert engine.is_empty()
    put(warehouse, frame(id=[1], size=[2]))
    assert put(warehouse, frame(id=[], size=[])).total == 1
    assert rows("scores") == [{"id": 1, "size": 2}]


def test_a_column_without_values_waits_for_its_type(warehouse, rows):
    put(warehouse, frame(id=[1], size=[None], tags=pd.Series([None], dtype="float64")))
    assert rows("scores") == [{"id": 1}]
    put(warehouse, frame(id=[2], size=["big"], tags=[["a"]]))
    assert rows("scores")[1] == {"id": 2, "size": "big", "tags": '["a"]'}
    put(warehouse, frame(id=[2], size=[None], tags=[None]))
    assert rows("scores")[1] == {"id": 2, "size": None, "tags": None}


@pytest.mark.parametrize("key", [[1, 1], [1, None]])
def test_a_frames_key_is_neither_missing_nor_twice(warehouse, engine, key):
    with pytest.raises(WarehouseError, match="missing or not unique"):
        put(warehouse, frame(id=pd.array(key, dtype="Int64")))
    assert engine.is_empty()


def test_a_frame_lacking_its_key_is_refused(warehouse):
    with pytest.raises(WarehouseError, match="lacks nope"):
        put(warehouse, frame(id=[1]), key=("nope",))


def test_a_composite_key_of_a_frame_works(warehouse):
    put(warehouse, frame(a=[1, 1], b=["x", "y"], n=[1, 2]), key=("a", "b"))
    assert put(warehouse, frame(a=[1], b=["y"], n=[3]), key=("a", "b")).updated == 1


def test_columns_and_a_half_open_window_can_be_chosen(warehouse, hub):
    warehouse.load("s", THINGS, [hub.batch(*(thing(i, i, size=None) for i in range(5)))])
    start = pd.Timestamp(0, tz="UTC").to_pydatetime()
    window = Window(start + timedelta(seconds=1), start + timedelta(seconds=3))
    found = warehouse.read("s", "things", columns=["id"], time_column="version", window=window)
    assert list(found.columns) == ["id"]
    assert sorted(found["id"]) == [1, 2]


def test_ids_stay_integers_where_some_are_missing(warehouse, hub):
    big = 2**53 + 1
    warehouse.load("s", THINGS, [hub.batch(thing(1, size=big), thing(2))])
    sizes = warehouse.read("s", "things").sort_values("id")["size"]
    assert str(sizes.dtype) == "Int64"
    assert sizes.iloc[0] == big


@pytest.mark.parametrize(("table", "columns"), [("nope", None), ("things", ["nope"])])
def test_what_is_not_there_is_one_sentence(warehouse, hub, table, columns):
    warehouse.load("s", THINGS, [hub.batch(thing(1))])
    with pytest.raises(WarehouseError, match="nope"):
        warehouse.read("s", table, columns=columns)
