"""The copy for readers: whole at every moment, open as long as anybody likes, in nobody's way."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap

import duckdb
import pytest

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse import open_duckdb
from zendesk_assets_tests.warehouse.helpers import THINGS, query, thing

# Publishes, and is killed as it calls a function: before the copy is whole, and when it is.
KILLED = """
    import os, signal, sys
    from zendesk_assets.warehouse import open_duckdb
    from zendesk_assets.warehouse.engines.duckdb import publish

    setattr(publish, sys.argv[3], lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    open_duckdb(sys.argv[1], published=sys.argv[2]).publish()
"""


@pytest.fixture
def copy(tmp_path):
    return tmp_path / "for readers" / "tables.duckdb"


@pytest.fixture
def warehouse(path, copy, clock):
    return open_duckdb(path, published=copy, clock=clock, threads=1, lock_timeout=5)


def count(connection):
    return connection.execute("select count(*) from s.things").fetchone()[0]


def test_the_copy_has_tables_views_and_comments_and_is_for_reading_only(warehouse, hub, copy, path):
    warehouse.load("s", THINGS, [hub.batch(thing(1), thing(2))])
    with duckdb.connect(str(path)) as own:
        own.execute("create schema theirs; create view theirs.seen as select id from s.things")
    published = warehouse.publish()
    assert (published.path, published.bytes) == (copy, copy.stat().st_size)
    assert query(copy, "select * from theirs.seen order by id") == [{"id": 1}, {"id": 2}]
    comments = "select comment from duckdb_tables() where table_name = 'things'"
    assert query(copy, comments) == [{"comment": THINGS.description}]
    version = "select tags['storage_version'] as oldest from duckdb_databases() where path = "
    assert query(copy, f"{version}'{copy}'") == [{"oldest": "v1.0.0+"}]
    assert copy.stat().st_mode & 0o222 == 0


def test_a_notebook_left_open_blocks_no_load_and_no_publication(warehouse, hub, copy):
    warehouse.load("s", THINGS, [hub.batch(thing(1))])
    warehouse.publish()
    with duckdb.connect(str(copy), read_only=True) as notebook:
        for number in (2, 3):
            warehouse.load("s", THINGS, [hub.batch(thing(number))])
            assert warehouse.publish().changed
        assert count(notebook) == 1
    with duckdb.connect(str(copy), read_only=True) as notebook:
        assert count(notebook) == 3


def test_what_is_up_to_date_is_not_copied_again(warehouse, hub, copy):
    assert warehouse.publish() is None
    assert not copy.exists()
    warehouse.load("s", THINGS, [hub.batch(thing(1))])
    assert warehouse.publish().changed
    before = copy.stat()
    assert not warehouse.publish().changed
    assert copy.stat() == before
    warehouse.load("s", THINGS, [hub.batch(thing(2))])
    assert warehouse.publish().changed


@pytest.mark.parametrize("moment", ["_finish", "rename_durably"])
def test_killed_at_any_moment_the_copy_is_as_it_was(warehouse, hub, copy, path, moment):
    warehouse.load("s", THINGS, [hub.batch(thing(1))])
    warehouse.publish()
    warehouse.load("s", THINGS, [hub.batch(thing(2))])
    script = textwrap.dedent(KILLED)
    died = subprocess.run([sys.executable, "-c", script, path, copy, moment], check=False)
    assert died.returncode == -signal.SIGKILL
    assert query(copy, "select count(*) as n from s.things") == [{"n": 1}]
    assert warehouse.publish().changed
    assert query(copy, "select count(*) as n from s.things") == [{"n": 2}]
    assert {each.name for each in copy.parent.iterdir()} == {copy.name, f".{copy.name}.lock"}


def test_what_cannot_be_published_is_one_sentence_and_the_tables_are_there(path, hub, tmp_path):
    (tmp_path / "a file").write_text("")
    warehouse = open_duckdb(path, published=tmp_path / "a file" / "tables.duckdb")
    warehouse.load("s", THINGS, [hub.batch(thing(1))])
    with pytest.raises(WarehouseError, match=r"could not be published.*the tables are loaded"):
        warehouse.publish()
    assert warehouse.row_count("s", "things") == 1


def test_what_was_erased_is_not_in_the_copy_either(warehouse, hub, copy):
    words = "rosemary cottage boiler"
    warehouse.load("s", THINGS, [hub.batch(thing(1, name=words), thing(2, name=words))])
    warehouse.publish()
    assert words.encode() in copy.read_bytes()
    warehouse.load("s", THINGS, [hub.batch(thing(1, 2, name="x"), thing(2, 2, name="x"))])
    warehouse.forget_old_bytes("s", ["things"])
    assert words.encode() not in copy.read_bytes()
