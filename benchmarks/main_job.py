"""How fast records are landed and loaded, and in how much memory, at two sizes of an account.

    python benchmarks/main_job.py                    # 100,000 tickets, then 20,000 against 200,000
    python benchmarks/main_job.py --tickets 10000    # a quick look

Account, landing and loading each run in a process of their own, so that each one's peak memory is
its own. There are no rate limits. All is landed twice: while the account makes its answers, and
into another hub when they are at hand, because the account takes longer to make a page than we to
land it. Figures are of this machine; read the ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import harness

from zendesk_assets.catalog import declared
from zendesk_assets.clock import SystemClock
from zendesk_assets.hub import SourceHub, SourceSync, Storage
from zendesk_assets.spec import EPOCH, Window
from zendesk_assets.warehouse import open_duckdb
from zendesk_assets.zendesk import (
    BearerCredentials,
    FileBudgets,
    Limits,
    RateLimiter,
    ZendeskClient,
)

_STREAMS = ("tickets", "ticket_events")


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--tickets", type=int, default=0)
    parser.add_argument("--role", choices=["land", "load"])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--url")
    parser.add_argument("--token")
    arguments = parser.parse_args()
    if arguments.role == "land":
        _land(arguments.folder, arguments.url, arguments.token)
    elif arguments.role == "load":
        _load(arguments.folder)
    elif arguments.tickets:
        _show(arguments.tickets, _measure(arguments.tickets))
    else:
        _show(100_000, _measure(100_000))
        _compare_memory()


def _compare_memory() -> None:
    small, large = _measure(20_000), _measure(200_000)
    _show(20_000, small)
    _show(200_000, large)
    for step in small:
        ratio = large[step]["peak_mb"] / small[step]["peak_mb"]
        print(f"peak memory of {step}, 200,000 against 20,000 tickets: {ratio:.2f} times")


def _show(tickets: int, figures: dict[str, dict[str, float]]) -> None:
    for step, found in figures.items():
        print(
            f"{tickets:>8,} tickets  {step}: {found['records']:>10,.0f} records in "
            f"{found['seconds']:6.1f} s = {found['records'] / found['seconds']:>8,.0f}/s, "
            f"peak memory {found['peak_mb']:.0f} MB"
        )


def _measure(tickets: int) -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory() as name, harness.account(tickets) as account:
        folder = Path(name)
        with harness.recorded(account, folder / "answers") as recorded:
            first = _do("land", folder, recorded)
            again = _do("land", folder / "again", recorded)
        return {"land": first, "land, answers at hand": again, "load": _do("load", folder, account)}


def _do(step: str, folder: Path, account: harness.Account) -> dict[str, float]:
    folder.mkdir(exist_ok=True)
    options = ("--folder", str(folder), "--url", account.url, "--token", account.token)
    return harness.finish(harness.start(__file__, "--role", step, *options))


def _hub(folder: Path) -> SourceHub:
    return SourceHub(Storage(str(folder / "hub")), "benchmark")


def _land(folder: Path, url: str, token: str) -> None:
    limiter = RateLimiter(FileBudgets(folder / "rate.sqlite"), Limits(10**6, 10**6), SystemClock())
    started, records = time.perf_counter(), 0
    window = Window(EPOCH, datetime.now(UTC) + timedelta(days=1))
    with ZendeskClient(url, BearerCredentials(lambda: token), limiter) as client:
        for name in _STREAMS:
            sync = SourceSync(client, _hub(folder), declared().streams[name], SystemClock())
            records += sum(manifest.records for manifest in sync.run(window))
    _report(records, started)


def _load(folder: Path) -> None:
    warehouse, hub = open_duckdb(folder / "warehouse.duckdb"), _hub(folder)
    started, rows = time.perf_counter(), 0
    for name in _STREAMS:
        files = [hub.files(batch) for batch in hub.batches(name)]
        for collection in declared().collections_of(name):
            rows += warehouse.load("benchmark", collection, files).rows_in
    _report(rows, started)


def _report(records: int, started: float) -> None:
    peak, seconds = harness.peak_megabytes(), time.perf_counter() - started
    print(json.dumps({"records": records, "seconds": seconds, "peak_mb": peak}))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
