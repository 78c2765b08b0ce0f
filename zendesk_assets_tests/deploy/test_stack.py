"""What compose.yaml starts works together: on PostgreSQL, by schedule, after a lost container."""

import json
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import yaml

from zendesk_assets.catalog import declared
from zendesk_assets.simulator import Simulator
from zendesk_assets_tests.account import SCHEMA, source_settings
from zendesk_assets_tests.comparison import differences
from zendesk_assets_tests.deploy.files import DEPLOY
from zendesk_assets_tests.deploy.stack import Stack
from zendesk_assets_tests.object_store import BUCKET, object_store
from zendesk_assets_tests.postgres import as_url, database, new_database

pytestmark = [pytest.mark.slow(seconds=200), pytest.mark.long]
SERVICES = ("code-location", "webserver", "daemon")
HUB, TABLE = f"{SCHEMA}/hub/tickets", f"{SCHEMA}/tickets"
TABLES_BY_MONTH = [
    f"{SCHEMA}/{name}"
    for name in declared().by_default
    if declared().stream_of(declared().collections[name]).partitioned
]
SENSORS = (f"{SCHEMA}_source_sync", f"{SCHEMA}_warehouse_sync")
UNFINISHED = ["QUEUED", "NOT_STARTED", "STARTING", "STARTED", "CANCELING"]


@pytest.fixture
def account():
    with Simulator(tickets=40, history_days=2) as simulator:
        yield simulator


@pytest.fixture
def addresses():
    """Empty databases for Dagster, for the tables and for a lake's catalog, on one server."""
    with database() as server, ExitStack() as stack:
        names = ("dagster", "warehouse", "lake")
        yield {name: as_url(stack.enter_context(new_database(server))) for name in names}


@pytest.fixture
def stack(tmp_path, account, addresses):
    with Stack(tmp_path, addresses, {"ZENDESK_SECRET": account.token}) as stack:
        (stack.folder / "config" / "sources.yaml").write_text(sources_file(account, tmp_path))
        yield stack


def sources_file(account, folder):
    """The example for this deployment, but for a hub in a folder and a token of the simulator."""
    source = source_settings(account, history_start=datetime.now(UTC).date() - timedelta(days=3))
    source["auth"] = {"type": "bearer", "token": {"env": "ZENDESK_SECRET"}}
    content = {
        "warehouse": {"type": "postgres", "url": {"env": "WAREHOUSE_URL"}},
        "hub": {"path": str(folder / "hub")},
        "tokens": {"type": "postgres", "url": {"env": "DAGSTER_POSTGRES_URL"}},
        "sources": [source],
    }
    return yaml.safe_dump(content)


def test_the_services_sync_by_their_schedules_and_go_on_after_a_lost_code_location(
    stack, account, addresses
):
    stack.run("migrate")
    for name in SERVICES:
        stack.start(name)
    stack.wait_until(lambda: is_loaded(stack), 120, "the code location is loaded")
    for name in SERVICES:
        stack.wait_until(lambda name=name: stack.is_healthy(name), 120, f"{name} is healthy")

    def all_is_synced():
        months = [stack.materialized_partitions(table) for table in TABLES_BY_MONTH]
        return all(months) and not stack.runs(statuses=UNFINISHED)

    stack.wait_until(all_is_synced, 240, "both schedules have done their first sync")
    asked = {run["tags"].get("dagster/sensor_name") for run in stack.runs()}
    assert asked >= set(SENSORS), asked
    assert differences(addresses["warehouse"], SCHEMA, account) == []
    shown = {run["runId"] for run in stack.runs()}
    assert shown
    assert shown == recorded_runs(addresses["dagster"])
    assert list(stack.folder.rglob("*.db")) == []  # SQLite's

    stack.run("code-location", ["zendesk-assets", "sync"])
    assert len(recorded_runs(addresses["dagster"])) > len(shown)
    status = json.loads(stack.run("code-location", ["zendesk-assets", "status", "--json"]))
    assert {each["collection"]: each["rows"] for each in status}["tickets"] == 40

    account.faults.add("slow", path="/incremental/tickets", seconds=120, times=1)
    backfill = stack.launch_backfill([HUB, TABLE], [f"{datetime.now(UTC):%Y-%m}"])
    tags = {"dagster/backfill": backfill}
    stack.wait_until(lambda: stack.runs(tags=tags, statuses=["STARTED"]), 120, "the run starts")
    stack.wait_until(lambda: account.faults.rules[0].struck, 60, "it waits for the account")
    stack.kill("code-location")
    stack.start("code-location")

    def run_again():
        return stack.runs(tags=tags, statuses=["SUCCESS"])

    (again,) = stack.wait_until(run_again, 180, "the run is tried again, and succeeds")
    assert "dagster/parent_run_id" in again["tags"]
    assert differences(addresses["warehouse"], SCHEMA, account) == []
    stack.wait_until(lambda: has_succeeded(stack, backfill), 90, "the backfill outlives it")


def test_the_code_location_fills_a_lake_and_installs_nothing(
    tmp_path, account, addresses, monkeypatch
):
    with object_store(monkeypatch) as store:
        secrets = {"ZENDESK_SECRET": account.token, **store.environment}
        content = yaml.safe_load(sources_file(account, tmp_path))
        example = yaml.safe_load((DEPLOY / "config" / "sources.lake.example.yaml").read_text())
        content["warehouse"] = {**example["warehouse"], "data": f"s3://{BUCKET}/tables"}
        content["hub"] = {"path": f"s3://{BUCKET}/hub"}
        content["sources"][0]["collections"] = {"include": ["groups", "tickets"]}
        with Stack(tmp_path, addresses, secrets) as stack:
            (stack.folder / "config" / "sources.yaml").write_text(yaml.safe_dump(content))
            stack.run("migrate")
            stack.run("code-location", ["zendesk-assets", "sync"], seconds=400)
            query = f"select count(*) as n from {SCHEMA}.tickets"
            answer = stack.run("code-location", ["zendesk-assets", "query", query, "--json"])
        assert json.loads(answer) == [{"n": 40}]
        assert any(
            name.startswith("tables/") and name.endswith(".parquet") for name in store.names()
        )
        # DuckDB's own place for extensions, in the home of the image's user.
        assert not (tmp_path / ".duckdb").exists()


def is_loaded(stack):
    """Whether the code location is there; until it serves, the webserver shows an error instead."""
    try:
        return stack.location_is_loaded()
    except AssertionError:
        return False


def has_succeeded(stack, backfill):
    """Whether a backfill has ended well."""
    return {each["id"]: each["status"] for each in stack.backfills()}[backfill] == (
        "COMPLETED_SUCCESS"
    )


def recorded_runs(address):
    """The ids of the runs that Dagster's tables in PostgreSQL have."""
    with psycopg.connect(address) as connection:
        return {row[0] for row in connection.execute("SELECT run_id FROM runs").fetchall()}
