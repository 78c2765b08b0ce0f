"""A synced account in a folder, and its pages served over HTTP."""

import contextlib
from datetime import timedelta
from types import SimpleNamespace

import pytest
import requests

from zendesk_assets.simulator import Simulator
from zendesk_assets.ui import Serving, build_app
from zendesk_assets_tests.cli.conftest import WEEKLY, write_sources_file
from zendesk_assets_tests.commands import run_in

TABLES = ["groups", "organizations", "ticket_events", "ticket_metrics", "tickets"]


@pytest.fixture(scope="module")
def synced(tmp_path_factory):
    """A folder with a sources file and a first sync, and its account."""
    folder = tmp_path_factory.mktemp("ui")
    with pytest.MonkeyPatch.context() as patch, Simulator(tickets=30, history_days=3) as account:
        patch.setenv("ZENDESK_ASSETS_STATE", str(folder / "state"))
        account.account.update_ticket(3, subject="<script>alert(1)</script>")
        account.clock.advance(timedelta(minutes=2))  # exports hold back the last minute
        settings = {"collections": {"include": TABLES}, "reconcile_cron": WEEKLY}
        write_sources_file(folder, account, analysis=True, **settings)
        done = run_in(folder, "sync")
        assert done.code == 0, done.output
        yield SimpleNamespace(folder=folder, account=account, output=done.output)


@pytest.fixture
def served(synced, monkeypatch):
    """Return a function that asks the server for a page, and gives the response."""
    monkeypatch.chdir(synced.folder)
    app = build_app(lambda _schema, _stream: (), "http://127.0.0.1:3000")
    with contextlib.ExitStack() as stack:
        serving = stack.enter_context(Serving(app, 0))
        session = stack.enter_context(requests.Session())

        def ask(path, **options):
            return session.get(f"{serving.url}{path}", timeout=60, **options)

        ask.url = serving.url
        yield ask
