"""A replay of everything as one job per table, by several processes at once.

    python benchmarks/replay_at_scale.py                          # 20,000 tickets; 1, 2, 4 at once
    python benchmarks/replay_at_scale.py --tickets 2000 --processes 2 4
    WAREHOUSE_URL=postgresql://… python benchmarks/replay_at_scale.py   # a server of your own

A simulated account is landed once in a hub on S3 (a moto server on this machine). Then everything
is loaded into an empty schema of one PostgreSQL, by `zendesk-assets sync --warehouse-only --replay
--collection …`, a process for each table as a launcher would start them, the largest first.
Processor seconds are those of the processes, Dagster included, not those of PostgreSQL and moto.
`start` is what such a process costs that finds next to nothing to load; `loaded/cpu s` are the
records for each second beyond that.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import harness
import psycopg
import requests
import yaml

_SCHEMA: Final = "zendesk"
# The largest first: what begins last should not take longest.
_TABLES: Final = (
    "ticket_events", "tickets", "ticket_metrics", "attachments", "users", "organizations",
)  # fmt: skip
_SMALL: Final = "groups"
_COMMAND: Final = str(Path(sys.executable).with_name("zendesk-assets"))
_PATIENCE: Final = 60


@dataclass(frozen=True)
class _Replay:
    """What a replay took: seconds, and seconds of processor of all its processes."""

    seconds: float
    cpu: float


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--tickets", type=int, default=20_000)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4])
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        harness.postgres_server() as server,
        _object_store() as hub,
        harness.account(arguments.tickets) as account,
        _database(server) as url,
    ):
        _write_project(Path(name), account, hub, url)
        _sync("--hub-only", *_named(*_TABLES, _SMALL))
        _measure(url, arguments.processes)


def _measure(url: str, processes: Sequence[int]) -> None:
    start = _replay(url, (_SMALL,), 1)
    found = {count: _replay(url, _TABLES, count) for count in processes}
    counts = _rows(url)
    total = sum(counts.values())
    first = found[processes[0]]
    rows = [
        (
            count,
            total,
            each.seconds,
            each.cpu,
            int(total / (each.cpu - len(_TABLES) * start.cpu)),
            first.seconds / each.seconds,
        )
        for count, each in found.items()
    ]
    print(f"\n{', '.join(f'{name} {count:,}' for name, count in counts.items())}")
    print(f"start: {start.cpu:.1f} s of processor for each process")
    head = ("at once", "records", "s", "cpu s", "loaded/cpu s", "times as fast")
    harness.print_table(f"a replay of {len(_TABLES)} tables, a process for each", head, rows)


def _replay(url: str, tables: Sequence[str], at_once: int) -> _Replay:
    """Load the tables into an empty schema, so many at once."""
    with psycopg.connect(url) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {_SCHEMA} CASCADE")
    left, running, cpu, started = list(tables), set[int](), 0.0, time.monotonic()
    while left or running:
        while left and len(running) < at_once:
            running.add(_start("--warehouse-only", "--replay", *_named(left.pop(0))).pid)
        process, status, usage = os.wait4(-1, 0)
        if process in running:
            running.remove(process)
            cpu += usage.ru_utime + usage.ru_stime
            if status:
                sys.exit("a job failed: its lines are above")
    return _Replay(time.monotonic() - started, cpu)


def _rows(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        return {name: _count(connection, name) for name in _TABLES}


def _count(connection: psycopg.Connection[Any], table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {_SCHEMA}.{table}".encode()).fetchone()
    return int(row[0]) if row else 0


def _sync(*options: str) -> None:
    if _start(*options).wait():
        sys.exit("the account could not be landed: its lines are above")


def _start(*options: str) -> subprocess.Popen[bytes]:
    """Start a sync; only what it says of troubles is shown."""
    return subprocess.Popen([_COMMAND, "sync", *options], stdout=subprocess.DEVNULL)


def _named(*tables: str) -> list[str]:
    return [word for name in tables for word in ("--collection", name)]


def _write_project(folder: Path, account: harness.Account, hub: str, url: str) -> None:
    harness.write_project(folder, {_SCHEMA: account}, analysis=False)
    file = folder / "sources.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    warehouse = {"type": "postgres", "url": {"env": "WAREHOUSE_URL"}}
    content = {"hub": {"path": hub}, "warehouse": warehouse, **content}
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    os.environ["WAREHOUSE_URL"] = url


@contextmanager
def _database(server: str) -> Iterator[str]:
    """Yield the address of an empty database of the server."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS zendesk_replay WITH (FORCE)")
        connection.execute("CREATE DATABASE zendesk_replay ENCODING 'UTF8' TEMPLATE template0")
    yield psycopg.conninfo.make_conninfo(server, dbname="zendesk_replay")


@contextmanager
def _object_store() -> Iterator[str]:
    """Serve an S3 with a bucket in a process of its own, and let every process find it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", port]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        _make_bucket(address)
        os.environ.update(
            AWS_ENDPOINT_URL=address,
            AWS_ACCESS_KEY_ID="testing",
            AWS_SECRET_ACCESS_KEY="testing",
            AWS_DEFAULT_REGION="us-east-1",
        )
        yield "s3://landing/hub"
    finally:
        process.kill()
        process.wait()


def _make_bucket(address: str) -> None:
    for _ in range(_PATIENCE):
        try:
            requests.put(f"{address}/landing", timeout=10).raise_for_status()
        except requests.ConnectionError:
            time.sleep(1)
        else:
            return
    sys.exit("moto does not answer: pip install 'moto[s3,server]'")


if __name__ == "__main__":
    main()
