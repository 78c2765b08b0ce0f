"""A place in a pool: the dead let go at once, who holds it is named, the stopped wait in vain."""

import os
import signal
import subprocess
import sys
import threading
import time

import dagster as dg
import psutil
import pytest
from dagster._core.definitions.job_base import InMemoryJob

from zendesk_assets.orchestration.dagster_internals import pool_turns
from zendesk_assets.orchestration.dagster_internals.own_runs import own_run
from zendesk_assets.orchestration.dagster_internals.run_launcher import Worker

POOL = "warehouse"
SETTINGS = {
    "concurrency": {"pools": {"default_limit": 1, "granularity": "op"}},
    "run_launcher": {
        "module": "zendesk_assets.orchestration.dagster_internals.run_launcher",
        "class": "WatchedRunLauncher",
    },
}


@dg.op(pool=POOL)
def load():
    pass


@dg.job(executor_def=dg.in_process_executor)
def loads():
    load()


@pytest.fixture
def instance(tmp_path):
    with dg.DagsterInstance.local_temp(str(tmp_path), overrides=SETTINGS) as instance:
        yield instance


@pytest.fixture
def process():
    """Another process, that does nothing."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield child
    child.kill()
    child.wait()


def held_by(instance, process, status=dg.DagsterRunStatus.STARTED):
    """Return a run of the process that holds the pool."""
    tags = Worker.seen(process.pid).tag
    run = instance.create_run_for_job(loads, tags=tags, status=status)
    storage = instance.event_log_storage
    storage.initialize_concurrency_limit_to_default(POOL)
    assert storage.claim_concurrency_slot(POOL, run.run_id, "load").is_claimed
    return run


def execute(instance):
    """Execute a run beside; return its result, and what was said."""
    lines, run_id = [], dg._core.utils.make_new_run_id()
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with own_run(instance, run_id, lines.append):
        result = loads.execute_in_process(
            run_id=run_id, instance=instance, raise_on_error=False, run_config=quiet
        )
    return result, lines


def slots(instance):
    return instance.event_log_storage.get_concurrency_info(POOL).claimed_slots


@pytest.mark.parametrize(
    ("status", "then"),
    [
        (dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.FAILURE),
        (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.FAILURE),
        (dg.DagsterRunStatus.CANCELING, dg.DagsterRunStatus.CANCELED),
    ],
)
def test_a_dead_process_lets_go_at_once_and_its_run_is_over(instance, process, status, then):
    run = held_by(instance, process, status)
    process.kill()
    process.wait()
    started = time.monotonic()
    result, lines = execute(instance)
    assert result.success
    assert (lines, slots(instance)) == ([], [])
    assert time.monotonic() - started < 15
    assert instance.get_run_by_id(run.run_id).status is then


def test_a_run_that_is_over_or_unknown_lets_go_at_once(instance, process):
    run = held_by(instance, process)
    instance.report_run_failed(run)
    assert execute(instance)[0].success
    held_by(instance, process)
    instance.delete_run(held_by_id(instance))
    assert execute(instance)[0].success


def held_by_id(instance):
    return slots(instance)[0].run_id


def test_who_holds_it_is_named_within_seconds_and_waited_for(instance, process):
    run = held_by(instance, process)
    letting_go = threading.Timer(
        4, instance.event_log_storage.free_concurrency_slots_for_run, [run.run_id]
    )
    letting_go.start()
    before = psutil.Process().cpu_times()
    result, lines = execute(instance)
    letting_go.join()
    assert result.success
    (line,) = lines
    assert f"PID {process.pid} (python) holds it (run {run.run_id[:8]}, load)." in line
    used = psutil.Process().cpu_times()
    assert used.user - before.user < 4  # it sleeps while it waits


def test_a_process_that_is_stopped_is_named_as_such_and_given_up(instance, process, monkeypatch):
    monkeypatch.setattr(pool_turns, "STOPPED_SECONDS", 2.0)
    run = held_by(instance, process)
    process.send_signal(signal.SIGSTOP)
    result, lines = execute(instance)
    assert not result.success
    assert f"PID {process.pid} (python), which is stopped (`kill -CONT {process.pid}`" in lines[0]
    (failure,) = [
        each for each in result.all_events if each.event_type is dg.DagsterEventType.RUN_FAILURE
    ]
    error = failure.job_failure_data.error
    assert error.cls_name == "PoolHeldError"
    assert "end that process if it hangs" in error.message
    assert [each.run_id for each in slots(instance)] == [run.run_id]  # it may go on


def test_a_run_that_dagster_has_launched_waits_in_the_same_way(instance, process, monkeypatch):
    """As in a worker, where the executor of the definitions is used."""
    monkeypatch.setattr(pool_turns, "STOPPED_SECONDS", 1.0)
    job = loads.with_executor_def(pool_turns.patient_executor)
    held_by(instance, process)
    process.send_signal(signal.SIGSTOP)
    result = dg._core.execution.api.execute_run(
        InMemoryJob(job), instance.create_run_for_job(job), instance
    )
    assert not result.success
    (run,) = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))
    said = [each.user_message for each in instance.all_logs(run.run_id)]
    assert any(f"PID {process.pid} (python), which is stopped" in each for each in said)
    process.kill()
    process.wait()
    run = instance.create_run_for_job(job)
    assert dg._core.execution.api.execute_run(InMemoryJob(job), run, instance).success


def test_a_signal_ends_the_wait_and_the_run_is_canceled(instance, process):
    held_by(instance, process)
    hurry = threading.Timer(3, os.kill, [os.getpid(), signal.SIGINT])
    hurry.start()
    result, _lines = execute(instance)
    hurry.join()
    assert instance.get_run_by_id(result.run_id).status is dg.DagsterRunStatus.CANCELED
