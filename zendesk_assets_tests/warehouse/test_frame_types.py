"""Which values of a frame go into which column: each pair of docs/extend.md, on both engines."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pandas as pd
import pytest

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse.casts import FITS, NEW_TYPES

DAY, NOON = date(2024, 2, 29), datetime(2024, 2, 29, 12, 0, 0, 123456)  # noqa: DTZ001
MIDNIGHT = datetime(2024, 2, 29)  # noqa: DTZ001
ONE = UUID("6f3b4d0e-6c1a-4f0e-9f5c-0123456789ab")
# A value of each kind.
VALUES = {
    "boolean": True,
    "integer": 7,
    "decimal": Decimal("1.25"),
    "float": 0.5,
    "text": "ünï",
    "date": DAY,
    "time": time(1, 2, 3, 4),
    "timestamp": NOON,
    "moment": NOON.replace(tzinfo=UTC),
    "duration": timedelta(hours=5, microseconds=7),
    "bytes": b"\x00\xff",
    "json": {"a": [1, None]},
}
# What is found after a value of a kind went into a column of a class, where it is not the value.
FOUND = {
    ("boolean", "text"): "true",
    ("integer", "decimal"): Decimal(7),
    ("integer", "text"): "7",
    ("date", "timestamp"): MIDNIGHT,
    ("date", "text"): "2024-02-29",
    ("json", "json"): '{"a":[1,null]}',
}
# Where the value of above would lose something, one that does not.
INSTEAD = {
    ("decimal", "integer"): (Decimal("7.00"), 7),
    ("float", "integer"): (7.0, 7),
    ("float", "text"): (7.0, "7"),
    ("text", "json"): ('{"a":1}', '{"a":1}'),
    ("timestamp", "date"): (MIDNIGHT, DAY),
}


def put(warehouse, **columns):
    data = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})
    return warehouse.upsert_frame("s", "scores", data, primary_key=("id",))


@pytest.mark.long
def test_each_pair_goes_in_whole_or_is_refused_by_name(warehouse, engine, rows):
    engine.needs("durations")
    values = {**VALUES, "duration": timedelta(hours=5) + 7 * engine.finest_duration}
    put(warehouse, id=[0], **{kind: [value] for kind, value in values.items()})
    before = rows("scores")
    for kind, value in values.items():
        for at, column in enumerate(NEW_TYPES, start=1):
            if column not in FITS[kind]:
                with pytest.raises(WarehouseError, match=rf"the column {column} is .* such as "):
                    put(warehouse, id=[at], **{column: [value]})
                assert rows("scores") == before
                continue
            given, found = INSTEAD.get((kind, column), (value, FOUND.get((kind, column), value)))
            if (kind, column) in INSTEAD:
                with pytest.raises(WarehouseError, match=rf"the column {column} is "):
                    put(warehouse, id=[at], **{column: [value]})
            put(warehouse, id=[at], **{column: [given]})
            (row,) = engine.query(f"SELECT {column} FROM s.scores WHERE id = {at}")
            assert row[column] == found, (kind, column)
            engine.run("DELETE FROM s.scores WHERE id > 0")


def test_the_document_shows_the_same_pairs():
    text = (Path(__file__).parents[2] / "docs" / "extend.md").read_text()
    section = text.partition("### Which values go into which columns\n")[2].partition("\n#")[0]
    table = re.findall(r"^\| `(\w+)` \|.*\| ([\w, `]+) \|$", section, re.MULTILINE)
    assert {kind: tuple(re.findall(r"\w+", fits)) for kind, fits in table} == FITS


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("integer", 2**63),
        ("integer", -(2**70)),
        ("integer", 1.5),
        ("integer", float("inf")),
        ("float", 2**53 + 1),
        ("float", Decimal("0.1234567890123456789")),
        ("decimal", Decimal("0.12345678901")),
        ("decimal", 10**35),
        ("text", 1.5),
        ("json", "{"),
        ("timestamp", pd.Timestamp("2024-01-01 00:00:00.000000001")),
        ("moment", pd.Timestamp("2024-01-01 00:00:00.000000001Z")),
        ("date", NOON),
        ("json", {"a": float("nan")}),
        ("text", 1 + 2j),
        ("text", {1, 2}),
    ],
)
def test_what_would_lose_something_is_refused_and_the_table_stays(
    warehouse, engine, rows, column, value
):
    if value == "{":
        engine.needs("a type for JSON")
    put(warehouse, id=[0], **{column: [VALUES[column]]})
    before = rows("scores")
    with pytest.raises(WarehouseError, match=column) as caught:
        put(warehouse, id=[1], **{column: [value]})
    assert "drop the table" not in str(caught.value)
    assert rows("scores") == before


@pytest.mark.parametrize(
    "values",
    [
        [1, "a"],
        [True, 1],
        [b"a", "b"],
        [1.5, Decimal(1)],
        [NOON, NOON.replace(tzinfo=UTC)],
        [time(1, tzinfo=UTC)],
        [10**40],
        [object()],
    ],
)
def test_what_no_column_can_hold_is_refused_by_the_name_of_its_column(warehouse, engine, values):
    with pytest.raises(WarehouseError, match=r"The column mixed of the frame for s\.scores has "):
        put(warehouse, id=list(range(len(values))), mixed=values)
    assert engine.is_empty()


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (pd.Series(["a"], dtype="category"), pd.Series(["b"], dtype="category")),
        (pd.Series([1], dtype="int8"), pd.Series([2**40], dtype="int64")),
        (pd.Series([1], dtype="uint64"), pd.Series([2.0, None])),
        (pd.Series([1.5], dtype="float32"), pd.Series([1e300])),
        (pd.Series([Decimal("1.5")]), pd.Series([Decimal("10.25")])),
        (pd.Series([[]], dtype=object), pd.Series([["a"], [{"b": 1}]])),
        (pd.Series([{"a": 1}]), pd.Series([{"b": "x"}])),
        (pd.Series([2**63], dtype="uint64"), pd.Series([5])),
        (pd.to_datetime(pd.Series(["2024-01-01"])).astype("datetime64[ns]"), pd.Series([NOON])),
        (pd.Series([True]), pd.Series([None, False])),
        (pd.Series([ONE]), pd.Series(["text"])),
        (pd.Series(["a\0b", "\ud800"], dtype=object), pd.Series(["c"])),
    ],
)
def test_the_first_frame_does_not_decide_for_the_values_of_the_next(warehouse, first, then):
    for number, values in enumerate((first, then)):
        ids = [100 * number + at for at in range(len(values))]
        data = pd.DataFrame({"id": ids, "value": values})
        result = warehouse.upsert_frame("s", "scores", data, primary_key=("id",))
        assert result.inserted == len(values)


def test_what_text_cannot_hold_is_the_same_on_every_engine(warehouse, rows):
    put(warehouse, id=[1], name=["a\0b\ud800"], tags=[["\0"]])
    (row,) = rows("scores")
    assert (row["name"], json.loads(row["tags"])) == ("a\ufffdb\ufffd", ["\ufffd"])


def test_a_text_version_is_ordered_by_its_bytes(warehouse, rows):
    for version in ("a", "B", "é"):
        data = pd.DataFrame({"id": [1], "v": [version]})
        warehouse.upsert_frame("s", "scores", data, primary_key=("id",), version="v")
    assert rows("scores") == [{"id": 1, "v": "é"}]
    data = pd.DataFrame({"id": [1], "v": ["Z"]})
    warehouse.upsert_frame("s", "scores", data, primary_key=("id",), version="v")
    assert rows("scores") == [{"id": 1, "v": "é"}]


@pytest.mark.parametrize(("key", "version"), [(("id", "tags"), None), (("id",), "tags")])
def test_lists_are_neither_key_nor_version(warehouse, engine, key, version):
    data = pd.DataFrame({"id": [1], "tags": [["a"]]})
    with pytest.raises(WarehouseError, match=r"name .*columns? of numbers"):
        warehouse.upsert_frame("s", "scores", data, primary_key=key, version=version)
    assert engine.is_empty()


def test_a_key_in_the_index_says_what_to_do(warehouse):
    data = pd.DataFrame({"id": [1], "size": [2]}).set_index("id")
    with pytest.raises(WarehouseError, match="reset_index"):
        warehouse.upsert_frame("s", "scores", data, primary_key=("id",))
