"""A replay by Dagster's own launcher: a process for each large table, all on one hub."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import yaml

from zendesk_assets.cli.project import write_dagster_yaml
from zendesk_assets.simulator import Simulator
from zendesk_assets_tests.account import SCHEMA, source_settings
from zendesk_assets_tests.comparison import differences
from zendesk_assets_tests.dagster_dev import DagsterDev
from zendesk_assets_tests.postgres import as_url, database, new_database

pytestmark = pytest.mark.slow(seconds=60)
COMMAND = str(Path(sys.executable).with_name("zendesk-assets"))
TABLES = ["tickets", "ticket_events", "users", "groups"]
SENSORS = [f"{SCHEMA}_{name}" for name in ("source_sync", "warehouse_sync", "reconcile")]
REPLAY = ("sync", "--warehouse-only", "--replay")


@pytest.fixture(scope="module")
def account():
    with Simulator(tickets=60, history_days=3) as simulator:
        yield simulator


@pytest.fixture
def url():
    with database() as server, new_database(server) as url:
        yield as_url(url)


def settings(account, url, folder):
    """What a sources file has for a hub in a folder and tables in PostgreSQL."""
    start = (datetime.now(UTC) - timedelta(days=4)).date()
    chosen = {"include": TABLES}
    return {
        "warehouse": {"type": "postgres", "url": url},
        "hub": {"path": str(folder / "hub")},
        "sources": [
            source_settings(account, history_start=start, collections=chosen, analysis=True)
        ],
    }


def command(folder, *arguments):
    """Start the command in a folder, as another process."""
    return subprocess.Popen(
        [COMMAND, *arguments],
        cwd=folder,
        env={**os.environ, "ZENDESK_ASSETS_STATE": str(folder / "state")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process):
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 0, output
    return output


def empty(url):
    """Remove all rows, and what was loaded."""
    with psycopg.connect(url) as connection:
        for name in TABLES:
            connection.execute(f"TRUNCATE {SCHEMA}.{name}")


@pytest.mark.long
def test_the_launcher_has_a_process_for_each_table_and_the_views_follow_once(
    account, url, tmp_path
):
    content = yaml.safe_dump(settings(account, url, tmp_path))
    (tmp_path / "sources.yaml").write_text(content)
    server = DagsterDev(tmp_path)
    server.keep_off(*SENSORS)
    finish(command(tmp_path, "sync"))
    empty(url)
    account.requests.clear()
    said = finish(command(tmp_path, *REPLAY, "--launch"))
    assert "2 runs will load" in said
    assert "none is running" in said
    with server:
        step = {f"{SCHEMA}__plan_replay": {"config": {"together": 1}}}
        server.launch_job(f"{SCHEMA}_replay_job", {"ops": step})
        server.wait_until(lambda: len(loads(server)) == 6, 180, "all tables were loaded")
        (views,) = server.wait_until(lambda: refreshes(server), 120, "the views follow")
        loaded = loads(server)

    alone = [each["assets"] for each in loaded if len(each["assets"]) == 1]
    assert sorted(alone) == sorted([f"{SCHEMA}/{name}"] for name in TABLES)
    assert views["startTime"] > max(each["endTime"] for each in loaded)
    page = tmp_path / "reports" / f"{SCHEMA}.html"
    assert page.stat().st_mtime > views["startTime"]
    assert differences(url, SCHEMA, account, TABLES) == []
    assert [each for each in account.requests if each.path.startswith("/api/v2/")] == []


def loads(server):
    """Return the runs that have loaded tables."""
    ended = server.runs(statuses=["SUCCESS"])
    return [each for each in ended if "/" in each["tags"].get("dagster/run_key", "")]


def refreshes(server):
    """Return the runs that have refreshed views."""
    return server.runs(tags={"zendesk/layer": "views and report"}, statuses=["SUCCESS"])


@pytest.mark.long
def test_two_machines_replay_tables_of_one_hub_at_the_same_time(account, url, tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
        content = yaml.safe_dump(settings(account, url, tmp_path))
        (folder / "sources.yaml").write_text(content)
        write_dagster_yaml(folder)
    finish(command(here, "sync"))
    empty(url)

    both = [
        command(here, *REPLAY, "--collection", "ticket_events", "--collection", "users"),
        command(there, *REPLAY),
    ]

    for each in both:
        finish(each)
    assert differences(url, SCHEMA, account, TABLES) == []
