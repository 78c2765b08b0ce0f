"""Sources beside each other: one account has one budget, backfills leave room for today."""

import pwd
import subprocess
import sys
from datetime import UTC, datetime

import dagster as dg
import pytest
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.run_coordinator import QueuedRunCoordinator
from dagster._core.utils import make_new_run_id
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import (
    QueuedRunCoordinatorDaemon,
)

from zendesk_assets.account import Account
from zendesk_assets.cli.project import write_dagster_yaml
from zendesk_assets.clock import ManualClock
from zendesk_assets.errors import BudgetStoreError
from zendesk_assets.settings.state_folder import rate_limit_file
from zendesk_assets.simulator import RateLimits, Simulator
from zendesk_assets.zendesk import BearerCredentials
from zendesk_assets_tests.account import make_sources, source_settings
from zendesk_assets_tests.sliding import most_in_a_minute

ORIGIN = RemoteJobOrigin(
    RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("zendesk_assets"), "__repository__"), "any"
)


@pytest.fixture
def clock():
    return ManualClock(datetime(2024, 6, 1, tzinfo=UTC))


@pytest.fixture
def account(clock):
    with Simulator(tickets=5, clock=clock, rate_limits=RateLimits(account=20)) as account:
        yield account


def test_two_sources_of_one_account_together_keep_the_smaller_limit(tmp_path, clock, account):
    first = source_settings(account, requests_per_minute=20)
    second = first | {"schema": "second", "nickname": "Second", "requests_per_minute": 6}
    second["base_url"] = account.base_url.replace("http:", "HTTP:") + "/"
    sources = make_sources(tmp_path, first, second)
    credentials = BearerCredentials(lambda: account.token)
    clients = [
        Account(sources, each, clock).client(print, credentials=credentials)
        for each in sources.sources
    ]
    for number in range(30):
        clients[number % 2].get("/groups")

    moments = [each.time for each in account.requests]
    assert {each.status for each in account.requests} == {200}
    assert most_in_a_minute(moments) == 6


def test_another_process_finds_the_same_budget(tmp_path):
    code = (
        "import sys; from zendesk_assets.settings.state_folder import rate_limit_file;"
        "print(rate_limit_file(sys.argv[1]))"
    )
    command = [sys.executable, "-c", code, "https://acme.zendesk.com"]
    other = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    settings = {"base_url": "https://ACME.zendesk.com:443/"}
    sources = make_sources(tmp_path, source_settings(Nobody, **settings))

    assert other == str(rate_limit_file(sources.sources[0].url))


class Nobody:
    """An account that is never asked."""

    base_url, token = "", "nothing"


def test_todays_runs_of_three_sources_start_beside_the_backfills_of_two_others(tmp_path):
    write_dagster_yaml(tmp_path)
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert isinstance(instance.run_coordinator, QueuedRunCoordinator)
        for source in ("one", "two"):
            for _ in range(6):
                queue(instance, source, {"dagster/backfill": f"of-{source}"})
        for source in ("three", "four", "five"):
            for _ in range(2):  # assets without days, and today
                queue(instance, source, {})
        daemon = QueuedRunCoordinatorDaemon(interval_seconds=5)
        chosen = daemon._get_runs_to_dequeue(
            instance, instance.get_concurrency_config(), fixed_iteration_time=None
        )

    started = [run.tags["zendesk/source"] for run in chosen]
    assert sorted(started) == sorted([*["one", "two"] * 2, *["three", "four", "five"] * 2])


def queue(instance, source, tags):
    instance.add_run(
        dg.DagsterRun(
            job_name="any",
            remote_job_origin=ORIGIN,
            run_id=make_new_run_id(),
            status=dg.DagsterRunStatus.QUEUED,
            tags={"zendesk/source": f"{source}", **tags},
        )
    )


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch, tmp_path):
    def unknown(uid):
        raise KeyError(uid)

    for name in ("HOME", "XDG_STATE_HOME", "ZENDESK_ASSETS_STATE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    with pytest.raises(BudgetStoreError, match="set HOME, or name a folder in ZENDESK_"):
        rate_limit_file("https://acme.zendesk.com")

    monkeypatch.setenv("ZENDESK_ASSETS_STATE", str(tmp_path))
    assert rate_limit_file("https://acme.zendesk.com").is_relative_to(tmp_path)
