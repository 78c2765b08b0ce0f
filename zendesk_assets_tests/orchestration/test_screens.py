"""What Dagster's pages ask for: nothing is unsynced, runs belong to jobs, months have rows."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest
from dagster._core.storage.tags import REPOSITORY_LABEL_TAG

from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.dagster_internals.own_runs import CODE_LOCATION, own_run
from zendesk_assets.orchestration.running import sync_times
from zendesk_assets_tests.account import SCHEMA, project

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def synced(tmp_path):
    settings = {"collections": {"include": ["tickets", "groups", "users"]}, "analysis": True}
    with project(tmp_path, tickets=60, settings=settings) as each:
        each.clock.advance(timedelta(minutes=30))
        each.sync(days=31)
        yield each


def stale(project):
    """Return the assets that the UI calls unsynced."""
    graph = project.definitions.resolve_asset_graph()
    resolver = CachingStaleStatusResolver(
        project.instance, graph, LoadingContextForTest(project.instance)
    )
    return [key for key in graph.get_all_asset_keys() if is_stale(resolver, key)]


def is_stale(resolver, key):
    return resolver.get_status(key) is StaleStatus.STALE


def hub_of(project):
    keys = project.definitions.resolve_asset_graph().get_all_asset_keys()
    return [key for key in keys if key.path[1] == "hub"]


def test_what_landed_makes_no_table_unsynced_and_a_load_no_view(synced):
    assert stale(synced) == []
    synced.clock.advance(timedelta(hours=3))
    hub = hub_of(synced)
    monthly = [key for key in hub if key.path[-1] == "tickets"]
    synced.run([key for key in hub if key not in monthly])
    synced.run(monthly, first=synced.month(), last=synced.month())
    assert stale(synced) == []
    synced.run([dg.AssetKey([SCHEMA, "groups"]), dg.AssetKey([SCHEMA, "users"])])
    assert stale(synced) == []


def test_each_month_of_a_table_has_its_rows(synced):
    table = dg.AssetKey([SCHEMA, "tickets"])
    months = sorted(synced.instance.get_materialized_partitions(table))
    assert len(months) == 2
    rows = {}
    for month in months:
        records = synced.instance.fetch_materializations(
            dg.AssetRecordsFilter(table, asset_partitions=[month]), limit=1
        ).records
        found = records[0].asset_materialization.metadata
        rows[month] = found["dagster/partition_row_count"].value
    assert all(rows.values())
    assert sum(rows.values()) == len(synced.simulator.expected("tickets"))


def test_a_run_of_ours_belongs_to_its_job_in_the_code_location_of_the_workspace(synced):
    (entry,) = yaml.safe_load((ROOT / "workspace.yaml").read_text())["load_from"]
    assert entry["python_module"]["location_name"] == CODE_LOCATION
    run_id, key = "11111111-2222-3333-4444-555555555555", dg.AssetKey([SCHEMA, "hub", "groups"])
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with own_run(synced.instance, run_id, print) as run:
        run.execute(synced.job.get_subset(asset_selection={key}), tags={}, run_config=quiet)

    label = f"__repository__@{CODE_LOCATION}"
    listed = dg.RunsFilter(job_name=f"{SCHEMA}_sync", tags={REPOSITORY_LABEL_TAG: label})
    assert [each.run_id for each in synced.instance.get_runs(listed)] == [run_id]
    assert vars(synced.instance).get("create_run_for_job") is None  # as it was


def test_a_sync_is_at_work_from_its_first_run_until_its_last_has_ended():
    with dg.DagsterInstance.ephemeral() as instance:
        job = dg.define_asset_job("sync").resolve(
            asset_graph=dg.Definitions().resolve_asset_graph()
        )
        runs = [
            instance.create_run_for_job(job, tags={"zendesk/source": schema}, status=status)
            for schema, status in (
                ("acme", dg.DagsterRunStatus.SUCCESS),
                ("acme", dg.DagsterRunStatus.STARTED),
                ("acme", dg.DagsterRunStatus.STARTING),
                ("globex", dg.DagsterRunStatus.FAILURE),
            )
        ]
        first = instance.get_run_record_by_id(runs[1].run_id)
        assert sync_times(instance, "acme").at_work_since == first.create_timestamp
        assert sync_times(instance, "globex").at_work_since is None


def test_a_sync_began_when_its_command_did_until_a_schedule_loads_tables():
    began = datetime(2026, 11, 29, 22, 30, tzinfo=UTC)
    with dg.DagsterInstance.ephemeral() as instance:
        job = dg.define_asset_job("sync").resolve(
            asset_graph=dg.Definitions().resolve_asset_graph()
        )
        for tags, expected in (
            ({}, None),
            ({keys.SYNC_TAG: began.isoformat()}, began),
            ({keys.LAYER_TAG: "comparison with Zendesk"}, began),
            ({keys.LAYER_TAG: keys.TO_HUB}, began),
            ({keys.LAYER_TAG: keys.TO_TABLES}, None),
        ):
            instance.create_run_for_job(job, tags={keys.SOURCE_TAG: "acme", **tags})
            assert sync_times(instance, "acme").began == expected, tags
