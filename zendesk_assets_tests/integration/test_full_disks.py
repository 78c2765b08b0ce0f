"""A full disk is named, nothing is torn or lost, and the next try goes on once there is room."""

import random
import subprocess
import sys
from contextlib import suppress

import duckdb
import pytest

from zendesk_assets.cli import app
from zendesk_assets.clock import ManualClock
from zendesk_assets.errors import BudgetStoreError, HubError, WarehouseError
from zendesk_assets.hub import SourceHub, Storage, find_damage
from zendesk_assets.warehouse import open_duckdb
from zendesk_assets.warehouse.engines.duckdb.file import as_warehouse_error
from zendesk_assets.zendesk import FileBudgets, Limits
from zendesk_assets_tests.hub.test_batches import manifest
from zendesk_assets_tests.warehouse.helpers import T0, THINGS, Hub, thing


class SmallDisk:
    """A file system in memory."""

    def __init__(self, folder):
        self.folder = folder

    def resize(self, size):
        command = ["mount", "-o", f"remount,size={size}", str(self.folder)]
        subprocess.run(command, check=True, capture_output=True)

    def fill(self):
        with suppress(OSError), (self.folder / "fill").open("wb") as file:
            while True:
                file.write(bytes(4096))
                file.flush()


@pytest.fixture
def disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this user may not mount a file system")
    yield SmallDisk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True, capture_output=True)


def long_things(first, count):
    draw = random.Random(first)  # what cannot be compressed
    return [thing(first + each, name=draw.randbytes(1000).hex()) for each in range(count)]


def test_a_load_onto_a_full_disk_leaves_the_file_as_it_was(disk, tmp_path):
    warehouse, hub = open_duckdb(disk.folder / "w.duckdb"), Hub(tmp_path)
    warehouse.load("s", THINGS, [hub.batch(*long_things(0, 2), name="a")])
    more = hub.batch(*long_things(10, 3000), name="b", at=1)

    with pytest.raises(WarehouseError, match=r"The disk of .*w\.duckdb.* is full: free some space"):
        warehouse.load("s", THINGS, [more])
    assert (warehouse.row_count("s", "things"), warehouse.loaded_batches("s", "things")) == (
        2,
        {"a"},
    )
    disk.resize("100m")
    assert warehouse.load("s", THINGS, [more]).total == 3002


def test_a_page_landed_on_a_full_disk_does_not_exist_and_is_landed_again(disk):
    hub, records = SourceHub(Storage(str(disk.folder)), "s"), [b"{}"]
    hub.land(manifest(records=1), records)
    disk.fill()
    with pytest.raises(HubError, match="no space left"):
        hub.land(manifest(records=1), records)
    assert [find_damage(hub, each) for each in hub.batches("tickets")] == [None]

    disk.resize("2m")
    hub.land(manifest(records=1), records)
    assert [find_damage(hub, each) for each in hub.batches("tickets")] == [None, None]


def test_requests_that_cannot_be_counted_on_a_full_disk_are_not_sent(disk):
    disk.fill()
    budgets, clock = FileBudgets(disk.folder / "r.sqlite"), ManualClock(T0)
    with pytest.raises(BudgetStoreError, match=r"its disk is full, and .* free some space"):
        budgets.open(Limits(10, 10), clock)


def test_duckdbs_words_for_a_full_disk_become_a_sentence(tmp_path):
    said = 'TransactionContext Error: Failed to commit: Could not write file "/x/w.duckdb.wal": '
    error = as_warehouse_error(duckdb.Error(f"{said}No space left on device"), tmp_path / "w")
    assert str(error).startswith("The disk of /x/w.duckdb.wal is full: free some space")


@pytest.mark.parametrize("words", ["database or disk is full", "No space left on device"])
def test_dagsters_home_on_a_full_disk_ends_a_command_with_a_sentence(monkeypatch, capsys, words):
    def fail():
        raise RuntimeError("The event could not be stored") from OSError(words)

    monkeypatch.setattr(app, "app", fail)
    monkeypatch.setattr(sys, "argv", ["zendesk-assets"])
    with pytest.raises(SystemExit):
        app.main()
    said = capsys.readouterr().err
    assert "is full: free some space there and run this again" in said
    assert "Traceback" not in said
