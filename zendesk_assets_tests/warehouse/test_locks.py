from __future__ import annotations

import random
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest

from zendesk_assets.clock import ManualClock
from zendesk_assets.errors import WarehouseError, WarehouseLockedError
from zendesk_assets.storage.holders import STOPPED_SECONDS
from zendesk_assets.warehouse import Warehouse, open_duckdb, staging
from zendesk_assets_tests.warehouse.engines import DuckDBEngine
from zendesk_assets_tests.warehouse.helpers import T0, THINGS, query, thing


def start(code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def engine(path, clock):
    """Only DuckDB's file is locked; PostgreSQL's turns are in `test_postgres`."""
    return DuckDBEngine(path, clock)


@pytest.fixture
def holder(path):
    """Another process that has the file open to write, until the test ends."""
    path.parent.mkdir()
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('ok', flush=True); input()"
    process = start(code, path)
    assert process.stdout.readline() == "ok\n"
    yield process
    if process.poll() is None:
        process.communicate("\n")


def test_waiting_for_the_lock_is_bounded_logged_once_and_explained(hub, path, holder):
    clock, lines = ManualClock(T0), []
    warehouse = open_duckdb(path, lock_timeout=30, clock=clock, log=lines.append)
    with pytest.raises(WarehouseLockedError, match=f"PID {holder.pid}.*close the program"):
        warehouse.load("s", THINGS, [hub.batch(thing(1))])
    assert 30 <= (clock.now() - T0).total_seconds() < 33
    assert len(lines) == 1
    assert str(path) in lines[0]


def test_a_holder_that_is_stopped_is_named_given_up_sooner_and_not_waited_for_twice(
    hub, path, holder
):
    holder.send_signal(signal.SIGSTOP)
    try:
        clock, lines = ManualClock(T0), []
        warehouse = open_duckdb(path, lock_timeout=600, clock=clock, log=lines.append)
        for _ in range(2):
            with pytest.raises(WarehouseLockedError, match=f"PID {holder.pid}.*which is stopped"):
                warehouse.load("s", THINGS, [hub.batch(thing(1))])
        assert STOPPED_SECONDS <= (clock.now() - T0).total_seconds() < STOPPED_SECONDS + 3
        assert len(lines) == 1
    finally:
        holder.send_signal(signal.SIGCONT)
    holder.communicate("\n")
    assert warehouse.load("s", THINGS, [hub.batch(thing(1))]).inserted == 1


def test_a_load_goes_on_when_the_lock_is_let_go(hub, path, holder):
    class Waiting(ManualClock):
        def sleep(self, seconds):
            super().sleep(seconds)
            if not holder.stdin.closed:
                holder.communicate("\n")

    result = open_duckdb(path, clock=Waiting(T0)).load("s", THINGS, [hub.batch(thing(1))])
    assert result.inserted == 1


def test_the_file_is_free_during_staging_and_after_every_end(warehouse, hub, path, monkeypatch):
    stage = staging.stage

    def spy(*arguments):
        stage(*arguments)
        duckdb.connect(str(path)).close()

    monkeypatch.setattr("zendesk_assets.warehouse.warehouse.stage", spy)
    path.parent.mkdir()
    assert warehouse.load("s", THINGS, [hub.batch(thing(1))]).inserted == 1
    duckdb.connect(str(path)).close()
    with pytest.raises(WarehouseError):
        warehouse.read("s", "nothing")
    duckdb.connect(str(path)).close()


def test_threads_take_turns(warehouse, hub, path):
    batches = [hub.batch(thing(at, at), thing(1000, at, name=str(at)), at=at) for at in range(12)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda batch: warehouse.load("s", THINGS, [batch]), batches))
        list(pool.map(lambda _: warehouse.row_count("s", "things"), range(8)))
    assert warehouse.row_count("s", "things") == 13
    assert query(path, "SELECT name FROM s.things WHERE id = 1000") == [{"name": "11"}]


def test_the_same_batch_from_two_threads_is_counted_once(warehouse, hub, path, monkeypatch):
    # Both find nothing loaded before they wait for the file.
    monkeypatch.setattr(Warehouse, "loaded_batches", lambda *_: set())
    batch = hub.batch(thing(1), thing("x"), name="b")
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda _: warehouse.load("s", THINGS, [batch]), range(2)))
    assert sorted(each.inserted for each in results) == [0, 1]
    assert len(query(path, "FROM s._loads")) == 1
    assert len(warehouse.rejects("s")) == 1
    assert warehouse.row_count("s", "things") == 1


PROCESS = """
    import sys
    from datetime import UTC, datetime
    from zendesk_assets.spec import BatchFiles
    from zendesk_assets.warehouse import open_duckdb
    from zendesk_assets_tests.warehouse.helpers import THINGS
    path, *parts = sys.argv[1:]
    batches = [BatchFiles(str(n), datetime(2024, 1, 1, tzinfo=UTC), 2, (part,))
               for n, part in enumerate(parts)]
    {before}
    open_duckdb(path).load("s", THINGS, batches, rows_per_transaction=2)
"""


def test_processes_that_load_the_same_batches_end_right(warehouse, hub, path):
    parts = [hub.part([thing(n), thing(99, n)]) for n in range(5)]
    processes = [start(PROCESS.format(before=""), path, *parts) for _ in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert len(query(path, "FROM s._loads")) == 5
    assert warehouse.row_count("s", "things") == 6


def test_a_process_killed_within_the_transaction_leaves_nothing(warehouse, hub, path):
    before = """
    import os
    from zendesk_assets.warehouse import transaction
    transaction._write_load_log = lambda *_: os._exit(9)
    """
    code = textwrap.dedent(PROCESS).format(before=textwrap.dedent(before))
    part = hub.part([thing(1), thing(2)])
    assert start(code, path, part).wait(60) == 9
    assert warehouse.loaded_batches("s", "things") == set()
    assert warehouse.row_count("s", "things") == 0


def test_a_full_disk_is_one_sentence_and_nothing_half_written(warehouse, hub, path):
    warehouse.load("s", THINGS, [hub.batch(thing(1), name="first")])
    size = path.stat().st_size
    before = f"""
    import resource, signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
    batches = [BatchFiles("big", batches[0].received_at, 20000, batches[0].parts)]
    """
    code = textwrap.dedent(PROCESS).format(before=textwrap.dedent(before))
    code = code.replace("open_duckdb(path)", "try:\n    open_duckdb(path)") + (
        "except Exception as error: print(type(error).__name__, error)"
    )
    noise = random.Random(1)
    lines = [thing(i, name=noise.randbytes(400).hex()) for i in range(20_000)]
    output, _ = start(code, path, hub.part(lines)).communicate(timeout=60)
    assert output.startswith("WarehouseError The DuckDB file"), output
    assert output.count("\n") == 1
    assert warehouse.loaded_batches("s", "things") == {"first"}
    assert warehouse.row_count("s", "things") == 1


@pytest.mark.parametrize("kind", ["folder", "text", "no parent"])
def test_a_path_that_cannot_be_a_warehouse_is_one_sentence(hub, tmp_path, kind):
    path = tmp_path / "w.duckdb"
    if kind == "folder":
        path.mkdir()
    else:
        path.write_text("hello" * 1000)
    warehouse = open_duckdb(path / "x.duckdb" if kind == "no parent" else path)
    with pytest.raises(WarehouseError) as caught:
        warehouse.load("s", THINGS, [hub.batch(thing(1))])
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
