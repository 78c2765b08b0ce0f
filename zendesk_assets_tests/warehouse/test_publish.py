"""The copy for readers: whole at every moment, open as long as anybody likes, in nobody's way."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import textwrap

import duckdb
import pytest

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse import open_duckdb
from zendesk_assets.warehouse.engines.duckdb import engine
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


def identity(file):
    """Return which file it is and when it was written; it may have been read since."""
    found = file.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


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
    before = identity(copy)
    assert not warehouse.publish().changed
    assert identity(copy) == before
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


@pytest.mark.parametrize("mode", [0o644, 0o444])
@pytest.mark.parametrize("kind", ["duckdb", "text"])
def test_a_file_that_is_not_our_copy_is_never_replaced(warehouse, hub, copy, kind, mode):
    warehouse.load("s", THINGS, [hub.batch(thing(1))])
    copy.parent.mkdir()
    if kind == "text":
        copy.write_text("sources: []")
    else:
        with duckdb.connect(str(copy)) as theirs:
            theirs.execute("create table precious as select 42 as n")
    copy.chmod(mode)
    before = copy.read_bytes()
    for _ in range(2):
        with pytest.raises(WarehouseError, match="not a copy that we made, and stays as it is"):
            warehouse.publish()
    assert copy.read_bytes() == before
    assert [each.name for each in copy.parent.iterdir()] == [copy.name]


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
def test_the_file_itself_by_another_name_is_not_replaced_by_its_copy(path, hub, tmp_path, link):
    other = tmp_path / "other.duckdb"
    warehouse = open_duckdb(path, published=other, threads=1)
    warehouse.load("s", THINGS, [hub.batch(thing(1))])
    getattr(other, link)(path)
    with pytest.raises(WarehouseError, match=r"is the DuckDB file .* itself"):
        warehouse.publish()
    assert warehouse.row_count("s", "things") == 1
    assert path.stat().st_mode & 0o200


def test_a_copy_from_before_copies_were_marked_is_replaced(warehouse, hub, copy, path):
    warehouse.load("s", THINGS, [hub.batch(thing(1))])
    copy.parent.mkdir()
    shutil.copy(path, copy)
    copy.chmod(0o444)
    copy.with_name(f".{copy.name}.lock").touch()
    assert warehouse.publish().changed


def test_a_copy_that_was_moved_or_made_writable_is_still_known_as_ours(warehouse, hub, copy):
    warehouse.load("s", THINGS, [hub.batch(thing(1))])
    warehouse.publish()
    copy.chmod(0o644)
    copy.with_name(f".{copy.name}.lock").unlink(missing_ok=True)
    warehouse.load("s", THINGS, [hub.batch(thing(2))])
    assert warehouse.publish().changed


def test_what_was_erased_leaves_the_copy_even_if_the_file_cannot_be_rewritten(
    warehouse, hub, copy, monkeypatch
):
    words = "rosemary cottage boiler"
    warehouse.load("s", THINGS, [hub.batch(thing(1, name=words))])
    warehouse.publish()
    warehouse.load("s", THINGS, [hub.batch(thing(1, 2, name="x"))])
    monkeypatch.setattr(engine, "rewrite", refuse)
    with pytest.raises(WarehouseError, match="left as it is"):
        warehouse.forget_old_bytes("s", ["things"])
    assert words.encode() not in copy.read_bytes()

    monkeypatch.setattr(engine, "publish", refuse)
    with pytest.raises(WarehouseError, match=f"may still be in {copy}: .*delete it"):
        warehouse.forget_old_bytes("s", ["things"])


def refuse(*_):
    raise WarehouseError("It was left as it is.")
