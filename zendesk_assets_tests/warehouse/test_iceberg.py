"""What an Iceberg catalog promises beyond other lakes: any reader, and any catalog's abilities."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import duckdb
import pandas as pd
import polars as pl
import pytest
from pyiceberg.table import StaticTable

from zendesk_assets.clock import SystemClock
from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse import open_iceberg
from zendesk_assets.warehouse.engines.lake.iceberg import Commits
from zendesk_assets_tests.iceberg_catalog import RefusedError, iceberg_catalog
from zendesk_assets_tests.warehouse.engines import IcebergEngine
from zendesk_assets_tests.warehouse.helpers import METRICS, THINGS, thing
from zendesk_assets_tests.warehouse.kills import load_with_kills

pytestmark = pytest.mark.long  # `test_upsert` has Iceberg in `make test`

# What each way to commit asks of a catalog.
ABILITIES = {
    Commits.TOGETHER: {},
    Commits.BY_TABLE: {"together": False},
    Commits.BY_STATEMENT: {"together": False, "one_snapshot": True},
}


def engine_on(path, commits, **options):
    return iceberg_catalog(path.parent / "data", **ABILITIES[commits], **options)


@pytest.fixture(params=list(Commits))
def engine(request, path):
    """A catalog that can do no more than it is asked for, with the time of this machine."""
    with engine_on(path, request.param) as catalog:
        yield IcebergEngine(path.parent / "data", SystemClock(), catalog, request.param)


def test_writers_that_come_at_once_insert_each_key_once(engine, hub, rows, tmp_path):
    """They share no lock, as on several machines: the catalog refuses who comes too late."""
    batches = [hub.batch(*(thing(at, version=n) for at in range(20)), at=n) for n in range(3)]

    def load(n):
        warehouse = engine.warehouse(threads=1, locks=tmp_path / f"machine {n}")
        warehouse.load("s", THINGS, [batches[n]])
        return warehouse.load("s", METRICS, [hub.batch({"id": n, "version": 1})])

    engine.create()
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(load, range(3)))
    found = [(row["id"], row["version"].second) for row in rows("things")]
    assert found == [(at, 2) for at in range(20)]
    loads = [row for row in rows("_loads", "batch_id, collection") if row["collection"] != "x"]
    assert len(loads) == len({row["batch_id"] for row in loads}) == 6
    if engine.commits == Commits.TOGETHER:
        assert sum(row["inserted"] for row in loads if row["collection"] == "things") == 20


def load_elsewhere(other, batch):
    """Load a batch by another warehouse, which needs a thread of its own, and wait for it."""
    loading = threading.Thread(target=other.load, args=("s", THINGS, [batch]))
    loading.start()
    loading.join()


def load_before_next_look(engine, other, *batches):
    """Let another machine load batches, before the catalog says anything more."""

    def come_between():
        engine.catalog.on_look = lambda: None
        for batch in batches:
            load_elsewhere(other, batch)

    engine.catalog.on_look = come_between


@pytest.mark.parametrize("known", [None, set()], ids=["read first", "written at once"])
def test_tables_that_another_writer_makes_since_a_transaction_began_are_no_trouble(
    engine, hub, rows, tmp_path, known
):
    warehouse = engine.warehouse(threads=1)
    other = engine.warehouse(threads=1, locks=tmp_path / "another machine")
    engine.create()
    batches = [hub.batch(thing(1, version=n), thing(n), at=n) for n in (1, 2, 3)]
    load_before_next_look(engine, other, *batches[:2])
    warehouse.load("s", THINGS, [batches[2]], loaded=known)
    assert [(row["id"], row["version"].second) for row in rows()] == [(1, 3), (2, 1), (3, 1)]
    assert len(rows("_loads", "batch_id")) == 4


def test_a_reader_goes_on_when_a_table_is_younger_than_its_transaction(engine, hub, tmp_path):
    other = engine.warehouse(threads=1, locks=tmp_path / "another machine")
    engine.create()
    with engine.warehouse(threads=1).reading() as session:
        assert session.ask("SELECT count(*) FROM warehouse.s.x") == [(1,)]
        load_before_next_look(engine, other, hub.batch(thing(1)), hub.batch(thing(2), at=1))
        assert session.ask("SELECT id FROM warehouse.s.things ORDER BY id") == [(1,), (2,)]
        assert session.ask("SELECT count(*) FROM warehouse.s.x") == [(1,)]


@pytest.mark.parametrize("read", ["read", "query"])
def test_a_table_that_was_just_made_is_read_by_people_too(engine, hub, tmp_path, read):
    warehouse = engine.warehouse(threads=1)
    other = engine.warehouse(threads=1, locks=tmp_path / "another machine")
    engine.create()
    load_before_next_look(engine, other, hub.batch(thing(1)), hub.batch(thing(2), at=1))
    if read == "read":
        found = list(warehouse.read("s", "things")["id"])
    else:
        found = [row[0] for row in warehouse.query("SELECT id FROM s.things").rows]
    assert sorted(found) == [1, 2]


@pytest.mark.parametrize("commits", list(Commits))
def test_a_clock_of_the_catalog_that_is_ahead_of_ours_holds_nothing_up(path, hub, commits):
    with engine_on(path, commits, ahead=timedelta(minutes=5)) as catalog:
        path.parent.mkdir(exist_ok=True)
        engine = IcebergEngine(path.parent / "data", SystemClock(), catalog, commits)
        warehouse = engine.warehouse(threads=1)
        for n in (1, 2, 3):
            assert warehouse.load("s", THINGS, [hub.batch(thing(n), at=n)]).total == n
        with warehouse.reading() as session:
            assert session.ask("SELECT count(*) FROM warehouse.s.things") == [(3,)]


def test_what_is_new_and_what_has_changed_come_together_in_a_frame(engine, rows):
    warehouse = engine.warehouse(threads=1)
    for n, numbers in enumerate(([1, 2], [2, 3], [4])):
        frame = pd.DataFrame({"id": numbers, "n": [n] * len(numbers)})
        warehouse.upsert_frame("s", "x", frame, primary_key=("id",))
    assert [(row["id"], row["n"]) for row in rows("x")] == [(1, 0), (2, 1), (3, 1), (4, 2)]
    lines = [(row["inserted"], row["updated"]) for row in rows("_loads", "batch_id")]
    assert lines == [(2, 0), (1, 1), (1, 0)]


def test_what_is_new_and_what_has_changed_come_together_in_a_load(engine, hub, rows):
    warehouse = engine.warehouse(threads=1)
    gone = {"status": "deleted", "metric_set": None}
    records = [thing(n, metric_set={"id": 10 + n, "thing_id": n}) for n in (1, 2, 3)]
    warehouse.load("s", METRICS, [hub.batch(*records)])
    first = hub.batch(thing(1, 2, **gone), at=1)
    warehouse.load("s", METRICS, [first])
    warehouse.load("s", METRICS, [hub.batch(thing(1, 3, **gone), thing(2, 3, **gone), at=2)])
    found = [(row["id"], row["_deleted"]) for row in rows("metrics")]
    assert found == [(11, True), (12, True), (13, False)]
    assert [row["version"].second for row in rows("_tombstones", "key")] == [3, 3]
    again = [first, hub.batch(records[0] | {"version": 4}, at=3)]
    warehouse.load("s", METRICS, again, reload=True)
    assert not rows("metrics")[0]["_deleted"]
    assert len(rows("_loads", "batch_id")) == 4


def test_a_refused_commit_is_done_again_with_a_fresh_look(engine, hub, rows, tmp_path):
    warehouse = engine.warehouse(threads=1)
    other = engine.warehouse(threads=1, locks=tmp_path / "another machine")
    warehouse.load("s", THINGS, [hub.batch(thing(1))])
    newer, older = hub.batch(thing(2, version=2), at=2), hub.batch(thing(2), at=1)

    def come_between(_names):
        engine.catalog.on_commit = lambda _names: None
        load_elsewhere(other, newer)

    engine.catalog.on_commit = come_between
    result = warehouse.load("s", THINGS, [older])
    assert (result.inserted, result.updated, result.unchanged) == (0, 0, 1)
    assert [(row["id"], row["version"].second) for row in rows()] == [(1, 1), (2, 2)]
    assert len(rows("_loads", "batch_id")) == 3


def test_a_batch_that_two_machines_load_at_once_is_logged_once(engine, hub, rows, tmp_path):
    warehouse = engine.warehouse(threads=1)
    other = engine.warehouse(threads=1, locks=tmp_path / "elsewhere")
    warehouse.load("s", THINGS, [hub.batch(thing(1))])
    same = hub.batch(thing(1, version=2), thing(2), at=1)

    def come_between(names):
        if ("s", "_loads") in names:  # our rows are there, and what was loaded is not yet
            engine.catalog.on_commit = lambda _names: None
            load_elsewhere(other, same)

    engine.catalog.on_commit = come_between
    warehouse.load("s", THINGS, [same])
    assert [(row["id"], row["version"].second) for row in rows()] == [(1, 2), (2, 1)]
    logged = [row["batch_id"] for row in rows("_loads", "batch_id")]
    assert logged == sorted(set(logged))
    assert len(logged) == 2


def test_rows_come_first_and_what_was_loaded_last(engine, hub, rows):
    warehouse = engine.warehouse(threads=1)
    warehouse.load("s", THINGS, [hub.batch(thing(1))])
    engine.catalog.commits.clear()
    batch = hub.batch(thing(1, version=2), thing(2), at=1)
    commits = engine.catalog.commits

    def die(names):
        if ("s", "_loads") in names:
            raise RefusedError(400, "Not now.")

    engine.catalog.on_commit = die
    with pytest.raises(WarehouseError, match="cannot be used"):
        warehouse.load("s", THINGS, [batch])
    engine.catalog.on_commit = lambda _names: None
    is_together = engine.commits == Commits.TOGETHER
    assert [row["id"] for row in rows()] == ([1] if is_together else [1, 2])
    assert len(rows("_loads", "batch_id")) == 1
    result = warehouse.load("s", THINGS, [batch])
    assert result.inserted == (1 if is_together else 0)
    assert [(row["id"], row["version"].second) for row in rows()] == [(1, 2), (2, 1)]
    assert len(rows("_loads", "batch_id")) == 2
    assert ("s", "_loads") in commits[-1]
    assert warehouse.load("s", THINGS, [batch]).batches == 0


def test_a_catalog_that_can_do_less_refuses_and_nothing_is_lost(path, hub):
    with engine_on(path, Commits.BY_STATEMENT) as catalog:
        engine = IcebergEngine(path.parent / "data", SystemClock(), catalog, "by_table")
        warehouse = engine.warehouse(threads=1)
        warehouse.load("s", THINGS, [hub.batch(thing(1))])
        both = hub.batch(thing(1, version=2), thing(2), at=1)
        with pytest.raises(WarehouseError, match="multiple snapshots"):
            warehouse.load("s", THINGS, [both])
        again = IcebergEngine(path.parent / "data", SystemClock(), catalog, "by_statement")
        assert again.warehouse(threads=1).load("s", THINGS, [both]).total == 2


def test_others_read_the_tables_and_a_description(engine, hub, monkeypatch):
    """Readers that are not the writer: pyiceberg, polars, and DuckDB as people attach it."""
    monkeypatch.setenv("POLARS_ICEBERG_PLANNER", "pyiceberg")
    warehouse = engine.warehouse(threads=1)
    warehouse.load("s", THINGS, [hub.batch(*(thing(at) for at in range(100)))])
    warehouse.load("s", THINGS, [hub.batch(*(thing(at, version=2) for at in range(50)), at=1)])
    place, metadata = engine.catalog.table("s", "things")
    table = StaticTable.from_metadata(place)
    with engine.connect(read_only=True) as person:
        by_duckdb = sorted(person.execute("SELECT id, version FROM s.things").fetchall())
    frame = table.scan(selected_fields=("id", "version")).to_arrow()
    by_pyiceberg = sorted(
        zip(*(frame[name].to_pylist() for name in ("id", "version")), strict=True)
    )
    by_polars = pl.scan_iceberg(table).select("id", "version").sort("id").collect().rows()
    assert [(at, moment.second) for at, moment in by_pyiceberg] == [
        (at, 2 if at < 50 else 1) for at in range(100)
    ]
    assert len(by_polars) == len(by_duckdb) == 100
    for found in (by_polars, by_duckdb):
        assert [(at, moment.timestamp()) for at, moment in found] == [
            (at, moment.timestamp()) for at, moment in by_pyiceberg
        ]
    assert metadata.properties["comment"] == THINGS.description


@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support:FutureWarning")
def test_spark_connect_reads_the_tables(tmp_path, hub, monkeypatch):
    """Sail speaks its protocol, with an implementation of Iceberg of its own (but no blanks)."""
    # A worker of pytest has no main file, and PySpark would take it for its own doctests.
    monkeypatch.setattr(sys.modules["__main__"], "__file__", __file__, raising=False)
    sail = pytest.importorskip("pysail.spark")
    from pyspark.sql import SparkSession  # noqa: PLC0415 # only where it is installed

    with engine_on(tmp_path / "w", Commits.TOGETHER) as catalog:
        engine = IcebergEngine(tmp_path / "data", SystemClock(), catalog)
        warehouse = engine.warehouse(threads=1)
        warehouse.load("s", THINGS, [hub.batch(*(thing(at) for at in range(100)))])
        warehouse.load("s", THINGS, [hub.batch(*(thing(at, version=2) for at in range(50)), at=1)])
        place = catalog.table("s", "things")[1].location
        server = sail.SparkConnectServer("127.0.0.1", 0)
        server.start(background=True)
        try:
            port = server.listening_address[1]
            spark = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").getOrCreate()
            read = spark.read.format("iceberg").load(place).select("id", "version").collect()
            spark.stop()
        finally:
            server.stop()
    found = sorted((row.id, row.version.second) for row in read)
    assert found == [(at, 2 if at < 50 else 1) for at in range(100)]


def test_a_reader_sees_one_state_and_keeps_nobody_waiting(engine, hub):
    warehouse = engine.warehouse(threads=1)
    warehouse.load("s", THINGS, [hub.batch(thing(1), thing(2))])
    count = "SELECT (SELECT count(*) FROM {0}.s.things), (SELECT sum(inserted) FROM {0}.s._loads)"
    with engine.connect() as person, warehouse.reading() as session:
        person.execute("BEGIN")
        first = person.execute(count.format("lake")).fetchall()
        ours = session.ask(count.format("warehouse"))
        warehouse.load("s", THINGS, [hub.batch(thing(3), at=1)])
        assert person.execute(count.format("lake")).fetchall() == first == ours == [(2, 2)]
        assert session.ask(count.format("warehouse")) == ours
        person.execute("COMMIT")
        assert person.execute(count.format("lake")).fetchall() == [(3, 3)]


@pytest.fixture
def catalog(path):
    with engine_on(path, Commits.TOGETHER, token="t0ken", client=("me", "s3cret")) as catalog:
        yield catalog


@pytest.mark.parametrize(
    "access", [{"token": "t0ken"}, {"client_id": "me", "client_secret": "s3cret"}]
)
def test_a_catalog_knows_us_by_a_token_or_a_client(catalog, hub, tmp_path, access):
    place = {"locks": tmp_path, "data": str(catalog.folder), "threads": 1}
    warehouse = open_iceberg(f"{catalog.endpoint}", "tables", access=access, **place)
    assert warehouse.load("s", THINGS, [hub.batch(thing(1))]).total == 1
    assert warehouse.query("select id from s.things").rows == ((1,),)
    for wrong in (
        {"token": "wr0ng"},
        {"client_id": "me", "client_secret": "wr0ng"},
        {"client_id": "me", "client_secret": "wr0ng", "token_url": f"{catalog.endpoint}/nowhere"},
    ):
        stranger = open_iceberg(catalog.endpoint, "tables", access=wrong, **place)
        for call in (
            lambda at=stranger: at.row_count("s", "things"),
            lambda at=stranger: at.load("s", THINGS, [hub.batch(thing(2), at=1)]),
            lambda at=stranger: at.query("select 1"),
        ):
            with pytest.raises(WarehouseError, match="cannot be used") as caught:
                call()
            assert "wr0ng" not in f"{caught.value}{stranger.name}"


def test_a_query_reaches_the_tables_and_nothing_else(engine, hub, tmp_path):
    warehouse = engine.warehouse(threads=1)
    warehouse.load("s", THINGS, [hub.batch(thing(1))])
    duckdb.sql(f"COPY (SELECT 1 AS x) TO '{tmp_path}/other.parquet'")
    assert warehouse.query("select id from s.things").rows == ((1,),)
    for statement in (
        f"select * from '{tmp_path}/other.parquet'",
        f"select * from read_parquet('{tmp_path}/other.parquet')",
        f"select * from iceberg_scan('{engine.catalog.table('s', 'things')[0]}')",
        "select * from set_iceberg_table_properties(s.things, {'comment': 'mine'})",
        "delete from s.things",
    ):
        with pytest.raises(WarehouseError):
            warehouse.query(statement)


def test_a_query_sees_the_table_as_it_was(engine, hub):
    warehouse = engine.warehouse(threads=1)
    warehouse.load("s", THINGS, [hub.batch(thing(1, name="old"))])
    ((moment,),) = warehouse.query(
        "select max(timestamp_ms) from iceberg_snapshots(warehouse.s.things)"
    ).rows
    warehouse.load("s", THINGS, [hub.batch(thing(1, version=2, name="new"), at=1)])
    assert warehouse.query("select name from s.things").rows == (("new",),)
    then = f"select name from s.things at (timestamp => timestamp '{moment}')"
    assert warehouse.query(then).rows == (("old",),)


def test_what_only_the_catalog_can_do_is_said(engine, hub):
    warehouse = engine.warehouse(threads=1)
    warehouse.load("s", THINGS, [hub.batch(thing(1))])
    with pytest.raises(WarehouseError, match="can merge its files and expire its snapshots"):
        warehouse.tidy(timedelta(days=7))
    with pytest.raises(WarehouseError, match="also of a person who is erased, until they expire"):
        warehouse.forget_old_bytes("s", ["things"])


def test_a_catalog_that_is_not_there_is_said(tmp_path):
    warehouse = open_iceberg("http://127.0.0.1:9", "tables", locks=tmp_path)
    with pytest.raises(WarehouseError, match="cannot be used"):
        warehouse.row_count("s", "things")


@pytest.mark.slow(seconds=120)
@pytest.mark.long
def test_kills_at_random_moments_leave_every_read_and_the_end_exact(engine, hub, tmp_path):
    """Two machines load the same; a reader sees each key once, and all that `_loads` says."""
    inserted = "SELECT coalesce(sum(inserted), 0) FROM s._loads WHERE collection = 'things'"

    def look(person):
        """Read `_loads` first: the rows are never behind it."""
        ((known,),) = person.execute(inserted).fetchall()
        query = "SELECT count(*), count(DISTINCT id) FROM s.things"
        ((rows, ids),) = person.execute(query).fetchall()
        return (rows, ids, known), rows == ids >= known

    place = f"{engine.catalog.endpoint!r}, 'tables', data={str(engine.path)!r}"
    waits = f"commits={str(engine.commits)!r}, threads=1, lock_timeout=120"
    openings = [
        f"open_iceberg({place}, {waits}, locks=Path({str(tmp_path / machine)!r}))"
        for machine in ("one", "other")
    ]
    load_with_kills(engine, hub, openings, look, readers=1, rounds=6)
