"""A new user connects an account: the real command, Zendesk's page in a real browser, a sync."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import expect, sync_playwright

from zendesk_assets.cli.consent import redirect_address
from zendesk_assets.simulator import Simulator
from zendesk_assets_tests.browser.dagster_ui import CHROMIUM_OPTIONS
from zendesk_assets_tests.dagster_dev import free_port

pytestmark = [pytest.mark.slow, pytest.mark.long]

COMMAND = str(Path(sys.executable).with_name("zendesk-assets"))


@pytest.fixture
def page(chromium):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        page = browser.new_page(viewport={"width": 900, "height": 600})
        page.set_default_timeout(60_000)
        yield page
        browser.close()


@pytest.fixture
def environment(tmp_path):
    """Return an environment whose browser opens nothing: the printed address is used instead."""
    kept = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    return kept | {"BROWSER": "true", "ZENDESK_ASSETS_STATE": str(tmp_path / "state")}


def test_connect_in_the_browser_ends_in_a_source_that_syncs(page, environment, tmp_path):
    port = free_port()
    with Simulator(tickets=40, history_days=5) as account:
        account.register_client("warehouse", [redirect_address(port)])
        options = ["--subdomain", "acme.zendesk.com", "--base-url", account.base_url]
        command = [COMMAND, "connect", "--yes", "--client-id", "warehouse", *options]
        with started([*command, "--redirect-port", str(port)], environment, tmp_path) as connect:
            page.goto(printed_address(connect))
            expect(page.get_by_role("heading")).to_contain_text("to access your acme account")
            page.screenshot(path=tmp_path / "consent.png")
            page.get_by_role("button", name="Allow").click()
            expect(page.get_by_text("You can close this window")).to_be_visible()
            page.screenshot(path=tmp_path / "connected.png")
            output, _nothing = connect.communicate(timeout=60)
        assert connect.returncode == 0, output
        assert "zendesk_acme is in sources.yaml" in output

        synced = subprocess.run(
            [COMMAND, "sync"], cwd=tmp_path, env=environment, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        assert synced.returncode == 0, synced.stdout + synced.stderr
        assert rows(tmp_path, "tickets") == len(account.expected("tickets"))


def started(command, environment, folder):
    connect = subprocess.Popen(
        command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    guard = threading.Timer(120, connect.kill)
    guard.daemon = True
    guard.start()
    return connect


def printed_address(connect):
    """Read what the command prints until it prints the address of the consent page."""
    for line in connect.stdout:
        if "/oauth/authorizations/new?" in line:
            return line.strip()
    raise AssertionError("no address was printed")


def rows(folder, table):
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(f"select count(*) from zendesk_acme.{table}").fetchone()[0]
