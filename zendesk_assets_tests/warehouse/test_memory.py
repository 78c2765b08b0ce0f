"""An in-memory DuckDB ends as anything else does when Ctrl-C is pressed."""

import subprocess
import sys

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
    with open_memory("1GB", 1) as memory:
        memory.execute("SELECT count(*) FROM range(100_000_000_000)").fetchall()
except KeyboardInterrupt:
    over.set()
    print("interrupted")
with open_memory("1GB", 1) as memory:
    print(memory.execute("SELECT 1").fetchall())
"""


def test_ctrl_c_during_a_query_is_a_keyboard_interrupt_and_the_next_query_works():
    done = subprocess.run(
        [sys.executable, "-c", LONG], check=False, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("interrupted\n[(1,)]\n", "")
