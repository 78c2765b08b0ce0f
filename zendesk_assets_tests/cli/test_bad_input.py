"""Whatever is wrong: one sentence that says what to do, exit code not 0, no traceback."""

import errno
import html
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import duckdb
import pytest
import requests
import yaml

from zendesk_assets.cli import lost_runs
from zendesk_assets.cli.project import open_instance
from zendesk_assets.orchestration.failed_syncs import failed_syncs
from zendesk_assets.simulator import Simulator
from zendesk_assets.ui import Serving, build_app
from zendesk_assets_tests import long
from zendesk_assets_tests.account import source_settings

HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); input()"


def is_one_sentence(outcome, words):
    assert outcome.code == 1, outcome.output
    assert words in " ".join(outcome.output.split()), outcome.output
    assert "Traceback" not in outcome.output
    return True


def test_a_missing_sources_file(run):
    assert is_one_sentence(run("sync"), "copy sources.example.yaml to sources.yaml")


def test_a_wrong_sources_file(run, write_sources, account):
    write_sources(account, requests_per_minute="many")
    assert is_one_sentence(run("sync"), "sources[0].requests_per_minute")


def test_a_collection_that_there_is_not(run, write_sources, account):
    write_sources(account, collections={"include": ["tickts"]})
    told = "there is no collection tickts (did you mean tickets?)"
    assert is_one_sentence(
        run("sync"), f"sources[0].collections (in the source zendesk_test): {told}"
    )
    write_sources(account)
    assert is_one_sentence(run("sync", "--collection", "tickts"), "There is no collection tickts")


def test_properties_that_cannot_be_left_out(run, write_sources, account):
    write_sources(account, properties={"tickets": {"exclude": ["id"]}})
    assert is_one_sentence(run("sync"), "id is needed to keep the table right")
    write_sources(account, properties={"tickets": {"hash": ["via"]}})
    assert is_one_sentence(run("sync"), "via is not a text and cannot be hashed")


@pytest.mark.parametrize("command", ["sync", "check"])
def test_bad_credentials(run, write_sources, account, command):
    write_sources(account, auth={"type": "bearer", "token": "wr0ng-t0ken"})
    outcome = run(command)
    assert is_one_sentence(outcome, "check `auth`")
    assert "wr0ng-t0ken" not in outcome.output


def test_a_credential_in_a_variable_that_is_not_set(run, write_sources, account):
    write_sources(account, auth={"type": "bearer", "token": {"env": "TEST_NOT_SET"}})
    assert is_one_sentence(run("sync"), "The environment variable TEST_NOT_SET is not set")


@long.parametrize("command", ["sync", "check"])
def test_an_unreachable_host(run, write_sources, account, command):
    write_sources(account, base_url="http://127.0.0.1:9")
    assert is_one_sentence(run(command), "the connection was refused): check the subdomain and the")


def test_a_token_that_is_no_admins(run, write_sources, account):
    write_sources(account, auth={"type": "bearer", "token": account.issue_token("agent")})
    assert is_one_sentence(run("sync", "--collection", "tickets"), "the token must be an admin's")


@pytest.mark.long
def test_a_locked_duckdb_file(run, write_sources, account, tmp_path):
    path = tmp_path / "warehouse.duckdb"
    write_sources(account, warehouse={"type": "duckdb", "lock_timeout": 1})
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout.readline() == "held\n"
    try:
        assert is_one_sentence(run("sync", "--collection", "groups"), str(path.name))
    finally:
        holder.communicate("\n")

    assert run("sync", "--collection", "groups").code == 0
    with duckdb.connect(str(path), read_only=True) as connection:
        (count,) = connection.execute("select count(*) from zendesk_test.groups").fetchone()
    assert count == len(account.expected("groups"))


def test_a_warehouse_that_is_no_duckdb_file(run, write_sources, account, tmp_path):
    (tmp_path / "warehouse.duckdb").write_text("this is no database, it is a letter\n" * 500)
    write_sources(account)
    assert is_one_sentence(run("sync", "--collection", "groups"), "warehouse.duckdb")


@pytest.mark.long
def test_a_corrupt_part_file_and_nothing_of_it_is_loaded(run, write_sources, account, tmp_path):
    write_sources(account)
    assert run("sync", "--hub-only", "--collection", "groups").code == 0
    (part,) = Path(tmp_path, "hub", "zendesk_test", "groups").rglob("*.zst")
    sound = part.read_bytes()
    part.write_bytes(sound[:-7])
    command = ("sync", "--warehouse-only", "--collection", "groups")
    assert is_one_sentence(run(*command), "is damaged")
    assert not (tmp_path / "warehouse.duckdb").exists()

    (aside,) = Path(tmp_path, "hub", "zendesk_test", "_damaged").rglob("*.zst")
    assert aside.read_bytes() == sound[:-7]
    # Who has a backup puts it back; else the next sync reads it again (integration/test_integrity).
    aside.parent.rename(part.parent)
    part.write_bytes(sound)
    assert run(*command).code == 0
    assert (tmp_path / "warehouse.duckdb").exists()


def test_a_full_disk_and_nothing_half_written_counts(
    run, write_sources, account, tmp_path, monkeypatch
):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    write_sources(account)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        command = ("sync", "--hub-only", "--collection", "groups")
        assert is_one_sentence(run(*command), "There is no space left")
    assert not list(Path(tmp_path, "hub").rglob("manifest.json"))
    assert run("sync", "--collection", "groups").code == 0


@pytest.mark.parametrize(
    ("properties", "told"),
    [
        ({"ticket_events": {"exclude": ["value"]}}, "value is made from the field that changed"),
        (
            {"tickets": {"exclude": ["metric_set"]}},
            "metric_set is not a property of the collection",
        ),
        ({"activities": {"hash": ["actor"]}}, "actor is not a text and cannot be hashed"),
    ],
)
def test_rules_that_would_hide_nothing_or_break_a_table(
    run, write_sources, account, properties, told
):
    write_sources(account, properties=properties)
    outcome = run("sync")
    assert outcome.code == 1
    assert told in " ".join(outcome.output.split())


def test_a_wipe_that_cannot_be_seen_cannot_be_kept(run, write_sources, account):
    rules = {"tickets": {"hash": ["subject"]}}
    write_sources(account, properties=rules, on_scrub="keep")
    assert "subject tells that Zendesk has wiped" in " ".join(run("sync").output.split())
    write_sources(account, properties=rules, on_scrub="forget")
    assert "on_scrub" in run("sync").output


def test_a_code_server_that_is_no_address_or_never_answers(run, monkeypatch):
    monkeypatch.setattr(lost_runs, "_LONGEST_START", 0)
    outcome = run("fail-lost-runs", "code-location", "--before", "1")
    assert outcome.code == 2
    assert "give HOST:PORT" in outcome.output
    outcome = run("fail-lost-runs", "127.0.0.1:9", "--before", "1")
    assert is_one_sentence(outcome, "No code server responds at 127.0")


@pytest.mark.long
def test_refused_credentials_end_the_sync_of_their_account_only(run, account, tmp_path):
    with Simulator(tickets=5, history_days=3) as other:
        long_ago = datetime.now(UTC).date() - timedelta(days=200)
        bad = source_settings(
            account, auth={"type": "bearer", "token": "wrong"}, history_start=long_ago
        )
        good = source_settings(other, schema="zendesk_good", nickname="Good", subdomain="good")
        (tmp_path / "sources.yaml").write_text(yaml.safe_dump({"sources": [bad, good]}))
        synced = run("sync")

        assert synced.code == 1
        assert {each.status for each in account.requests} == {401}
        assert len(account.requests) < 5  # neither for each stream nor for each range of days
        told = [line for line in synced.output.splitlines() if "credentials (" in line]
        assert len(told) == 2  # as it happens, and at the end
        assert told[1] == synced.output.splitlines()[-1]
        assert "Z ✗ zendesk_test.hub.activities: Zendesk does not accept the credentials" in told[1]
        assert told[1].endswith("`zendesk-assets connect --schema zendesk_test`.")
        assert "✓ zendesk_good.tickets: 5 rows" in synced.output
        skipped = re.findall(r"Z (.) zendesk_test\S+: the credentials are refused", synced.output)
        assert set(skipped) == {"-"}
        with open_instance() as instance:
            app = build_app(lambda *_: (), failed_syncs=partial(failed_syncs, instance))
            with Serving(app, 0) as serving:
                page = html.unescape(requests.get(serving.url, timeout=60).text)
            assert page.count("Zendesk does not accept the credentials") == 1
            assert failed_syncs(instance, "zendesk_good", ["tickets", "groups"]) == {}
        shown = " ".join(run("status").output.split())
        assert shown.count("✗ activities: Zendesk does not accept the credentials") == 1
        rows = json.loads(run("status", "--json").output)
        failed = {row["source"]: row["sync_failed"] for row in rows if row["sync_failed"]}
        assert list(failed) == ["zendesk_test"]
        assert failed["zendesk_test"].startswith("Zendesk does not accept the credentials")
