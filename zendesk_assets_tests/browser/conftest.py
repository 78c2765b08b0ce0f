"""One real `dagster dev` on a simulated account with tickets since 2019, and a real browser.

Both schedule sensors are off: only what is clicked happens.
"""

import shutil
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import sync_playwright

from zendesk_assets.simulator import Simulator
from zendesk_assets_tests.account import SCHEMA, source_settings
from zendesk_assets_tests.browser.dagster_ui import CHROMIUM_OPTIONS, DagsterUI
from zendesk_assets_tests.dagster_dev import DagsterDev

FIRST_DAY = date(2019, 1, 1)
TICKETS = 3_000
MEMORY = Path("/dev/shm")


@pytest.fixture(scope="module")
def chromium():
    """The system's browser: Playwright's own would have to be downloaded."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("no Chromium on the PATH: install the system's package `chromium`")
    return found


@pytest.fixture(scope="module")
def account(chromium):
    days = (datetime.now(UTC).date() - FIRST_DAY).days
    # A page holds a thousand tickets, later ones too: of fewer, the first range would bring all.
    with Simulator(tickets=TICKETS, history_days=days) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def server(account):
    settings = source_settings(account, history_start=FIRST_DAY, months_per_run=12)
    # SQLite's transactions take long on a disk.
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        (Path(folder) / "sources.yaml").write_text(yaml.safe_dump({"sources": [settings]}))
        server = DagsterDev(folder)
        server.keep_off(f"{SCHEMA}_source_sync", f"{SCHEMA}_warehouse_sync")
        with server:
            yield server


@pytest.fixture
def ui(server, chromium, tmp_path):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        page = browser.new_page(viewport={"width": 1500, "height": 1000})
        ui = DagsterUI(page, server.url, tmp_path)
        yield ui
        ui.shoot("end")
        browser.close()
