"""Dagster's event log with connections that stay open: nothing is lost, others see it at once."""

import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import psutil
import pytest
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.runs import SqliteRunStorage
from dagster._core.storage.schedules import SqliteScheduleStorage
from dagster._daemon.types import DaemonHeartbeat

from zendesk_assets.orchestration.dagster_internals import sqlite_storage
from zendesk_assets.orchestration.dagster_internals.sqlite_storage import (
    PooledSqliteEventLogStorage,
)
from zendesk_assets_tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
KEY = dg.AssetKey("a")


@pytest.fixture
def instance(tmp_path, monkeypatch):
    """An instance as a clone has it: by the dagster.yaml of the package."""
    monkeypatch.chdir(tmp_path)
    ref = InstanceRef.from_dir(str(tmp_path), config_dir=str(ROOT / "zendesk_assets"))
    with dg.DagsterInstance.from_ref(ref) as found:
        yield found


def report(instance, count):
    for number in range(count):
        event = dg.AssetMaterialization(KEY, metadata={"number": number})
        instance.report_runless_asset_event(event)


def numbers(storage):
    """Return what the index knows, oldest first."""
    wanted = dg.AssetRecordsFilter(KEY)
    records = storage.fetch_materializations(wanted, limit=10_000, ascending=True).records
    return [each.asset_materialization.metadata["number"].value for each in records]


def test_dagster_yaml_of_a_clone_names_it(instance):
    assert isinstance(instance.event_log_storage, PooledSqliteEventLogStorage)


def test_what_is_written_is_seen_at_once_by_dagsters_own_storage(instance, tmp_path):
    report(instance, 20)
    theirs = SqliteEventLogStorage(str(tmp_path / ".dagster" / "history" / "runs"))
    assert numbers(theirs) == list(range(20))

    with dg.DagsterInstance.from_ref(instance.get_ref()) as other:
        report(other, 3)
    assert numbers(instance.event_log_storage)[20:] == [0, 1, 2]


WRITE_AND_DIE = """
import os, signal, sys
import dagster as dg
from dagster._core.instance.ref import InstanceRef

with dg.DagsterInstance.from_ref(InstanceRef.from_dir(".", config_dir=sys.argv[1])) as instance:
    for number in range(50):
        event = dg.AssetMaterialization("a", metadata={"number": number})
        instance.report_runless_asset_event(event)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_loses_no_event(instance, tmp_path):
    subprocess.run(
        [sys.executable, "-c", WRITE_AND_DIE, str(ROOT / "zendesk_assets")],
        cwd=tmp_path,
        check=False,
    )
    assert numbers(instance.event_log_storage) == list(range(50))


def test_threads_share_a_connection_without_losing_an_event(instance):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: report(instance, 5), range(8)))
    assert len(numbers(instance.event_log_storage)) == 40


def test_files_of_many_runs_are_not_held_open(instance, tmp_path):
    storage = instance.event_log_storage
    for number in range(3 * sqlite_storage._OPEN_FILES):
        with storage.run_connection(f"run{number}") as connection:
            connection.exec_driver_sql("select count(*) from event_logs").fetchone()
    files = [each.path for each in psutil.Process().open_files() if str(tmp_path) in each.path]
    runs = {Path(each).name for each in files if each.endswith(".db") and "run" in Path(each).name}
    assert 0 < len(runs) <= sqlite_storage._OPEN_FILES

    instance.dispose()
    files = [each.path for each in psutil.Process().open_files()]
    assert not [each for each in files if str(tmp_path) in each and "history" in each]


def test_a_folder_that_was_removed_is_begun_anew_and_not_written_to_in_secret(instance, tmp_path):
    report(instance, 2)
    runs = tmp_path / ".dagster" / "history" / "runs"
    shutil.rmtree(runs)
    runs.mkdir()
    report(instance, 1)
    assert numbers(instance.event_log_storage) == [0]
    assert (runs / "index.db").exists()


def test_an_error_leaves_a_storage_that_works(instance):
    storage = instance.event_log_storage
    report(instance, 1)
    with pytest.raises(dg.DagsterError, match="stop"):
        delete_and_stop(storage)
    assert numbers(storage) == [0]


def delete_and_stop(storage):
    with storage.index_connection() as connection:
        connection.exec_driver_sql("delete from event_logs")
        raise dg.DagsterError("stop")


def test_who_watches_a_run_hears_of_each_event_while_others_keep_its_file_open(instance):
    run, heard = instance.create_run_for_job(watched), []
    instance.watch_event_logs(run.run_id, None, lambda event, _cursor: heard.append(event.message))
    with dg.DagsterInstance.from_ref(instance.get_ref()) as other:
        for number in range(3):
            other.report_engine_event(f"event {number}", run)
            wait_until(lambda number=number: f"event {number}" in heard, 20, "it is heard of")


@dg.job
def watched():
    pass


def test_the_first_event_of_a_process_may_have_tags(instance):
    # Dagster looks for the table of tags in the middle of a transaction on the index.
    tags = {"dagster/data_version": "1"}
    event = dg.AssetMaterialization(KEY, partition="2026-11", tags=tags)
    writer = threading.Thread(target=instance.report_runless_asset_event, args=[event], daemon=True)
    writer.start()
    writer.join(60)
    assert not writer.is_alive()
    assert instance.event_log_storage.get_event_tags_for_asset(KEY) == [tags]


def test_runs_and_schedules_are_seen_at_once_by_dagsters_own_storages(instance, tmp_path):
    theirs = SqliteRunStorage.from_local(str(tmp_path / ".dagster" / "history"))
    run = instance.create_run_for_job(watched)
    assert [each.run_id for each in theirs.get_runs()] == [run.run_id]
    theirs.add_run_tags(run.run_id, {"a": "b"})
    assert instance.get_run_by_id(run.run_id).tags["a"] == "b"

    schedules = SqliteScheduleStorage.from_local(str(tmp_path / ".dagster" / "schedules"))
    instance.add_daemon_heartbeat(DaemonHeartbeat(1.0, "SENSOR", None, None))
    assert set(theirs.get_daemon_heartbeats()) == {"SENSOR"}
    assert schedules.all_instigator_state() == instance.all_instigator_state() == []


def test_threads_ask_for_runs_at_once(instance):
    run = instance.create_run_for_job(watched)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: instance.get_run_by_id(run.run_id).run_id, range(40)))
    assert set(found) == {run.run_id}


def test_a_file_of_runs_that_was_replaced_is_opened_anew(instance, tmp_path):
    instance.create_run_for_job(watched)
    history = tmp_path / ".dagster" / "history"
    for each in history.glob("runs.db*"):
        each.unlink()
    SqliteRunStorage.from_local(str(history))
    assert instance.get_runs() == []
    run = instance.create_run_for_job(watched)
    assert [each.run_id for each in instance.get_runs()] == [run.run_id]
