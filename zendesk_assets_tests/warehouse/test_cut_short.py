"""A process, or the machine, that dies within a write of DuckDB's leaves a file that goes on.

The states that such a death leaves are made from real ones: the file before a checkpoint, and the
same file after it.
"""

import subprocess
import sys

import duckdb
import pytest

from zendesk_assets.clock import ManualClock
from zendesk_assets.errors import WarehouseError, WarehouseLockedError
from zendesk_assets.warehouse import open_duckdb
from zendesk_assets.warehouse.engines.duckdb import file, saved_blocks
from zendesk_assets.warehouse.engines.duckdb.kept_open import staying_open
from zendesk_assets.warehouse.engines.duckdb.putting_back import HEADERS, saved_file
from zendesk_assets.warehouse.results import LoadResult
from zendesk_assets_tests.warehouse.helpers import T0, THINGS, thing

BLOCK, PART = 256 * 1024, 4088

# A load that is committed, by a process that dies before its checkpoint.
_LOAD_AND_DIE = """
import os, sys
from pathlib import Path
from zendesk_assets.warehouse import open_duckdb
from zendesk_assets.warehouse.engines.duckdb import file
from zendesk_assets_tests.warehouse.helpers import THINGS, Hub, thing

def die_if_written(connection, saved, go_on=file.detach):
    os.kill(os.getpid(), 9) if saved else go_on(connection, saved)

file.detach = file.kept_open.detach = die_if_written
path = Path(sys.argv[1])
open_duckdb(path).load("s", THINGS, [Hub(path.parent).batch(thing(3), name="3")])
"""


@pytest.fixture
def cut_short(hub, path):
    """Where the missing checkpoint would overwrite a block, and with what."""
    for number in (1, 2):
        open_duckdb(path).load("s", THINGS, [hub.batch(thing(number))])
    command = [sys.executable, "-c", _LOAD_AND_DIE, str(path)]
    assert subprocess.run(command, check=False).returncode == -9
    through = path.with_name("through.duckdb")
    for ending in ("", ".wal"):
        through.with_name(through.name + ending).write_bytes(
            path.with_name(path.name + ending).read_bytes()
        )
    with duckdb.connect(str(through)):
        pass  # closing it makes the checkpoint
    for place, _ in metadata_blocks(path):
        block = through.read_bytes()[place : place + BLOCK]
        if block != path.read_bytes()[place : place + BLOCK]:
            return place, block
    raise AssertionError("The checkpoint has overwritten no block of metadata that is in use.")


def metadata_blocks(path):
    """Return where blocks begin that are partly in use, and the first such part, by DuckDB."""
    with duckdb.connect() as memory:
        memory.execute(f"ATTACH '{path}' AS w (READ_ONLY)")
        query = "SELECT block_id, free_list FROM pragma_metadata_info('w') WHERE free_blocks > 0"
        found = [
            (HEADERS + block * BLOCK, next(part for part in range(64) if part not in free))
            for block, free in memory.execute(query).fetchall()
        ]
    return [(place, place + 8 + part * PART + 100) for place, part in found]


def overwrite(path, place, data):
    with path.open("r+b") as opened:
        opened.seek(place)
        opened.write(data)


def opens(path):
    """Return whether DuckDB alone can open the file, to read."""
    with duckdb.connect() as memory:
        try:
            memory.execute(f"ATTACH '{path}' AS w (READ_ONLY)")
        except duckdb.IOException as error:
            return "Corrupt database file" not in str(error)
        return True


def ids(warehouse):
    return sorted(row["id"] for row in warehouse.rows("s", "things", ["id"]))


@pytest.mark.parametrize("cut", [4096, 8192, BLOCK // 2])
@pytest.mark.parametrize("first", ["a look", "a load"])
def test_a_block_that_was_written_in_part_is_put_back(hub, path, cut_short, cut, first):
    place, written = cut_short
    overwrite(path, place, written[:cut])
    # Where all that was new is in the part that was written, nothing is wrong.
    assert opens(path) == (written[cut:] == path.read_bytes()[place + cut : place + BLOCK])

    if first == "a load":
        open_duckdb(path).load("s", THINGS, [hub.batch(thing(4))])
    assert ids(open_duckdb(path)) == [1, 2, 3, 4][: 4 if first == "a load" else 3]
    assert opens(path)


def test_a_block_whose_part_in_use_is_damaged_stays_as_it_is_and_is_told(path, cut_short):
    place, _ = cut_short
    used = dict(metadata_blocks(path))[place]
    data = path.read_bytes()
    overwrite(path, used, bytes([data[used] ^ 1]))
    damaged = path.read_bytes()
    with pytest.raises(WarehouseError, match="Corrupt database file"):
        ids(open_duckdb(path))
    assert path.read_bytes() == damaged


def test_a_file_with_a_checkpoint_since_is_not_changed_by_what_was_saved_before(path, cut_short):
    saved = saved_file(path).read_bytes()
    with duckdb.connect(str(path)) as person:
        person.execute("CREATE TABLE s.mine AS SELECT 42 AS answer")
    theirs = path.read_bytes()
    assert saved_file(path).read_bytes() == saved
    assert saved[:HEADERS] != theirs[:HEADERS]
    assert ids(open_duckdb(path)) == [1, 2, 3]
    assert path.read_bytes() == theirs


def test_what_a_large_commit_may_overwrite_is_saved_again_after_its_checkpoint(hub, path, kept):
    warehouse = open_duckdb(path)
    warehouse.load("s", THINGS, [hub.batch(thing(1))])
    with staying_open():
        for number in (2, 3):
            with warehouse._engine.changing("s", "things") as session:
                # From the second statement on, each commit is a checkpoint.
                session.connection.execute("SET GLOBAL checkpoint_threshold = '1B'")
                session.change(f"CREATE TABLE warehouse.s.more_{number} (id BIGINT)")
                before = path.read_bytes()[:HEADERS]
            assert path.read_bytes()[:HEADERS] != before
            assert saved_file(path).read_bytes()[:HEADERS] == before
        with warehouse._engine.reading() as session:
            session.connection.execute("RESET GLOBAL checkpoint_threshold")


def test_what_was_saved_stays_where_a_checkpoint_failed_and_is_put_back(hub, path):
    warehouse = open_duckdb(path)
    warehouse.load("s", THINGS, [hub.batch(thing(1))])

    def change(session):
        session.connection.execute("SET GLOBAL checkpoint_threshold = '1B'")
        session.connection.execute("SET GLOBAL debug_checkpoint_abort = 'before_header'")
        session.change("UPDATE warehouse.s.things SET name = 'renamed'")
        return LoadResult()

    def load():
        with warehouse._engine.staging() as memory:
            warehouse._engine.write(memory, "s", "things", change)

    with pytest.raises(WarehouseError, match="what was loaded is in it"):
        load()
    assert saved_file(path).exists()
    warehouse.load("s", THINGS, [hub.batch(thing(2))])
    names = {row["id"]: row["name"] for row in warehouse.rows("s", "things", ["id", "name"])}
    assert names.keys() == {1, 2}
    assert names[1] == "renamed"
    assert not saved_file(path).exists()


def test_blocks_of_a_linked_file_are_saved_until_its_last_checkpoint(hub, path, monkeypatch):
    open_duckdb(path).load("s", THINGS, [hub.batch(thing(1))])
    (link := path.with_name("link.duckdb")).symlink_to(path)
    logs, forget = [], saved_blocks.forget

    def record(of):
        logs.append(path.with_name(f"{path.name}.wal").exists())
        forget(of)

    monkeypatch.setattr(saved_blocks, "forget", record)
    open_duckdb(link).load("s", THINGS, [hub.batch(thing(2))])
    assert logs == [False]
    assert not saved_file(path).exists()


def test_who_may_not_write_to_the_file_is_told_that_it_can_be_put_right(
    path, cut_short, monkeypatch
):
    place, written = cut_short
    overwrite(path, place, written[:4096])
    monkeypatch.setattr(file, "put_back", lambda _path: None)  # as without the right to write
    with pytest.raises(WarehouseError, match="Run this once as a user who may write to it"):
        ids(open_duckdb(path))


def test_blocks_are_saved_for_the_readers_of_the_file_and_only_while_it_may_be_changed(hub, path):
    warehouse = open_duckdb(path)
    warehouse.load("s", THINGS, [hub.batch(thing(1))])
    path.chmod(0o640)
    with warehouse._engine.changing("s", "things"):
        assert saved_file(path).stat().st_mode & 0o777 == 0o640
    assert not saved_file(path).exists()


def test_looking_for_saved_blocks_does_not_drop_a_lock_of_this_process(hub, path):
    open_duckdb(path).load("s", THINGS, [hub.batch(thing(1))])
    saved_file(path).write_bytes(path.read_bytes()[:HEADERS] + bytes(8))
    with duckdb.connect(str(path)) as person:
        with pytest.raises(WarehouseLockedError):
            open_duckdb(path, clock=ManualClock(T0)).load("s", THINGS, [hub.batch(thing(2))])
        another = "import duckdb, sys; duckdb.connect(sys.argv[1], read_only=True)"
        refused = subprocess.run(
            [sys.executable, "-c", another, str(path)], check=False, capture_output=True, text=True
        )
        assert "Conflicting lock" in refused.stderr
        person.execute("CREATE TABLE s.mine AS SELECT 42 AS answer")


@pytest.mark.parametrize("size", [0, 4096, 8192])
def test_a_file_whose_process_died_while_making_it_is_finished(hub, path, size):
    path.parent.mkdir()
    with duckdb.connect() as memory:
        memory.execute(f"ATTACH '{path}' AS w (STORAGE_VERSION 'v1.0.0')")
    with path.open("r+b") as opened:
        opened.truncate(size)
    assert open_duckdb(path).load("s", THINGS, [hub.batch(thing(1))]).inserted == 1
    assert ids(open_duckdb(path)) == [1]


def test_a_short_file_that_is_not_of_duckdb_stays_as_it_is(hub, path):
    path.parent.mkdir()
    path.write_text("My notes.")
    with pytest.raises(WarehouseError, match="not a valid DuckDB database file"):
        open_duckdb(path).load("s", THINGS, [hub.batch(thing(1))])
    assert path.read_text() == "My notes."
