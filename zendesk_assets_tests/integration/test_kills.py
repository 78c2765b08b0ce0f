"""kill -9 in the middle of a walk, under a real daemon: it continues, and nothing is lost.

Few and dear; kills at every moment, of processes without Dagster, are in `soak`.
"""

import time
from datetime import UTC, datetime, timedelta

import psutil
import pytest
import yaml

from zendesk_assets.simulator import Simulator
from zendesk_assets.spec import Window, months_in
from zendesk_assets_tests.account import SCHEMA, source_settings
from zendesk_assets_tests.comparison import differences
from zendesk_assets_tests.dagster_dev import DagsterDev

DAYS = 40
EVENTS = f"{SCHEMA}/hub/ticket_events"
TABLES = ["ticket_events", "attachments"]
SENSORS = (f"{SCHEMA}_source_sync", f"{SCHEMA}_warehouse_sync")
LIVING = {"QUEUED", "NOT_STARTED", "STARTING", "STARTED", "CANCELING"}


@pytest.fixture
def account():
    with Simulator(tickets=2_000, history_days=DAYS) as simulator:
        answer_slowly(simulator, seconds=1.5)  # so that a kill meets a page on its way
        yield simulator


@pytest.fixture
def server(tmp_path, account):
    start = (datetime.now(UTC) - timedelta(days=DAYS)).date()
    settings = source_settings(
        account,
        history_start=start,
        months_per_run=100,
        settle_minutes=2,
        collections={"include": TABLES},
    )
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump({"sources": [settings]}))
    server = DagsterDev(tmp_path, overrides={"run_monitoring": {"poll_interval_seconds": 3}})
    yield server
    server.kill()


def every_month():
    now = datetime.now(UTC)
    return months_in(Window(now - timedelta(days=DAYS), now))


def answer_slowly(account, seconds):
    """Let each page of events take that long from now on."""
    account.faults.clear()
    account.faults.add("slow", path="/incremental/ticket_events", times=None, seconds=seconds)


def event_requests(account):
    return [each for each in list(account.requests) if "/ticket_events" in each.path]


def wait_for_pages(server, account, more):
    """Return when `more` pages have been asked for, and the next one is on its way."""
    wanted = len(event_requests(account)) + more
    server.wait_until(lambda: len(event_requests(account)) >= wanted, 240, f"{wanted} pages")
    time.sleep(0.5)


@pytest.mark.long
@pytest.mark.slow(seconds=180)
def test_a_walk_whose_worker_daemon_or_whole_machine_is_killed_is_continued(
    server, account, tmp_path
):
    server.keep_off(*SENSORS)
    with server:
        tables = [f"{SCHEMA}/{name}" for name in TABLES]
        server.launch_backfill([EVENTS, *tables], every_month())
        wait_for_pages(server, account, 3)
        for worker in server.run_workers():
            psutil.Process(worker).kill()

        # The walk must not end before its machine does, however long that takes.
        wait_for_pages(server, account, 2)
        answer_slowly(account, seconds=25)
        wait_for_pages(server, account, 1)
        for process in server.processes():
            if "dagster._daemon" in " ".join(process.cmdline()):
                process.kill()
        # dagster dev ends when its daemon has died; what started it starts it again.
        server.wait_until(server.has_ended, 120, "dagster dev has ended")
        assert server.run_workers(), "the walk had ended"
        server.kill()
        answer_slowly(account, seconds=1.5)
        server.start()

        def is_loaded():
            known = server.materialized_partitions(f"{SCHEMA}/ticket_events")
            return set(every_month()) <= known

        server.wait_until(is_loaded, 400, "every month is in the table")
        server.wait_until(lambda: not server.runs(statuses=LIVING), 120, "no run is left over")
        walks = [run for run in server.runs(statuses=["SUCCESS"]) if EVENTS in run["assets"]]

    assert max(int(run["tags"].get("dagster/retry_number", 0)) for run in walks) == 2
    assert differences(tmp_path / "warehouse.duckdb", SCHEMA, account, TABLES) == []
    asked = [each.query["start_time"] for each in event_requests(account)]
    assert len(asked) - len(set(asked)) <= 2  # one page again for each kill
