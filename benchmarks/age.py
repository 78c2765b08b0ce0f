"""What age costs: a sync with nothing new, a look, and `status`, with few and with many batches.

    python benchmarks/age.py                        # 100, 10,000 and 100,000 batches in a folder
    python benchmarks/age.py --batches 100 10000

A small account is synced once. Then tickets and ticket events get so many older batches, each of an
empty minute before the account's history, as years of syncs would have left them: in the hub, and
in the load log of their tables. Processor seconds are those of the process that syncs.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb
import harness
import msgspec

from zendesk_assets.cli.project import open_project
from zendesk_assets.cli.sync import run_sync
from zendesk_assets.hub import BatchId, Manifest, SourceHub, Storage
from zendesk_assets.hub.manifest import encode_manifest
from zendesk_assets.spec import Window

_SCHEMA: Final = "zendesk"
_TABLES: Final = {
    "tickets": ("tickets", "ticket_metrics"),
    "ticket_events": ("ticket_events", "attachments"),
}
_SYNCS: Final = 3  # the first one after many batches came by hand lists all of them


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--batches", type=int, nargs="+", default=[100, 10_000, 100_000])
    parser.add_argument("--sync", action="store_true", help="what the benchmark starts itself")
    arguments = parser.parse_args()
    if arguments.sync:
        _sync()
        return
    found = [_measure(count) for count in arguments.batches]
    rows = [
        (name, *(each[name] for each in found), f"{found[-1][name] / found[0][name]:.2f}")
        for name in found[0]
    ]
    head = ("seconds of processor", *(f"{count:,}" for count in arguments.batches), "last / first")
    harness.print_table("batches of tickets, and as many of ticket events", head, rows)


def _measure(count: int) -> dict[str, float]:
    with (
        tempfile.TemporaryDirectory() as name,
        harness.account(300, history_days=60) as account,
    ):
        folder, start = Path(name), datetime.now(UTC).date() - timedelta(days=60)
        harness.write_project(folder, {_SCHEMA: account}, history_start=start)
        harness.finish(harness.start(__file__, "--sync"))
        _grow_old(folder, count)
        syncs = [harness.finish(harness.start(__file__, "--sync"))["cpu"] for _ in range(_SYNCS)]
        return {
            "sync that lists all of them": syncs[0],
            "sync with nothing new": syncs[-1],
            "a look at tickets": _look(folder),
            "status": _status(),
        }


def _grow_old(folder: Path, count: int) -> None:
    hub = SourceHub(Storage(str(folder / "hub")), _SCHEMA)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as warehouse:
        for stream, tables in _TABLES.items():
            first = hub.batches(stream)[0]
            ids = _land_minutes(folder / "hub", hub.manifest(first), count)
            for table in tables:
                warehouse.execute(
                    f"INSERT INTO {_SCHEMA}._loads BY NAME SELECT unnest($1::VARCHAR[]) AS "
                    "batch_id, $2 AS collection, 0 AS rows_in, 0 AS inserted, 0 AS updated, 0 AS "
                    "unchanged, 0 AS quarantined, now() AS received_at, now() AS loaded_at, 0 AS "
                    "superseded",
                    [ids, table],
                )


def _land_minutes(root: Path, like: Manifest, count: int) -> list[str]:
    """Write batches without records, each of one minute; return their ids."""
    ids = []
    end = like.window_start - timedelta(days=60)
    for number in range(count):
        start = end - timedelta(minutes=number + 1)
        window = Window(start, start + timedelta(minutes=1))
        batch_id = BatchId.new(window.end + timedelta(hours=1), window)
        manifest = msgspec.structs.replace(
            like,
            batch_id=str(batch_id),
            window_start=window.start,
            window_end=window.end,
            records=0,
            parts=(),
            records_by_day={},
            incomplete_seconds=(),
        )
        folder = root / _SCHEMA / like.stream / str(start.year) / str(batch_id)
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_bytes(encode_manifest(manifest))
        ids.append(str(batch_id))
    return ids


def _look(folder: Path) -> float:
    hub = SourceHub(Storage(str(folder / "hub")), _SCHEMA)
    began = time.process_time()
    for _ in range(10):
        hub.look("tickets")
    return (time.process_time() - began) / 10


def _status() -> float:
    command = [str(Path(sys.executable).with_name("zendesk-assets")), "status", "--json"]
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return (
        after.children_user
        + after.children_system
        - before.children_user
        - (before.children_system)
    )


def _sync() -> None:
    with open_project() as project:
        if not run_sync(project, None, []):
            sys.exit("the sync failed")
    figures: dict[str, Any] = {"cpu": time.process_time()}
    print(json.dumps(figures), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
