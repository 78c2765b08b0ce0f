"""A file that stays open between looks saves time, and is in the way of nobody for longer."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse import Warehouse, open_duckdb
from zendesk_assets.warehouse.engines.duckdb.file import DuckDBFile
from zendesk_assets.warehouse.engines.duckdb.kept_open import staying_open
from zendesk_assets_tests.warehouse.engines import DuckDBEngine
from zendesk_assets_tests.warehouse.helpers import THINGS, thing

_IN_ANOTHER = "import duckdb, sys; duckdb.connect(sys.argv[1], read_only=sys.argv[2] == 'r')"


@pytest.fixture
def engine(path, clock):
    """Only DuckDB has a file that is opened."""
    return DuckDBEngine(path, clock)


@pytest.fixture
def warehouse(hub, path):
    found = open_duckdb(path)
    found.load("s", THINGS, [hub.batch(thing(1))])
    return found


@pytest.fixture
def opened(monkeypatch):
    """Record each time the file is opened."""
    times, attach = [], DuckDBFile._attach

    def record(self, connection, *, read_only):
        times.append("read" if read_only else "write")
        attach(self, connection, read_only=read_only)

    monkeypatch.setattr(DuckDBFile, "_attach", record)
    return times


def is_free(path, how):
    """Return whether another process can open the file to read ("r") or to write ("w")."""
    command = [sys.executable, "-c", _IN_ANOTHER, str(path), how]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def test_looks_within_a_block_open_the_file_once(warehouse, opened):
    with staying_open():
        assert [warehouse.row_count("s", "things") for _ in range(3)] == [1, 1, 1]
    assert opened == ["read"]
    warehouse.row_count("s", "things")
    warehouse.row_count("s", "things")
    assert opened == ["read"] * 3


def test_a_load_in_between_is_seen_and_waits_for_nothing(hub, warehouse, opened):
    with staying_open():
        assert warehouse.row_count("s", "things") == 1
        warehouse.load("s", THINGS, [hub.batch(thing(2))], loaded=set())
        assert warehouse.row_count("s", "things") == 2
    assert opened == ["read", "write", "read"]


def test_others_can_read_at_once_and_write_after_a_moment(warehouse, path):
    with staying_open():
        warehouse.row_count("s", "things")
        assert is_free(path, "r")
        assert any(is_free(path, "w") for _ in range(50))  # each takes a tenth of a second


def test_the_file_is_free_when_the_block_ends(warehouse, path):
    with staying_open(), staying_open():
        warehouse.row_count("s", "things")
    with duckdb.connect(str(path)) as connection:
        assert connection.execute("SELECT count(*) FROM s.things").fetchone() == (1,)


def test_what_fails_is_closed_and_the_next_look_opens_anew(warehouse, opened):
    with staying_open():
        for _ in range(2):
            with pytest.raises(WarehouseError, match="no_such_column"):
                warehouse.ask("s", "things", "SELECT no_such_column FROM {}")
        assert warehouse.row_count("s", "things") == 1
    assert opened == ["read"] * 3


def test_a_look_leaves_nothing_for_the_next_one(warehouse):
    with staying_open():
        for _ in range(2):
            with warehouse.reading() as session:
                session.change("CREATE TEMP TABLE mine AS SELECT 1 AS n")
                assert session.ask("SELECT current_setting('TimeZone')") == [("UTC",)]


def test_a_file_that_took_its_place_is_seen(warehouse, path, tmp_path):
    other = tmp_path / "other.duckdb"
    with duckdb.connect(str(other)) as connection:
        connection.execute("CREATE SCHEMA s; CREATE TABLE s.things AS FROM range(5) AS t(id)")
    with staying_open():
        assert warehouse.row_count("s", "things") == 1
        other.replace(path)
        assert warehouse.row_count("s", "things") == 5


def test_threads_take_turns(warehouse: Warehouse, opened):
    with staying_open(), ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: warehouse.row_count("s", "things"), range(20)))
    assert found == [1] * 20
    assert len(opened) < 20


def test_a_person_s_query_does_not_meet_what_was_kept(warehouse):
    with staying_open():
        warehouse.row_count("s", "things")
        assert warehouse.query("SELECT count(*) FROM s.things").rows == ((1,),)
        assert warehouse.row_count("s", "things") == 1
