"""A file that stays open between uses saves time, and is in the way of nobody for long."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep

import duckdb
import pytest

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse import open_duckdb
from zendesk_assets.warehouse.engines.duckdb import kept_open
from zendesk_assets.warehouse.engines.duckdb.file import DuckDBFile
from zendesk_assets.warehouse.engines.duckdb.kept_open import Attached, staying_open
from zendesk_assets.warehouse.engines.duckdb.putting_back import saved_file
from zendesk_assets.warehouse.relations import table_names
from zendesk_assets.warehouse.results import LoadResult
from zendesk_assets_tests.warehouse.engines import DuckDBEngine
from zendesk_assets_tests.warehouse.helpers import METRICS, THINGS, thing

_IN_ANOTHER = "import duckdb, sys; duckdb.connect(sys.argv[1], read_only=sys.argv[2] == 'r')"

# It tries again after pauses that become longer, as every process of ours does.
_COUNT_WITH_OURS = """
import sys
from pathlib import Path
from zendesk_assets.warehouse import open_duckdb

print(open_duckdb(Path(sys.argv[1]), lock_timeout=60).row_count("s", "things"))
"""


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
def opened(kept, monkeypatch):
    """Record each time the file is opened."""
    times, attach = [], DuckDBFile._attach

    def record(self, connection, *, read_only):
        times.append("read" if read_only else "write")
        return attach(self, connection, read_only=read_only)

    monkeypatch.setattr(DuckDBFile, "_attach", record)
    return times


def is_free(path, how):
    """Return whether another process can open the file to read ("r") or to write ("w")."""
    command = [sys.executable, "-c", _IN_ANOTHER, str(path), how]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def ids(warehouse):
    return sorted(row["id"] for row in warehouse.rows("s", "things", ["id"]))


def test_looks_within_a_block_open_the_file_once(warehouse, opened):
    with staying_open():
        assert [warehouse.row_count("s", "things") for _ in range(3)] == [1, 1, 1]
    assert opened == ["read"]
    warehouse.row_count("s", "things")
    warehouse.row_count("s", "things")
    assert opened == ["read"] * 3


def test_a_duckdb_that_is_closed_lets_go_of_the_file_before(warehouse, path, kept):
    def change(session):
        session.change("UPDATE warehouse.s.things SET name = 'renamed'")
        return LoadResult()

    engine = warehouse._engine
    with staying_open():
        with engine.staging() as memory:
            with engine.staging():
                pass  # it is kept for the next use, so the other one will be closed
            engine.write(memory, "s", "things", change)
            assert not is_free(path, "w")
        assert is_free(path, "w")
        assert not saved_file(path).exists()
    descriptors = Path("/proc/self/fd").iterdir()
    assert path.resolve() not in {each.resolve() for each in descriptors}


def test_loads_and_looks_after_them_open_it_once_more(hub, warehouse, opened):
    with staying_open():
        assert warehouse.row_count("s", "things") == 1
        for number in (2, 3):
            warehouse.load("s", THINGS, [hub.batch(thing(number))])
            assert warehouse.row_count("s", "things") == number
        warehouse.load("s", METRICS, [hub.batch(thing(1, metric_set={"id": 7}))])  # a new table
        assert warehouse.row_count("s", "metrics") == 1
    assert opened == ["read", "write"]


def test_what_was_written_is_in_the_file_itself_when_the_block_ends(hub, warehouse, path):
    with staying_open():
        warehouse.load("s", THINGS, [hub.batch(thing(2))])
    assert not path.with_name(f"{path.name}.wal").exists()


def test_what_was_loaded_survives_a_kill_before_it_is_let_go(hub, warehouse, path):
    code = """
        import os, pickle, signal, sys
        from zendesk_assets.warehouse import open_duckdb
        from zendesk_assets.warehouse.engines.duckdb.kept_open import staying_open
        from zendesk_assets_tests.warehouse.helpers import THINGS

        batch = pickle.loads(bytes.fromhex(sys.argv[2]))
        with staying_open():
            open_duckdb(sys.argv[1]).load("s", THINGS, [batch])
            os.kill(os.getpid(), signal.SIGKILL)
    """
    batch = pickle.dumps(hub.batch(thing(2))).hex()
    command = [sys.executable, "-c", textwrap.dedent(code), str(path), batch]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert ids(warehouse) == [1, 2]


def test_two_duckdbs_of_a_load_take_turns(hub, warehouse):
    batches = [hub.batch(thing(number)) for number in range(2, 12)]
    with staying_open():
        warehouse.load("s", THINGS, batches, rows_per_transaction=1)
        assert warehouse.row_count("s", "things") == 11


def test_two_files_do_not_get_mixed_up(hub, warehouse, tmp_path):
    other = open_duckdb(tmp_path / "other.duckdb")
    with staying_open():
        for number in (2, 3):
            other.load("s", THINGS, [hub.batch(thing(number))])
            warehouse.load("s", THINGS, [hub.batch(thing(10 * number))])
        assert ids(warehouse) == [1, 20, 30]
        assert ids(other) == [2, 3]


def test_others_can_read_at_once_and_write_after_a_moment(warehouse, path):
    with staying_open():
        warehouse.row_count("s", "things")
        assert is_free(path, "r")
        assert any(is_free(path, "w") for _ in range(50))  # each takes a tenth of a second


def test_others_can_read_and_write_a_moment_after_a_load(hub, warehouse, path):
    with staying_open():
        warehouse.load("s", THINGS, [hub.batch(thing(2))])
        assert any(is_free(path, "r") for _ in range(50))
        assert is_free(path, "w")


def test_another_process_has_its_turn_however_often_this_one_uses_the_file(
    warehouse, path, monkeypatch
):
    monkeypatch.setattr(kept_open, "_LONGEST_SECONDS", 1.0)
    other = subprocess.Popen(
        [sys.executable, "-c", _COUNT_WITH_OURS, str(path)], stdout=subprocess.PIPE, text=True
    )
    started = monotonic()
    with staying_open():
        while other.poll() is None:
            with warehouse.changing("s", "things") as session:
                session.change("UPDATE warehouse.s.things SET size = 1")
            sleep(0.05)  # as long as a step takes until the next use
            assert monotonic() - started < 30, "the other process waits in vain"
    assert other.stdout.read() == "1\n"


def test_the_file_is_free_when_the_block_ends(warehouse, path):
    with staying_open(), staying_open():
        warehouse.row_count("s", "things")
    with duckdb.connect(str(path)) as connection:
        assert connection.execute("SELECT count(*) FROM s.things").fetchone() == (1,)


def test_the_end_of_the_block_waits_for_a_file_that_is_being_let_go(warehouse, monkeypatch):
    began, ended, detach = threading.Event(), threading.Event(), Attached.detach

    def detach_slowly(self):
        began.set()
        sleep(0.3)
        detach(self)
        ended.set()

    with staying_open():
        warehouse.row_count("s", "things")
        monkeypatch.setattr(Attached, "detach", detach_slowly)
        assert began.wait(10)
    assert ended.is_set()


def test_what_fails_is_closed_and_the_next_look_opens_anew(warehouse, opened):
    with staying_open():
        for _ in range(2):
            with pytest.raises(WarehouseError, match="no_such_column"):
                warehouse.ask("s", "things", "SELECT no_such_column FROM {}")
        assert warehouse.row_count("s", "things") == 1
    assert opened == ["read"] * 3


def fail_after_a_new_table(warehouse):
    with warehouse.changing("s", "metrics") as session:
        session.change('CREATE TABLE "warehouse"."s"."metrics" (id BIGINT)')
        assert "metrics" in table_names(session, "s")
        session.change("INSERT INTO no_such_table VALUES (1)")


def test_what_a_failed_load_has_seen_is_forgotten(hub, warehouse):
    with staying_open():
        warehouse.row_count("s", "things")
        with pytest.raises(WarehouseError, match="no_such_table"):
            fail_after_a_new_table(warehouse)
        assert warehouse.row_count("s", "metrics") == 0
        warehouse.load("s", METRICS, [hub.batch(thing(1, metric_set={"id": 7}))])
        assert warehouse.row_count("s", "metrics") == 1


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


def test_threads_take_turns(warehouse):
    with staying_open(), ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: warehouse.row_count("s", "things"), range(20)))
    assert found == [1] * 20


def test_a_person_s_query_does_not_meet_what_was_kept(warehouse):
    with staying_open():
        warehouse.row_count("s", "things")
        assert warehouse.query("SELECT count(*) FROM s.things").rows == ((1,),)
        assert warehouse.row_count("s", "things") == 1
