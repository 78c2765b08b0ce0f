"""Loading tickets into both warehouses, beside the naive ways, in the same run.

    python benchmarks/warehouse_loads.py                          # 200,000; 25,000 of 1,000,000
    python benchmarks/warehouse_loads.py --scale 0.05             # a quick look
    WAREHOUSE_URL=postgresql://… python benchmarks/warehouse_loads.py   # a server of your own

Two tasks: 200,000 tickets into an empty table, and 25,000 changed ones into 1,000,000. Each way is
a process of its own; memory is its peak (a server's is not in it). `locked` is how long nobody else
could write the file (DuckDB), or how long transactions were (PostgreSQL). Another process reads the
table all the while; `reader` is the longest that it had to wait for an answer.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import duckdb
import harness
import psycopg
import requests
import zstandard
from naive_loads import WAYS, create_table

from zendesk_assets.catalog import declared
from zendesk_assets.simulator import Simulator
from zendesk_assets.spec import BatchFiles
from zendesk_assets.warehouse import Warehouse, open_duckdb, open_postgres

_PAGE: Final = 1_000
_OURS: Final = "ours"
_SCHEMA: Final = {_OURS: "bench"}
_TICKETS: Final = declared().collections["tickets"]


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--scale", type=float, default=1.0)
    if arguments := harness.asked_for(parser, step=_step, reader=_read_on):
        _measure(arguments.scale)


def _measure(scale: float) -> None:
    empty, existing, changed = (int(n * scale) for n in (200_000, 1_000_000, 25_000))
    with tempfile.TemporaryDirectory() as name, harness.postgres_server() as server:
        folder = Path(name)
        first = write_tickets(folder / "first", range(existing), version=0)
        some = first[: empty // _PAGE]
        every = range(0, existing, existing // changed)
        again = write_tickets(folder / "again", every, version=86_400)
        for engine in ("duckdb", "postgres"):
            for into, parts in (([], some), (first, again)):
                _compare(folder, server, engine, into, parts)


def _compare(folder: Path, server: str, engine: str, into: list[str], parts: list[str]) -> None:
    """Print how each way does one task on one engine."""
    count = sum(map(harness.records_in, parts))
    title = f"{engine}: {count:,} tickets into {sum(map(harness.records_in, into)):,}"
    rows, ours = [], 0.0
    for way in (_OURS, *WAYS[engine]):
        with _target(folder, server, engine) as target:
            _prepare(engine, way, target, into)
            figures = _run(engine, way, target, folder, parts)
        ours = ours or figures["seconds"]
        rows.append(
            (
                way,
                figures["seconds"],
                int(count / figures["seconds"]),
                f"{figures['seconds'] / ours:.1f} x",
                figures["peak"],
                figures["locked"],
                figures["reader"],
            )
        )
    head = ("way", "s", "rows/s", "time", "peak MB", "locked s", "reader s")
    harness.print_table(title, head, rows)


def _run(engine: str, way: str, target: str, folder: Path, parts: list[str]) -> dict[str, Any]:
    table = f"{_SCHEMA.get(way, 'main' if engine == 'duckdb' else 'public')}.tickets"
    stop = folder / "stop"
    stop.unlink(missing_ok=True)
    reader = harness.start(__file__, "--reader", target, table, str(stop))
    reader.stdout.readline()  # type: ignore[union-attr] # it has read once
    files = folder / "parts.json"
    files.write_text(json.dumps(parts), encoding="utf-8")
    try:
        figures = harness.finish(harness.start(__file__, "--step", engine, way, target, str(files)))
    finally:
        stop.touch()
    return {**figures, "reader": harness.finish(reader)["longest"]}


@contextmanager
def _target(folder: Path, server: str, engine: str) -> Iterator[str]:
    """Yield where one way writes to: a file that is not there, or an empty database."""
    if engine == "postgres":
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("DROP DATABASE IF EXISTS zendesk_bench WITH (FORCE)")
            connection.execute("CREATE DATABASE zendesk_bench")
        yield psycopg.conninfo.make_conninfo(server, dbname="zendesk_bench")
        return
    file = folder / "tickets.duckdb"
    file.unlink(missing_ok=True)
    yield str(file)


def _prepare(engine: str, way: str, target: str, into: list[str]) -> None:
    """Make the table, with what is in it before; ours fills a naive table fastest."""
    nothing = [BatchFiles("none", _NOW, 0, ())]
    _warehouse(engine, target).load("bench", _TICKETS, harness.batches_of(into) or nothing)
    if way == _OURS:
        return
    key = ", PRIMARY KEY (id)" if WAYS[engine][way][0] else ""
    names = ", ".join(f'"{column.name}"' for column in _TICKETS.columns)
    casts = ", ".join(
        _CASTS.get(column.type.value, "{0}").format(f'"{column.name}"')
        for column in _TICKETS.columns
    )
    fill = f"INSERT INTO tickets ({names}) SELECT {casts} FROM bench.tickets"
    connect = duckdb.connect if engine == "duckdb" else psycopg.connect
    with connect(target) as connection:
        connection.execute(create_table(key))
        connection.execute(fill)


_NOW: Final = datetime.now(UTC)
_CASTS: Final = {
    "timestamp": "CAST({0} AS VARCHAR)",
    "json": "CAST({0} AS VARCHAR)",
    "epoch": "CAST(extract(epoch FROM {0}) AS BIGINT)",
}


def _warehouse(engine: str, target: str) -> Warehouse:
    return open_duckdb(target) if engine == "duckdb" else open_postgres(target)


def _step(engine: str, way: str, target: str, files: str) -> None:
    parts = json.loads(Path(files).read_text(encoding="utf-8"))
    started = time.monotonic()
    if way == _OURS:
        locked = (
            _warehouse(engine, target)
            .load("bench", _TICKETS, harness.batches_of(parts))
            .lock_seconds
        )
        seconds = time.monotonic() - started
    else:
        WAYS[engine][way][1](target, parts)
        seconds = locked = time.monotonic() - started
    print(json.dumps({"seconds": seconds, "locked": locked, "peak": harness.peak_megabytes()}))


def _read_on(target: str, table: str, stop: str) -> None:
    """Ask for the number of rows, again and again; tell the longest it took to be answered."""
    is_file = target.endswith(".duckdb")
    harness.read_on(lambda: _answered(target, table, is_file=is_file), stop)


def _answered(target: str, table: str, *, is_file: bool) -> bool:
    query = f"SELECT count(*), max(id) FROM {table}"
    try:
        if is_file:
            with duckdb.connect(target, read_only=True) as connection:
                connection.execute(query).fetchall()
        else:
            with psycopg.connect(target) as server:
                server.execute(query.encode()).fetchall()
    except duckdb.IOException:  # somebody writes
        return False
    return True


def write_tickets(folder: Path, ids: range, version: int, page: int = _PAGE) -> list[str]:
    """Write tickets with these ids as pages of the hub; `version` seconds newer than they were."""
    folder.mkdir()
    samples = _samples()
    parts = []
    for start in range(0, len(ids), page):
        lines = []
        for number in ids[start : start + page]:
            record = dict(samples[number % len(samples)], id=number + 1)
            record["generated_timestamp"] += version
            lines.append(json.dumps(record))
        part = folder / f"{folder.name}-{start}-{len(lines)}.zst"
        part.write_bytes(zstandard.compress("\n".join(lines).encode() + b"\n"))
        parts.append(str(part))
    return parts


def _samples() -> list[dict[str, Any]]:
    """Return tickets as a simulated account sends them."""
    with Simulator(tickets=1_000, history_days=300) as simulator:
        answer = requests.get(
            f"{simulator.base_url}/api/v2/incremental/tickets/cursor.json",
            params={"start_time": 0, "per_page": _PAGE},
            headers={"Authorization": f"Bearer {simulator.token}"},
            timeout=60,
        )
    found: list[dict[str, Any]] = answer.json()["tickets"]
    return found


if __name__ == "__main__":
    main()
