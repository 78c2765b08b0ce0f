"""An in-memory DuckDB ends when Ctrl-C is pressed, and has the threads that it needs."""

import subprocess
import sys

import duckdb

from zendesk_assets.warehouse import open_duckdb

LONG = """
import os, signal, threading
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
from zendesk_assets.warehouse.memory import open_memory

over = threading.Event()

def press():
    while not over.wait(1):  # again, because DuckDB forgets one that comes as a query ends
        os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=press).start()
try:
    with open_memory(1000, 1) as memory:
        memory.execute("SELECT count(*) FROM range(100_000_000_000)").fetchall()
except KeyboardInterrupt:
    over.set()
    print("interrupted")
with open_memory(1000, 1) as memory:
    print(memory.execute("SELECT 1").fetchall())
"""


def test_ctrl_c_during_a_query_is_a_keyboard_interrupt_and_the_next_query_works():
    done = subprocess.run(
        [sys.executable, "-c", LONG], check=False, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("interrupted\n[(1,)]\n", "")


def test_one_thread_writes_and_large_files_are_read_by_as_many_as_there_may_be(path, monkeypatch):
    engine = open_duckdb(path, threads=3).engine

    def threads(opened):
        with opened as found:
            memory = getattr(found, "connection", found)
            return memory.execute("SELECT current_setting('threads')").fetchone()[0]

    path.parent.mkdir()
    duckdb.connect(str(path)).close()
    assert [threads(engine.staging()), threads(engine.reading())] == [1, 1]
    monkeypatch.setattr("zendesk_assets.warehouse.engines.duckdb.engine._SMALL_FILE", 0)
    assert [threads(engine.staging()), threads(engine.reading())] == [1, 3]
