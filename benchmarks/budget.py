"""How much of the ten export requests a minute is used, in real time, through the schedules.

    python benchmarks/budget.py               # eight minutes
    python benchmarks/budget.py --minutes 4

The account enforces its limits. `dagster dev` runs on a new project: its source sync sensor asks
for the whole history, which becomes a backfill of ranges of months, as for any user. What was
asked, and when, is read from the account's own log. Its pages are small, so that few records make
many of them. Zendesk's goal posts: not one 429, and as close to 10 requests a minute as that lets.
"""

from __future__ import annotations

import argparse
import socket
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import dagster as dg
import harness

from zendesk_assets.simulator import RateLimits

_EXPORTS: Final = 10
_DAYS: Final = 150
_TICKETS: Final = 1_000
_PAGE: Final = 50
_REFUSED: Final = 429
_QUIET_SECONDS: Final = 150  # with nothing asked for so long, everything is there


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--minutes", type=float, default=8)
    minutes = parser.parse_args().minutes
    limits = RateLimits(account=200, exports=_EXPORTS)
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        harness.account(_TICKETS, history_days=_DAYS, largest_page=_PAGE, limits=limits) as account,
    ):
        _write_project(Path(folder), account)
        command = ("dagster", "dev", "-m", "zendesk_assets.definitions", "-h", "127.0.0.1")
        log = Path(folder) / "dagster.log"
        with harness.dagster_server(*command, "-p", str(_free_port()), log=log):
            _wait(account, minutes)
            requests, runs = account.requests(), _runs()
        _show(requests, runs)


def _write_project(folder: Path, account: harness.Account) -> None:
    start = (datetime.now(UTC) - timedelta(days=_DAYS)).date()
    harness.write_project(
        folder,
        {"zendesk_budget": account},
        requests_per_minute=200,
        export_requests_per_minute=_EXPORTS,
        history_start=start,
    )


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait(account: harness.Account, minutes: float) -> None:
    """Wait for so many minutes after the first request, or until nothing is asked any more."""
    first, last, seen = 0.0, time.monotonic(), 0
    while not first or time.monotonic() < first + minutes * 60:
        time.sleep(2)
        found = len(_exports(account.requests()))
        now = time.monotonic()
        if found > seen:
            first, last, seen = first or now, now, found
        elif now - last > _QUIET_SECONDS:
            return


def _runs() -> list[dg.RunRecord]:
    with dg.DagsterInstance.get() as instance:
        records = instance.get_run_records()
    return sorted(records, key=lambda record: record.start_time or 1e12)


def _exports(requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in requests if row["bucket"] == "exports"]


def _show(requests: list[dict[str, Any]], runs: list[dg.RunRecord]) -> None:
    exports = _exports(requests)
    passed = [row["monotonic"] for row in exports if row["status"] != _REFUSED]
    minutes = len(passed) // _EXPORTS
    # From a request to the one that is a whole number of budgets later: no burst counts half.
    whole = (len(passed) - 1) // _EXPORTS * _EXPORTS
    if not whole:
        raise SystemExit(f"only {len(passed)} export requests in that time: try more minutes")
    rate = whole / (passed[whole] - passed[0]) * 60
    windows = [passed[at + _EXPORTS] - passed[at] for at in range(len(passed) - _EXPORTS)]
    harness.print_table(
        "the export budget, by the account's own log",
        ("figure", "value"),
        [
            ("export requests", len(passed)),
            ("minutes from first to last", (passed[-1] - passed[0]) / 60),
            ("budgets spent", minutes),
            ("requests a minute", rate),
            ("share of 10 a minute", f"{rate / _EXPORTS:.1%}"),
            ("answered with 429", sum(row["status"] == _REFUSED for row in requests)),
            ("seconds for ten requests, least", min(windows)),
            ("… median", statistics.median(windows)),
            ("… most", max(windows)),
            ("core requests, exports included", len(requests)),
        ],
    )
    start = runs[0].start_time or 0.0
    harness.print_table(
        "runs, in seconds since the first",
        ("job", "started", "ended", "days", "by"),
        [
            (
                f"{record.dagster_run.run_id[:8]} {record.dagster_run.status.value}",
                (record.start_time or start) - start,
                (record.end_time - start) if record.end_time else "-",
                _days(record.dagster_run.tags),
                "backfill" if "dagster/backfill" in record.dagster_run.tags else "plain run",
            )
            for record in runs
        ],
    )


def _days(tags: dict[str, str]) -> str:
    first = tags.get("dagster/asset_partition_range_start") or tags.get("dagster/partition")
    last = tags.get("dagster/asset_partition_range_end")
    return f"{first}…{last}" if last else first or "-"


if __name__ == "__main__":
    main()
