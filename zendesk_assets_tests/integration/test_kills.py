"""kill -9 in the middle of a walk, under a real daemon: it continues, and nothing is lost."""

import time
from datetime import UTC, datetime, timedelta

import psutil
import pytest
import yaml

from zendesk_assets.simulator import Simulator
from zendesk_assets_tests.account import SCHEMA, source_settings
from zendesk_assets_tests.comparison import differences
from zendesk_assets_tests.dagster_dev import DagsterDev
from zendesk_assets_tests.dagster_graphql import days

DAYS = 40
EVENTS = f"{SCHEMA}/hub/ticket_events"
SENSORS = [f"{SCHEMA}_source_sync", f"{SCHEMA}_warehouse_sync"]
DONE = {"SUCCESS", "FAILURE", "CANCELED"}
LIVING = {"QUEUED", "NOT_STARTED", "STARTING", "STARTED", "CANCELING"}


@pytest.fixture
def account():
    with Simulator(tickets=2_000, history_days=DAYS) as simulator:
        # So that a kill meets a page on its way.
        simulator.faults.add("slow", path="/incremental/ticket_events", times=None, seconds=1.5)
        yield simulator


@pytest.fixture
def server(tmp_path, account):
    start = (datetime.now(UTC) - timedelta(days=DAYS)).date()
    settings = source_settings(
        account,
        history_start=start,
        initial_history_days=DAYS + 1,
        days_per_run=100,
        settle_minutes=2,
        collections={"include": ["ticket_events", "attachments", "groups"]},
    )
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump({"sources": [settings]}))
    server = DagsterDev(tmp_path, overrides={"run_monitoring": {"poll_interval_seconds": 3}})
    yield server
    server.kill()


def every_day():
    today = datetime.now(UTC).date()
    return days((today - timedelta(days=DAYS)).isoformat(), today.isoformat())


def event_requests(account):
    return [each for each in list(account.requests) if "/ticket_events" in each.path]


def wait_for_pages(server, account, more):
    """Return when `more` pages have been asked for, and the next one is on its way."""
    wanted = len(event_requests(account)) + more
    server.wait_until(lambda: len(event_requests(account)) >= wanted, 120, f"{wanted} pages")
    time.sleep(0.5)


def only_run(server, *, retries):
    """Return the newest run when it is the retry that it should be, and over."""

    def look():
        newest = server.runs()[0]
        number = int(newest["tags"].get("dagster/retry_number", 0))
        return newest if number == retries and newest["status"] in DONE else None

    return server.wait_until(look, 180, f"retry {retries} is over")


@pytest.mark.slow
def test_a_walk_whose_worker_or_whole_machine_is_killed_is_continued(server, account, tmp_path):
    server.keep_off(*SENSORS)
    tables = [f"{SCHEMA}/ticket_events", f"{SCHEMA}/attachments"]
    with server:
        server.launch_backfill([EVENTS, *tables], every_day())
        wait_for_pages(server, account, 3)
        (worker,) = server.run_workers()
        psutil.Process(worker).kill()

        wait_for_pages(server, account, 3)
        server.kill()
        server.start()
        last = only_run(server, retries=2)

    assert last["status"] == "SUCCESS"
    assert last["tags"]["dagster/asset_partition_range_start"] == every_day()[0]
    found = differences(
        tmp_path / "warehouse.duckdb", SCHEMA, account, ["ticket_events", "attachments"]
    )
    assert found == []
    asked = [each.query["start_time"] for each in event_requests(account)]
    assert len(asked) - len(set(asked)) <= 2  # one page again for each kill


@pytest.mark.slow
def test_a_daemon_that_is_killed_goes_on_where_it_was(server, account, tmp_path):
    tables = ["ticket_events", "attachments", "groups"]
    with server:
        wait_for_pages(server, account, 2)
        for process in server.processes():
            if "dagster._daemon" in " ".join(process.cmdline()):
                process.kill()
        # dagster dev ends when its daemon has died; what started it starts it again.
        server.wait_until(server.has_ended, 60, "dagster dev has ended")
        server.kill()
        server.start()

        def is_loaded():
            known = server.materialized_partitions(f"{SCHEMA}/ticket_events")
            return set(every_day()) <= known

        server.wait_until(is_loaded, 240, "every day is in the table")
        server.wait_until(lambda: not server.runs(statuses=LIVING), 60, "no run is left over")

    assert differences(tmp_path / "warehouse.duckdb", SCHEMA, account, tables) == []
