"""Processes that live on a shared simulated clock and die where they are told, by SIGKILL.

Each is forked from a server that has imported what it needs (multiprocessing's forkserver), so one
costs milliseconds and not the second of a start. Nothing here knows what they do.
"""

import multiprocessing
import os
import random
import secrets
import signal
import struct
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

# What changes a file, SQLite or the account's log: before and after each of these calls, a process
# can die. DuckDB's calls cannot be seen; what the warehouse calls between them can.
_CALLS = frozenset(
    {"open", "write", "flush", "fsync", "mkdir", "replace", "rename", "unlink", "rmdir", "sendall"}
    | {"execute", "executemany", "commit"}
)
_BETWEEN = ("/transaction.py", "/merge.py", "/duckdb/engine.py", "/duckdb/file.py", "/staging.py")
_VALUES = (str, bytes, bytearray, datetime)  # their `replace` changes no file
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORKS = multiprocessing.get_context("forkserver")
_PATIENCE = 300  # seconds, of the machine


class SharedClock:
    """A clock in a file, for all processes; it stands still until somebody moves it or sleeps."""

    def __init__(self, file: Path):
        self._file = file

    def set(self, moment):
        self._file.write_bytes(struct.pack("q", (moment - _EPOCH) // timedelta(microseconds=1)))

    def now(self):
        (microseconds,) = struct.unpack("q", self._file.read_bytes())
        return _EPOCH + timedelta(microseconds=microseconds)

    def sleep(self, seconds):
        self.advance(timedelta(seconds=max(0.0, seconds)))

    def advance(self, step):
        moment = (self.now() + step - _EPOCH) // timedelta(microseconds=1)
        descriptor = os.open(self._file, os.O_WRONLY)
        try:  # in place and in one call, so that a death leaves the one time or the other
            os.pwrite(descriptor, struct.pack("q", moment), 0)
        finally:
            os.close(descriptor)


class Forks:
    """Starts processes that have `module` imported already."""

    def __init__(self, module):
        _FORKS.set_forkserver_preload(["__main__", module])

    def start(self, function, *arguments, seed=None, die_at=0):
        """Start `function(*arguments)`; `die_at` says before or after which of its calls it dies.

        All that is drawn by chance in it follows from `seed`, which is another one each time where
        none is given: two processes that draw the same would land in one batch.
        """
        seed = random.getrandbits(32) if seed is None else seed
        here, there = _FORKS.Pipe(duplex=False)
        process = _FORKS.Process(
            target=_work, args=(there, function, arguments, seed, die_at), daemon=True
        )
        process.start()
        there.close()
        return Running(process, here)


class Running:
    """A process that was started."""

    def __init__(self, process, answers):
        self._process, self._answers = process, answers

    def kill(self):
        self._process.kill()

    def ends_within(self, seconds):
        self._process.join(seconds)
        return not self._process.is_alive()

    def result(self):
        """Wait, and return what the function returned; None where the process was killed."""
        try:
            good, value = self._answers.recv() if self._answers.poll(_PATIENCE) else (False, "hung")
        except EOFError:
            good, value = True, None
        self._process.join(_PATIENCE)
        code = self._process.exitcode
        self._answers.close()
        assert good, value
        # Who has answered may still be killed on the way out.
        ends = (-signal.SIGKILL,) if value is None else (0, -signal.SIGKILL)
        assert code in ends, f"exit code {code}"
        return value


def _work(answers, function, arguments, seed, die_at):
    random.seed(seed)
    drawn = random.Random(seed)
    secrets.token_hex = lambda size=16: drawn.randbytes(size).hex()
    if die_at:
        sys.setprofile(_Death(die_at))
    try:
        answer = (True, function(*arguments))
    except BaseException:  # noqa: BLE001 # told to who waits
        import traceback  # noqa: PLC0415

        answer = (False, traceback.format_exc())
    sys.setprofile(None)
    answers.send(answer)


class _Death:
    """A profiler that kills its own process at the n-th moment at which something changes."""

    def __init__(self, number):
        self._left = number

    def __call__(self, frame, event, function):
        if event in ("call", "return"):
            caller = frame.f_back
            counts = caller is not None and caller.f_code.co_filename.endswith(_BETWEEN)
        else:
            counts = getattr(function, "__name__", "") in _CALLS
            counts = counts and not isinstance(getattr(function, "__self__", None), _VALUES)
        self._left -= counts
        if counts and self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
