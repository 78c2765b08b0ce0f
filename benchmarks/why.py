"""What `why` costs on a large hub: the first question, later ones, and one after a sync.

    python benchmarks/why.py                                  # a million tickets, in 1,000 batches
    python benchmarks/why.py --batches 10000                  # in as many as years of syncs leave
    python benchmarks/why.py --without-keys                   # landed by an earlier version
    python benchmarks/why.py --records 20000 --batches 100    # a quick look

The hub is written with its own code, and loaded into DuckDB. One ticket has 25 states, spread over
all batches. Each question is a process of its own, from the shell to its last line of JSON; the
processor seconds are those of that process.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import harness
import msgspec
import requests

from zendesk_assets.catalog import declared
from zendesk_assets.hub import BatchId, Manifest, RowKeys, SourceHub, Storage
from zendesk_assets.simulator import Simulator
from zendesk_assets.spec import Window
from zendesk_assets.warehouse import open_duckdb

_SCHEMA: Final = "zendesk"
_TICKET: Final = 268
_STATES: Final = 25
_FIRST: Final = datetime(2024, 1, 1, tzinfo=UTC)
_TOLD: Final = ["why", "tickets", str(_TICKET), "--json"]


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--batches", type=int, default=1_000)
    parser.add_argument("--without-keys", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        keys = () if arguments.without_keys else declared().collections_of("tickets")
        _measure(Path(name), arguments.records, arguments.batches, RowKeys(keys))


def _measure(folder: Path, records: int, batches: int, keys: RowKeys) -> None:
    source = {"nickname": "Bench", "schema": _SCHEMA, "subdomain": "acme"}
    auth = {"type": "bearer", "token": "none"}
    (folder / "sources.yaml").write_text(json.dumps({"sources": [{**source, "auth": auth}]}))
    os.environ["ZENDESK_SOURCES"] = str(folder / "sources.yaml")
    os.environ["ZENDESK_ASSETS_STATE"] = str(folder / "state")
    hub, samples = SourceHub(Storage(str(folder / "hub")), _SCHEMA), _samples()
    for number in range(batches):
        _land(hub, keys, samples, number, batches, records // batches)
    began = time.monotonic()
    _load(folder, hub)
    loaded = time.monotonic() - began
    rows = [("the first question", *_ask(_STATES)), ("a later one", *_ask(_STATES))]
    _land(hub, keys, samples, batches, batches, records // batches)
    rows.append(("the first after a sync", *_ask(_STATES + 1)))
    size = f"{harness.megabytes(folder / 'hub'):,.0f} MB, loaded in {loaded:,.0f} s"
    index = f"an index of {harness.megabytes(folder / 'state'):,.0f} MB"
    title = f"why: {records:,} records in {batches:,} batches ({size}), {index}"
    harness.print_table(title, ("question", "seconds", "of processor"), rows)


def _ask(states: int) -> tuple[float, float]:
    """Return how long a question takes, and the processor seconds, if the answer is right."""
    command = [str(Path(sys.executable).with_name("zendesk-assets")), *_TOLD]
    before, began = os.times(), time.monotonic()
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    seconds, after = time.monotonic() - began, os.times()
    found = json.loads(answer.stdout)[0]
    if len(found["states"]) != states or found["state_that_counts"] != states:
        sys.exit(f"the answer is wrong: {len(found['states'])} states instead of {states}")
    spent = after.children_user + after.children_system
    return seconds, spent - before.children_user - before.children_system


def _land(
    hub: SourceHub,
    keys: RowKeys,
    samples: list[dict[str, Any]],
    number: int,
    batches: int,
    count: int,
) -> None:
    """Write one batch, with a state of the ticket in it if it is one of those that have one."""
    start = _FIRST + timedelta(minutes=30 * number)
    window = Window(start, start + timedelta(minutes=30))
    every = max(1, batches // _STATES)
    has_state = number >= batches or (number % every == 0 and number // every < _STATES)
    records = list(_records(samples, number, count, int(start.timestamp()), has_state=has_state))
    batch = BatchId.new(window.end, window)
    manifest = Manifest(
        batch_id=str(batch),
        schema=_SCHEMA,
        stream="tickets",
        window_start=start,
        window_end=window.end,
        records=count,
        pages=1,
        requests=1,
        bytes=sum(map(len, records)),
        seconds_waited=0,
        parts=(),
        oldest=start,
        newest=start,
        records_by_day={},
        cursor=None,
        ends_walk=True,
        parameters={},
        walk_start=start,
        started=window.end,
        ended=window.end,
        keys=keys.sums(records),
    )
    hub.land(manifest, records)


def _records(
    samples: list[dict[str, Any]], number: int, count: int, at: int, *, has_state: bool
) -> Iterator[bytes]:
    encode = msgspec.json.Encoder().encode
    for place in range(count):
        ticket = 1_000 + number * count + place
        if has_state and place == count // 2:
            ticket = _TICKET
        sample = samples[(number + place) % len(samples)]
        yield encode({**sample, "id": ticket, "generated_timestamp": at + place % 60})


def _load(folder: Path, hub: SourceHub) -> None:
    tickets = declared().collections["tickets"]
    files = [hub.files(each) for each in hub.batches("tickets")]
    open_duckdb(folder / "warehouse.duckdb").load(_SCHEMA, tickets, files)


def _samples() -> list[dict[str, Any]]:
    """Return tickets as a simulated account sends them."""
    with Simulator(tickets=1_000, history_days=300) as simulator:
        answer = requests.get(
            f"{simulator.base_url}/api/v2/incremental/tickets/cursor.json",
            params={"start_time": 0, "per_page": 1_000, "include": "metric_sets"},
            headers={"Authorization": f"Bearer {simulator.token}"},
            timeout=60,
        )
    found: list[dict[str, Any]] = answer.json()["tickets"]
    return found


if __name__ == "__main__":
    main()
