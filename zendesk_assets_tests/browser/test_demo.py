"""The demo of an installed wheel, in an empty folder: what its last lines say to click works.

Then the screens of a project in which all is well: who ran, and that nothing is amber.
"""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
import requests
import yaml
from playwright.sync_api import expect, sync_playwright

from zendesk_assets.cli.demo_accounts import LONG
from zendesk_assets_tests.browser.dagster_ui import CHROMIUM_OPTIONS, DagsterUI
from zendesk_assets_tests.dagster_dev import free_port
from zendesk_assets_tests.dagster_graphql import LOCATION, REPOSITORY, DagsterGraphQL
from zendesk_assets_tests.signals import restore_signals
from zendesk_assets_tests.waiting import wait_until

pytestmark = [pytest.mark.long, pytest.mark.slow(seconds=200)]

ROOT = Path(__file__).resolve().parents[2]
FEW = ("--tickets", "300")
UNSYNCED = "{ assetNodes { assetKey { path } staleStatus } }"
CONTENT = """
query ($repository: RepositorySelector!) {
  repositoryOrError(repositorySelector: $repository) {
    ... on Repository {
      jobs { name runs { runId } }
      allTopLevelResourceDetails { name description resourceType }
    }
  }
}"""


class Demo(DagsterGraphQL):
    """A demo that runs in a folder: what it has printed, and its UI."""

    def __init__(self, folder, port, log):
        self.folder, self.url, self.log = folder / ".demo", f"http://127.0.0.1:{port}", log

    @property
    def said(self):
        return self.log.read_text()

    def tickets_of(self, year):
        """Return the ids of the long account's tickets of a year, as the account has them."""
        sources = yaml.safe_load((self.folder / "sources.yaml").read_text())["sources"]
        (source,) = [each for each in sources if each["schema"] == LONG.schema]
        address = f"{source['base_url']}/_simulator/expected/tickets"
        rows = requests.get(address, timeout=60).json()["rows"]
        return {row["id"] for row in rows if in_year(row["generated_timestamp"], year)}

    def tickets_here(self):
        """Return the ids in the table; none while a load holds the file."""
        file, query = self.folder / "warehouse.duckdb", f"select id from {LONG.schema}.tickets"
        with (
            suppress(duckdb.IOException),
            duckdb.connect(str(file), read_only=True) as connection,
        ):
            return {number for (number,) in connection.execute(query).fetchall()}
        return set()


def in_year(timestamp, year):
    return datetime.fromtimestamp(timestamp, UTC).year == year


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return a folder with what the wheel of this package installs, and nothing beside it."""
    source, wheels = (tmp_path_factory.mktemp(name) for name in ("source", "wheels"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(
        ROOT / "zendesk_assets",
        source / "zendesk_assets",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(wheels)]
    subprocess.run([*build, str(source)], check=True)
    (wheel,) = wheels.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(wheels / "site")
    return wheels / "site"


@pytest.fixture(scope="module")
def demo(chromium, installed, tmp_path_factory):
    folder, port = tmp_path_factory.mktemp("empty"), free_port()
    log = tmp_path_factory.mktemp("log") / "demo.log"
    command = [sys.executable, "-m", "zendesk_assets.cli.app", "demo", "--port", str(port), *FEW]
    kept = {name: each for name, each in os.environ.items() if name != "DAGSTER_HOME"}
    state = {"ZENDESK_ASSETS_STATE": str(folder / "state"), "PYTHONPATH": str(installed)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env={**kept, **state}, stdout=output, stderr=output,
            preexec_fn=restore_signals,  # noqa: PLW1509 # it takes no lock
        )  # fmt: skip
    demo = Demo(folder, port, log)
    try:
        wait_until(lambda: "3. Press" in demo.said, 1_200, "the last lines", lambda: demo.said)
        yield demo
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture
def ui(demo, chromium, tmp_path):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        page = browser.new_page(viewport={"width": 1500, "height": 1000})
        ui = DagsterUI(page, demo.url, tmp_path)
        yield ui
        ui.shoot("end")
        browser.close()


def test_the_changed_ticket_stands_with_its_difference_after_everything_else_of_the_syncs(demo):
    end = demo.said[demo.said.index("What is where:") :]
    found = re.search(r"\nTicket \d+ of zendesk_acme, before and after .*:\n((?:  .*\n)+)", end)
    assert [line.split()[0] for line in found[1].splitlines()] == [
        "status", "priority", "updated_at", "loaded_at",
    ]  # fmt: skip
    assert "→ solved" in found[1]
    who, _, rest = end[found.end() :].partition("\n")
    command = r"ZENDESK_SOURCES=\S+ \S+ why tickets \d+ status --source zendesk_acme"
    assert re.fullmatch(f"Who solved it: {command}", who)
    assert "zendesk_acme" not in rest


def test_the_last_lines_say_what_to_click_and_it_fetches_an_old_year(demo, ui):
    address, months = re.search(r"1\. Open (\S+)\n.*: (\[\S+\])\n", demo.said).groups()
    year = int(months[1:5])
    wanted = demo.tickets_of(year)
    assert len(wanted) > 30
    assert not wanted & demo.tickets_here()

    ui.materialize_all_at(address, months)
    expect(ui.page.get_by_text(re.compile("Created backfill|Launched run")).first).to_be_visible()
    ui.leave()

    wait_until(lambda: wanted <= demo.tickets_here(), 600, "the tickets of that year", every=1)
    # Nobody has asked for the other table that is made from them: it follows.
    metrics = f"{LONG.schema}/ticket_metrics"
    old = {f"{year}-{month:02}" for month in range(1, 13)}
    wait_until(
        lambda: old <= demo.materialized_partitions(metrics), 600, "the metrics follow", every=1
    )


def test_the_pages_of_jobs_and_the_timeline_show_the_runs_of_sync(demo, ui):
    jobs = {job["name"]: job["runs"] for job in content_of(demo)["jobs"]}
    for schema in ("zendesk_acme", "zendesk_globex"):
        assert jobs[f"{schema}_sync"], jobs
        ui.page.goto(f"{demo.url}/locations/{REPOSITORY}@{LOCATION}/jobs/{schema}_sync/runs")
        expect(ui.page.get_by_text("sync command").first).to_be_visible()
        ui.shoot(f"job_{schema}")
    ui.page.goto(f"{demo.url}/overview/timeline")
    for schema in ("zendesk_acme", "zendesk_globex"):
        expect(ui.page.get_by_role("link", name=f"{schema}_sync").first).to_be_visible()


def test_nothing_is_unsynced_and_everything_has_a_name(demo):
    nodes = demo.graphql(UNSYNCED)["assetNodes"]
    stale = ["/".join(each["assetKey"]["path"]) for each in nodes if each["staleStatus"] == "STALE"]
    assert len(nodes) > 200
    assert stale == []
    for each in content_of(demo)["allTopLevelResourceDetails"]:
        assert each["description"], each
        assert "<" not in each["resourceType"], each
    (pool,) = demo.graphql("{ instance { concurrencyLimits { concurrencyKey } } }")["instance"][
        "concurrencyLimits"
    ]
    assert pool["concurrencyKey"].startswith("writers_of_")
    assert pool["concurrencyKey"].endswith("demo_warehouse_duckdb")


def content_of(demo):
    selector = {"repositoryLocationName": LOCATION, "repositoryName": REPOSITORY}
    return demo.graphql(CONTENT, {"repository": selector})["repositoryOrError"]
