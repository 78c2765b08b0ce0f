"""How long Dagster's UI takes over twenty years of months of three sources.

    python benchmarks/ui_partitions.py                 # needs chromium, and playwright (extra: dev)
    python benchmarks/ui_partitions.py --start 2024-01-01

Every source has every month of its history. A browser opens the
global asset graph and the Partitions tab of a table, first with Dagster's status cache empty. The
GraphQL queries it sends are kept and sent again, so what is timed are the UI's own. The webserver
has no daemon beside it. Events are written straight into SQLite's index, as in one transaction
per asset; the event itself is what `report_runless_asset_event` would store.
"""

from __future__ import annotations

import argparse
import json
import shutil
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import dagster as dg
import harness
import requests
from dagster._core.events import DagsterEvent, StepMaterializationData
from dagster._core.instance import RUNLESS_JOB_NAME, RUNLESS_RUN_ID
from playwright.sync_api import Page, Request, sync_playwright

from zendesk_assets.cli.project import Project, open_project

_SCHEMAS: Final = ("zendesk_one", "zendesk_two", "zendesk_three")
_FLAGS: Final = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
# A page's path, and what is on it once it can be used.
_GRAPH: Final = ("/asset-groups", f"text={_SCHEMAS[0]}_hub")
_PARTITIONS: Final = (f"/assets/{_SCHEMAS[0]}/tickets?view=partitions", "text=/Materialized/")
_UNFINISHED: Final = "text=fetching statuses"
_SLOWEST: Final = 8
_PATIENCE: Final = 240_000  # milliseconds


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--start", default="2006-01-01", help="history_start of the sources")
    start = parser.parse_args().start
    account = harness.Account("http://127.0.0.1:9", "unused")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        harness.write_project(folder, dict.fromkeys(_SCHEMAS, account), history_start=start)
        with open_project() as project:
            months = _fill(project)
        with _webserver(folder) as url:
            _show(folder, url, months)


@contextmanager
def _webserver(folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = ("dagster-webserver", "-m", "zendesk_assets.definitions", "-h", "127.0.0.1")
    with harness.dagster_server(*command, "-p", port, log=folder / "webserver.log"):
        url = f"http://127.0.0.1:{port}"
        _wait_for(url)
        yield url


def _wait_for(url: str) -> None:
    for _ in range(120):
        try:
            requests.get(f"{url}/server_info", timeout=5).raise_for_status()
        except requests.RequestException:
            time.sleep(0.5)
        else:
            return
    raise SystemExit("dagster-webserver did not come up")


# Twenty years of events.


def _fill(project: Project) -> int:
    """Materialize every partition of every source; return the number of months."""
    graph = project.definitions.resolve_asset_graph()
    longest = 0
    began, events = time.perf_counter(), 0
    for key in sorted(graph.get_all_asset_keys()):
        partitions = graph.get(key).partitions_def
        months: list[str | None] = list(partitions.get_partition_keys()) if partitions else [None]
        longest = max(longest, len(months))
        _materialize(project.instance, key, months)
        events += len(months)
    print(f"{events:,} materializations written in {time.perf_counter() - began:.0f} s")
    return longest


def _materialize(instance: dg.DagsterInstance, key: dg.AssetKey, months: list[str | None]) -> None:
    storage: Any = instance.event_log_storage
    *before, last = (_event(key, month) for month in months)
    with storage.index_transaction() as connection:
        for event in before:
            connection.execute(storage.prepare_insert_event(event))
    storage.store_event(last)


def _event(key: dg.AssetKey, month: str | None) -> dg.EventLogEntry:
    metadata = {"records": 1_234, "pages": 2, "requests": 2, "bytes": 3_300_000}
    made = dg.AssetMaterialization(key, partition=month, metadata=metadata)
    return dg.EventLogEntry(
        error_info=None,
        level=20,
        user_message="",
        run_id=RUNLESS_RUN_ID,
        timestamp=time.time(),
        dagster_event=DagsterEvent(
            event_type_value=dg.DagsterEventType.ASSET_MATERIALIZATION.value,
            job_name=RUNLESS_JOB_NAME,
            event_specific_data=StepMaterializationData(made, []),
        ),
    )


# What the browser sees and asks.


@dataclass
class _Visit:
    """One page load: seconds until it was usable, until it was complete, and what it asked."""

    usable: float = 0.0
    complete: float = 0.0
    queries: dict[str, set[str]] = field(default_factory=dict)

    def note(self, request: Request) -> None:
        """Keep a GraphQL query under its name; what is asked twice counts once."""
        if request.url.split("?")[0].endswith("/graphql") and request.post_data:
            name = json.loads(request.post_data)["operationName"]
            self.queries.setdefault(name, set()).add(request.post_data)


def _show(folder: Path, url: str, months: int) -> None:
    visits: dict[str, list[_Visit]] = {}
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        context = playwright.chromium.launch_persistent_context(
            folder / "browser", executable_path=chromium, args=list(_FLAGS), headless=True
        )
        page = context.new_page()
        for _ in range(3):
            visits.setdefault("asset graph", []).append(_visit(page, url, *_GRAPH))
            visits.setdefault("partitions tab", []).append(_visit(page, url, *_PARTITIONS))
        context.close()
    rows = []
    for name, (first, *rest) in visits.items():
        usable = statistics.median(each.usable for each in rest)
        complete = statistics.median(each.complete for each in rest)
        rows.append((name, first.usable, usable, first.complete, complete))
    harness.print_table(
        f"seconds in Chromium, {months:,} months, {len(_SCHEMAS)} sources",
        ("page", "usable, cache empty", "then, median", "complete, cache empty", "then, median"),
        rows,
    )
    for name, (first, *_) in visits.items():
        _show_queries(name, url, first.queries)


def _visit(page: Page, url: str, path: str, sign: str) -> _Visit:
    """Open a page and wait for what shows that it can be used."""
    visit = _Visit()
    page.goto("about:blank")
    page.on("request", visit.note)
    began = time.perf_counter()
    page.goto(url + path)
    page.locator(sign).first.wait_for(timeout=_PATIENCE)
    visit.usable = time.perf_counter() - began
    page.locator(_UNFINISHED).first.wait_for(state="detached", timeout=_PATIENCE)
    visit.complete = time.perf_counter() - began
    page.wait_for_timeout(3_000)  # what is asked a moment later is counted among the queries
    page.remove_listener("request", visit.note)
    return visit


def _show_queries(name: str, url: str, queries: dict[str, set[str]]) -> None:
    """Send a page's queries again: with the status cache emptied, and as they are then."""
    rows = []
    for operation, bodies in queries.items():
        _empty_status_cache()
        cold, size = _ask(url, bodies)
        warm = statistics.median(_ask(url, bodies)[0] for _ in range(3))
        rows.append((operation, len(bodies), cold, warm, cold / warm, size / 1000))
    rows.sort(key=lambda row: -row[2])
    harness.print_table(
        f"GraphQL of the {name}, as the UI asks it, seconds; the {_SLOWEST} slowest of {len(rows)}",
        ("operation", "requests", "cache empty", "then, median", "times", "kB"),
        rows[:_SLOWEST],
    )


def _empty_status_cache() -> None:
    with dg.DagsterInstance.get() as instance:
        for key in instance.all_asset_keys():
            instance.event_log_storage.wipe_asset_cached_status(key)


def _ask(url: str, bodies: set[str]) -> tuple[float, int]:
    """Send queries one after the other; return the seconds and the bytes of all answers."""
    began, size = time.perf_counter(), 0
    for body in bodies:
        head = {"Content-Type": "application/json"}
        answer = requests.post(f"{url}/graphql", data=body, headers=head, timeout=300)
        answer.raise_for_status()
        size += len(answer.content)
    return time.perf_counter() - began, size


if __name__ == "__main__":
    main()
