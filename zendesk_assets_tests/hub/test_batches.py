"""A batch exists when its manifest does, and is what was landed, byte for byte."""

import errno
import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard

from zendesk_assets.errors import CorruptPartError, HubError
from zendesk_assets.hub import BatchId, Manifest, SourceHub, Storage, find_damage, open_batches
from zendesk_assets.spec import Window

START = datetime(2024, 2, 29, tzinfo=UTC)
RECORDS = [b'{"id" : 1, "a":"\\ud800"}', b"42", b'{"id":3}']


def manifest(start=START, hours=3, **changes):
    landed = START + timedelta(days=1)
    window = Window(start, start + timedelta(hours=hours))
    batch_id = BatchId.new(landed, window)
    known = {
        "batch_id": str(batch_id),
        "schema": "s",
        "stream": "tickets",
        "window_start": window.start,
        "window_end": window.end,
        "records": len(RECORDS),
        "pages": 1,
        "requests": 1,
        "bytes": 100,
        "seconds_waited": 0.0,
        "parts": (),
        "oldest": None,
        "newest": None,
        "records_by_day": {},
        "cursor": None,
        "ends_walk": False,
        "parameters": {},
        "walk_start": window.start,
        "started": landed,
        "ended": landed,
    }
    return Manifest(**(known | changes))


@pytest.fixture
def hub(tmp_path):
    return SourceHub(Storage(str(tmp_path / "hub")), "s")


def test_what_was_landed_is_read_back_byte_for_byte(hub):
    landed = hub.land(manifest(), RECORDS)
    (batch,) = hub.batches("tickets")
    files = hub.files(batch)

    assert hub.manifest(batch) == landed
    assert batch.folder == f"s/tickets/2024/{landed.batch_id}"
    (part,) = files.parts
    data = zstandard.ZstdDecompressor().decompress(Path(part).read_bytes())
    assert data.splitlines() == RECORDS
    assert (files.batch_id, files.records) == (landed.batch_id, 3)


def test_a_batch_without_a_manifest_does_not_exist_and_is_named_as_abandoned(hub, tmp_path):
    hub.land(manifest(), RECORDS)
    (path,) = (tmp_path / "hub").rglob("manifest.json")
    path.unlink()

    assert hub.batches("tickets") == []
    assert hub.coverage("tickets") == []
    landed = START + timedelta(days=1)
    assert len(hub.abandoned("tickets", landed + timedelta(seconds=1))) == 1
    assert hub.abandoned("tickets", landed) == []  # it may still be being written


def test_coverage_is_the_union_of_the_batches_windows(hub):
    hub.land(manifest(), RECORDS)
    hub.land(manifest(start=START + timedelta(hours=3)), [])
    hub.land(manifest(start=START + timedelta(hours=9), hours=0), RECORDS)

    assert hub.coverage("tickets") == [Window(START, START + timedelta(hours=6))]


def test_a_damaged_part_is_found_before_it_is_used(hub):
    hub.land(manifest(), RECORDS)
    (batch,) = hub.batches("tickets")
    part = Path(hub.files(batch).parts[0])
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    with pytest.raises(CorruptPartError, match="move its folder out of the hub"):
        hub.files(batch)

    part.unlink()
    with pytest.raises(HubError, match="restore it"):
        hub.files(batch)


def test_a_damaged_manifest_names_its_file(hub, tmp_path):
    hub.land(manifest(), RECORDS)
    (path,) = (tmp_path / "hub").rglob("manifest.json")
    path.write_text("{")
    (batch,) = hub.batches("tickets")
    with pytest.raises(HubError, match=r"manifest\.json is damaged"):
        hub.manifest(batch)


@pytest.mark.parametrize("at_write", [1, 2])
def test_a_full_disk_leaves_no_batch_and_says_so(hub, tmp_path, monkeypatch, at_write):
    writes = []

    def full(descriptor):
        writes.append(descriptor)
        if len(writes) >= at_write * 2 - 1:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(HubError, match="There is no space left"):
        hub.land(manifest(), RECORDS)

    assert hub.batches("tickets") == []
    assert not [path for path in (tmp_path / "hub").rglob("*") if path.name.endswith(".tmp")]


def test_a_hub_that_may_not_be_written_says_what_to_check(tmp_path):
    (tmp_path / "hub").write_text("a file, not a folder")
    hub = SourceHub(Storage(str(tmp_path / "hub")), "s")
    with pytest.raises(HubError, match="check the path and its permissions"):
        hub.land(manifest(), RECORDS)


def test_what_does_not_lie_where_a_batch_belongs_is_neither_read_nor_moved(hub, tmp_path):
    hub.land(manifest(), RECORDS)
    (batch,) = hub.batches("tickets")
    folder = tmp_path / "hub" / batch.folder
    elsewhere = folder.parent.parent / "2019" / folder.name
    for copy in (elsewhere, f"{folder} (copy)", folder / batch.id.random):
        shutil.copytree(folder, copy)
    (folder.parent / ".DS_Store").write_bytes(b"")
    (tmp_path / "hub/s/_damaged/tickets").mkdir(parents=True)
    (tmp_path / "hub/s/_damaged/tickets/.DS_Store").write_bytes(b"")

    assert hub.batches("tickets") == [batch]
    assert len(hub.strays("tickets")) == 3
    assert hub.damaged.lost("tickets") == hub.uncommitted("tickets") == []


@pytest.mark.parametrize("change", ["a digit", "a key", "another batch", "another stream"])
def test_a_manifest_that_is_not_the_one_that_was_written_is_damage(hub, tmp_path, change):
    hub.land(manifest(), RECORDS)
    hub.land(manifest(START - timedelta(days=400)), [])
    other, batch = sorted(hub.batches("tickets"), key=lambda each: each.folder)
    path, text = tmp_path / "hub" / batch.folder / "manifest.json", ""
    if change == "a digit":
        text = path.read_text().replace('"records": 3', '"records": 2')
    elif change == "a key":
        text = path.read_text().replace('"pruned"', '"prunec"')
    elif change == "another batch":
        text = (tmp_path / "hub" / other.folder / "manifest.json").read_text()
    path.write_text(text or path.read_text().replace('"tickets"', '"groups"'))

    assert find_damage(hub, batch) is not None
    opened = open_batches(hub, [batch], [batch], START + timedelta(days=3))
    assert (opened.files, len(opened.troubles), len(hub.damaged.lost("tickets"))) == ([], 1, 1)


def test_a_manifest_of_an_earlier_version_has_no_checksum(hub, tmp_path):
    landed = hub.land(manifest(), RECORDS)
    (path,) = (tmp_path / "hub").rglob("manifest.json")
    content = json.loads(path.read_text())
    del content["checksum"]
    path.write_text(json.dumps(content))
    (batch,) = hub.batches("tickets")
    assert hub.manifest(batch) == landed


def test_a_batch_of_another_source_is_named_and_left_where_it_is(hub):
    hub.land(manifest(schema="other"), RECORDS)
    (batch,) = hub.batches("tickets")
    opened = open_batches(hub, [batch], [batch], START)
    assert (opened.files, hub.batches("tickets")) == ([], [batch])
    assert "was landed for other" in opened.troubles[0]
    assert find_damage(hub, batch) is not None


def test_the_hub_can_be_any_fsspec_url():
    hub = SourceHub(Storage("memory://hub"), "s")
    landed = hub.land(manifest(), RECORDS)
    (batch,) = hub.batches("tickets")

    assert str(batch.id) == landed.batch_id
    assert hub.files(batch).parts[0].startswith("memory://hub/s/tickets/2024/")


@pytest.mark.parametrize("how", ["checksum", "size", "missing", "manifest", "records"])
def test_each_kind_of_damage_is_found_by_reading_everything(hub, how):
    hub.land(manifest(records=4) if how == "records" else manifest(), RECORDS)
    (batch,) = hub.batches("tickets")
    assert (find_damage(hub, batch) is None) == (how != "records")
    part = Path(hub.files(batch).parts[0])
    if how == "checksum":
        part.write_bytes(part.read_bytes()[:-1] + b"x")
    elif how == "size":
        part.write_bytes(part.read_bytes()[:-1])
    elif how == "missing":
        part.unlink()
    elif how == "manifest":
        (part.parent / "manifest.json").write_text("{")

    damage = find_damage(hub, batch)
    assert damage is not None
    assert batch.folder in damage.sentence


@pytest.mark.parametrize("root", ["memory://aside", "folder"])
def test_what_is_set_aside_is_kept_and_no_longer_covered(tmp_path, root):
    hub = SourceHub(Storage(root if "://" in root else str(tmp_path / root)), "s")
    hub.land(manifest(), RECORDS)
    (batch,) = hub.batches("tickets")
    moment = START + timedelta(days=2)

    assert hub.damaged.set_aside(batch, moment)
    assert not hub.damaged.set_aside(batch, moment)  # another load found it too
    assert hub.batches("tickets") == hub.coverage("tickets") == []
    (lost,) = hub.damaged.lost("tickets")
    assert (lost.id, lost.set_aside) == (batch.id, moment)
    names = [path.rsplit("/", 1)[-1] for path in hub._storage.find("s/_damaged")]
    assert names == ["manifest.json", "part-00000.ndjson.zst"]
