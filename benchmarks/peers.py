"""How we compare with Airbyte's source and with tap-zendesk, on the same work; a document.

    python benchmarks/peers.py                    # 20,000 tickets; writes docs/benchmarks.md
    python benchmarks/peers.py --tickets 500 --output quick.md    # a quick look

It installs both into virtual environments, in a temporary folder or in `--environments`, where a
later run finds them. Accounts are simulated, each in a process of its own on 127.0.0.1.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import harness
from comparison import works
from comparison.contestants import (
    Airbyte,
    AirbyteIntoDuckDB,
    Contestant,
    Ours,
    OursLanding,
    Tap,
)
from comparison.document import machine, render
from comparison.environments import NotInstallableError, install
from comparison.processes import PATIENCE
from comparison.truth import truth_of

_DAYS: Final = 365
_CONFIGURED: Final = 100  # groups, fields and policies are up to 90 days older than tickets
_PEERS: Final = (
    (Airbyte, "airbyte-source-zendesk-support", ("3.11", "3.10")),
    (AirbyteIntoDuckDB, "airbyte", ("3.11", "3.12", "3.10")),  # PyAirbyte
    (Tap, "tap-zendesk", ("3.11", "3.12", "3.10", "3.9")),
)
_SIZES: Final = {"tickets": 20_000, "changed": 500, "flood": 3_000}
_FLOOD_TICKETS: Final = 500  # that the account had before
_MODES: Final = ("overflow", "truncate")  # what an export does when a second exceeds a page
_DOCUMENT: Final = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    for name, size in _SIZES.items():
        parser.add_argument(f"--{name}", type=int, default=size, help=f"default: {size}")
    parser.add_argument("--environments", type=Path, help="where the peers are installed, and kept")
    parser.add_argument("--output", type=Path, default=_DOCUMENT)
    parser.add_argument("--figures", type=Path, help="JSON: written, or read instead of measuring")
    arguments = parser.parse_args()
    figures = _figures(arguments)
    arguments.output.write_text(render(figures), encoding="utf-8")


def _figures(arguments: argparse.Namespace) -> dict[str, Any]:
    path: Path | None = arguments.figures
    if path and path.exists():
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
    with tempfile.TemporaryDirectory() as folder:
        found = _measure(arguments, Path(folder))
    if path:
        path.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return found


def _measure(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    began = datetime.now(UTC)
    peers, tools, absent = _install(arguments.environments or folder / "environments")
    # How a source stands a flood or a kill does not depend on what is behind it.
    sources = [each for each in peers if each is not AirbyteIntoDuckDB]
    found = {
        "date": str(began.date()),
        **_sizes(arguments),
        "own_version": version("zendesk-assets"),
        "patience": PATIENCE,
        "machine": machine(),
        "tools": tools,
        "absent": absent,
        "floods": {mode: _flood(arguments, folder, sources, mode) for mode in _MODES},
        **_main_works(arguments, folder, peers, sources),
    }
    return {**found, "minutes": (datetime.now(UTC) - began).total_seconds() / 60}


def _sizes(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the sizes of the works, and the command that chooses them."""
    sizes = {name: getattr(arguments, name) for name in _SIZES}
    chosen = [f"--{name} {size}" for name, size in sizes.items() if size != _SIZES[name]]
    return {**sizes, "command": " ".join(["python benchmarks/peers.py", *chosen])}


def _install(folder: Path) -> tuple[list[type[Contestant]], dict[str, Any], dict[str, str]]:
    """Install the peers; return those that are there, their versions, and why others are not."""
    there: list[type[Contestant]] = []
    tools, absent = {}, {}
    for kind, package, pythons in _PEERS:
        try:
            environment = install(folder / package, package, pythons)
        except NotInstallableError as cause:
            absent[kind.name] = str(cause)
            continue
        if kind is AirbyteIntoDuckDB and Airbyte not in there:
            absent[kind.name] = "It needs Airbyte's source."
            continue
        kind.environment = environment
        versions = {"version": environment.version(package), "python": environment.python_version()}
        tools[kind.name] = {"package": package, **versions}
        there.append(kind)
    return there, tools, absent


def _main_works(
    arguments: argparse.Namespace,
    folder: Path,
    peers: list[type[Contestant]],
    sources: list[type[Contestant]],
) -> dict[str, Any]:
    with harness.account(arguments.tickets, history_days=_DAYS) as account:
        counts = account.counts()
        kinds: list[type[Contestant]] = [Ours, OursLanding, *peers]
        contestants = list(_made(kinds, folder / "main", account))
        first = works.sync(contestants, truth_of(account))
        works.change(account, arguments.changed)
        truth = truth_of(account)
        following = works.sync(contestants, truth)
        restarted = _made([Ours, *sources], folder / "killed", account)
        killed = works.killed_sync(restarted, truth, first)
    return {"counts": counts, "first": first, "next": following, "killed": killed}


def _flood(
    arguments: argparse.Namespace, folder: Path, sources: list[type[Contestant]], mode: str
) -> list[works.Row]:
    """Measure a first sync of an account that had many records in one second, an hour ago."""
    with harness.account(_FLOOD_TICKETS, history_days=_DAYS, hours_behind=1) as account:
        account.act("set_same_second", mode=mode)
        account.act("flood_tickets", count=arguments.flood)
        account.act("flood_organizations", count=arguments.flood)
        account.act("advance_clock", hours=1)
        return works.flood(_made([Ours, *sources], folder / mode, account), truth_of(account))


def _made(
    kinds: list[type[Contestant]], folder: Path, account: harness.Account
) -> Iterator[Contestant]:
    start: date = datetime.now(UTC).date() - timedelta(days=_DAYS + _CONFIGURED)
    for kind in kinds:
        yield kind(folder / kind.__name__, account, start)


if __name__ == "__main__":
    main()
