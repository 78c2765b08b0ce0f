"""Runs `zendesk-assets` in this process, in a folder of its own."""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from zendesk_assets.cli import app
from zendesk_assets.simulator import Simulator


@dataclass
class Outcome:
    code: int
    output: str


@pytest.fixture
def account():
    with Simulator(tickets=30, history_days=3) as simulator:
        yield simulator


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return a function that runs a command and gives its exit code and everything printed."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["zendesk-assets", *arguments])
        try:
            app.main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
        captured = capsys.readouterr()
        return Outcome(code, captured.out + captured.err)

    return run


@pytest.fixture
def write_sources(tmp_path):
    """Return a function that writes a sources file for an account; changes go to the source."""

    def write(account, *, warehouse=None, **changes):
        source = {
            "nickname": "Test",
            "schema": "zendesk_test",
            "subdomain": "acme",
            "base_url": account.base_url,
            "auth": {"type": "bearer", "token": account.token},
            "requests_per_minute": 100_000,
            "export_requests_per_minute": 1_000,
            "history_start": (datetime.now(UTC) - timedelta(days=4)).date(),
            **changes,
        }
        content = {"sources": [source], "warehouse": warehouse or {"type": "duckdb"}}
        (tmp_path / "sources.yaml").write_text(yaml.safe_dump(content))

    return write
