"""Loads of one table by several processes, of which some are killed, while others read it."""

import random
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import duckdb

from zendesk_assets_tests.warehouse.helpers import thing

LOADER = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path, PosixPath
from zendesk_assets.spec import BatchFiles
from zendesk_assets.warehouse import open_ducklake, open_iceberg
from zendesk_assets_tests.warehouse.helpers import THINGS
warehouse = {opening}
for part in sys.argv[1:]:
    number = int(Path(part).name.split("-")[0])
    at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
    warehouse.load("s", THINGS, [BatchFiles(f"batch-{{number:03}}", at, 100, (part,))])
"""
BATCHES, OF_EACH, NEW_IN_EACH = range(1, 13), 100, 50


def load_with_kills(engine, hub, openings, look, *, readers, rounds):
    """Load the same batches by a process for each of the openings; kill one in each round.

    An opening is the Python for a warehouse. `look` is what a reader does with a
    connection, again and again: it returns what it saw, and whether that is right.
    """
    seed = random.randrange(2**32)
    chance, parts = random.Random(seed), [_part(hub, n) for n in BATCHES]
    commands = [[sys.executable, "-c", LOADER.format(opening=each)] for each in openings]
    engine.create()
    with _reading(engine, look, readers):
        for round_ in range(1, rounds + 1):  # each has parts that were in none before
            some = parts[: len(parts) * round_ // rounds]
            running = [subprocess.Popen([*command, *some]) for command in commands]
            _kill(chance.choice(running), chance)
            assert {each.wait(300) for each in running} <= {0, -signal.SIGKILL}, seed
        assert subprocess.run([*commands[0], *parts], check=False).returncode == 0
    found = engine.query("SELECT id, epoch(version) AS version FROM s.things ORDER BY id")
    newest = {at: n for n in BATCHES for at in _ids(n)}
    assert [(row["id"], row["version"]) for row in found] == sorted(newest.items()), seed
    loads = engine.query("SELECT batch_id FROM s._loads WHERE collection = 'things' ORDER BY 1")
    assert [row["batch_id"] for row in loads] == [f"batch-{n:03}" for n in BATCHES], seed


def _ids(n):
    return range(n * NEW_IN_EACH, n * NEW_IN_EACH + OF_EACH)


def _part(hub, n):
    return hub.part([thing(at, version=n) for at in _ids(n)], f"{n}-part.ndjson.zst")


def _kill(victim, chance):
    try:
        victim.wait(chance.uniform(0.5, 5))
    except subprocess.TimeoutExpired:
        victim.send_signal(signal.SIGKILL)


@contextmanager
def _reading(engine, look, readers):
    """Read meanwhile; each reader has read something, and nobody anything wrong."""
    ended, reads, wrong = threading.Event(), [0] * readers, []

    def read_on(at):
        while not ended.is_set():
            try:
                with engine.connect(read_only=True) as person:
                    tables = "SELECT 1 FROM duckdb_tables() WHERE table_name = 'things'"
                    if person.execute(tables).fetchall():
                        seen, is_right = look(person)
                        reads[at] += 1
                        wrong.extend([] if is_right else [seen])
            except duckdb.Error as error:
                wrong.append(str(error))
            ended.wait(0.3)  # what reads without a pause takes the writers' time

    threads = [threading.Thread(target=read_on, args=(at,)) for at in range(readers)]
    for each in threads:
        each.start()
    try:
        yield
    finally:
        ended.set()
        for each in threads:
            each.join()
    assert not wrong
    assert min(reads) > 0
