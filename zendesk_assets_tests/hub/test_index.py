"""The index of a stream: a look shows what a listing of all batches shows, whatever happened."""

import random
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from zendesk_assets.errors import HubError
from zendesk_assets.hub import Known, SourceHub, Storage, fingerprint, index
from zendesk_assets.hub.coverage import merge
from zendesk_assets.hub.known import Summary, encode
from zendesk_assets.hub.walk_starts import believed
from zendesk_assets_tests.hub.test_batches import START, BatchId, Window, manifest
from zendesk_assets_tests.object_store import BUCKET, object_store

HOUR = timedelta(hours=1)


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.long)])
def root(request, tmp_path, monkeypatch):
    if request.param == "folder":
        yield str(tmp_path / "hub")
        return
    with object_store(monkeypatch):
        yield f"s3://{BUCKET}/company/hub"


@pytest.fixture
def hub(root, monkeypatch):
    monkeypatch.setattr(index, "_MOST", 8)
    monkeypatch.setattr(index, "_NEWEST", 3)
    return SourceHub(Storage(root), "s")


def land(hub, hour, *, hours=1, landed=None, **changes):
    """Land a batch that covers an hour, a day after it; return its id."""
    window = Window(START + hour * HOUR, START + (hour + hours) * HOUR)
    batch_id = BatchId.new(landed or window.end + timedelta(days=1), window)
    plain = manifest(window.start, hours, batch_id=str(batch_id), records=0, **changes)
    hub.land(plain, [])
    return batch_id


def shown(known: Known):
    """Return all that a look says, as one that lists everything would."""
    return (
        len(known),
        known.coverage,
        known.newest_whole,
        sorted(each.id for each in known.incomplete),
        sorted(each.folder for each in known.abandoned(START + timedelta(days=9_999))),
        known.summary.fingerprint + sum(fingerprint(each) for each in known.recent),
    )


def check(hub, stream="tickets", *, marked=False):
    """A look agrees with the folders, once more after it has been written down."""
    every = hub.batches(stream)
    told = [each for each in every if marked and hub.manifest(each).incomplete_seconds]
    expected = (
        len(every),
        merge(believed(each) for each in every),
        max((each.id.landed for each in every if believed(each)), default=None),
        [each.id for each in told],
        [each.folder for each in hub.uncommitted(stream)],
        sum(fingerprint(each) for each in every),
    )
    for _ in range(2):
        assert shown(hub.look(stream)) == expected
    return hub.look(stream)


def is_summed_up(known):
    return known.summary.batches > 0


def test_a_look_shows_the_same_however_many_batches_there_are(hub):
    for hour in range(40):
        land(hub, hour, incomplete_seconds=(START,) if hour in (3, 39) else ())
        if hour % 7 == 0:
            check(hub, marked=True)
    known = check(hub, marked=True)
    assert is_summed_up(known)
    assert len(known.recent) <= 8
    assert known.everything() == hub.batches("tickets")


def test_the_years_of_a_stream_are_summed_up_together(hub):
    for hour in range(0, 24 * 365 * 2, 24 * 50):
        land(hub, hour)
    assert is_summed_up(check(hub))


def test_a_batch_that_is_copied_in_or_moved_away_by_hand_is_noticed(hub, root):
    ids = [land(hub, hour) for hour in range(40)]
    known = check(hub)
    old = next(each for each in known.everything() if each.id == ids[5])
    if hub.damaged.set_aside(old, START + timedelta(days=30)) and root.startswith("s3"):
        # In a store the names are listed once a day; what is verified is always listed.
        assert len(hub.look("tickets")) == 40
        land(hub, 40 + 24 * 2)
    assert len(check(hub)) == len(hub.batches("tickets")) < 42

    land(hub, 5)  # as old as those that are summed up
    if root.startswith("s3"):
        land(hub, 40 + 24 * 4)
    check(hub)


def test_what_is_committed_late_is_seen_when_it_is(hub):
    for hour in range(10):
        land(hub, hour)
    late = START + 5 * HOUR
    window = Window(late, late + HOUR)
    batch_id = BatchId.new(window.end + timedelta(days=1), window)
    folder = f"s/tickets/2024/{batch_id}"
    hub._storage.write(f"{folder}/part-00000.ndjson.zst", b"begun")
    for hour in range(10, 40):
        land(hub, hour)
        hub.look("tickets")
    known = check(hub)
    assert [each.id for each in known.uncommitted] == [batch_id]
    assert folder.removeprefix("s/tickets/") in known.summary.open

    written = manifest(window.start, 1, batch_id=str(batch_id), records=0)
    hub.land(written, [])
    assert len(check(hub)) == 41
    for hour in range(40, 60):
        land(hub, hour)
        hub.look("tickets")
    assert check(hub).summary.open == ()


@pytest.mark.parametrize(
    "change", ["empty", "cut", "a number", "another version", "of another stream", "gone"]
)
def test_an_index_that_is_missing_damaged_or_of_another_version_is_made_anew(hub, change):
    for hour in range(40):
        land(hub, hour)
    check(hub)
    content = hub._storage.read("s/tickets/index")
    assert b'"batches":3' in content
    changed = {
        "empty": b"",
        "cut": content[:-9],
        "a number": content.replace(b'"batches":3', b'"batches":4'),
        "another version": encode(Summary(version=99, through="3")),
        "of another stream": encode(Summary(through="3")),
    }
    if change in changed:
        hub._storage.write("s/tickets/index", changed[change])
    else:
        hub._storage.remove("s/tickets/index")
    check(hub)


def test_an_older_hub_that_is_restored_beside_a_newer_index_is_listed(hub, root, tmp_path):
    if root.startswith("s3"):
        pytest.skip("In a store it is listed within a day.")
    for hour in range(20):
        land(hub, hour)
    check(hub)
    shutil.copytree(root, tmp_path / "backup")
    for hour in range(20, 60):
        land(hub, hour)
    newer = Path(root, "s/tickets/index")
    check(hub)
    content = newer.read_bytes()
    shutil.rmtree(root)
    shutil.copytree(tmp_path / "backup", root)
    newer.write_bytes(content)
    assert len(check(hub)) == 20


def test_a_hub_that_can_only_be_read_is_looked_at_all_the_same(hub, monkeypatch):
    for hour in range(40):
        land(hub, hour)

    def refuse(path, data):
        raise HubError("read-only")

    monkeypatch.setattr(hub._storage, "write", refuse)
    check(hub)


def test_two_machines_that_land_and_look_in_turns_lose_nothing(hub, root):
    other = SourceHub(Storage(root), "s")
    chance = random.Random(14)
    for hour in range(40):
        machine = chance.choice([hub, other])
        clock = timedelta(minutes=chance.randint(-50, 50))
        land(machine, hour, landed=START + hour * HOUR + timedelta(days=1) + clock)
        if chance.random() < 0.3:
            check(chance.choice([hub, other]))
    assert len(check(hub)) == len(check(other)) == 40


def test_where_a_window_ended_long_ago_the_batch_that_ended_there_is_found(hub):
    ids = [land(hub, hour) for hour in (*range(5), *range(10, 60))]
    known = check(hub)
    assert known.summary.batches > 10
    assert [each.id for each in known.ending_at(START + 5 * HOUR)] == [ids[4]]
