"""The commands do what their help says."""

import json
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from dagster._core.launcher import WorkerStatus

from zendesk_assets.cli.project import open_instance, write_dagster_yaml


def test_sync_fills_the_tables_and_status_says_so(run, write_sources, account, tmp_path):
    write_sources(account)
    synced = run("sync")
    assert (synced.code, "All is up to date" in synced.output) == (0, True), synced.output

    rows = {row["collection"]: row for row in json.loads(run("status", "--json").output)}
    assert rows["tickets"]["rows"] == len(account.expected("tickets"))
    assert rows["tickets"]["batches_to_load"] == 0
    assert rows["tickets"]["lag_minutes"] < 60
    assert len(rows) == 8

    table = run("status").output
    assert "satisfaction_ratings" in table
    assert max(map(len, table.splitlines())) <= 100


def test_secrets_may_be_in_a_dotenv_file(run, write_sources, account, tmp_path, monkeypatch):
    monkeypatch.delenv("TEST_DOTENV_TOKEN", raising=False)
    (tmp_path / ".env").write_text(f"TEST_DOTENV_TOKEN={account.token}\n")
    write_sources(account, auth={"type": "bearer", "token": {"env": "TEST_DOTENV_TOKEN"}})

    assert run("check").code == 0
    monkeypatch.setenv("TEST_DOTENV_TOKEN", "")


def test_sync_can_do_one_layer_and_one_collection(run, write_sources, account, tmp_path):
    write_sources(account)
    assert run("sync", "--hub-only", "--collection", "groups").code == 0
    assert not (tmp_path / "warehouse.duckdb").exists()
    account.requests.clear()

    assert run("sync", "--warehouse-only", "--collection", "groups").code == 0
    assert account.requests == []
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        (count,) = connection.execute("select count(*) from zendesk_test.groups").fetchone()
    assert count == len(account.expected("groups"))


def test_sync_of_a_span_touches_only_its_days(run, write_sources, account):
    write_sources(account)
    oldest = min(row["created_at"] for row in account.expected("tickets"))[:10]
    assert run("sync", "--from", "2000-01-01", "--to", oldest).code == 0
    assert [request.path.rsplit("/", 1)[-1] for request in account.requests] == [
        "ticket_events",
        "cursor",
    ]

    account.requests.clear()
    assert run("sync", "--from", "2000-01-01", "--to", oldest).code == 0
    assert account.requests == []


@pytest.mark.slow
def test_the_run_of_a_killed_sync_is_found_dead(run, write_sources, account, tmp_path):
    write_sources(account)
    write_dagster_yaml(tmp_path)
    account.faults.add("slow", path="/groups", seconds=30)
    command = [str(Path(sys.executable).with_name("zendesk-assets")), "sync", "--hub-only"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
    wait_for(lambda: any("/groups" in request.path for request in account.requests))

    with open_instance() as instance:
        (running,) = instance.get_runs()
        launcher = instance.run_launcher
        assert launcher.check_run_worker_health(running).status is WorkerStatus.RUNNING
        process.kill()
        process.wait()
        assert launcher.check_run_worker_health(running).status is WorkerStatus.FAILED


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_check_shows_who_we_are_and_what_can_be_read(run, write_sources, account):
    account.make_unavailable("satisfaction_ratings", "role")
    write_sources(account)
    checked = run("check")

    assert checked.code == 1
    assert "connected as" in checked.output
    assert "admin" in checked.output
    lines = {line.split()[0]: line for line in checked.output.splitlines() if line.strip()}
    assert " yes" in lines["tickets"]
    assert " no " in lines["satisfaction_ratings"]
    assert len(account.requests) == 7


def test_every_command_has_help_with_an_example(run):
    listed = run("--help").output
    for command in ("demo", "check", "sync", "status", "simulate"):
        assert command in listed
        assert f"Example: zendesk-assets {command}" in run(command, "--help").output
