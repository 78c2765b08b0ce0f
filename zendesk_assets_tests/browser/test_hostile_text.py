"""HTML, Markdown, SQL and scripts in what people typed into Zendesk reach every page as text."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import yaml
from playwright.sync_api import expect, sync_playwright

from zendesk_assets.simulator import Simulator
from zendesk_assets_tests.account import SCHEMA, source_settings
from zendesk_assets_tests.browser.dagster_ui import CHROMIUM_OPTIONS
from zendesk_assets_tests.dagster_dev import DagsterDev

HTML = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
MARKDOWN = "[click](javascript:document.title='owned') ![x](http://127.0.0.1:9/x.png)"
SQL = "'; drop schema zendesk_test cascade; --"
HOSTILE = f"{HTML} {MARKDOWN} {SQL} \x1b[2J"
COMMAND = str(Path(sys.executable).with_name("zendesk-assets"))


def plant(account):
    """Put hostile text wherever people can type, and where it ends up in a reason."""
    desk = account.account
    field = desk.create_field(HOSTILE)
    group, bad = desk.create_group(HOSTILE), desk.create_group("typed wrongly")
    ticket = desk.create_ticket(HOSTILE, HOSTILE, attachments=[{"file_name": HOSTILE}])
    desk.update_ticket(ticket, tags=[HOSTILE], custom_fields=[{"id": field, "value": HOSTILE}])
    desk.rate_ticket(ticket, "bad", HOSTILE)
    quoted = HOSTILE.replace('"', '\\"').replace("\x1b", "\\u001b")
    account.account.set_raw("groups", group, HOSTILE, "1")
    account.account.set_raw("groups", bad, "default", f'"{quoted}"')


@pytest.fixture(scope="module")
def chromium_page(chromium):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        yield browser.new_page(viewport={"width": 1500, "height": 1000})
        browser.close()


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    with Simulator(tickets=20, history_days=2) as account:
        plant(account)
        account.clock.advance(timedelta(minutes=30))
        start = (datetime.now(UTC) - timedelta(days=3)).date()
        settings = source_settings(account, history_start=start, analysis=True)
        (folder / "sources.yaml").write_text(yaml.safe_dump({"sources": [settings]}))
        server = DagsterDev(folder)
        server.keep_off(f"{SCHEMA}_source_sync", f"{SCHEMA}_warehouse_sync")
        synced = subprocess.run(
            [COMMAND, "sync"],
            cwd=folder,
            env={**os.environ, "DAGSTER_HOME": str(folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        with server:
            yield folder, server, synced


@pytest.mark.long
@pytest.mark.slow(seconds=60)
def test_hostile_text_is_text_in_tables_terminal_ui_and_report(project, chromium_page, tmp_path):
    folder, server, synced = project
    assert "\x1b" not in synced.stdout + synced.stderr
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        names = connection.execute(f"select name from {SCHEMA}.groups").fetchall()
        subjects = connection.execute(f"select subject from {SCHEMA}.tickets").fetchall()
    assert (HOSTILE,) in names
    assert (HOSTILE,) in subjects

    table = f"{server.url}/assets/{SCHEMA}/groups"
    checks = ("no_undeclared_properties", "no_new_quarantined_rows")
    places = {f"{table}?view=checks&checkDetail={check}": "Latest execution" for check in checks}
    places |= {f"{server.url}/assets/{SCHEMA}/analysis_tickets": "a field of type"}
    places |= {f"file://{each}": "Made from the views" for each in folder.rglob("*.html")}
    assert len(places) > 3
    for at, (place, there) in enumerate(places.items()):
        chromium_page.goto(place)
        expect(chromium_page.get_by_text(there).first).to_be_visible(timeout=60_000)
        chromium_page.screenshot(path=tmp_path / f"{at}.png", full_page=True)
        assert chromium_page.title() != "owned", place
        assert chromium_page.locator("img[src=x], a[href^='javascript:']").count() == 0, place
        assert chromium_page.locator("img[src*=':9/']").count() == 0, place
