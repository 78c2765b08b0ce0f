"""A first complete sync proves what it has brought: once, with few requests, and not again."""

import json
import os
import signal
import subprocess
import sys

import duckdb
import pytest

from zendesk_assets.cli.project import open_instance
from zendesk_assets.orchestration import keys
from zendesk_assets_tests.cli.conftest import WEEKLY
from zendesk_assets_tests.waiting import wait_until

pytestmark = pytest.mark.slow(seconds=15)
SCHEMA = "zendesk_test"
NAMES = ["tickets", "groups", "organizations"]


@pytest.fixture
def sources(account, write_sources):
    write_sources(account, collections={"include": NAMES}, reconcile_cron=WEEKLY)


def counted(account):
    """Return how many requests only a comparison sends, and forget all."""
    only = [each for each in account.requests if "show_many" in each.path or "count" in each.path]
    account.requests.clear()
    return len(only)


def test_the_first_complete_sync_compares_each_table_and_the_next_ones_do_not(
    account, run, sources, tmp_path
):
    first = run("sync")
    assert first.code == 0, first.output
    assert "comparing 3 tables with Zendesk, once" in first.output
    assert "0 differ, 0 ids missing. It took " in first.output
    assert 0 < counted(account) <= 10

    with open_instance() as instance:
        for name in NAMES:
            key = keys.reconciliation_key(SCHEMA, name)
            (found,) = instance.event_log_storage.get_asset_check_execution_history(key, limit=1)
            assert found.event.dagster_event.asset_check_evaluation_data.passed

    again = run("sync", "--refetch")
    assert again.code == 0
    assert run("sync").code == 0
    assert counted(account) == 0

    account.requests.clear()
    said = run("certificate", "--html", "proof.html")
    assert said.code == 0
    assert "tickets here (fetched from " in said.output
    assert "0 differ" in (tmp_path / "proof.html").read_text()
    tables = json.loads(run("certificate", "--json").output)[0]["tables"]
    assert {each["collection"] for each in tables} == set(NAMES)
    assert "3 tables compared with Zendesk" in " ".join(run("status").output.split())
    assert account.requests == []


def test_a_sync_of_a_part_or_with_the_comparison_switched_off_compares_nothing(
    account, run, write_sources, sources
):
    assert run("sync", "--collection", "groups").code == 0
    assert run("sync", "--hub-only").code == 0
    write_sources(account, collections={"include": NAMES}, reconcile_cron="off")
    assert run("sync").code == 0
    assert counted(account) == 0
    assert "Not compared with Zendesk yet" in run("certificate").output


def test_a_table_that_is_added_later_is_compared_alone(account, run, write_sources):
    write_sources(account, collections={"include": ["groups"]}, reconcile_cron=WEEKLY)
    assert run("sync").code == 0
    write_sources(account, collections={"include": NAMES}, reconcile_cron=WEEKLY)
    added = run("sync")
    assert added.code == 0
    assert "comparing 2 tables with Zendesk" in added.output


def test_a_difference_is_said_and_a_repair_mends_the_certificate(account, run, sources, tmp_path):
    assert run("sync").code == 0
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as database:
        database.execute(f"delete from {SCHEMA}.groups")
    assert run("reconcile", "--collection", "groups").code == 1
    found = " ".join(run("status").output.split())
    assert "Differing: groups; `zendesk-assets reconcile --repair` mends them." in found

    assert run("reconcile", "--collection", "groups", "--repair").code == 0
    found = " ".join(run("status").output.split())
    assert "0 differ, 0 ids missing" in found
    assert "repaired on" in run("certificate").output


def test_a_comparison_of_some_days_is_no_certificate_of_the_table(account, run, sources):
    assert run("sync").code == 0
    before = run("certificate", "--json").output
    assert run("reconcile", "--from", "2020-01-01", "--to", "2020-02-01").code == 0
    assert run("certificate", "--json").output == before


def test_who_ends_a_sync_while_it_compares_has_ended_it(account, sources, tmp_path):
    command = [sys.executable, "-m", "zendesk_assets.cli.app", "sync"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    account.faults.add("slow", path="/show_many", seconds=40, times=1)
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout:
            if "comparing" in line:
                break
        is_at_it = lambda: any("show_many" in each.path for each in account.requests)  # noqa: E731
        wait_until(is_at_it, 60, "the comparison asks Zendesk")
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
    assert process.returncode == 128 + signal.SIGTERM
    assert "Stopped." in rest
    assert "Everything is up to date" not in rest
