"""Take the pictures of the documentation: three simulated accounts in a real Dagster UI.

    python docs/screenshots.py
    python docs/screenshots.py lineage ui/page

Needs the development installation and Chromium on the PATH, and takes about five minutes. Makes
projects of its own in temporary folders: one account where all is well, for docs/lineage.png, and
three, in one of which things go wrong on purpose, for docs/tickets.png and docs/ui/*.png.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from playwright.sync_api import Browser, Page, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the tests' server is not installed

from zendesk_assets.cli.local_page import local_page
from zendesk_assets.cli.project import open_instance
from zendesk_assets.clock import SystemClock
from zendesk_assets.simulator import Simulator, SimulatorServer
from zendesk_assets.spec import Window, month_of, months_in
from zendesk_assets.ui import Serving
from zendesk_assets_tests.browser.dagster_ui import CHROMIUM_OPTIONS
from zendesk_assets_tests.dagster_dev import DagsterDev

FOLDER = Path(__file__).resolve().parent
SIZE = {"width": 1360, "height": 860}
Take = Callable[[Page, DagsterDev], None]
QUIET_DAYS, UP_SECONDS = 50, 600
MOST_LOOKS = 20
SENSORS = ("source_sync", "warehouse_sync", "analysis", "reconcile")
SHOWN = ["tickets", "ticket_metrics", "ticket_events", "organizations", "users", "groups"]
ACCOUNTS = {"acme": 900, "globex": 300, "initech": 200}
HISTORY_DAYS, INITIAL_DAYS, SYNCS = 420, 90, 3
COMMAND = str(Path(sys.executable).with_name("zendesk-assets"))


def main() -> None:
    """Build the projects and take all pictures, or those that are named."""
    chromium = shutil.which("chromium") or sys.exit("There is no chromium on the PATH.")
    wanted = sys.argv[1:] or [*OF_ONE_ACCOUNT, *PICTURES]
    (FOLDER / "ui").mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        for pictures, project in ((OF_ONE_ACCOUNT, quiet_project), (PICTURES, troubled_project)):
            chosen = {name: take for name, take in pictures.items() if name in wanted}
            if chosen:
                with tempfile.TemporaryDirectory() as folder, project(Path(folder)) as server:
                    shoot(browser, chosen, server)
        browser.close()


def shoot(browser: Browser, pictures: dict[str, Take], server: DagsterDev) -> None:
    """Take pictures of a project."""
    for name, take in pictures.items():
        page = browser.new_page(viewport=SIZE)
        page.set_default_timeout(60_000)
        take(page, server)
        page.screenshot(path=FOLDER / f"{name}.png")
        page.close()
        sys.stdout.write(f"docs/{name}.png\n")
        sys.stdout.flush()


@contextmanager
def quiet_project(folder: Path) -> Iterator[DagsterDev]:
    """Yield `dagster dev` on one small account with all of its history, in which all is well."""
    account = Simulator(tickets=300, history_days=QUIET_DAYS, subdomain="acme")
    with SimulatorServer({"acme": account}):
        entry = settings_of("acme", account) | {
            "history_start": (datetime.now(UTC) - timedelta(days=QUIET_DAYS + 1)).date(),
            "collections": {"include": SHOWN},
        }
        (folder / "sources.yaml").write_text(yaml.safe_dump({"sources": [entry]}))
        sync(folder)
        server = DagsterDev(folder)
        server.keep_off(*(f"zendesk_acme_{name}" for name in SENSORS))
        with up(server):
            yield server


@contextmanager
def troubled_project(folder: Path) -> Iterator[DagsterDev]:
    """Yield `dagster dev` on three accounts; in the last, a backfill has failed, too."""
    with synced_project(folder) as server:
        fail_a_backfill(server)
        yield server


@contextmanager
def synced_project(folder: Path) -> Iterator[DagsterDev]:
    """Yield `dagster dev` on three accounts that were synced a few times; the last has troubles."""
    clock = SystemClock()
    accounts = {
        name: Simulator(
            tickets=tickets, seed=index, clock=clock, history_days=HISTORY_DAYS, subdomain=name
        )
        for index, (name, tickets) in enumerate(ACCOUNTS.items())
    }
    with SimulatorServer(accounts):
        settings = {"sources": [settings_of(name, each) for name, each in accounts.items()]}
        (folder / "sources.yaml").write_text(yaml.safe_dump(settings))
        server = DagsterDev(folder)
        server.accounts = accounts
        plant_troubles(accounts["initech"])
        for _ in range(SYNCS):
            sync(folder)
            change_tickets(accounts["acme"])
            clock.advance(timedelta(minutes=3))
        with up(server):
            yield server


@contextmanager
def up(server: DagsterDev) -> Iterator[DagsterDev]:
    """Yield a server that is up, also on a machine that is busy with other things."""
    server.start(UP_SECONDS)
    try:
        yield server
    finally:
        server.stop()


def settings_of(name: str, account: Simulator) -> dict[str, Any]:
    """Return the entry of sources.yaml for an account."""
    return {
        "nickname": name.title(),
        "schema": f"zendesk_{name}",
        "subdomain": name,
        "base_url": account.base_url,
        "auth": {"type": "bearer", "token": account.token},
        "requests_per_minute": 700,
        "export_requests_per_minute": 60,
        "history_start": (datetime.now(UTC) - timedelta(days=HISTORY_DAYS)).date(),
        "initial_history_days": INITIAL_DAYS,
        "settle_minutes": 2,
    }


def plant_troubles(account: Simulator) -> None:
    """A collection that is refused, a record that cannot be read, a property without a column."""
    account.make_unavailable("satisfaction_ratings", "role")
    organization = account.expected("organizations")[0]["id"]
    account.account.set_raw("organizations", organization, "updated_at", '"the day before"')
    group = account.expected("groups")[0]["id"]
    account.account.set_raw("groups", group, "color", '"blue"')


def change_tickets(account: Simulator) -> None:
    """Change some tickets, so that the next sync has something to do."""
    open_tickets = [each for each in account.expected("tickets") if each["status"] == "open"]
    for ticket in open_tickets[-12:]:
        account.account.update_ticket(ticket["id"], priority="high")


def sync(folder: Path) -> None:
    """Run the command; the account with troubles makes it end with 1, which is meant."""
    environment = {**os.environ, "ZENDESK_ASSETS_STATE": str(folder / "state")}
    environment.pop("DAGSTER_HOME", None)
    subprocess.run([COMMAND, "sync"], cwd=folder, env=environment, check=False)


def fail_a_backfill(server: DagsterDev) -> None:
    """Ask for two old months while Zendesk does not know our token."""
    account = server.accounts["initech"]
    account.faults.add("status", path="/incremental/tickets", status=401, times=None)
    middle = datetime.now(UTC) - timedelta(days=HISTORY_DAYS // 2)
    server.launch_backfill([FAILING], months_in(Window(middle, middle + timedelta(days=31))))
    server.wait_until(lambda: server.partitions(FAILING, "FAILED"), 120, "the backfill has failed")


def shoot_sources(page: Page, server: DagsterDev) -> None:
    """Show three accounts, each with its two layers."""
    page.goto(f"{server.url}/asset-groups")
    expect(page.locator("svg").get_by_text("zendesk_initech_hub").first).to_be_visible()
    expect(page.get_by_text("fetching statuses")).to_have_count(0)
    settle(page)


def shoot_lineage(page: Page, server: DagsterDev) -> None:
    """Show all of one account, the views and the report as one group; the address opens groups."""
    page.set_viewport_size({"width": 1500, "height": 1150})
    groups = ("zendesk_acme_hub", "zendesk_acme")
    opened = ",".join(f"global@global:{group}" for group in groups)
    page.goto(f"{server.url}/asset-groups?expanded={quote(opened)}")
    expect(page.locator("svg").get_by_text("% filled").first).to_be_visible()
    page.get_by_text("Hide navigation").click()
    expect(page.get_by_text("fetching statuses")).to_have_count(0)
    settle(page)


def shoot_page(asset: str, query: str, wait_for: str) -> Take:
    """Return what shows a page of an asset as soon as it has a text."""

    def take(page: Page, server: DagsterDev) -> None:
        page.goto(f"{server.url}/assets/{asset}?{query}")
        expect(page.get_by_text(wait_for).first).to_be_visible()
        settle(page)

    return take


def shoot_failed_month(page: Page, server: DagsterDev) -> None:
    """Show the months of a stream, and one that failed."""
    month = min(server.partitions(FAILING, "FAILED"))
    page.goto(f"{server.url}/assets/{FAILING}?view=partitions&partition={month}")
    expect(page.get_by_text("Failed (").first).to_be_visible()
    settle(page)


def shoot_plots(page: Page, server: DagsterDev) -> None:
    """Show the figures of each month as plots."""
    page.set_viewport_size({"width": 1360, "height": 1300})
    page.goto(f"{server.url}/assets/zendesk_acme/hub/tickets")
    page.get_by_text("Plots", exact=True).first.click()
    expect(page.get_by_text("seconds_waited").first).to_be_visible()
    page.get_by_text("records", exact=True).first.scroll_into_view_if_needed()
    settle(page)


def shoot_run(page: Page, server: DagsterDev) -> None:
    """Show what a sync says of one stream."""
    step = "step:zendesk_acme__hub__ticket_events"
    tags = {"zendesk/source": "zendesk_acme", "user": "sync command"}
    run = server.runs(tags=tags, statuses=["SUCCESS"])[-2]["runId"]
    page.goto(f"{server.url}/runs/{run}?logs={quote(step)}")
    expect(page.get_by_text("records").first).to_be_visible()
    settle(page)


def shoot_backfill(page: Page, server: DagsterDev) -> None:
    """Show the launch dialog with some months of history selected."""
    page.goto(f"{server.url}/assets/zendesk_acme/tickets?view=lineage&lineageScope=upstream")
    page.get_by_role("button", name="Materialize all").click()
    dialog = page.get_by_role("dialog").filter(has_text="Partition selection")
    first = datetime.now(UTC) - timedelta(days=HISTORY_DAYS)
    selection = dialog.get_by_role("textbox")
    selection.fill(f"[{month_of(first)}...{month_of(first + timedelta(days=92))}]")
    selection.press("Enter")
    expect(dialog.get_by_role("button", name="Launch backfill")).to_be_enabled()
    settle(page)


def shoot_report(page: Page, server: DagsterDev) -> None:
    """Show the report as a browser does that opens the file."""
    page.set_viewport_size({"width": 1100, "height": 1000})
    page.goto((server.folder / "reports" / "zendesk_acme.html").as_uri())
    settle(page)


def shoot_local(path: str, wait_for: str) -> Take:
    """Return what shows a page of `zendesk-assets ui`, whose folder has the sources file."""

    def take(page: Page, server: DagsterDev) -> None:
        page.set_viewport_size({"width": 1100, "height": 760})
        os.chdir(server.folder)
        with open_instance() as instance, Serving(local_page(instance, server.url), 0) as serving:
            page.goto(f"{serving.url}{path}")
            expect(page.get_by_text(wait_for).first).to_be_visible()
            settle(page)

    return take


def shoot_automation(page: Page, server: DagsterDev) -> None:
    """Show the schedules of all accounts."""
    page.goto(f"{server.url}/automation")
    expect(page.get_by_text("zendesk_initech_warehouse_sync").first).to_be_visible()
    settle(page)


def settle(page: Page) -> None:
    """Wait until the page looks the same for a second and a half; Dagster's never stops asking."""
    before, seen = b"", page.screenshot()
    for _ in range(MOST_LOOKS):
        page.wait_for_timeout(1500)
        before, seen = seen, page.screenshot()
        if before == seen:
            return


def checks(name: str) -> str:
    """Return the query that opens a check of an asset."""
    return f"view=checks&checkDetail={name}"


FAILING = "zendesk_initech/hub/tickets"
OF_ONE_ACCOUNT: dict[str, Take] = {"lineage": shoot_lineage}
PICTURES: dict[str, Take] = {
    "tickets": shoot_page("zendesk_acme/tickets", "", "Latest materialization"),
    "ui/page": shoot_local("/", "Next sync"),
    "ui/coverage": shoot_local("/zendesk_initech/coverage", "fetched"),
    "ui/sources": shoot_sources,
    "ui/hub": shoot_page("zendesk_acme/hub/ticket_events", "", "Latest materialization"),
    "ui/columns": shoot_page("zendesk_acme/ticket_metrics", "", "From"),
    "ui/plots": shoot_plots,
    "ui/partitions": shoot_failed_month,
    "ui/sync_failed": shoot_page(FAILING, checks("last_sync_went_well"), "does not accept"),
    "ui/quarantine": shoot_page(
        "zendesk_initech/organizations", checks("no_new_quarantined_rows"), "quarantined"
    ),
    "ui/undeclared": shoot_page(
        "zendesk_initech/groups", checks("no_undeclared_properties"), "No column for"
    ),
    "ui/analysis": shoot_page("zendesk_acme/analysis_backlog_by_day", "", "Latest materialization"),
    "ui/report": shoot_report,
    "ui/run": shoot_run,
    "ui/backfill": shoot_backfill,
    "ui/automation": shoot_automation,
}


if __name__ == "__main__":
    main()
