"""What whole syncs cost: a first year, 500 changes, nothing new, and the report of a day.

    python benchmarks/sync_cost.py                    # 20,000 tickets
    python benchmarks/sync_cost.py --tickets 2000     # a quick look

Each is `zendesk-assets sync` from its start to its end, imports included, in a process of its own;
the account is in another and enforces no limits. There are nine tables, with all views and the
report. CPU seconds hold on a busy machine too, seconds do not.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import harness

_DAYS: Final = 365
_CHANGES: Final = 500
_TABLES: Final = (
    "tickets", "ticket_metrics", "ticket_events", "attachments", "users", "organizations",
    "groups", "activities", "satisfaction_ratings",
)  # fmt: skip
# What has changed within a minute is for the next sync, so that no second is read half.
_SETTLED: Final = timedelta(minutes=3)
_SYNC: Final = "from zendesk_assets.cli.app import main; main()"


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--tickets", type=int, default=20_000)
    tickets = parser.parse_args().tickets
    with (
        tempfile.TemporaryDirectory() as name,
        harness.account(tickets, history_days=_DAYS, hours_behind=1) as account,
    ):
        start = datetime.now(UTC).date() - timedelta(days=_DAYS)
        tables = {"include": list(_TABLES)}
        harness.write_project(
            Path(name), {"zendesk": account}, history_start=start, collections=tables
        )
        rows = [_measure("first year", account)]
        for place in range(_CHANGES):
            ticket = 1 + place * 37 % tickets
            account.act("update_ticket", ticket_id=ticket, comment="On its way")
        account.act("advance_clock", seconds=_SETTLED.total_seconds())
        rows += [_measure(f"{_CHANGES} changes", account), _measure("nothing new", account)]
        rows += [_measure("nothing new, and the report", account, "--report")]
        head = ("sync", "requests", "of them exports", "CPU seconds", "seconds", "peak MB")
        title = f"{tickets:,} tickets, {account.counts()['events']:,} events, nine tables"
        harness.print_table(title, head, rows)


def _measure(what: str, account: harness.Account, *options: str) -> tuple[object, ...]:
    """Sync; return the row of figures."""
    before, began = len(account.requests()), time.perf_counter()
    command = [sys.executable, "-c", _SYNC, "sync", *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if status:
        sys.exit(f"the sync failed: {what}")
    asked = account.requests()[before:]
    exports = sum(row["bucket"] == "exports" for row in asked)
    cpu, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    return what, len(asked), exports, cpu, seconds, peak


if __name__ == "__main__":
    main()
