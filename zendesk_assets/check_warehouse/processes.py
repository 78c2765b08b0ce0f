"""What several processes must not break: one that is killed, two that write, one that reads.

The others run `child`; this process is the parent, which kills, lets go, and reads.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import msgspec

from zendesk_assets.check_warehouse.proof import (
    BrokenPromiseError,
    NotPromisedError,
    expect,
    expect_rows,
)
from zendesk_assets.check_warehouse.scratch import Scratch
from zendesk_assets.check_warehouse.task import BEGUN, DONE, ERROR, READY, WRITTEN, Task
from zendesk_assets.check_warehouse.things import States, newest, records, things
from zendesk_assets.spec import BatchFiles

_CHILD: Final = f"{__package__}.child"
_ROWS: Final = 2_000
_LOADS: Final = 5
# Where a process is killed, and whether it goes on to its commit at that moment.
_KILLS: Final = ((BEGUN, False), (WRITTEN, False), (WRITTEN, True))


class _Child:
    """A process that loads."""

    def __init__(self, process: subprocess.Popen[str], task: Task) -> None:
        self._process = process
        self._send(msgspec.json.encode(task).decode())

    def reach(self, place: str) -> None:
        """Wait until it is at a place. Raises BrokenPromiseError if it ends before."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if line != place:
            what = line.removeprefix(ERROR) or f"exit code {self._process.wait()}"
            raise BrokenPromiseError(f"another process could not load: {what}")

    def go_on(self) -> None:
        """Let it go on from the place where it halts."""
        self._send("")

    @property
    def is_running(self) -> bool:
        """Return whether it has not ended."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End it at once, by SIGKILL."""
        self._process.kill()
        self._process.communicate()

    def _send(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()


@contextmanager
def _loading(
    scratch: Scratch, table: str, batches: Sequence[BatchFiles], *halts: str
) -> Iterator[_Child]:
    """Start a process that loads the batches; it is gone at the end of the block."""
    scratch.tables.add(table)
    command = [sys.executable, "-m", _CHILD]
    process = subprocess.Popen(  # noqa: S603 # ourselves
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield _Child(process, Task(scratch.schema, table, tuple(batches), halts))
    finally:
        process.kill()
        process.communicate()


def prove_kills(scratch: Scratch) -> str:
    """Kill a process early in a load, before its commit, and about at it; then load again."""
    table = things("killed")
    first = records(range(_ROWS), 0)
    scratch.load(table, scratch.batch(first))
    before, committed = newest(first), 0
    for version, (place, commits) in enumerate(_KILLS, 1):
        sent = records(range(_ROWS + 100 * version), version)
        batch, after = scratch.batch(sent), newest(sent)
        with _loading(scratch, table.name, [batch], place) as process:
            process.reach(place)
            if commits:
                process.go_on()
            process.kill()
        committed += _is_committed(scratch, table.name, batch, before, after)
        scratch.load(table, batch)
        expect_rows(scratch.states(table.name), after, "a load after a killed one")
        times = scratch.loaded(table.name)[batch.batch_id]
        expect(holds=times == 1, otherwise=f"the batch is {times} times in _loads")
        before = after
    return (
        f"killed {len(_KILLS)} times within a load, {committed} of these when it was committed: "
        "each load was there in full or not at all, and exact when repeated"
    )


def _is_committed(
    scratch: Scratch, table: str, batch: BatchFiles, before: States, after: States
) -> bool:
    """Return whether the load of a killed process is in the table.

    Rows without their line in `_loads` are no harm, because they are loaded again; the contrary is.
    """
    found, is_logged = scratch.states(table), batch.batch_id in scratch.loaded(table)
    is_whole = found == after
    expect_rows(found, after if is_logged or is_whole else before, "a load that was killed")
    return is_whole


def prove_writers(scratch: Scratch) -> str:
    """Let two processes insert the same new keys at once, one batch of both being the same."""
    table = things("written_by_two")
    pairs = [(records(_keys(at), 1 + at % 2), records(_keys(at), 2 - at % 2)) for at in range(4)]
    both = records(range(9_000, 9_100), 1)
    shared = scratch.batch(both, "shared")
    batches = [[scratch.batch(each) for each in side] for side in zip(*pairs, strict=True)]
    with (
        _loading(scratch, table.name, [*batches[0], shared], READY) as one,
        _loading(scratch, table.name, [*batches[1], shared], READY) as other,
    ):
        _together(one, other)
    wanted = newest(*(side for pair in pairs for side in pair), both)
    expect_rows(scratch.states(table.name), wanted, "two writers at once")
    twice = [name for name, times in scratch.loaded(table.name).items() if times != 1]
    expect(holds=not twice, otherwise=f"{', '.join(twice)} is in _loads more than once")
    known = len(scratch.loaded(table.name))
    expect(holds=known == 9, otherwise=f"_loads has {known} of 9 batches")  # noqa: PLR2004 # four of each, one of both
    return f"2 processes, 5 loads each, {len(wanted):,} keys: each key once, with its newest state"


def _keys(at: int) -> range:
    return range(at * 1_000, at * 1_000 + 500)


def _together(*children: _Child) -> None:
    for each in children:
        each.reach(READY)
    for each in children:
        each.go_on()
    for each in children:
        each.reach(DONE)


def prove_reader(scratch: Scratch) -> str:
    """Read while another process changes all rows in one load after the other."""
    if not scratch.readers_meanwhile:
        raise NotPromisedError("not promised by this engine: a file that is written has no readers")
    table = things("read_meanwhile")
    scratch.load(table, scratch.batch(records(range(_ROWS), 0)))
    batches = [scratch.batch(records(range(_ROWS), 1 + at)) for at in range(_LOADS)]
    with _loading(scratch, table.name, batches, WRITTEN) as process:
        process.reach(WRITTEN)
        readings = [_reading(scratch, table.name)]
        expect(holds=readings == [0], otherwise="a reader saw what was not committed")
        process.go_on()
        while process.is_running:
            readings.append(_reading(scratch, table.name))
        process.reach(DONE)
    readings.append(_reading(scratch, table.name))
    expect(
        holds=readings == sorted(readings) and readings[-1] == _LOADS,
        otherwise=f"the states were read in the order {readings}",
    )
    return f"{len(readings)} readings during {_LOADS} loads: each of one state, none before another"


def _reading(scratch: Scratch, table: str) -> int:
    """Return the state that all rows are in. Raises BrokenPromiseError if there are several."""
    query = "SELECT count(*), min(size), max(size) FROM {}"
    ((rows, oldest, newest_),) = scratch.warehouse.ask(scratch.schema, table, query)
    expect(
        holds=(rows, oldest) == (_ROWS, newest_),
        otherwise=f"a reader saw {rows:,} of {_ROWS:,} rows, in states {oldest} to {newest_}",
    )
    return int(oldest)
