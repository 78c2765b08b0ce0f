"""The event log holds what Dagster's own storage would hold: row by row, file by file."""

import os
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from zendesk_assets.orchestration.dagster_internals.sqlite_storage import (
    PooledSqliteEventLogStorage,
)

CONFIG = Path(__file__).resolve().parents[2] / "zendesk_assets"
RANGE = {
    "dagster/asset_partition_range_start": "2026-02",
    "dagster/asset_partition_range_end": "2026-04",
}
WHEN_SQLITE_SAYS = ("create_timestamp",)


@dg.asset(
    partitions_def=dg.MonthlyPartitionsDefinition("2026-01", fmt="%Y-%m"),
    backfill_policy=dg.BackfillPolicy.single_run(),
    check_specs=[dg.AssetCheckSpec("whole", asset="monthly")],
)
def monthly():
    yield dg.MaterializeResult(metadata={"rows": 3, "text": dg.MetadataValue.md("**é**")})
    yield dg.AssetCheckResult(check_name="whole", passed=True, metadata={"share": 0.5})


@dg.asset(deps=[monthly], tags={"a": "b"})
def yearly():
    return dg.MaterializeResult(tags={"kept": "1"}, data_version=dg.DataVersion("7"))


@dg.asset(deps=[yearly])
def broken():
    raise dg.Failure("it is broken")


@dg.asset_check(asset=yearly)
def is_new(context):
    context.log.warning("it is old")
    return dg.AssetCheckResult(passed=False, severity=dg.AssetCheckSeverity.WARN)


DEFINITIONS = dg.Definitions(
    assets=[monthly, yearly, broken],
    asset_checks=[is_new],
    jobs=[dg.define_asset_job("everything", "*")],
)


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    """The events of a run with each kind that a sync has, and of reports outside of a run."""
    with dg.DagsterInstance.local_temp(str(tmp_path_factory.mktemp("made"))) as instance:
        run = DEFINITIONS.resolve_job_def("everything").execute_in_process(
            instance=instance, tags=RANGE, raise_on_error=False
        )
        instance.report_runless_asset_event(dg.AssetObservation("yearly", tags={"seen": "2"}))
        instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(
                asset_key=yearly.key, check_name="is_new", passed=True, metadata={}
            )
        )
        stored = instance.all_logs(run.run_id) + instance.all_logs("")
    assert {each.dagster_event_type for each in stored if each.is_dagster_event} >= {
        dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
        dg.DagsterEventType.ASSET_MATERIALIZATION,
        dg.DagsterEventType.ASSET_OBSERVATION,
        dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
        dg.DagsterEventType.ASSET_CHECK_EVALUATION,
        dg.DagsterEventType.STEP_FAILURE,
        dg.DagsterEventType.PIPELINE_FAILURE,
    }
    return stored


def store_all(storage, events):
    for each in events:
        storage.store_event(each)
    storage.dispose()


def contents(folder):
    """Return the rows of each table of each file, the schema, and how the file is written."""
    return {path.name: rows_of(path) for path in sorted(folder.glob("*.db"))}


def rows_of(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        found = {
            "schema": [
                tuple(each)
                for each in connection.execute(
                    "select type, name, tbl_name, sql from sqlite_master order by type, name"
                )
            ],
            "mode": connection.execute("pragma journal_mode").fetchone()[0],
        }
        for kind, name, *_ in list(found["schema"]):
            if kind == "table":
                rows = connection.execute(f"select * from {name} order by 1").fetchall()
                found[name] = [without_clock(name, dict(row)) for row in rows]
    return found


def without_clock(table, row):
    own = {"secondary_indexes": ("migration_completed",)}.get(table, ())
    return {key: value for key, value in row.items() if key not in (*WHEN_SQLITE_SAYS, *own)}


def test_each_row_of_each_file_is_what_dagsters_own_storage_writes(events, tmp_path):
    ours = PooledSqliteEventLogStorage(str(tmp_path / "ours"))
    theirs = SqliteEventLogStorage(str(tmp_path / "theirs"))
    store_all(ours, events)
    store_all(theirs, events)

    expected = contents(tmp_path / "theirs")
    found = contents(tmp_path / "ours")
    assert found == expected
    assert len(found["index.db"]["asset_keys"]) == 3
    assert len(found["index.db"]["asset_check_executions"]) == 3
    assert len(found["index.db"]["asset_event_tags"]) > 3


def test_a_check_that_was_not_planned_is_stored_as_dagster_does(events, tmp_path):
    judged = [
        each
        for each in events
        if each.dagster_event_type is not None
        and each.dagster_event_type is not dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED
    ]
    store_all(PooledSqliteEventLogStorage(str(tmp_path / "ours")), judged)
    store_all(SqliteEventLogStorage(str(tmp_path / "theirs")), judged)

    assert contents(tmp_path / "ours") == contents(tmp_path / "theirs")


def test_last_materializations_are_what_dagsters_own_storage_reads(events, tmp_path):
    ours, theirs = (
        kind(str(tmp_path)) for kind in (PooledSqliteEventLogStorage, SqliteEventLogStorage)
    )
    for each in events:
        ours.store_event(each)
        assert ours.get_asset_records() == theirs.get_asset_records()
    ours._known.clear()
    assert ours.get_asset_records() == theirs.get_asset_records()  # read, not written
    assert ours.get_asset_records([yearly.key]) == theirs.get_asset_records([yearly.key])


def test_a_materialization_by_another_process_or_a_wipe_is_seen(events, tmp_path):
    ours, theirs = (
        kind(str(tmp_path)) for kind in (PooledSqliteEventLogStorage, SqliteEventLogStorage)
    )
    written = [
        e for e in events if e.dagster_event_type is dg.DagsterEventType.ASSET_MATERIALIZATION
    ]
    for storage in (ours, theirs, ours, theirs):
        storage.store_event(written[-1])
        assert ours.get_asset_records() == theirs.get_asset_records()
    theirs.wipe_asset(yearly.key)
    assert ours.get_asset_records() == theirs.get_asset_records()


def test_an_asset_event_that_cannot_be_indexed_leaves_no_half_of_it_in_the_index(
    events, tmp_path, monkeypatch
):
    ours = PooledSqliteEventLogStorage(str(tmp_path))
    (first, *_) = [
        e for e in events if e.dagster_event_type is dg.DagsterEventType.ASSET_MATERIALIZATION
    ]
    with monkeypatch.context() as broken:
        broken.setattr(ours, "_get_asset_entry_values", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            ours.store_event(first)
    assert not contents(tmp_path)["index.db"]["event_logs"]
    ours.store_event(first)
    assert len(contents(tmp_path)["index.db"]["event_logs"]) == 1


RUNS_AT_ONCE = """
import sys
import threading
import dagster as dg
from dagster._core.instance.ref import InstanceRef
from zendesk_assets_tests.orchestration.test_event_writes import DEFINITIONS, RANGE

with dg.DagsterInstance.from_ref(InstanceRef.from_dir(".", config_dir=sys.argv[1])) as instance:
    job = DEFINITIONS.resolve_job_def("everything")
    for _ in range(3):
        job.execute_in_process(instance=instance, tags=RANGE, raise_on_error=False)
"""


@pytest.mark.long
def test_two_processes_write_at_once_without_losing_an_event(tmp_path):
    command = [sys.executable, "-c", RUNS_AT_ONCE, str(CONFIG)]
    here = {"cwd": tmp_path, "env": {**os.environ, "PYTHONPATH": str(CONFIG.parent)}}
    subprocess.run(command, check=True, **here)  # Dagster makes the file of runs alone
    writers = [subprocess.Popen(command, stderr=subprocess.PIPE, **here) for _ in range(2)]
    said = [each.communicate(timeout=120)[1] for each in writers]
    assert [each.returncode for each in writers] == [0, 0], said

    index = contents(tmp_path / ".dagster" / "history" / "runs")["index.db"]
    kinds = [row["dagster_event_type"] for row in index["event_logs"]]
    assert kinds.count("ASSET_MATERIALIZATION") == 9 * 4
    assert kinds.count("ASSET_CHECK_EVALUATION") == 9 * 2
    assert {row["execution_status"] for row in index["asset_check_executions"]} == {
        "SUCCEEDED",
        "FAILED",
    }


def test_the_file_of_a_run_that_several_begin_at_once_has_what_each_wrote(events, tmp_path):
    storages = [PooledSqliteEventLogStorage(str(tmp_path)) for _ in range(4)]
    begin = threading.Barrier(len(storages))

    def write(storage):
        begin.wait()
        storage.store_event(events[0])

    with ThreadPoolExecutor(len(storages)) as pool:
        list(pool.map(write, storages))
    (name,) = {each.name for each in tmp_path.glob("*.db")} - {"index.db"}
    assert len(contents(tmp_path)[name]["event_logs"]) == len(storages)


def test_a_run_file_of_an_index_that_is_not_migrated_yet_waits_for_the_migration_with_it(
    events, tmp_path
):
    theirs = SqliteEventLogStorage(str(tmp_path))
    with theirs.index_connection() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = 'an old one'")
    PooledSqliteEventLogStorage(str(tmp_path)).store_event(events[0])
    versions = {name: each["alembic_version"] for name, each in contents(tmp_path).items()}
    assert [each[0]["version_num"] for each in versions.values()] == ["an old one"] * 2
