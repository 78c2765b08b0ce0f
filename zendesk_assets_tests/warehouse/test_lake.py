"""What lakes promise beyond the other engines: many writers, readers that are never held up."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import duckdb
import pandas as pd
import psycopg
import pytest

from zendesk_assets.clock import SystemClock
from zendesk_assets.errors import WarehouseError, WarehouseLockedError
from zendesk_assets.warehouse import open_ducklake
from zendesk_assets.warehouse.engines.lake import extensions
from zendesk_assets_tests.object_store import object_store
from zendesk_assets_tests.postgres import new_database
from zendesk_assets_tests.warehouse.engines import DuckLakeEngine
from zendesk_assets_tests.warehouse.helpers import METRICS, THINGS, thing
from zendesk_assets_tests.warehouse.kills import load_with_kills


@pytest.fixture(params=["ducklake", pytest.param("ducklake on postgres")])
def engine(request, path):
    """A lake, with the time of this machine: snapshots have it too."""
    if request.param == "ducklake":
        yield DuckLakeEngine(path.parent / "data", SystemClock(), path.with_name("catalog.sqlite"))
        return
    with new_database(request.getfixturevalue("postgres_server")) as url:
        yield DuckLakeEngine(path.parent / "data", SystemClock(), url)


def test_writers_that_come_at_once_insert_each_key_once(engine, hub, rows):
    """The format alone lets both insert it. Nobody has made the lake before."""
    batches = [hub.batch(*(thing(at, version=n) for at in range(50)), at=n) for n in range(3)]

    def load(n):
        warehouse = engine.warehouse(threads=1, lock_timeout=120)
        results = [warehouse.load("s", THINGS, [batches[n % 3]])]
        return [*results, warehouse.load("s", METRICS, [hub.batch({"id": n, "version": 1})])]

    with ThreadPoolExecutor(4) as pool:
        results = [each for both in pool.map(load, range(4)) for each in both]
    assert [(row["id"], row["version"].second) for row in rows("things")] == [
        (at, 2) for at in range(50)
    ]
    loads = rows("_loads", "batch_id, collection")
    assert len(loads) == len({row["batch_id"] for row in loads}) == 7
    assert sum(row["inserted"] for row in loads) == sum(each.inserted for each in results) == 50
    assert len(rows("_account", "1")) <= 1


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux shows locks")
def test_who_reads_keeps_the_locks_of_the_catalog_whatever_else_its_process_reads(engine, hub):
    """Two SQLites in one process would release each other's, and another process die of it."""
    if not isinstance(engine.catalog, Path):
        pytest.skip("a server keeps them")
    warehouse = engine.warehouse()
    warehouse.load("s", THINGS, [hub.batch(thing(1))])
    with warehouse.reading() as session:
        session.ask("SELECT * FROM warehouse.s.things")
        before = locks_on(engine.catalog)
        assert warehouse.loaded_batches("s", "things")
        assert engine.warehouse().loaded_batches("s", "things")
        assert before
        assert set(before) <= set(locks_on(engine.catalog))


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux shows locks")
def test_rewriting_the_catalog_leaves_a_reader_of_the_same_process_its_locks(engine, hub, rows):
    """Erasing waits for who reads, and says so; nothing is lost, and the next one succeeds."""
    if not isinstance(engine.catalog, Path):
        pytest.skip("a server keeps them")
    warehouse = engine.warehouse(threads=1, lock_timeout=1)
    for version in (1, 2):
        warehouse.load("s", THINGS, [hub.batch(thing(1, version=version), at=version)])
    with warehouse.reading() as session:
        session.ask("SELECT * FROM warehouse.s.things")
        before = locks_on(engine.catalog)
        with pytest.raises(WarehouseError, match=r"somebody reads it\): run this again later"):
            warehouse.forget_old_bytes("s", ["things"])
        assert before
        assert set(before) <= set(locks_on(engine.catalog))
        assert engine.warehouse().row_count("s", "things") == 1
    assert warehouse.forget_old_bytes("s", ["things"])
    assert [row["version"].second for row in rows("things")] == [2]


def locks_on(catalog):
    """Return the locks that this process has on an SQLite file and what is beside it."""
    inodes = {each.stat().st_ino for each in catalog.parent.glob(f"{catalog.name}*")}
    lines = [line.split(maxsplit=1)[1] for line in Path("/proc/locks").read_text().splitlines()]
    held = [(line, *line.split()[3:5]) for line in lines]
    return [
        line
        for line, pid, place in held
        if pid == str(os.getpid()) and int(place.rpartition(":")[2]) in inodes
    ]


def test_a_reader_sees_one_state_and_keeps_nobody_waiting(engine, hub):
    warehouse = engine.warehouse(threads=1, lock_timeout=5)
    warehouse.load("s", THINGS, [hub.batch(thing(1), thing(2))])
    count = "SELECT (SELECT count(*) FROM {0}.s.things), (SELECT sum(inserted) FROM {0}.s._loads)"
    with engine.connect(read_only=True) as person, warehouse.reading() as session:
        person.execute("BEGIN")
        first = person.execute(count.format("lake")).fetchall()
        ours = session.ask(count.format("warehouse"))
        warehouse.load("s", THINGS, [hub.batch(thing(3), at=1)])
        assert person.execute(count.format("lake")).fetchall() == first == ours == [(2, 2)]
        assert session.ask(count.format("warehouse")) == ours
        person.execute("COMMIT")
        assert person.execute(count.format("lake")).fetchall() == [(3, 3)]


def test_a_writer_waits_for_its_turn_and_gives_up_by_name(engine, hub):
    first, second = (engine.warehouse(threads=1, lock_timeout=at) for at in (30, 0.2))
    first.load("s", THINGS, [hub.batch(thing(1))])
    with first.changing("s", "things") as session:
        session.change("UPDATE warehouse.s.things SET name = 'held'")
        with pytest.raises(WarehouseLockedError, match="run this again later"):
            second.load("s", THINGS, [hub.batch(thing(2))])
        assert second.row_count("s", "things") == 1


def test_a_lost_turn_undoes_the_load_and_it_is_done_again(engine, hub, rows, monkeypatch):
    if isinstance(engine.catalog, Path):
        pytest.skip("a file's lock is lost with the process only")
    warehouse, left = engine.warehouse(threads=1), [1]
    warehouse.load("s", THINGS, [hub.batch(thing(1))])
    end = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
        "AND query = 'SELECT 1' AND pid <> pg_backend_pid()"
    )
    lake = type(warehouse._engine)
    real = lake._write_once

    def write(self, memory, table, work):
        def then_lose(session):
            result = work(session)
            if left:
                left.pop()
                with psycopg.connect(engine.catalog) as connection:
                    assert connection.execute(end).fetchall()
            return result

        return real(self, memory, table, then_lose)

    monkeypatch.setattr(lake, "_write_once", write)
    assert warehouse.load("s", THINGS, [hub.batch(thing(2), at=1)]).inserted == 1
    assert [row["id"] for row in rows("things")] == [1, 2]
    assert not left


def files(engine):
    return [each for each in engine.path.rglob("*.parquet") if each.is_file()]


def test_upkeep_merges_files_and_expires_what_is_older(engine, hub, rows):
    warehouse = engine.warehouse(threads=1)
    assert warehouse.tidy(timedelta(days=7)) is None
    for at in range(5):
        warehouse.load("s", THINGS, [hub.batch(thing(at), thing(99, version=at + 1), at=at)])
    before, orphan = rows("things"), engine.path / "s" / "things" / "ducklake-lost.parquet"
    many = len(files(engine))
    orphan.write_bytes(b"left by a killed writer")
    os.utime(orphan, (0, 0))

    kept = warehouse.tidy(timedelta(days=7))
    assert (kept.expired, orphan.exists()) == (0, False)
    assert kept.merged > 0
    with engine.connect(read_only=True) as person:
        newest = person.execute("SELECT max(snapshot_id) FROM lake.snapshots()").fetchall()
        seen = person.execute("SELECT count(*) FROM s.things AT (VERSION => 2)").fetchall()
    assert seen[0][0] < len(before)

    gone = warehouse.tidy(timedelta())
    assert gone.expired == newest[0][0]
    assert len(files(engine)) < many / 2
    assert rows("things") == before
    assert warehouse.load("s", THINGS, [hub.batch(thing(5), at=9)]).total == 7
    assert warehouse.tidy(timedelta(days=7)).sentence.endswith(" s")


def test_a_query_sees_the_lake_as_it_was(engine, hub):
    warehouse = engine.warehouse(threads=1)
    warehouse.load("s", THINGS, [hub.batch(thing(1, name="old"))])
    ((moment,),) = warehouse.query(
        "select max(snapshot_time) from ducklake_snapshots('warehouse')"
    ).rows
    warehouse.load("s", THINGS, [hub.batch(thing(1, version=2, name="new"), at=1)])
    names = "select name from s.things{}"
    assert warehouse.query(names.format("")).rows == (("new",),)
    then = names.format(f" at (timestamp => timestamptz '{moment}')")
    assert warehouse.query(then).rows == (("old",),)


def test_a_duration_finer_than_parquet_has_is_refused_and_the_table_stays(engine):
    warehouse, whole = engine.warehouse(threads=1), timedelta(hours=5, milliseconds=7)

    def put(duration):
        frame = pd.DataFrame({"id": [1], "took": [duration]})
        warehouse.upsert_frame("s", "tasks", frame, primary_key=("id",))

    put(whole)
    with pytest.raises(WarehouseError, match="took"):
        put(whole + timedelta(microseconds=1))
    assert warehouse.query("select took from s.tasks").rows == ((whole,),)


def test_another_place_for_the_files_is_refused(engine, hub, tmp_path):
    engine.warehouse(threads=1).load("s", THINGS, [hub.batch(thing(1))])
    other = open_ducklake(engine.catalog, tmp_path / "other")
    with pytest.raises(WarehouseError, match=f"its files are in {engine.path}"):
        other.row_count("s", "things")


def test_a_catalog_that_is_only_just_made_is_no_lake_yet_and_another_file_is_refused(hub, tmp_path):
    catalog = tmp_path / "catalog.sqlite"
    catalog.touch()
    warehouse = open_ducklake(catalog, tmp_path / "data", threads=1)
    assert warehouse.row_count("s", "things") == 0
    assert warehouse.load("s", THINGS, [hub.batch(thing(1))]).total == 1
    other = tmp_path / "notes.txt"
    other.write_text("not a database\n" * 100)
    with pytest.raises(WarehouseError, match="cannot be used"):
        open_ducklake(other, tmp_path / "more").row_count("s", "things")
    assert other.read_text() == "not a database\n" * 100


def test_a_missing_extension_is_said_and_nothing_is_downloaded(engine, hub, monkeypatch, tmp_path):
    monkeypatch.setattr(extensions, "find_spec", lambda _name: None)
    monkeypatch.setenv("HOME", str(tmp_path))
    with (
        duckdb.connect(config={"extension_directory": str(tmp_path)}) as connection,
        pytest.raises(WarehouseError, match=r"zendesk-assets\[lake\]"),
    ):
        extensions.load(connection, "ducklake")
    assert not list(tmp_path.rglob("*.duckdb_extension"))


def test_a_password_is_in_no_message(tmp_path):
    address = "postgresql://me:s3cret-word@127.0.0.1:1/lake"
    warehouse = open_ducklake(address, tmp_path, lock_timeout=1)
    frame = pd.DataFrame({"id": [1]})
    for call in (
        lambda: warehouse.row_count("s", "things"),
        lambda: warehouse.upsert_frame("s", "t", frame, primary_key=("id",)),
        lambda: warehouse.query("select 1"),
        lambda: warehouse.tidy(timedelta(1)),
    ):
        with pytest.raises(WarehouseError, match="catalog") as caught:
            call()
        assert "s3cret" not in f"{caught.value}{caught.value.__cause__}{warehouse.name}"


def test_a_lake_in_s3_is_written_and_read(hub, monkeypatch, tmp_path):
    with object_store(monkeypatch) as store:
        lake = open_ducklake(tmp_path / "catalog.sqlite", "s3://landing/tables", threads=1)
        lake.load("s", THINGS, [hub.batch(thing(1), thing(2))])
        lake.load("s", THINGS, [hub.batch(thing(2, version=2, name="new"), at=1)])
        names = lake.query("select id, name from s.things order by id").rows
        assert names == ((1, None), (2, "new"))
        assert lake.tidy(timedelta()).removed > 0
        assert all(each.startswith("tables/s/") for each in store.names())
        assert lake.row_count("s", "things") == 2


@pytest.mark.slow(seconds=120)
@pytest.mark.long
def test_kills_at_random_moments_leave_every_read_and_the_end_exact(engine, hub):
    """Each reader sees as many rows as the loads that it sees have inserted."""
    query = (
        "SELECT (SELECT count(*) FROM s.things), (SELECT count(DISTINCT id) FROM s.things), "
        "(SELECT coalesce(sum(inserted), 0) FROM s._loads)"
    )

    def look(person):
        seen = set()
        for _ in range(5):
            person.execute("BEGIN")
            seen |= set(person.execute(query).fetchall())
            person.execute("COMMIT")
        return seen, all(rows == ids == inserted for rows, ids, inserted in seen)

    place = f"{engine.catalog!r}, {str(engine.path)!r}"
    opening = f"open_ducklake({place}, threads=1, lock_timeout=120)"
    load_with_kills(engine, hub, [opening] * 2, look, readers=2, rounds=5)
