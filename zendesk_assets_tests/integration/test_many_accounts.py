"""Accounts side by side under one real `dagster dev`: limits, failures, adding and removing."""

from datetime import UTC, datetime, timedelta

import pytest
import yaml

from zendesk_assets.simulator import RateLimits, Simulator
from zendesk_assets_tests.account import source_settings
from zendesk_assets_tests.comparison import differences
from zendesk_assets_tests.dagster_dev import DagsterDev
from zendesk_assets_tests.sliding import most_in_a_minute

pytestmark = [pytest.mark.slow(seconds=140), pytest.mark.long]

LIMITS = {"slow": (30, 3), "usual": (200, 10), "fast": (700, 30)}
CHOSEN = ["tickets", "ticket_events", "groups"]
UNFINISHED = ["QUEUED", "NOT_STARTED", "STARTING", "STARTED", "CANCELING"]


def account(name, tickets=25, limits=None):
    days = (datetime.now(UTC).date() - first_day()).days
    return Simulator(tickets=tickets, history_days=days, seed=len(name), rate_limits=limits)


def first_day():
    """Two months: each is a run, where more would be a backfill and half a minute."""
    return (datetime.now(UTC).replace(day=1) - timedelta(days=1)).replace(day=1).date()


def settings(name, simulator, **changes):
    return source_settings(
        simulator,
        nickname=name.title(),
        schema=f"zendesk_{name}",
        subdomain=name,
        **{"history_start": first_day(), **changes},
    )


def write(folder, *sources):
    (folder / "sources.yaml").write_text(yaml.safe_dump({"sources": list(sources)}))


def sensors(name):
    return [f"zendesk_{name}_source_sync", f"zendesk_{name}_warehouse_sync"]


def is_quiet(server):
    return not server.runs(statuses=UNFINISHED)


@pytest.fixture
def accounts():
    started = {
        name: account(name, limits=RateLimits(account=core, exports=exports)).start()
        for name, (core, exports) in LIMITS.items()
    }
    yield started
    for each in started.values():
        each.stop()


def test_three_accounts_sync_side_by_side_and_one_that_fails_touches_none(accounts, tmp_path):
    sources = [
        settings(
            name, each, requests_per_minute=LIMITS[name][0],
            export_requests_per_minute=LIMITS[name][1], collections={"include": CHOSEN},
        )
        for name, each in accounts.items()
    ]  # fmt: skip
    token = {"type": "bearer", "token": "no-token-of-this-account"}
    with account("wrong") as refusing:
        # One collection each: every step that fails is retried, and a run costs seconds.
        one = {"collections": {"include": ["groups"]}}
        wrong = settings("wrong", refusing, auth=token, **one)
        lost = settings("lost", refusing, auth={"type": "oauth"}, **one)
        write(tmp_path, *sources, wrong, lost)
        with DagsterDev(tmp_path) as server:
            server.wait_until(lambda: all_equal(server, accounts), 500, "all tables are there")
            runs = server.wait_until(
                lambda: is_quiet(server) and server.runs(), 180, "no run is left"
            )
            reasons = {name: failures(server, runs, name) for name in ("wrong", "lost", *accounts)}
        assert refusing.requests
        assert {each.status for each in refusing.requests} <= {200, 401}

    for name, each in accounts.items():
        assert {request.status for request in each.requests} == {200}
        assert_within(each.requests, *LIMITS[name])
        assert reasons[name] == set()
    assert all("check `auth` of this source" in each for each in reasons["wrong"])
    assert all(
        "run `zendesk-assets connect --schema zendesk_lost`" in each for each in reasons["lost"]
    )
    assert reasons["wrong"]
    assert reasons["lost"]


def all_equal(server, accounts):
    """Return whether the tables of every account are as the account is."""
    database = server.folder / "warehouse.duckdb"
    if not database.exists() or not is_quiet(server):
        return False
    return all(
        differences(database, f"zendesk_{name}", each, CHOSEN) == []
        for name, each in accounts.items()
    )


def assert_within(requests, core, exports):
    moments = sorted(each.monotonic for each in requests)
    assert most_in_a_minute(moments) <= core
    moments = sorted(each.monotonic for each in requests if each.bucket == "exports")
    assert most_in_a_minute(moments) <= exports
    assert len(moments) > 3  # more than the smallest budget of a minute


def failures(server, runs, name):
    """Return what the failed steps of a source's runs say."""
    ours = [each for each in runs if each["tags"].get("zendesk/source") == f"zendesk_{name}"]
    assert ours, name
    failed = [each["runId"] for each in ours if each["status"] != "SUCCESS"]
    return {text for run in failed for text in server.step_failures(run)}


@pytest.fixture
def three():
    started = {name: account(name).start() for name in ("stays", "leaves", "comes")}
    yield started
    for each in started.values():
        each.stop()


FEW = {
    "collections": {"include": ["groups", "tickets"]},
    # In the first ten minutes of a day nothing of it has settled.
    "history_start": (datetime.now(UTC) - timedelta(days=1)).date(),
    "reconcile_cron": "off",  # a first comparison would send requests of its own
}


def test_sources_come_and_go_with_a_reload_and_the_others_are_not_touched(three, tmp_path):
    entries = {name: settings(name, each, **FEW) for name, each in three.items()}
    write(tmp_path, entries["stays"], entries["leaves"])
    with DagsterDev(tmp_path) as server:
        wait_for_tables(server, three, "stays", "leaves")
        seen = state_of(server, three, "stays"), state_of(server, three, "leaves")

        write(tmp_path, entries["stays"], {**entries["comes"], "schema": "zendesk_stays"})
        sentence = (
            "the sources Stays and Comes have the same schema, zendesk_stays: give each its own."
        )
        assert sentence in server.reload()
        assert state_of(server, three, "stays") == seen[0]  # what is stored is still there

        write(tmp_path, entries["stays"], entries["comes"])
        assert server.reload() == ""
        assert server.content() == content_of("stays", "comes")
        wait_for_tables(server, three, "comes")
        assert (state_of(server, three, "stays"), state_of(server, three, "leaves")) == seen

    # What the removed source has left stays: its hub, and its tables.
    assert group_differences(tmp_path, three, "leaves") == []
    assert (tmp_path / "hub" / "zendesk_leaves").is_dir()


def content_of(*names):
    """Return what `server.content()` must be for sources with groups and tickets."""
    schemas = [f"zendesk_{name}" for name in names]
    tables = {f"{schema}/{each}" for schema in schemas for each in ("groups", "tickets")}
    hubs = {f"{schema}/hub/{each}" for schema in schemas for each in ("groups", "tickets")}
    jobs = ("_sync", "_source_sync_job", "_warehouse_sync_job", "_reconcile_job", "_replay_job")
    return {
        "assets": tables | hubs,
        "jobs": {f"{schema}{job}" for schema in schemas for job in jobs},
        # FEW switches the comparison off.
        "running": {sensor for name in names for sensor in sensors(name)} | {"zendesk_replays"},
    }


def group_differences(folder, accounts, name):
    database = folder / "warehouse.duckdb"
    return differences(database, f"zendesk_{name}", accounts[name], ["groups"])


def wait_for_tables(server, accounts, *names):
    """Wait until groups and this month's tickets are there, and nothing is under way."""

    def are_there():
        if not (server.folder / "warehouse.duckdb").exists() or not is_quiet(server):
            return False
        found = [group_differences(server.folder, accounts, name) for name in names]
        months = [server.materialized_partitions(f"zendesk_{name}/tickets") for name in names]
        return not any(found) and all(months)

    server.wait_until(are_there, 240, f"the tables of {', '.join(names)} are there")


def state_of(server, accounts, name):
    """Return what would be different if a source had been touched: its runs, what it was asked."""
    schema = f"zendesk_{name}"
    ours = [run["runId"] for run in server.runs() if any(schema in each for each in run["assets"])]
    return ours, len(accounts[name].requests)
