"""What only PostgreSQL does: turns, restarts, rights, views, and the values it will not take."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import replace

import pandas as pd
import psycopg
import pytest
from psycopg import conninfo

from zendesk_assets.clock import SystemClock
from zendesk_assets.errors import WarehouseError, WarehouseLockedError
from zendesk_assets.warehouse import Warehouse, open_postgres, transaction
from zendesk_assets.warehouse.engines.postgres.server import PostgresServer
from zendesk_assets_tests.postgres import GIVEN
from zendesk_assets_tests.warehouse.engines import PostgresEngine
from zendesk_assets_tests.warehouse.helpers import T0, THINGS, column, thing


@pytest.fixture
def engine(postgres_server, clock):
    with PostgresEngine.on(postgres_server, clock) as engine:
        yield engine


def test_the_primary_key_is_one_of_the_table(warehouse, hub, engine):
    warehouse.load("s", THINGS, [hub.batch(thing(1))])
    with pytest.raises(psycopg.errors.UniqueViolation):
        engine.run("INSERT INTO s.things (id, _deleted) VALUES (1, false)")


def test_a_lost_primary_key_is_named_with_what_to_do(warehouse, hub, engine):
    warehouse.load("s", THINGS, [hub.batch(thing(1))])
    engine.run("ALTER TABLE s.things DROP CONSTRAINT things_pkey")
    with pytest.raises(WarehouseError, match=r'ALTER TABLE "s"."things" ADD PRIMARY KEY \("id"\)'):
        warehouse.load("s", THINGS, [hub.batch(thing(2))])


def test_json_is_jsonb_and_times_have_a_zone(warehouse, hub, engine):
    warehouse.load("s", THINGS, [hub.batch(thing(1, tags={"a": [1]}, made_at="2024-01-01T00:00Z"))])
    (found,) = engine.query(
        "SELECT tags->'a'->>0 AS a, pg_typeof(made_at)::text AS kind FROM s.things"
    )
    assert found == {"a": "1", "kind": "timestamp with time zone"}


def test_rows_the_server_refuses_are_found_among_many_and_lack_one_value(warehouse, hub, rows):
    # DuckDB takes such a number, jsonb does not.
    huge = b'{"id": %d, "version": 1, "name": "kept", "tags": [1e200000]}'
    lines = [huge % at if at in (3, 700, 701) else thing(at) for at in range(1, 1001)]
    result = warehouse.load("s", THINGS, [hub.batch(*lines)])
    assert (result.inserted, result.quarantined, result.warnings) == (1000, 0, 3)
    found = warehouse.rejects("s")
    assert [each["primary_key"] for each in found] == ["3", "700", "701"]
    assert all(each["reason"].startswith("tags: PostgreSQL refuses it (") for each in found)
    assert {each["severity"] for each in found} == {"warning"}
    assert found[0]["record"].encode() == huge % 3
    row = rows()[2]
    assert (row["name"], row["tags"]) == ("kept", None)
    assert json.loads(row["_unknown"]) == {"tags": "[1e200000]"}


def test_every_value_the_server_refuses_is_kept_as_text_beside_what_did_not_fit(
    warehouse, hub, rows
):
    deep = "[" * 20_000 + "]" * 20_000
    line = '{"id": 1, "version": 1, "size": "x", "tags": %s, "new": [1e200000], "other": {"a": 1}}'
    result = warehouse.load("s", THINGS, [hub.batch((line % deep).encode())])
    assert (result.inserted, result.quarantined, result.warnings) == (1, 0, 1)
    (row,) = rows()
    unknown = json.loads(row["_unknown"])
    assert unknown["tags"] == deep
    assert (unknown["new"], unknown["other"]) == ("[1e200000]", '{"a":1}')
    (reject,) = warehouse.rejects("s")
    reasons = [each.split(":")[0] for each in reject["reason"].split("; ")]
    assert sorted(reasons) == ["_unknown", "size", "tags"]


def test_large_texts_are_stored_as_they_are(warehouse, hub, engine):
    text = 'ünï "quoted", \\N\n\\.\n' * 300_000
    warehouse.load("s", THINGS, [hub.batch(thing(1, name=text, tags=[text]), thing(2, name=""))])
    assert warehouse.read("s", "things").sort_values("id")["name"].tolist() == [text, ""]
    (found,) = engine.query("SELECT tags->>0 AS text FROM s.things WHERE id = 1")
    assert found["text"] == text


def test_views_and_grants_survive_a_new_column(warehouse, hub, engine):
    reader = f"reader_{os.getpid()}"
    warehouse.load("s", THINGS, [hub.batch(thing(1, name="a"))])
    engine.run("CREATE VIEW s.names AS SELECT id, name FROM s.things")
    engine.run(f"CREATE ROLE {reader}")
    try:
        engine.run(f"GRANT SELECT ON s.things TO {reader}")
        wider = replace(THINGS, columns=(*THINGS.columns, column("extra")))
        warehouse.load("s", wider, [hub.batch(thing(2, extra="x"), at=1)])
        assert engine.query("SELECT name FROM s.names ORDER BY id") == [
            {"name": "a"},
            {"name": None},
        ]
        query = f"SELECT has_table_privilege('{reader}', 's.things', 'SELECT') AS may"
        assert engine.query(query) == [{"may": True}]
    finally:
        engine.run(f"DROP OWNED BY {reader}; DROP ROLE {reader}")


def test_a_schema_that_is_there_needs_no_right_to_create_one(warehouse, hub, engine):
    loader = f"loader_{os.getpid()}"
    engine.run(f"CREATE ROLE {loader} LOGIN; CREATE SCHEMA s AUTHORIZATION {loader}")
    try:
        url = conninfo.make_conninfo(engine.url, user=loader)
        assert open_postgres(url).load("s", THINGS, [hub.batch(thing(1))]).inserted == 1
        with pytest.raises(WarehouseError, match="permission denied"):
            open_postgres(url).load("other", THINGS, [hub.batch(thing(1))])
    finally:
        engine.run(f"DROP OWNED BY {loader}; DROP ROLE {loader}")


def test_a_reader_is_not_held_up_and_sees_whole_loads_only(warehouse, hub, engine, monkeypatch):
    warehouse.load("s", THINGS, [hub.batch(thing(1), at=0)])
    write_load_log, seen = transaction._write_load_log, []

    def look(*arguments):
        seen.append(engine.query("SELECT count(*) AS n FROM s.things")[0]["n"])
        write_load_log(*arguments)

    monkeypatch.setattr(transaction, "_write_load_log", look)
    warehouse.load("s", THINGS, [hub.batch(thing(2), thing(3), at=1)])
    assert (seen, warehouse.row_count("s", "things")) == ([1], 3)


def test_the_same_batch_from_two_threads_is_counted_once(warehouse, hub, engine, monkeypatch):
    # Both find nothing loaded before they wait for their turn.
    monkeypatch.setattr(Warehouse, "loaded_batches", lambda *_: set())
    batch = hub.batch(thing(1), thing("x"), name="b")
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: warehouse.load("s", THINGS, [batch]), range(4)))
    assert sorted(each.inserted for each in results) == [0, 0, 0, 1]
    assert len(engine.query("SELECT * FROM s._loads")) == 1
    assert len(warehouse.rejects("s")) == 1


def test_tables_of_a_new_schema_may_be_loaded_at_once(engine, hub):
    names = [f"t{at}" for at in range(6)]
    batches = {name: hub.batch(thing(1)) for name in names}

    def load(name):
        warehouse = engine.warehouse(threads=1)
        return warehouse.load("s", replace(THINGS, name=name), [batches[name]])

    with ThreadPoolExecutor(6) as pool:
        assert [each.inserted for each in pool.map(load, names)] == [1] * 6


def test_waiting_for_a_turn_is_bounded_and_explained(hub, engine):
    lines = []
    warehouse = engine.warehouse(lock_timeout=2, log=lines.append)
    warehouse.load("s", THINGS, [hub.batch(thing(1))])
    with psycopg.connect(engine.url, application_name="a notebook") as holder:
        holder.execute("LOCK TABLE s.things")
        who = rf"the server's PID {holder.info.backend_pid} \(a notebook, .*idle in transaction"
        with pytest.raises(WarehouseLockedError, match=f"{who}.*pg_stat_activity"):
            warehouse.load("s", THINGS, [hub.batch(thing(2))])
    (line,) = lines
    assert re.match(f"Waiting up to 2 s for a lock: {who}.* holds it", line)
    assert warehouse.load("s", THINGS, [hub.batch(thing(2))]).inserted == 1


def test_a_lost_connection_is_tried_again_and_nothing_is_twice(hub, engine, monkeypatch):
    lines = []
    warehouse = engine.warehouse(log=lines.append)
    write_load_log, killed = transaction._write_load_log, []

    def kill_first(session, *arguments):
        if not killed:
            killed.append(session.connection.info.backend_pid)
            engine.run(f"SELECT pg_terminate_backend({killed[0]})")
        write_load_log(session, *arguments)

    monkeypatch.setattr(transaction, "_write_load_log", kill_first)
    result = warehouse.load("s", THINGS, [hub.batch(thing(1), thing(2))])
    assert (result.inserted, result.total) == (2, 2)
    assert len(lines) == 1
    assert lines[0].endswith("It is tried again.")


def test_a_deadlock_is_tried_again(hub, engine, monkeypatch):
    """Somebody locks a table of the load log that we need, then wants the one we have written."""
    warehouse = engine.warehouse(clock=SystemClock())
    warehouse.load("s", THINGS, [hub.batch(thing(1), at=0)])
    write_load_log, other = transaction._write_load_log, []

    def collide(*arguments):
        if not other:
            holder = psycopg.connect(engine.url)
            holder.execute("SET lock_timeout = '20s'")
            holder.execute("LOCK TABLE s._rejects")
            want = threading.Thread(target=_lock_and_close, args=(holder, "s.things"))
            other.append(want)
            want.start()
        write_load_log(*arguments)

    monkeypatch.setattr(transaction, "_write_load_log", collide)
    result = warehouse.load("s", THINGS, [hub.batch(thing(2), at=1)])
    other[0].join()
    assert (result.inserted, warehouse.row_count("s", "things")) == (1, 2)


def _lock_and_close(connection, table):
    try:
        connection.execute(f"LOCK TABLE {table}")
    except psycopg.Error:
        connection.rollback()
    finally:
        connection.close()


PROCESS = """
import os, sys
from datetime import UTC, datetime
from zendesk_assets.spec import BatchFiles
from zendesk_assets.warehouse import open_postgres, transaction
from zendesk_assets_tests.warehouse.helpers import THINGS
url, part = sys.argv[1:]
transaction._write_load_log = lambda *_: os._exit(9)
batch = BatchFiles("b", datetime(2024, 1, 1, tzinfo=UTC), 2, (part,))
open_postgres(url).load("s", THINGS, [batch])
"""


def test_a_process_killed_within_the_transaction_leaves_nothing(warehouse, hub, engine):
    part = hub.part([thing(1), thing(2)])
    command = [sys.executable, "-c", textwrap.dedent(PROCESS), engine.url, part]
    assert subprocess.run(command, timeout=60, check=False).returncode == 9
    assert warehouse.loaded_batches("s", "things") == set()
    assert warehouse.row_count("s", "things") == 0


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:hidden%20word@127.0.0.1:1/none",
        "host=127.0.0.1 port=1 password='hidden word' dbname=none",
        "postgresql://me:hidden word@[",
    ],
)
def test_a_server_that_cannot_be_reached_is_one_sentence_without_the_password(url):
    with pytest.raises(WarehouseError) as caught:
        open_postgres(url).row_count("s", "things")
    assert "hidden" not in str(caught.value)
    assert "hidden" not in repr(caught.value.__cause__)
    assert "check" in str(caught.value)


@pytest.mark.skipif(bool(GIVEN), reason="makes a database that a given server may not allow")
def test_a_database_that_cannot_hold_every_text_is_refused(postgres_server):
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(
            "CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        )
    with pytest.raises(WarehouseError, match="not UTF8"):
        open_postgres(conninfo.make_conninfo(postgres_server, dbname="latin")).row_count("s", "t")


def test_times_of_a_load_are_on_its_rows(warehouse, hub, rows):
    warehouse.load("s", THINGS, [hub.batch(thing(1))])
    assert rows()[0]["loaded_at"] == T0


def test_rows_that_do_not_fit_into_memory_are_no_fault_of_the_server(hub, engine):
    warehouse = engine.warehouse(memory_limit=1, threads=1)
    lines = [thing(at, name="x" * 10_000) for at in range(2_000)]
    with pytest.raises(WarehouseError, match=r"could not be made ready .*check the memory"):
        warehouse.load("s", THINGS, [hub.batch(*lines)])
    assert engine.is_empty()


@pytest.mark.parametrize("moment", ["_mark_incoming", "_write_load_log", "_result"])
def test_a_load_whose_connection_is_ended_is_tried_again_and_counted_once(
    warehouse, hub, engine, monkeypatch, moment
):
    ended = []
    usual = getattr(transaction, moment)

    def end_first(session, *rest):
        if not ended:
            ended.extend(session.ask("SELECT pg_backend_pid()")[0])
            engine.run(f"SELECT pg_terminate_backend({ended[0]})")
        return usual(session, *rest)

    monkeypatch.setattr(transaction, moment, end_first)
    result = warehouse.load("s", THINGS, [hub.batch(thing(1), thing(2), name="b")])
    assert (result.inserted, result.total, len(ended)) == (2, 2, 1)
    (row,) = engine.query("SELECT inserted, unchanged FROM s._loads")
    assert (row["inserted"], row["unchanged"]) == (2, 0)


def test_a_commit_whose_answer_was_lost_is_not_loaded_twice(warehouse, hub, engine, monkeypatch):
    lost = []
    usual = PostgresServer.transaction

    @contextmanager
    def lose_the_answer(server, **options):
        with usual(server, **options) as connection:
            yield connection
        if not options and not lost:
            lost.append(True)
            cause = psycopg.OperationalError("server closed the connection unexpectedly")
            raise WarehouseError("The connection was lost.") from cause

    monkeypatch.setattr(PostgresServer, "transaction", lose_the_answer)
    warehouse.load("s", THINGS, [hub.batch(thing(1), thing(2), name="b")])
    assert lost
    (row,) = engine.query("SELECT inserted, unchanged FROM s._loads")
    assert (row["inserted"], row["unchanged"]) == (2, 0)
    assert len(engine.query("SELECT * FROM s.things")) == 2


def test_nothing_stays_on_a_connection_that_a_pooler_gives_to_the_next(hub, engine, monkeypatch):
    with psycopg.connect(engine.url, cursor_factory=psycopg.RawCursor, autocommit=True) as shared:
        monkeypatch.setattr(PostgresServer, "_connect", lambda _: nullcontext(shared))
        warehouse = engine.warehouse()
        for at in range(2):
            warehouse.load("s", THINGS, [hub.batch(thing(at), thing("x"), at=at)])
            data = pd.DataFrame({"id": [at]})
            warehouse.upsert_frame("s", "mine", data, primary_key=("id",))
        assert warehouse.row_count("s", "things") == warehouse.row_count("s", "mine") == 2
        assert shared.execute("SELECT 1 FROM pg_class WHERE relpersistence = 't'").fetchall() == []
