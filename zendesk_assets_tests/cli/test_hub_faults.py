"""Whatever befalls files of the hub, `hub verify --repair` and a rebuild bring back the truth."""

import shutil

import pytest

from zendesk_assets.hub import SourceHub, Storage
from zendesk_assets_tests.comparison import differences

SCHEMA = "zendesk_test"
HISTORY = 4
CHOSEN = ["organizations", "ticket_events", "tickets"]


@pytest.fixture
def hub(tmp_path):
    return SourceHub(Storage(str(tmp_path / "hub")), SCHEMA)


def spoil(root, hub):
    """Damage the largest batch of each stream in a way of its own, and copy a whole one about."""

    def largest(stream):
        return root / max(hub.batches(stream), key=lambda each: size(hub, each)).folder

    whole = largest("activities")
    tickets = largest("tickets").parents[1]
    flip(largest("tickets") / "manifest.json")
    (largest("ticket_events") / "manifest.json").unlink()
    (largest("organizations") / "part-00000.ndjson.zst").write_bytes(b"")
    shutil.rmtree(largest("satisfaction_ratings"))
    (largest("groups") / "manifest.json").write_bytes(b"")
    shutil.copytree(whole, f"{whole} (copy)")
    shutil.copytree(whole, tickets / whole.parent.name / whole.name)
    shutil.copy(whole / "part-00000.ndjson.zst", whole / "part-00001.ndjson.zst")


def size(hub, batch):
    return hub.manifest(batch).records


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.long
@pytest.mark.slow
def test_a_hub_damaged_in_every_way_is_repaired_and_rebuilds_the_truth(
    account, run, write_sources, tmp_path, hub
):
    write_sources(account)
    assert run("sync").code == 0
    spoil(tmp_path / "hub", hub)

    damaged = run("hub", "verify")
    assert damaged.code == 1
    assert damaged.output.count("✗") == 6, damaged.output
    repaired = run("hub", "verify", "--repair")
    assert repaired.code == 0, repaired.output
    assert run("hub", "verify").code == 0
    (tmp_path / "warehouse.duckdb").unlink()
    rebuilt = run("sync", "--warehouse-only", "--replay")
    assert rebuilt.code == 0, rebuilt.output
    assert differences(tmp_path / "warehouse.duckdb", SCHEMA, account) == []


@pytest.mark.long
@pytest.mark.slow
def test_an_older_hub_beside_newer_dagster_reads_again_what_days_claim(
    account, run, write_sources, tmp_path, hub
):
    write_sources(account, collections={"include": CHOSEN})
    assert run("sync").code == 0
    for stream in ("tickets", "ticket_events"):
        for batch in hub.batches(stream):
            shutil.rmtree(tmp_path / "hub" / batch.folder)
    (tmp_path / "warehouse.duckdb").unlink()

    synced = run("sync")
    assert synced.code == 0, synced.output
    assert differences(tmp_path / "warehouse.duckdb", SCHEMA, account, CHOSEN) == []


@pytest.mark.long
@pytest.mark.slow
def test_an_older_warehouse_and_a_lost_home_catch_up_without_a_request(
    account, run, write_sources, tmp_path
):
    write_sources(account, collections={"include": CHOSEN})
    assert run("sync", "--collection", "organizations").code == 0
    shutil.copy(tmp_path / "warehouse.duckdb", tmp_path / "backup")
    assert run("sync").code == 0
    account.requests.clear()

    shutil.move(tmp_path / "backup", tmp_path / "warehouse.duckdb")
    assert run("sync", "--warehouse-only").code == 0
    assert differences(tmp_path / "warehouse.duckdb", SCHEMA, account, CHOSEN) == []
    (tmp_path / "warehouse.duckdb").unlink()
    shutil.rmtree(tmp_path / ".dagster")
    assert run("sync", "--warehouse-only").code == 0
    assert differences(tmp_path / "warehouse.duckdb", SCHEMA, account, CHOSEN) == []
    assert account.requests == []
