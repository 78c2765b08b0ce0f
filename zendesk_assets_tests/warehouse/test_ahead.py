"""While the batches of one transaction are written, those of the next are typed."""

import signal
import tempfile
import threading
from pathlib import Path

import pytest

from zendesk_assets.errors import CorruptPartError, WarehouseError
from zendesk_assets.warehouse import open_duckdb, staging, transaction
from zendesk_assets.warehouse.ahead import AT_ONCE, prepare_ahead
from zendesk_assets.warehouse.prepared import PreparedTables
from zendesk_assets_tests.warehouse.helpers import THINGS, thing

PATIENCE = 20  # seconds, after which a test fails


class Steps:
    """What is entered, worked on and left, in this order; `broken` cannot be entered."""

    def __init__(self, broken=None):
        self.seen, self.open, self.most, self.broken = [], set(), 0, broken

    def __call__(self, number, during=lambda: None):
        return Step(self, number, during)


class Step:
    """A preparation that stops waiting when it is stopped."""

    def __init__(self, steps, number, during):
        self.steps, self.number, self.during = steps, number, during
        self.stopped, self.left = threading.Event(), threading.Event()

    def __enter__(self):
        if self.number == self.steps.broken:
            raise WarehouseError("broken")
        self.steps.open.add(self.number)
        self.steps.most = max(self.steps.most, len(self.steps.open))
        self.steps.seen.append(f"enter {self.number}")
        self.during()
        return self.number

    def __exit__(self, *_):
        self.steps.open.discard(self.number)
        self.steps.seen.append(f"leave {self.number}")
        self.left.set()

    def stop(self):
        self.stopped.set()


class InterruptedByDagsterError(BaseException):
    """Dagster's own error is of this kind while a step runs."""


def test_all_work_is_done_in_order_with_no_more_prepared_than_the_next():
    steps = Steps()
    done = prepare_ahead([(steps(each), lambda each: each * 2) for each in range(5)])
    assert done == [0, 2, 4, 6, 8]
    assert steps.most <= AT_ONCE
    assert steps.open == set()
    left = [each for each in steps.seen if "leave" in each]
    assert left == [f"leave {each}" for each in range(5)]
    assert prepare_ahead([]) == []


def test_one_piece_needs_no_other_thread():
    names = []
    prepare_ahead([(Steps()(0), lambda _: names.append(threading.active_count()))])
    assert names == [threading.active_count()]


def test_what_cannot_be_prepared_ends_all_after_the_work_before_it():
    steps, done = Steps(broken=2), []
    with pytest.raises(WarehouseError, match="broken"):
        prepare_ahead([(steps(each), done.append) for each in range(4)])
    assert (done, steps.open) == ([0, 1], set())


@pytest.mark.parametrize(
    "error", [WarehouseError("no"), KeyboardInterrupt(), InterruptedByDagsterError()]
)
@pytest.mark.parametrize("broken", [None, 1])
def test_work_that_fails_leaves_what_was_prepared_in_vain(error, broken):
    steps = Steps(broken)

    def work(_):
        raise error

    with pytest.raises(type(error)) as raised:
        prepare_ahead([(steps(each), work) for each in range(3)])
    assert raised.value is error  # and not what became of the next
    assert steps.open == set()
    assert "enter 2" not in steps.seen


def test_what_is_being_prepared_is_stopped_when_work_fails():
    steps, begun = Steps(), threading.Event()
    following = steps(1)

    def wait_to_be_stopped():
        begun.set()
        assert following.stopped.wait(PATIENCE)

    following.during = wait_to_be_stopped

    def work(_):
        assert begun.wait(PATIENCE)
        raise WarehouseError("no")

    with pytest.raises(WarehouseError, match="no"):
        prepare_ahead([(steps(0), work), (following, work)])
    assert (following.stopped.is_set(), steps.open) == (True, set())


@pytest.mark.parametrize("error", [KeyboardInterrupt, InterruptedByDagsterError])
def test_a_signal_while_the_next_is_waited_for_stops_and_leaves_it(error):
    def interrupt(*_):
        raise error

    handler = signal.signal(signal.SIGINT, interrupt)
    steps = Steps()
    first, following = steps(0), steps(1)

    def signal_and_wait_to_be_stopped():
        assert first.left.wait(PATIENCE)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        assert following.stopped.wait(PATIENCE)

    following.during = signal_and_wait_to_be_stopped
    try:
        with pytest.raises(error):
            prepare_ahead([(first, lambda _: None), (following, lambda _: None)])
    finally:
        signal.signal(signal.SIGINT, handler)
    assert steps.open == set()


def test_a_long_query_is_ended_from_another_thread_and_nothing_of_it_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    engine = open_duckdb(tmp_path / "w.duckdb").engine
    begun = threading.Event()

    def never_ends(memory):
        begun.set()
        memory.execute("SELECT count(*) FROM range(100_000_000_000)")

    def fail(_):
        assert begun.wait(PATIENCE)
        raise WarehouseError("no")

    pieces = [
        (PreparedTables(engine.staging(share=2), lambda _: None), fail),
        (PreparedTables(engine.staging(share=2), never_ends), fail),
    ]
    with pytest.raises(WarehouseError, match="no"):
        prepare_ahead(pieces)
    assert list(tmp_path.iterdir()) == []


def test_the_next_batches_are_typed_while_those_before_are_written(warehouse, hub, monkeypatch):
    typed, seen = [threading.Event() for _ in range(3)], []
    stage, write = staging.stage, transaction._write_load_log

    def staged(connection, collection, batches, **more):
        stage(connection, collection, batches, **more)
        typed[int(batches[0].batch_id)].set()

    def written(*arguments):
        following = typed[min(len(seen) + 1, 2)]
        seen.append(following.wait(PATIENCE))
        return write(*arguments)

    monkeypatch.setattr("zendesk_assets.warehouse.warehouse.stage", staged)
    monkeypatch.setattr(transaction, "_write_load_log", written)
    batches = [hub.batch(thing(at), name=str(at), at=at) for at in range(3)]
    assert warehouse.load("s", THINGS, batches, rows_per_transaction=1).inserted == 3
    assert seen == [True] * 3


def test_a_damaged_batch_costs_no_batch_before_it(warehouse, hub, rows):
    batches = [hub.batch(thing(at), at=at) for at in range(4)]
    Path(batches[2].parts[0]).write_bytes(b"hello")
    with pytest.raises(CorruptPartError):
        warehouse.load("s", THINGS, batches, rows_per_transaction=1)
    assert [row["id"] for row in rows()] == [0, 1]


def test_a_transaction_that_fails_writes_nothing_of_what_comes_after(
    warehouse, hub, rows, monkeypatch
):
    write, calls = transaction._write_load_log, []

    def fail(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise WarehouseError("the disk is gone")
        return write(*arguments)

    monkeypatch.setattr(transaction, "_write_load_log", fail)
    batches = [hub.batch(thing(at), at=at) for at in range(4)]
    with pytest.raises(WarehouseError, match="the disk is gone"):
        warehouse.load("s", THINGS, batches, rows_per_transaction=1)
    assert [row["id"] for row in rows()] == [0]
    monkeypatch.undo()
    assert warehouse.load("s", THINGS, batches, rows_per_transaction=1).inserted == 3
    assert [row["id"] for row in rows()] == [0, 1, 2, 3]
