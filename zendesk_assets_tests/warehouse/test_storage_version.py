"""A new DuckDB file can be opened by older programs; one that is there keeps its version."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse import open_duckdb

FRAME = pd.DataFrame({"id": [1]})
# https://duckdb.org/docs/stable/internals/storage: the version number that the file begins with.
OLDEST_1_X = 64


def put(path, **options):
    open_duckdb(path, **options).upsert_frame("s", "t", FRAME, primary_key=("id",))
    return int.from_bytes(path.read_bytes()[12:20], "little")


def test_a_new_file_is_one_that_every_duckdb_1_can_open(tmp_path):
    assert put(tmp_path / "w.duckdb") == OLDEST_1_X


def test_another_version_may_be_chosen_for_a_new_file_and_stays(tmp_path):
    path = tmp_path / "w.duckdb"
    chosen = put(path, storage_version="v1.2.0")
    assert chosen > OLDEST_1_X
    assert put(path) == chosen
    assert put(path, storage_version="v1.0.0") == chosen


def test_a_file_that_another_program_made_keeps_its_version(tmp_path):
    path = tmp_path / "w.duckdb"
    duckdb.connect(str(path)).close()
    before = int.from_bytes(path.read_bytes()[12:20], "little")
    assert put(path) == before


def test_a_version_that_the_engine_does_not_know_is_one_sentence(tmp_path):
    with pytest.raises(WarehouseError, match=r"knows no storage version 'v9\.9\.9'.*v1\.0\.0"):
        put(tmp_path / "w.duckdb", storage_version="v9.9.9")
    assert not (tmp_path / "w.duckdb").exists()
