"""Two machines on one account: each has its own folder, Dagster home and state; they share a hub in
S3, and budgets, tokens and the warehouse in one PostgreSQL.
"""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import psycopg
import pytest
import yaml

from zendesk_assets.cli.project import write_dagster_yaml
from zendesk_assets.simulator import RateLimits, Simulator
from zendesk_assets.simulator.wire.limits import Limiter
from zendesk_assets.zendesk.postgres_token_store import PostgresTokenStore
from zendesk_assets_tests.account import SCHEMA, project, source_settings
from zendesk_assets_tests.comparison import differences
from zendesk_assets_tests.oauth_account import connected, token_requests
from zendesk_assets_tests.object_store import BUCKET, object_store
from zendesk_assets_tests.postgres import database, new_database
from zendesk_assets_tests.sliding import most_in_a_minute

COMMAND = str(Path(sys.executable).with_name("zendesk-assets"))
CHOSEN = ["tickets", "ticket_metrics", "ticket_events", "attachments"]
DAYS = 10
EXPORTS = 6  # a minute: fewer than they need together, so that they wait for each other
ACCESS = 62  # seconds an access token lives: it is replaced after two, a minute before its end


@pytest.fixture
def account(monkeypatch):
    # No header says how much is left, which would do most of the time: the budget alone has to.
    monkeypatch.setattr(Limiter, "headers", lambda *_: {})
    limits = RateLimits(account=100, exports=EXPORTS)
    with Simulator(tickets=1_500, history_days=DAYS - 1, rate_limits=limits) as account:
        yield account


@pytest.fixture
def store(monkeypatch):
    with object_store(monkeypatch) as store:
        yield store


@pytest.fixture
def url():
    with database() as server, new_database(server) as url:
        yield url


class Machine:
    """A host: what is on its disk is its own. `killed_at` are moments at which it dies."""

    def __init__(self, folder, name, account, store, *arguments):
        self.name, self.folder, self._store = name, folder / name, store
        self._arguments, self._process, self.kills = arguments, None, 0
        self.folder.mkdir()
        shared = {"type": "postgres", "url": {"env": "SHARED_URL"}}
        start = (datetime.now(UTC) - timedelta(days=DAYS)).date()
        source = source_settings(
            account,
            auth={"type": "oauth"},
            requests_per_minute=100,
            export_requests_per_minute=EXPORTS,
            history_start=start,
            collections={"include": CHOSEN},
        )
        settings = {
            "warehouse": shared,
            "tokens": shared,
            "rate_limits": shared,
            "hub": {"path": f"s3://{BUCKET}/hub"},
            "sources": [source],
        }
        (self.folder / "sources.yaml").write_text(yaml.safe_dump(settings))
        write_dagster_yaml(self.folder)

    def start(self, *arguments):
        mine = {"ZENDESK_ASSETS_STATE": str(self.folder / "state"), "AWS_ACCESS_KEY_ID": self.name}
        self._process = subprocess.Popen(
            [COMMAND, *(arguments or ("sync", *self._arguments))],
            cwd=self.folder,
            env={**os.environ, **self._store.environment, **mine},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def kill(self):
        self._process.kill()
        self.kills += 1

    def finish(self):
        """Start it again as often as it was killed; return what it said when all went well."""
        for _ in range(5):
            output, _ = self._process.communicate(timeout=240)
            if self._process.returncode != -9:
                assert self._process.returncode == 0, output
                return output
            self.start()
        raise AssertionError(f"{self.name} was killed again and again")


@pytest.mark.long
@pytest.mark.slow(seconds=85)
def test_two_machines_share_an_account_whatever_is_killed(
    tmp_path, account, store, url, monkeypatch
):
    monkeypatch.setenv("SHARED_URL", url)
    tokens = PostgresTokenStore(lambda: url)
    tokens.save(SCHEMA, connected(account, longest_access=ACCESS))
    middle = (datetime.now(UTC) - timedelta(days=DAYS // 2)).date().isoformat()
    history = Machine(tmp_path, "history", account, store, "--to", middle)
    today = Machine(tmp_path, "today", account, store, "--from", middle)
    moments = {
        # A part is on its way, and its manifest not yet: what it leaves is not a batch.
        (history, "PUT", "/tickets/", "part-"),
        # The manifest arrives, and who sent it never knows.
        (today, "PUT", "/ticket_events/", "manifest.json"),
        # A load has begun.
        (history, "GET", "/ticket_events/", "part-"),
    }

    def kill_at(client, method, path):
        for moment in tuple(moments):
            machine, wanted, stream, name = moment
            if (client, method) == (machine.name, wanted) and stream in path and name in path:
                moments.discard(moment)
                machine.kill()

    store.on_request = kill_at
    for machine in (history, today):
        machine.start()
    for machine in (history, today):
        machine.finish()

    assert (moments, history.kills, today.kills) == (set(), 2, 1)
    assert differences(url, SCHEMA, account, CHOSEN) == []
    assert loaded_twice(url) == []
    requests = [each for each in account.requests if each.path.startswith("/api/v2/")]
    exports = [each for each in requests if "/incremental/" in each.path]
    assert {each.status for each in requests} == {200}
    assert most_in_a_minute(sorted(each.monotonic for each in exports)) == EXPORTS
    assert len(exports) > EXPORTS
    pages = [(each.path, tuple(sorted(each.query.items()))) for each in exports]
    assert len(pages) - len(set(pages)) <= 3  # one page again for each kill
    assert set(token_requests(account)) == {200}
    assert len(token_requests(account)) >= 3

    left = without_manifest(store)
    assert len(left) == 1  # of the first kill
    time.sleep(1)  # what is left is older than this second
    today.start("hub", "clean", "--older-than", "0")
    removed = today.finish()
    # One whose days the other machine had read before is no proven copy: it stays until a repair.
    kept = without_manifest(store)
    assert f"{len(left - kept)} abandoned" in removed
    history.start("hub", "verify", "--repair")
    said = history.finish()
    assert [name for name in kept if name.removeprefix("hub/") not in said] == []
    assert {name for name in without_manifest(store) if "/_damaged/" not in name} == set()
    assert differences(url, SCHEMA, account, CHOSEN) == []
    today.start("hub", "verify")
    assert "damaged" not in today.finish()


def without_manifest(store):
    """Return the folders that have parts and no manifest."""
    names = [name.rsplit("/", 1) for name in store.names()]
    return {folder for folder, name in names if name.startswith("part-")} - {
        folder for folder, name in names if name == "manifest.json"
    }


def loaded_twice(url):
    query = (
        f"SELECT batch_id FROM {SCHEMA}._loads GROUP BY batch_id, collection HAVING count(*) > 1"
    )
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.long
@pytest.mark.slow
def test_damage_in_a_store_is_moved_aside_and_its_window_read_again(tmp_path, store):
    some = {"collections": {"include": ["groups", "ticket_metrics", "tickets"]}}
    with project(tmp_path, tickets=60, hub=f"s3://{BUCKET}/hub", settings=some) as here:
        here.sync(days=31)
        assert here.differences() == []

        part = next(name for name in store.names() if "/tickets/" in name and "part-" in name)
        store.client.put_object(Bucket=BUCKET, Key=part, Body=b"not what was landed")
        with duckdb.connect(str(here.database)) as connection:
            connection.execute(f"DROP TABLE {SCHEMA}.tickets")
        tickets = [dg.AssetKey([SCHEMA, "tickets"])]
        days = {"first": here.day(30), "last": here.day()}
        assert not here.run(tickets, **days, raise_on_error=False).success
        assert part not in store.names()

        assert all(each.success for each in here.sync(days=31))
        assert here.differences() == []
        assert any("/_damaged/tickets/" in name for name in store.names())
