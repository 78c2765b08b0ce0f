"""Runs `zendesk-assets` in this process, in a folder of its own; connects accounts with it."""

import socket
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import yaml

from zendesk_assets.cli import consent
from zendesk_assets.simulator import Simulator
from zendesk_assets.spec import due_after
from zendesk_assets_tests.account import USUAL
from zendesk_assets_tests.cli.connecting import NAMES, SECRET, decide, visit
from zendesk_assets_tests.commands import run_command


@pytest.fixture
def account():
    with Simulator(tickets=30, history_days=3) as simulator:
        yield simulator


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return a function that runs a command and gives its exit code and everything printed."""
    monkeypatch.chdir(tmp_path)

    return partial(run_command, monkeypatch, capsys)


@pytest.fixture
def write_sources(tmp_path):
    """Return a function that writes a sources file for an account; changes go to the source."""

    return partial(write_sources_file, tmp_path)


WEEKLY = "0 5 * * 0"  # when tables are compared with Zendesk, which a test may switch on


def write_sources_file(folder, account, *, warehouse=None, **changes):
    """Write a sources file for an account into a folder; changes go to the source."""
    source = {
        "nickname": "Test",
        "schema": "zendesk_test",
        "subdomain": "acme",
        "base_url": account.base_url,
        "auth": {"type": "bearer", "token": account.token},
        "requests_per_minute": 100_000,
        "export_requests_per_minute": 1_000,
        "history_start": (datetime.now(UTC) - timedelta(days=4)).date(),
        "collections": {"include": list(USUAL)},
        # Where they are not what is tested, they only take time.
        "analysis": False,
        "reconcile_cron": "off",
        **changes,
    }
    content = {"sources": [source], "warehouse": warehouse or {"type": "duckdb"}}
    (folder / "sources.yaml").write_text(yaml.safe_dump(content))


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def within_a_day():
    """Skip in the last minutes of a day (UTC): with the next one, all lists are due again."""
    if datetime.now(UTC) + timedelta(minutes=3) >= due_after(datetime.now(UTC), timedelta(days=1)):
        pytest.skip("the day is about to end")


@pytest.fixture
def clients(account, port):
    """Register a confidential and a public client, and one whose user is no admin."""
    back = [consent.redirect_address(port)]
    account.register_client("warehouse", back, secret=SECRET)
    account.register_client("public", back)
    account.register_client("agents", back, role="agent")


@pytest.fixture
def browser(monkeypatch):
    """Return a function that makes a function the browser; as it is, it presses Allow."""

    def use(act):
        monkeypatch.setattr("webbrowser.open", act)

    use(lambda url: visit(decide(url)))
    return use


@pytest.fixture
def connect(run, account, clients, port, browser):
    """Return a function that connects; options that come later win."""

    def connect(*options, names=NAMES, secret=SECRET):
        given = ("--client-secret", secret) if secret is not None else ()
        address = ("--base-url", account.base_url)
        common = ("--yes", "--redirect-port", str(port), *address, *names, *given)
        return run("connect", *common, *options)

    return connect
