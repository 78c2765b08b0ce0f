"""Texts that no engine holds: U+FFFD on every engine, in users' DataFrames too; the rest stays."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse.holdable import mend_line, mend_text
from zendesk_assets_tests.warehouse.helpers import THINGS


def test_texts_of_a_frame_are_mended_on_every_engine(warehouse, engine):
    sent = ["a\0b", "\ud83d", "\udc00x", "ok \U0001f600", None]
    kinds = pd.Categorical(["a\0", "b", "b", "b", None])
    frame = pd.DataFrame({
        "id": range(5), "text": pd.Series(sent, dtype=object), "kind": kinds, "n": [1.5] * 5,
        "items": [["a\0", "\ud83d"]] * 5,
    })  # fmt: skip
    before = frame.copy(deep=True)
    warehouse.upsert_frame("s", "mine", frame, primary_key=("id",))
    pd.testing.assert_frame_equal(frame, before)
    rows = engine.query("SELECT * FROM s.mine ORDER BY id")
    read = ["a\ufffdb", "\ufffd", "\ufffdx", "ok \U0001f600", None]
    assert [row["text"] for row in rows] == read
    assert [row["kind"] for row in rows] == ["a\ufffd", "b", "b", "b", None]
    assert all("\\u0000" not in str(row["items"]) and "\0" not in str(row["items"]) for row in rows)


def test_keys_that_become_one_are_refused_before_anything_is_written(warehouse, engine):
    frame = pd.DataFrame({"id": ["a\0", "a\ufffd"]})
    with pytest.raises(WarehouseError, match="not unique"):
        warehouse.upsert_frame("s", "mine", frame, primary_key=("id",))
    assert engine.is_empty()


def test_texts_inside_lists_and_dictionaries_are_mended_and_all_else_stays(warehouse, engine):
    inside = [np.array(["\0", "w"], dtype=object), [("\0",)], {"\0": ["\ud83d"]}, ["x", 7, None]]
    texts = pd.array(["\0", "x", "y", None], dtype="string")
    frame = pd.DataFrame({"id": range(4), "inside": inside, "text": texts, "bytes": [b"\0"] * 4})
    warehouse.upsert_frame("s", "mine", frame, primary_key=("id",))
    rows = engine.query("SELECT * FROM s.mine ORDER BY id")
    read = [["\ufffd", "w"], [["\ufffd"]], {"\ufffd": ["\ufffd"]}, ["x", 7, None]]
    assert [json.loads(row["inside"]) for row in rows] == read
    assert [row["text"] for row in rows] == ["\ufffd", "x", "y", None]
    assert [bytes(row["bytes"]) for row in rows] == [b"\0"] * 4
    assert mend_text("plain") == "plain"


@pytest.mark.parametrize(
    ("line", "mended"),
    [
        (rb'{"a":"\ud83d"}', r'{"a":"\ufffd"}'),
        (rb'{"a":"\uDC00\uD83D\uDE00"}', r'{"a":"\ufffd\uD83D\uDE00"}'),
        (rb'{"a":"\\ud83d \ud83d\\"}', r'{"a":"\\ud83d \ufffd\\"}'),
        (b'{"a":"\x00\x01\t"}', r'{"a":"\ufffd\u0001\t"}'),
        (b'{"a":\t"\x01"}', '{"a":\t"\\u0001"}'),
        (rb'{"a":"x"}', None), (rb'{"a":\ud83d}', None), (b'{"a":\xff}', None),
        (b'{"a":"caf\xe9"}', '{"a":"caf\ufffd"}'),
    ],
)  # fmt: skip
def test_a_line_is_mended_inside_its_strings_only(line, mended):
    assert mend_line(line) == mended
    assert mended is None or json.loads(mended)


def test_a_byte_that_is_no_utf8_costs_a_character_and_not_the_row(warehouse, hub, rows):
    line = b'{"id": 7, "version": 1, "name": "caf\xe9"}'
    loaded = warehouse.load("s", THINGS, [hub.batch(line)])
    assert (loaded.inserted, loaded.quarantined) == (1, 0)
    assert [row["name"] for row in rows()] == ["caf\ufffd"]
