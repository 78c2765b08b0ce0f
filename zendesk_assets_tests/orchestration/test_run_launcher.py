"""A dead worker is found dead, a live one never is; and Dagster acts on it."""

import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import psutil
import pytest
import yaml
from dagster._core.events import EngineEventData
from dagster._core.instance.ref import InstanceRef
from dagster._core.launcher import WorkerStatus
from dagster._core.test_utils import create_run_for_test
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import PythonFileTarget
from dagster._daemon.monitoring.run_monitoring import check_run_timeout, monitor_started_run
from dagster._grpc.client import DagsterGrpcClient

from zendesk_assets.cli.project import write_dagster_yaml
from zendesk_assets.orchestration.dagster_internals import run_launcher
from zendesk_assets.orchestration.dagster_internals.run_launcher import (
    WatchedRunLauncher,
    Worker,
    note_worker,
)

STARTED = dg.DagsterRunStatus.STARTED


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    """An instance with the settings that users have, but for where its state is."""
    home = tmp_path_factory.mktemp("home")
    write_dagster_yaml(home)
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home))) as instance:
        yield instance


@pytest.fixture
def process():
    """A process that would run for a minute."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


def started_run(instance, pid=None):
    """A run in which a worker has reported itself, as Dagster's do."""
    run = create_run_for_test(instance, job_name="sync", status=STARTED)
    if pid is not None:
        data = EngineEventData.in_process(pid)
        instance.report_engine_event(f"Started process for run (pid: {pid}).", run, data)
    return run


def status(instance, run):
    return instance.run_launcher.check_run_worker_health(run).status


def test_the_instance_of_the_project_watches_its_workers(instance):
    assert isinstance(instance.run_launcher, WatchedRunLauncher)
    assert instance.run_launcher.supports_check_run_worker_health
    assert instance.run_monitoring_enabled
    assert instance.run_retries_enabled
    assert instance.run_monitoring_poll_interval_seconds <= 30
    assert 60 < instance.run_monitoring_start_timeout_seconds <= 300
    assert 60 < instance.run_monitoring_cancel_timeout_seconds <= 300


def test_a_dead_workers_run_is_known_to_be_tried_again_before_it_is_reported(instance, process):
    """A backfill that looks in between would take itself for over."""
    run = started_run(instance, process.pid)
    assert status(instance, run) is WorkerStatus.RUNNING
    assert "dagster/will_retry" not in instance.get_run_by_id(run.run_id).tags
    process.kill()
    process.wait()

    assert status(instance, run) is WorkerStatus.FAILED
    assert instance.get_run_by_id(run.run_id).tags["dagster/will_retry"] == "true"


@pytest.mark.parametrize("name", ["dagster.yaml", "workspace.yaml"])
def test_the_clone_and_the_package_have_the_same_settings(name):
    root = Path(run_launcher.__file__).parents[3]

    packaged = (root / "zendesk_assets" / name).read_text()

    assert yaml.safe_load((root / name).read_text()) == yaml.safe_load(packaged)


def test_a_live_worker_is_running(instance, process):
    run = started_run(instance, process.pid)

    assert [status(instance, run) for _ in range(3)] == [WorkerStatus.RUNNING] * 3


def test_a_killed_worker_has_failed(instance, process):
    run = started_run(instance, process.pid)
    assert status(instance, run) is WorkerStatus.RUNNING

    process.kill()
    process.wait()

    assert status(instance, run) is WorkerStatus.FAILED


def test_a_run_of_ours_that_is_executed_again_in_the_ui_has_another_worker(instance, process):
    ours = Worker.seen(process.pid).tag
    process.kill()
    process.wait()
    again = {**ours, "dagster/parent_run_id": "of the run that had this worker"}

    for tags, wanted in ((ours, WorkerStatus.FAILED), (again, WorkerStatus.RUNNING)):
        run = create_run_for_test(instance, job_name="sync", status=STARTED, tags=tags)
        assert status(instance, run) is wanted


def test_a_killed_worker_that_nobody_collects_has_failed(instance, process):
    run = started_run(instance, process.pid)
    assert status(instance, run) is WorkerStatus.RUNNING

    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

    assert psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE
    assert status(instance, run) is WorkerStatus.FAILED


def test_a_stopped_worker_is_still_running(instance, process):
    run = started_run(instance, process.pid)
    assert status(instance, run) is WorkerStatus.RUNNING

    process.send_signal(signal.SIGSTOP)

    assert status(instance, run) is WorkerStatus.RUNNING


def test_a_pid_that_another_program_has_now_is_no_worker(instance, process):
    run = started_run(instance)
    before = Worker.seen(process.pid)
    note_worker(instance, run, replace(before, started=before.started - 3_600))

    assert status(instance, run) is WorkerStatus.FAILED


@pytest.mark.parametrize("jump", [-7_200, -1, 1, 7_200])
def test_setting_the_clock_kills_no_worker(instance, process, monkeypatch, jump):
    run = started_run(instance, process.pid)
    assert status(instance, run) is WorkerStatus.RUNNING

    boot, created = psutil.boot_time(), psutil.Process(process.pid).create_time()
    monkeypatch.setattr(psutil, "boot_time", lambda: boot + jump)
    monkeypatch.setattr(psutil.Process, "create_time", lambda _: created + jump)

    assert status(instance, run) is WorkerStatus.RUNNING


def test_a_worker_of_another_host_is_not_judged(instance, process):
    run = started_run(instance)
    elsewhere = replace(Worker.seen(process.pid), host="another-host", pid=2**22 + 1)
    note_worker(instance, run, elsewhere)

    result = instance.run_launcher.check_run_worker_health(run)

    assert result.status is WorkerStatus.RUNNING
    assert "another-host" in result.msg


def test_a_run_of_a_host_that_is_gone_ends_where_a_longest_time_is_set(instance, process):
    """`run_monitoring: max_runtime_seconds`, as docs/machines.md says."""
    run = started_run(instance)
    note_worker(instance, run, replace(Worker.seen(process.pid), host="another-host"))
    record = instance.get_run_record_by_id(run.run_id)._replace(start_time=time.time() - 100)
    check_run_timeout(instance, record, logging.getLogger("test"), 200.0)
    assert instance.get_run_by_id(run.run_id).status is STARTED
    check_run_timeout(instance, record, logging.getLogger("test"), 50.0)

    assert instance.get_run_by_id(run.run_id).status is dg.DagsterRunStatus.FAILURE


def test_a_pid_of_a_code_server_elsewhere_is_not_looked_for_here(instance, process):
    """Two containers that start together have processes of one pid and age."""
    run = started_run(instance, process.pid)
    instance.add_run_tags(run.run_id, {".dagster/grpc_info": '{"host": "code", "port": 1}'})
    assert status(instance, run) is WorkerStatus.RUNNING
    process.kill()
    process.wait()

    assert status(instance, run) is WorkerStatus.RUNNING
    assert instance.run_launcher._noted_worker(run) is None


def test_a_run_without_a_known_worker_is_not_judged(instance):
    assert status(instance, started_run(instance)) is WorkerStatus.RUNNING


def test_a_pid_never_seen_here_is_not_judged(instance, process):
    """As in another container: there the pid is a worker's, here it is nobody's."""
    process.kill()
    process.wait()

    assert status(instance, started_run(instance, process.pid)) is WorkerStatus.RUNNING


def test_a_pid_that_is_an_older_program_here_is_not_noted_as_the_worker(instance):
    run = started_run(instance, 1)  # init, which started long ago

    assert psutil.pid_exists(1)
    assert status(instance, run) is WorkerStatus.RUNNING
    assert instance.run_launcher._noted_worker(run) is None


def test_a_worker_that_its_code_server_still_watches_is_running(instance, process, monkeypatch):
    run = started_run(instance, process.pid)
    assert status(instance, run) is WorkerStatus.RUNNING
    process.kill()
    process.wait()
    monkeypatch.setattr(WatchedRunLauncher, "_server_has", lambda *_: True)

    assert status(instance, run) is WorkerStatus.RUNNING


def test_a_run_whose_code_server_is_gone_is_judged_without_it(instance, process):
    server = '{"host": "localhost", "socket": "/nowhere"}'  # one that Dagster itself had started
    run = started_run(instance, process.pid)
    instance.add_run_tags(run.run_id, {".dagster/grpc_info": server})
    assert status(instance, run) is WorkerStatus.RUNNING

    process.kill()
    process.wait()

    assert status(instance, run) is WorkerStatus.FAILED


def test_a_code_server_of_its_own_is_waited_for_before_its_dead_run_is_judged(
    instance, process, monkeypatch
):
    """While it is away, Dagster would not try the run again."""
    run = started_run(instance, process.pid)
    instance.add_run_tags(run.run_id, {".dagster/grpc_info": '{"host": "localhost", "port": 1}'})
    assert status(instance, run) is WorkerStatus.RUNNING
    process.kill()
    process.wait()
    assert status(instance, run) is WorkerStatus.RUNNING

    now = time.monotonic()
    monkeypatch.setattr(DagsterGrpcClient, "health_check_query", lambda _: "SERVING")
    for seconds, expected in ((0, "RUNNING"), (19, "RUNNING"), (21, "FAILED")):
        monkeypatch.setattr(time, "monotonic", lambda seconds=seconds: now + seconds)
        assert status(instance, run).name == expected, seconds


def test_monitoring_fails_the_run_of_a_dead_worker_and_asks_for_a_retry(instance, process):
    run = started_run(instance, process.pid)
    monitor(instance, run)
    assert instance.get_run_by_id(run.run_id).status is STARTED
    process.kill()
    process.wait()

    monitor(instance, run)

    failed = instance.get_run_by_id(run.run_id)
    assert failed.status is dg.DagsterRunStatus.FAILURE
    assert failed.tags["dagster/will_retry"] == "true"


def monitor(instance, run):
    """What Dagster's daemon does for each started run."""
    record = instance.get_run_record_by_id(run.run_id)
    monitor_started_run(instance, SimpleNamespace(), record, logging.getLogger("test"))


ENDLESS = """
import time
import dagster as dg

@dg.op
def wait():
    time.sleep(120)

@dg.job(executor_def=dg.in_process_executor)
def endless():
    wait()
"""


@pytest.mark.long
@pytest.mark.slow
def test_a_run_whose_worker_was_killed_along_with_its_code_server_has_failed(instance, tmp_path):
    (tmp_path / "endless.py").write_text(ENDLESS)
    target = PythonFileTarget(str(tmp_path / "endless.py"), None, str(tmp_path), None)
    with WorkspaceProcessContext(instance, target) as workspace:
        run = launch(instance, workspace.create_request_context())
        worker = instance.run_launcher._noted_worker(run)
        assert worker.is_alive
        wait_until_started(instance, run)
        assert status(instance, run) is WorkerStatus.RUNNING

        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # some end with the others
                process.kill()
                process.wait(10)

        assert status(instance, run) is WorkerStatus.FAILED


def launch(instance, workspace):
    (location,) = workspace.code_locations
    (repository,) = location.get_repositories().values()
    job = repository.get_full_job("endless")
    run = create_run_for_test(
        instance,
        job_name=job.name,
        remote_job_origin=job.get_remote_origin(),
        job_code_origin=job.get_python_origin(),
    )
    return instance.launch_run(run.run_id, workspace)


def wait_until_started(instance, run):
    deadline = time.monotonic() + 60
    while instance.get_run_by_id(run.run_id).status is not STARTED:
        assert time.monotonic() < deadline
        time.sleep(0.1)
