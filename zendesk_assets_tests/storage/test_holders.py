"""Who holds a lock is named, and waited for with an end, an earlier one for a stopped process."""

import signal
import subprocess
import sys

import pytest
from filelock import FileLock

from zendesk_assets.clock import SystemClock
from zendesk_assets.errors import BudgetStoreError, TokenStoreError
from zendesk_assets.spec import Budget
from zendesk_assets.storage import holders
from zendesk_assets.storage.holders import HeldError, acquire, described, locker_of
from zendesk_assets.zendesk import FileBudgets, FileTokenStore, Limits, budgets, token_store

HOLD = (
    "import sys; from filelock import FileLock\n"
    "with FileLock(sys.argv[1]):\n"
    "    print('held', flush=True); input()\n"
)


@pytest.fixture
def hold():
    """Return a function that has another process lock a file."""
    started = []

    def hold(path):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    monkeypatch.setattr(holders, "_SAID_AFTER_SECONDS", 0.2)


def test_a_holder_is_named_and_waited_for_within_the_bound(hold, tmp_path):
    process, lines = hold(tmp_path / "lock"), []
    assert locker_of(tmp_path / "lock") == process.pid
    with pytest.raises(HeldError, match=rf"PID {process.pid} \(python\)$"):
        acquire(FileLock(tmp_path / "lock"), 0.5, lines.append, what="the lock")
    assert lines == [f"Waiting up to 0 s for the lock: PID {process.pid} (python) holds it."]


def test_a_holder_that_is_stopped_is_given_up_sooner_and_a_dead_one_holds_nothing(
    hold, tmp_path, monkeypatch
):
    monkeypatch.setattr(holders, "STOPPED_SECONDS", 0.5)
    process = hold(tmp_path / "lock")
    process.send_signal(signal.SIGSTOP)
    with pytest.raises(HeldError, match=rf"is stopped \(`kill -CONT {process.pid}` continues it"):
        acquire(FileLock(tmp_path / "lock"), 600, lambda _line: None, what="the lock")
    process.kill()
    process.wait()
    lock, lines = FileLock(tmp_path / "lock"), []
    acquire(lock, 600, lines.append, what="the lock")
    lock.release()


def test_what_a_process_runs_is_said_without_its_options():
    process = subprocess.Popen([sys.executable, "-c", "input()", "--password", "s3cret"],
                               stdin=subprocess.PIPE)  # fmt: skip
    assert described(process.pid) == f"PID {process.pid} (python)"
    process.communicate(b"\n")
    assert described(process.pid) == f"PID {process.pid}"


@pytest.mark.parametrize("opened", [True, False])
def test_counting_requests_does_not_wait_for_ever_for_a_stopped_process(
    hold, tmp_path, monkeypatch, opened
):
    monkeypatch.setattr(budgets, "_LOCK_SECONDS", 0.5)
    file, clock = tmp_path / "account.sqlite", SystemClock()
    store = FileBudgets(file)
    counter = store.open(Limits(), clock) if opened else None
    process = hold(f"{file}.lock")
    process.send_signal(signal.SIGSTOP)
    with pytest.raises(BudgetStoreError, match=rf"PID {process.pid} .*which is stopped"):
        (counter or store.open(Limits(), clock)).try_acquire(Budget.ACCOUNT)
    process.kill()
    process.wait()
    assert (counter or store.open(Limits(), clock)).try_acquire(Budget.ACCOUNT) == 0.0


def test_tokens_that_a_stopped_process_has_locked_name_it(hold, tmp_path, monkeypatch):
    monkeypatch.setattr(token_store, "LOCK_SECONDS", 0.5)
    lines = []
    store = FileTokenStore(tmp_path, lines.append)
    store.forget("zendesk_acme")
    process = hold(tmp_path / "zendesk_acme.lock")
    process.send_signal(signal.SIGSTOP)
    with (
        pytest.raises(TokenStoreError, match=f"PID {process.pid} .*end that process"),
        store.lock("zendesk_acme"),
    ):
        pass
    assert f"PID {process.pid} (python), which is stopped" in lines[-1]
