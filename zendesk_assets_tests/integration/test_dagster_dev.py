"""A real `dagster dev` in a folder of its own: it comes up, does what is asked, and is gone."""

from datetime import UTC, datetime, timedelta

import duckdb
import psutil
import pytest
import yaml

from zendesk_assets.simulator import Simulator
from zendesk_assets.spec import Window, months_in
from zendesk_assets_tests.account import SCHEMA, source_settings
from zendesk_assets_tests.dagster_dev import DagsterDev

SENSORS = (f"{SCHEMA}_source_sync", f"{SCHEMA}_warehouse_sync")
# Yesterday as well: in the first hours of a month, it has no ticket yet.
YESTERDAY = datetime.now(UTC) - timedelta(days=1)
MONTHS = list(months_in(Window(YESTERDAY, datetime.now(UTC))))


@pytest.fixture(scope="module")
def account():
    with Simulator(tickets=30, history_days=3) as simulator:
        yield simulator


@pytest.fixture
def server(account, tmp_path):
    settings = source_settings(account, history_start=YESTERDAY.date())
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump({"sources": [settings]}))
    server = DagsterDev(tmp_path, overrides={"run_monitoring": {"poll_interval_seconds": 5}})
    yield server
    server.kill()


def lives(process):
    """Whether a process is more than an entry that nobody has collected yet."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.long
@pytest.mark.slow(seconds=20)
def test_a_backfill_asked_for_before_a_kill_is_carried_out_after_it(server):
    hub, table = f"{SCHEMA}/hub/tickets", f"{SCHEMA}/tickets"
    server.keep_off(*SENSORS)
    server.start()
    assert [server.sensor_running(name) for name in SENSORS] == [False, False]
    backfill = server.launch_backfill([hub, table], MONTHS)
    living = server.processes()
    server.kill()

    assert living
    assert [each for each in living if lives(each)] == []
    with server:
        assert [each["id"] for each in server.backfills()] == [backfill]
        server.wait_until(server.run_workers, 60, "a worker executes the run")
        server.wait_until(lambda: server.runs(statuses=["SUCCESS"]), 60, "the run succeeds")
        (run,) = server.runs(tags={"dagster/backfill": backfill})
        assert run["tags"]["dagster/asset_partition_range_start"] == MONTHS[0]
        assert server.materialized_partitions(hub) == {*MONTHS}
        assert server.materialized_partitions(table) == {*MONTHS}
    assert rows(server.folder) > 0


@pytest.mark.long
@pytest.mark.slow(seconds=20)
def test_a_sensor_that_is_switched_on_ticks_and_a_stop_leaves_no_process(server):
    server.keep_off(*SENSORS)
    with server:
        server.set_sensor(SENSORS[0], running=True)
        assert server.sensor_running(SENSORS[0])
        assert not server.sensor_running(SENSORS[1])
        server.wait_until(server.runs, 60, "the source sync starts runs")
        server.set_sensor(SENSORS[0], running=False)
        assert not server.sensor_running(SENSORS[0])
        living = server.processes()
    assert living
    assert [each for each in living if lives(each)] == []


def rows(folder):
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(f"select count(*) from {SCHEMA}.tickets").fetchone()[0]
