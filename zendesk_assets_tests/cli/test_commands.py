"""The commands do what their help says."""

import json
import re
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from dagster._core.launcher import WorkerStatus

from zendesk_assets.catalog import declared
from zendesk_assets.cli.project import open_instance, write_dagster_yaml


def test_sync_fills_the_tables_and_status_says_so(run, write_sources, account, tmp_path):
    write_sources(account, analysis=True)
    synced = run("sync")
    assert (synced.code, "Everything is up to date" in synced.output) == (0, True), synced.output
    assert "reconciliation" not in synced.output  # it has nothing to do here, and says nothing
    assert is_plain(synced.output)

    rows = {row["collection"]: row for row in json.loads(run("status", "--json").output)}
    assert rows["tickets"]["rows"] == len(account.expected("tickets"))
    assert rows["tickets"]["batches_to_load"] == 0
    assert rows["tickets"]["lag_minutes"] < 60
    assert len(rows) == 9
    exports = [each for each in account.requests if "/incremental/" in each.path]
    assert rows["tickets"]["requests"] == sum("/cursor" in each.path for each in exports)
    assert rows["tickets"]["seconds_waited"] == 0
    assert rows["tickets"]["budget_used"] == pytest.approx(len(exports) / 1000)
    assert rows["groups"]["budget_used"] == pytest.approx(len(account.requests) / 100_000)

    table = run("status").output
    assert "satisfaction_ratings" in table
    assert max(map(len, table.splitlines())) <= 100


def test_status_counts_what_the_last_sync_has_changed_however_soon_it_came(
    run, write_sources, account
):
    write_sources(account, collections={"include": ["groups", "tickets"]})
    assert run("sync").code == 0
    ticket = account.expected("tickets")[-1]["id"]
    account.account.update_ticket(ticket, priority="urgent")
    account.clock.advance(timedelta(minutes=3))  # exports hold back the last minute
    assert run("sync").code == 0
    rows = {row["collection"]: row for row in json.loads(run("status", "--json").output)}
    assert {name: row["changed"] for name, row in rows.items()} == {"groups": 0, "tickets": 1}
    assert ": 1 changed row in 1 table." in run("status").output


def test_a_list_that_was_read_a_moment_ago_says_when_it_is_due_and_how_to_read_it_now(
    run, write_sources, account, within_a_day
):
    write_sources(account, collections={"include": ["tags"]})
    run("sync", "--hub-only")
    again = run("sync", "--hub-only").output
    due = re.search(
        r"hub\.tags: not due until (\d{4}-\d\d-\d\d \d\d:\d\d) UTC; --refetch reads it now\.",
        again,
    )
    left = datetime.strptime(due[1], "%Y-%m-%d %H:%M").replace(tzinfo=UTC) - datetime.now(UTC)
    assert timedelta(0) < left <= declared().streams["tags"].cadence
    refetched = run("sync", "--hub-only", "--refetch").output
    assert "not due" not in refetched
    assert "1 page, 1 request" in refetched


def is_plain(output):
    """Whether each line is a time and a sentence of an asset, one as it begins, one as it ends."""
    assert "\x1b" not in output
    timed = [
        re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (.*)", each) for each in output.splitlines()
    ]
    lines = [each[1] for each in timed[:-1]]
    assert all(re.match(r"(✓ )?zendesk_test\.[a-z_.]+: \S.*", each) for each in lines), output
    names = Counter(re.match(r"(?:✓ )?([a-z_.]+)", each)[1] for each in lines)
    checks = {name: count for name, count in names.items() if name.endswith(".checks")}
    views = [name for name in names if ".analysis" in name or name.endswith(".nested_views")]
    moments = {*checks, *views}
    assert (len(checks), len(names)) == (9, 9 + 7 + 9 + 3)
    assert all(count == (1 if name in moments else 2) for name, count in names.items()), output
    return True


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


def test_a_collection_that_no_source_includes_is_not_synced_and_said_so(
    run, write_sources, account
):
    write_sources(account, collections={"include": ["groups"]})
    for name in ("ticket_events", "ticket_fields"):
        outcome = run("sync", "--collection", name)
        assert outcome.code == 1
        assert f"No source syncs {name}: add it to `collections`" in outcome.output
    assert account.requests == []


def test_sync_of_a_span_touches_only_its_days(run, write_sources, account):
    write_sources(account)
    oldest = min(row["created_at"] for row in account.expected("tickets"))[:10]
    assert run("sync", "--from", "2000-01-01", "--to", oldest).code == 0
    asked = [request.path.rsplit("/", 1)[-1] for request in account.requests]
    assert sorted(asked) == ["cursor", "groups", "ticket_events"]  # groups: whose account it is

    account.requests.clear()
    assert run("sync", "--from", "2000-01-01", "--to", oldest).code == 0
    assert account.requests == []


@pytest.mark.long
@pytest.mark.slow
def test_the_run_of_a_killed_sync_is_found_dead(run, write_sources, account, tmp_path):
    write_sources(account, collections={"include": ["groups"]})
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


HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); input()"


@pytest.mark.slow
def test_a_sync_that_was_killed_while_loading_does_not_block_the_next(
    run, write_sources, account, tmp_path
):
    write_sources(account, collections={"include": ["groups"]})
    write_dagster_yaml(tmp_path)
    python, database = sys.executable, str(tmp_path / "warehouse.duckdb")
    command = [str(Path(python).with_name("zendesk-assets")), "sync", "--collection", "groups"]
    with subprocess.Popen(
        [python, "-c", HOLD, database], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline().strip() == b"held"
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
        with open_instance() as instance:
            wait_for(instance.event_log_storage.get_concurrency_keys)
            (pool,) = instance.event_log_storage.get_concurrency_keys()
            taken = instance.event_log_storage.get_concurrency_info
            wait_for(lambda: taken(pool).active_slot_count == 1)
        process.kill()
        process.wait()
        holder.communicate(b"\n")

    again = subprocess.run(
        command, cwd=tmp_path, timeout=60, check=False, capture_output=True, text=True
    )
    assert (again.returncode, "Everything is up to date" in again.stdout) == (0, True), again.stdout


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_check_shows_who_we_are_and_what_can_be_read(run, write_sources, account):
    account.make_unavailable("activities", "role")
    write_sources(account)
    checked = run("check")

    assert checked.code == 1
    assert "connected as" in checked.output
    assert "admin" in checked.output
    others = len(declared().areas["ticketing"]) - 7
    assert f"✗ ticketing: 6 of 7 tables can be read ({others} more left out)" in checked.output
    assert "  ✗ activities: forbidden, refused to an admin" in checked.output
    off = len(declared().on_request & declared().areas.keys())
    # What articles have is judged by the lists of articles: two brands, and where they are.
    assert len(account.requests) == 10 + (off - 1) + 3


def leave_an_abandoned_batch(folder, hours_old, name="aaaaaaaa"):
    """Write what a kill in the middle of a page leaves: a part, a torn manifest, no commit."""
    landed = (datetime.now(UTC) - timedelta(hours=hours_old)).strftime("%Y%m%dT%H%M%SZ")
    batch = folder / "hub/zendesk_test/tickets" / landed[:4] / f"{landed}_{landed}_{landed}_{name}"
    batch.mkdir(parents=True)
    (batch / "part-00000.ndjson.zst").write_bytes(b"half a page")
    (batch / ".manifest.json.4711.tmp").write_bytes(b"{")
    return batch


def test_status_names_abandoned_parts_and_hub_clean_removes_them(
    run, write_sources, account, tmp_path
):
    write_sources(account, collections={"include": ["groups", "tickets"]})
    assert run("sync").code == 0
    kept = sorted(tmp_path.glob("hub/**/manifest.json"))
    old = leave_an_abandoned_batch(tmp_path, hours_old=30)
    young = leave_an_abandoned_batch(tmp_path, hours_old=0, name="bbbbbbbb")

    assert "zendesk-assets hub clean" in " ".join(run("status").output.split())
    rows = {row["collection"]: row for row in json.loads(run("status", "--json").output)}
    assert (rows["tickets"]["abandoned"], rows["groups"]["abandoned"]) == (1, 0)

    assert "1 abandoned batch would be removed" in run("hub", "clean", "--dry-run").output
    assert old.exists()
    assert "1 abandoned batch removed" in run("hub", "clean").output
    assert (old.exists(), young.exists()) == (False, True)
    assert sorted(tmp_path.glob("hub/**/manifest.json")) == kept
    assert "hub clean" not in run("status").output
    assert run("sync").code == 0


def test_sync_before_the_history_begins_says_what_to_change(run, write_sources, account):
    write_sources(account, history_start=date(2024, 1, 1))
    outcome = run("sync", "--from", "2019-01-01", "--to", "2020-01-01")

    assert outcome.code == 1
    assert "history_start" in outcome.output
    assert "2024-01-01" in outcome.output
    assert account.requests == []


def test_sync_of_days_that_begin_before_the_history_says_which_are_left_out(
    run, write_sources, account
):
    write_sources(account, collections={"include": ["groups", "tickets"]})
    start = (datetime.now(UTC) - timedelta(days=4)).date()
    outcome = run("sync", "--from", "2019-01-01", "--hub-only")

    assert outcome.code == 0
    assert f"before {start} are left out" in " ".join(outcome.output.split())


def test_sync_of_nothing_is_refused(run, write_sources, account):
    write_sources(account)
    outcome = run("sync", "--from", "2024-02-01", "--to", "2024-01-01")

    assert outcome.code == 1
    assert "--from" in outcome.output


def test_verify_finds_damage_and_repairs_it_through_a_sync(account, run, write_sources, tmp_path):
    write_sources(account, collections={"include": ["organizations"]})
    assert run("sync").code == 0
    assert run("hub", "verify").code == 0
    part = next((tmp_path / "hub").rglob("part-*"))
    part.write_bytes(b"no zstd")

    damaged = run("hub", "verify", "--source", "zendesk_test")
    assert damaged.code == 1
    assert part.parent.name in damaged.output
    assert run("hub", "verify", "--repair").code == 0
    assert run("hub", "verify").code == 0
    assert list((tmp_path / "hub" / "zendesk_test" / "_damaged").rglob("part-*"))
    assert len(list((tmp_path / "hub" / "zendesk_test" / "organizations").rglob("part-*"))) >= 1


def test_prune_removes_only_what_is_old_and_loaded(account, run, write_sources, tmp_path):
    write_sources(account, collections={"include": ["organizations"]})
    assert run("sync", "--hub-only").code == 0
    parts = list((tmp_path / "hub").rglob("part-*"))
    assert "0 batches" in run("hub", "prune", "--older-than", "0d").output
    assert run("sync").code == 0
    assert "0 batches" in run("hub", "prune", "--older-than", "1d").output
    assert "would be removed" in run("hub", "prune", "--older-than", "0d", "--dry-run").output
    assert all(part.exists() for part in parts)

    assert run("hub", "prune", "--older-than", "0d").code == 0
    assert not any(part.exists() for part in parts)
    assert run("hub", "verify").code == 0
    assert run("hub", "prune", "--older-than", "soon").code != 0


def test_a_dropped_table_that_was_fetched_again_is_well_however_often_the_hub_is_pruned(
    account, run, write_sources, tmp_path
):
    names = ("groups", "organizations", "tickets")
    write_sources(account, collections={"include": names})
    assert run("sync").code == 0
    assert run("hub", "prune", "--older-than", "0d").code == 0
    day = str(datetime.now(UTC).date() - timedelta(days=40))
    every_day = ("--from", day, "--to", str(datetime.now(UTC).date() + timedelta(days=1)))
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        for name in names:
            connection.execute(f"DROP TABLE zendesk_test.{name}")
    lacking = run("sync")
    assert (lacking.code, lacking.output.count("removed by `hub prune`") >= len(names)) == (1, True)

    # The others have no days.
    assert run("sync", "--refetch", "--collection", "tickets", *every_day).code == 0
    fetched = run("sync", "--refetch")
    assert (fetched.code, "does not add up" in fetched.output) == (0, False), fetched.output
    for _ in range(2):
        assert (run("status").code, run("sync").code) == (0, 0)
        assert run("hub", "prune", "--older-than", "0d").code == 0
    rows = {row["collection"]: row for row in json.loads(run("status", "--json").output)}
    for name in names:
        assert rows[name]["rows"] == len(account.expected(name)) > 0
        assert rows[name]["batches_to_load"] == 0


def test_status_names_what_zendesk_refuses_and_says_so_for_machines(run, write_sources, account):
    account.make_unavailable("activities", "not_found")
    write_sources(account, collections={"include": ["groups", "activities"]})
    assert run("sync").code == 1

    shown = run("status").output
    assert "activities has not been available since 20" in shown
    rows = {row["collection"]: row for row in json.loads(run("status", "--json").output)}
    assert "plan" in rows["activities"]["unavailable"]
    assert (rows["groups"]["unavailable"], rows["groups"]["rows"] > 0) == (None, True)


def test_an_account_without_ratings_is_told_of_the_new_surveys(run, write_sources, account):
    write_sources(account, collections={"include": ["satisfaction_ratings"]})
    assert "there are none" not in run("check").output
    account.account.ratings.clear()
    account.account.revision += 1

    checked = run("check")
    assert (checked.code, "! satisfaction_ratings: there are none" in checked.output) == (0, True)
    assert run("sync").code == 0
    assert "survey_responses" in run("status").output
    (row,) = json.loads(run("status", "--json").output)
    assert "survey_responses" in row["hint"]
