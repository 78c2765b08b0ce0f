"""What age costs: syncs, a load, a look and `status`, with few and with many batches.

    python benchmarks/age.py                        # 100, 10,000 and 100,000 batches in a folder
    python benchmarks/age.py --s3 --batches 100 1000 10000    # in an S3, that of the tests

A small account is synced once. Then tickets and ticket events get so many older batches, each of
three empty hours before the account's history, as years of syncs would have left them (100,000 are
34 years): in the hub, and in the load log of their tables. Processor seconds are those of the
process that syncs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb
import fsspec
import harness
import msgspec
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the tests' S3 is not installed

from zendesk_assets.cli.project import open_project
from zendesk_assets.cli.sync import run_sync
from zendesk_assets.hub import BatchId, Manifest, SourceHub, Storage
from zendesk_assets.hub.manifest import MANIFEST, encode_manifest
from zendesk_assets.spec import Window
from zendesk_assets_tests.object_store import BUCKET, ObjectStore

_SCHEMA: Final = "zendesk"
_TABLES: Final = {
    "tickets": ("tickets", "ticket_metrics"),
    "ticket_events": ("ticket_events", "attachments"),
}
_SYNCS: Final = 3  # the first one after many batches came by hand lists all of them
_EVERY: Final = timedelta(hours=3)
_LOOKS: Final = 10
_OLD_ENOUGH: Final = 3.0  # seconds; what changed a moment ago is listed once more
# What has changed within a minute is for the next sync.
_SETTLED: Final = timedelta(minutes=3)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--batches", type=int, nargs="+", default=[100, 10_000, 100_000])
    parser.add_argument("--s3", action="store_true", help="the hub is in an S3, not in a folder")
    if arguments := harness.asked_for(parser, sync=_sync, look=_look):
        found = [_measure(count, is_in_s3=arguments.s3) for count in arguments.batches]
        rows = [
            (name, *(each[name] for each in found), f"{found[-1][name] / found[0][name]:.2f}")
            for name in found[0]
        ]
        head = (
            "seconds of processor",
            *(f"{count:,}" for count in arguments.batches),
            "last/first",
        )
        harness.print_table("batches of tickets, and as many of ticket events", head, rows)


def _measure(count: int, *, is_in_s3: bool) -> dict[str, float]:
    with (
        tempfile.TemporaryDirectory() as name,
        harness.account(300, history_days=60, hours_behind=1) as account,
        _store() if is_in_s3 else nullcontext() as store,
    ):
        folder, start = Path(name), datetime.now(UTC).date() - timedelta(days=60)
        harness.write_project(folder, {_SCHEMA: account}, history_start=start)
        root = f"s3://{BUCKET}/hub" if is_in_s3 else str(folder / "hub")
        _set_hub(root)
        _part("--sync")
        _grow_old(folder, root, count)
        time.sleep(_OLD_ENOUGH)
        listing, *_ = [_part("--sync") for _ in range(_SYNCS)]
        if store:
            store.counted()
        found = {"sync that lists all of them": listing, "sync with nothing new": _part("--sync")}
        asked = store.counted() if store else {}
        account.act("update_ticket", ticket_id=7, comment="On its way")
        account.act("advance_clock", seconds=_SETTLED.total_seconds())
        found["sync and load of one change"] = _part("--sync")
        found |= {"a look at tickets": _part("--look", root), "status": _status()}
        return found | {f"{kind}s of a sync with nothing new": n for kind, n in asked.items()}


@contextmanager
def _store() -> Iterator[ObjectStore]:
    """Run the tests' S3 in this process, whose processor time is not measured."""
    with ObjectStore() as store:
        os.environ |= store.environment
        fsspec.get_filesystem_class("s3").clear_instance_cache()  # it knows the one before
        yield store


def _set_hub(root: str) -> None:
    file = Path(os.environ["ZENDESK_SOURCES"])
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    file.write_text(yaml.safe_dump({**content, "hub": {"path": root}}), encoding="utf-8")


def _part(*words: str) -> float:
    """Run a part of this benchmark in a process of its own; return its processor seconds."""
    given = words if len(words) > 1 else (*words, "now")
    return float(harness.finish(harness.start(__file__, *given))["cpu"])


def _grow_old(folder: Path, root: str, count: int) -> None:
    storage = Storage(root)
    hub = SourceHub(storage, _SCHEMA)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as warehouse:
        for stream, tables in _TABLES.items():
            first = hub.batches(stream)[0]
            ids = _land_hours(storage, hub.manifest(first), count)
            for table in tables:
                warehouse.execute(
                    f"INSERT INTO {_SCHEMA}._loads BY NAME SELECT unnest($1::VARCHAR[]) AS "
                    "batch_id, $2 AS collection, 0 AS rows_in, 0 AS inserted, 0 AS updated, 0 AS "
                    "unchanged, 0 AS quarantined, now() AS received_at, now() AS loaded_at, 0 AS "
                    "superseded",
                    [ids, table],
                )


def _land_hours(storage: Storage, like: Manifest, count: int) -> list[str]:
    """Write batches without records, each of three hours; return their ids."""
    ids = []
    end = like.window_start - timedelta(days=60)
    for number in range(count):
        start = end - (number + 1) * _EVERY
        window = Window(start, start + _EVERY)
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
        _write(storage, f"{_SCHEMA}/{like.stream}/{start.year}/{batch_id}/{MANIFEST}", manifest)
        ids.append(str(batch_id))
    return ids


def _write(storage: Storage, path: str, manifest: Manifest) -> None:
    if not storage.is_local:
        storage.write(path, encode_manifest(manifest))
        return
    file = Path(storage.full_path(path))  # without waiting for the disk
    file.parent.mkdir(parents=True)
    file.write_bytes(encode_manifest(manifest))


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


# What it starts itself.


def _sync(_when: str) -> None:
    with open_project() as project:
        if not run_sync(project, None, []):
            sys.exit("the sync failed")
    figures: dict[str, Any] = {"cpu": time.process_time()}
    print(json.dumps(figures), flush=True)
    os._exit(0)


def _look(root: str) -> None:
    hub = SourceHub(Storage(root), _SCHEMA)
    hub.look("tickets")
    began = time.process_time()
    for _ in range(_LOOKS):
        hub.look("tickets")
    print(json.dumps({"cpu": (time.process_time() - began) / _LOOKS}))


if __name__ == "__main__":
    main()
