"""What a table has not loaded of the hub, by the summaries of both, on every engine."""

import pytest

from zendesk_assets.hub import SourceHub, Storage, find_pending, index
from zendesk_assets.spec import BatchFiles
from zendesk_assets_tests.hub.test_batches import START
from zendesk_assets_tests.hub.test_index import land
from zendesk_assets_tests.warehouse.helpers import THINGS


@pytest.fixture
def landed(tmp_path, monkeypatch):
    """Return a hub with forty batches of which most are summed up, and their files."""
    monkeypatch.setattr(index, "_MOST", 8)
    monkeypatch.setattr(index, "_NEWEST", 3)
    hub = SourceHub(Storage(str(tmp_path / "landed")), "s")
    ids = [str(land(hub, hour)) for hour in range(40)]
    return hub, [BatchFiles(each, START, 0, ()) for each in ids]


def ids(batches):
    return [str(each.id) for each in batches]


@pytest.mark.parametrize("loaded", [[], [*range(20)], [*range(38)], [3, 5, 39], [*range(40)]])
def test_what_is_pending_is_what_is_not_loaded(warehouse, landed, loaded):
    hub, files = landed
    warehouse.load("s", THINGS, [files[at] for at in loaded])
    known = hub.look("tickets")
    assert known.summary.batches > 20
    found = find_pending(known, warehouse, "s", "things")
    assert ids(found.batches) == [f.batch_id for at, f in enumerate(files) if at not in loaded]


def test_of_what_both_have_only_the_recent_is_compared_one_by_one(warehouse, landed):
    hub, files = landed
    warehouse.load("s", THINGS, files[:38])
    found = find_pending(hub.look("tickets"), warehouse, "s", "things")
    assert ids(found.batches) == [each.batch_id for each in files[38:]]
    assert len(found.loaded) < 10


def test_as_many_batches_as_the_hub_has_are_not_enough_if_they_are_others(warehouse, landed):
    hub, files = landed
    other = BatchFiles(files[0].batch_id.replace("2024", "2023", 1), START, 0, ())
    warehouse.load("s", THINGS, [other, *files[1:]])
    found = find_pending(hub.look("tickets"), warehouse, "s", "things")
    assert ids(found.batches) == [files[0].batch_id]


def test_everything_is_pending_once_the_table_is_dropped(warehouse, engine, landed):
    hub, files = landed
    warehouse.load("s", THINGS, files)
    engine.run("DROP TABLE s.things")
    found = find_pending(hub.look("tickets"), warehouse, "s", "things")
    assert len(found.batches) == 40
