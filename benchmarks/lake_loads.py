"""Loading tickets into a lake: what a row and a load cost, and what many writers do to it.

    python benchmarks/lake_loads.py                               # catalog in SQLite
    python benchmarks/lake_loads.py --postgres                    # in a PostgreSQL of its own
    python benchmarks/lake_loads.py --iceberg                     # Iceberg, by the tests' catalog
    python benchmarks/lake_loads.py --large 10000000 --loads 500 --kills 8

Four figures: new tickets per second of the loader's processor; changed tickets in a large table;
the longest that a reader waits for `count(*)` during loads; and whether rows and `_loads` are exact
after many loads by four processes, some of which are killed at random moments.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

import duckdb
import harness
from warehouse_loads import write_tickets

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the tests' catalog is not installed

from zendesk_assets.catalog import declared
from zendesk_assets.warehouse import Warehouse, open_ducklake, open_iceberg
from zendesk_assets.warehouse.engines.lake.extensions import load
from zendesk_assets_tests.iceberg_catalog import iceberg_catalog

_TICKETS: Final = declared().collections["tickets"]
_PAGE: Final = 1_000
_FILL: Final = 50_000


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--iceberg", action="store_true")
    parser.add_argument("--new", type=int, default=100_000)
    parser.add_argument("--large", type=int, default=2_000_000)
    parser.add_argument("--loads", type=int, default=100)
    parser.add_argument("--kills", type=int, default=4)
    if arguments := harness.asked_for(parser, step=_step, reader=_read_on):
        _measure(arguments)


def _measure(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as name, _server(arguments, Path(name)) as url:
        folder = Path(name)
        catalog = url or str(folder / "lake.sqlite")
        place = (catalog, str(folder / "data"))
        rows = [_measure_new(folder, place, arguments.new)]
        rows.append(_measure_changed(folder, place, arguments.large))
        harness.print_table("tickets into a lake", ("what", "s", "CPU s", "rows/CPU s"), rows)
        if arguments.loads:
            print(_measure_deaths(folder, place, arguments.loads, arguments.kills))


@contextmanager
def _server(arguments: argparse.Namespace, folder: Path) -> Iterator[str]:
    """Yield the address of a catalog, or nothing for one in SQLite."""
    if arguments.iceberg:
        with iceberg_catalog(folder / "data") as catalog:
            yield catalog.endpoint
        return
    with harness.postgres_server() if arguments.postgres else nullcontext("") as url:
        yield url


def _measure_new(folder: Path, place: tuple[str, str], count: int) -> tuple[Any, ...]:
    figures = _load(place, "new", write_tickets(folder / "new", range(count), version=0))
    return (f"{count:,} new", *_shown(figures, count))


def _measure_changed(folder: Path, place: tuple[str, str], size: int) -> tuple[Any, ...]:
    """Load 20,000 changed tickets into a large table, while somebody reads it."""
    first = write_tickets(folder / "first", range(_FILL), version=0)
    _load(place, "large", first)
    with _connect(place) as connection:
        for at in range(1, size // _FILL):
            connection.execute(
                "INSERT INTO large.tickets SELECT * REPLACE (id + $1 AS id) FROM large.tickets "
                "WHERE id <= $2",
                [at * _FILL, _FILL],
            )
    changed = 20_000
    again = write_tickets(folder / "again", range(0, size, size // changed), version=86_400)
    stop = folder / "stop"
    reader = harness.start(__file__, "--reader", *place, str(stop))
    reader.stdout.readline()  # type: ignore[union-attr] # it has read once
    figures = _load(place, "large", again)
    stop.touch()
    longest = harness.finish(reader)["longest"]
    title = f"{changed:,} changed of {size:,}; a reader's count(*): {longest:.2f} s at most"
    return (title, *_shown(figures, changed))


def _measure_deaths(folder: Path, place: tuple[str, str], loads: int, kills: int) -> str:
    """Have four processes load the same batches, kill some, and count what is there then."""
    parts = write_tickets(folder / "many", range(loads * 10), version=0, page=10)
    chance, left, done = random.Random(7), kills, 0
    files = folder / "many.json"
    files.write_text(json.dumps(parts), encoding="utf-8")
    command = [sys.executable, __file__, "--step", *place, "many", str(files), "one by one"]
    started = time.monotonic()
    running = [subprocess.Popen([*command, str(seed)]) for seed in range(4)]
    while running:
        time.sleep(chance.uniform(0.5, 4))
        done += sum(each.poll() is not None for each in running)
        running = [each for each in running if each.poll() is None]
        if left and running:
            left -= 1
            victim = chance.choice(running)
            victim.kill()
            victim.wait()
            running.remove(victim)
            running.append(subprocess.Popen([*command, str(left + 10)]))
    with _connect(place) as connection:
        ((rows, ids),) = connection.execute(
            "SELECT count(*), count(DISTINCT id) FROM many.tickets"
        ).fetchall()
        ((lines, batches, inserted),) = connection.execute(
            "SELECT count(*), count(DISTINCT batch_id), sum(inserted) FROM many._loads"
        ).fetchall()
    wanted = (loads * 10, loads * 10, loads, loads, loads * 10)
    verdict = "exact" if (rows, ids, lines, batches, inserted) == wanted else "WRONG"
    return (
        f"{loads} loads by 4 processes, {kills - left} killed: {verdict}; {rows:,} rows of "
        f"{ids:,} ids, {lines:,} lines of {batches:,} batches in _loads; "
        f"{time.monotonic() - started:.0f} s"
    )


def _shown(figures: dict[str, Any], count: int) -> tuple[Any, ...]:
    return figures["seconds"], figures["cpu"], int(count / figures["cpu"])


def _load(place: tuple[str, str], schema: str, parts: list[str]) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as files:
        json.dump(parts, files)
        files.flush()
        return harness.finish(harness.start(__file__, "--step", *place, schema, files.name))


def _step(catalog: str, data: str, schema: str, files: str, *one_by_one: str) -> None:
    parts = json.loads(Path(files).read_text(encoding="utf-8"))
    batches = harness.batches_of(parts)
    warehouse = _open(catalog, data)
    started, before = time.monotonic(), os.times()
    if one_by_one:
        random.Random(int(one_by_one[1])).shuffle(batches)
        for each in batches:
            warehouse.load(schema, _TICKETS, [each])
    else:
        warehouse.load(schema, _TICKETS, batches)
    after = os.times()
    cpu = after.user + after.system - before.user - before.system
    if not one_by_one:
        print(json.dumps({"seconds": time.monotonic() - started, "cpu": cpu}))


def _open(catalog: str, data: str) -> Warehouse:
    if catalog.startswith("http"):
        place = {"data": data, "locks": Path(data).with_name("locks"), "commits": "together"}
        return open_iceberg(catalog, "tables", lock_timeout=600, **place)
    return open_ducklake(_catalog(catalog), data, lock_timeout=600)


def _catalog(given: str) -> Path | str:
    return Path(given) if given.endswith(".sqlite") else given


def _connect(place: tuple[str, str]) -> duckdb.DuckDBPyConnection:
    catalog, _ = place
    if catalog.startswith("http"):
        connection = duckdb.connect()
        load(connection, "httpfs", "avro", "iceberg")
        options = f"TYPE iceberg, ENDPOINT '{catalog}', AUTHORIZATION_TYPE 'none'"
        connection.execute(f"ATTACH 'tables' AS lake ({options})")
        connection.execute("USE lake.large")
        return connection
    is_file = catalog.endswith(".sqlite")
    connection = duckdb.connect()
    load(connection, "ducklake", "sqlite_scanner" if is_file else "postgres_scanner")
    kind = "sqlite" if is_file else "postgres"
    connection.execute(f"ATTACH 'ducklake:{kind}:{catalog}' AS lake")
    connection.execute("USE lake")
    return connection


def _read_on(catalog: str, data: str, stop: str) -> None:
    """Ask for the number of rows, again and again; tell the longest it took to be answered."""
    with _connect((catalog, data)) as connection:
        count = "SELECT count(*) FROM large.tickets"
        harness.read_on(lambda: bool(connection.execute(count).fetchall()), stop)


if __name__ == "__main__":
    main()
