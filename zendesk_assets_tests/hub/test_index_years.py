"""A look at a folder lists only the years that have changed, and notices each change of one."""

import random
import shutil
import time
from datetime import timedelta

import pytest

from zendesk_assets.hub import SourceHub, Storage, index
from zendesk_assets_tests.hub.test_batches import START
from zendesk_assets_tests.hub.test_index import check, land

YEAR = 24 * 366  # hours, from the first one of 2024
# File systems note times to a few milliseconds at least.
GRAIN = 0.02


@pytest.fixture
def root(tmp_path):
    return tmp_path / "hub"


@pytest.fixture
def hub(root, monkeypatch):
    monkeypatch.setattr(index, "_MOST", 8)
    monkeypatch.setattr(index, "_NEWEST", 3)
    monkeypatch.setattr(index, "_GRAIN_NS", int(GRAIN * 10**9))
    return SourceHub(Storage(str(root)), "s")


@pytest.fixture
def listed(hub, monkeypatch):
    """Return the years that were listed."""
    found, names = [], Storage.names

    def record(self, folder):
        found.append(folder.rpartition("/")[-1])
        return names(self, folder)

    monkeypatch.setattr(Storage, "names", record)
    return found


def let_time_pass():
    """Wait until a folder that changes now has another time than before."""
    time.sleep(GRAIN * 1.5)  # the clock of a file system cannot be simulated


def fill(hub):
    """Land two years of batches, of which the first is over and summed up."""
    old = [land(hub, hour) for hour in range(20)]
    for hour in range(YEAR, YEAR + 20):
        land(hub, hour)
    let_time_pass()
    assert set(check(hub).summary.names) == {"2024", "2025"}
    return old


def test_a_year_in_which_nothing_has_changed_is_not_listed_again(hub, root, listed):
    fill(hub)
    listed.clear()
    assert len(hub.look("tickets")) == 40
    assert listed == ["tickets", "2025"]
    land(hub, YEAR + 20)
    listed.clear()
    assert len(hub.look("tickets")) == 41
    assert listed == ["tickets", "2025"]


def moved_away(old, aside):
    old.rename(aside)


def copied_in(old, _aside):
    _landed, start, end, number = old.name.split("_")
    shutil.copytree(old, old.with_name(f"20240301T000000Z_{start}_{end}_{number}"))


def removed_with_its_year(old, _aside):
    shutil.rmtree(old.parent)


def restored_without_it(old, aside):
    """As a backup that was made while it landed, which brings the folder's times along."""
    shutil.copytree(old.parent, aside)
    shutil.rmtree(aside / old.name)
    shutil.copystat(old.parent, aside)
    shutil.rmtree(old.parent)
    shutil.copytree(aside, old.parent)


@pytest.mark.parametrize(
    "change", [moved_away, copied_in, removed_with_its_year, restored_without_it]
)
def test_whoever_changes_an_old_year_by_hand_is_noticed(hub, root, tmp_path, change):
    name = str(fill(hub)[4])
    change(root / "s/tickets/2024" / name, tmp_path / "aside")
    let_time_pass()
    known = check(hub)
    assert len(known) == len(list(root.glob("s/tickets/*/*/manifest.json"))) != 40


def test_a_year_that_changed_a_moment_ago_is_listed_once_more(hub, root, listed, monkeypatch):
    name = str(fill(hub)[4])
    monkeypatch.setattr(index, "_GRAIN_NS", 60 * 10**9)
    shutil.rmtree(root / "s/tickets/2024" / name)
    assert "2024" not in check(hub).summary.seen
    listed.clear()
    assert len(hub.look("tickets")) == 39
    assert "2024" in listed


def test_a_file_system_that_does_not_say_when_a_folder_was_changed_is_listed(hub, monkeypatch):
    monkeypatch.setattr(Storage, "changed", lambda _storage, _folder: 0)
    fill(hub)
    land(hub, 30, landed=START + timedelta(days=2))
    assert len(check(hub)) == 41


def test_what_no_folder_tells_is_seen_within_a_day(hub, root):
    name = str(fill(hub)[4])
    (root / "s/tickets/2024" / name / "manifest.json").unlink()
    land(hub, YEAR + 20 + 48)
    check(hub)


def test_a_year_whose_batches_are_gone_is_nothing(hub, root, tmp_path):
    fill(hub)
    for number, batch in enumerate(sorted((root / "s/tickets/2024").iterdir())):
        batch.rename(tmp_path / f"aside {number}")
    let_time_pass()
    for hour in range(YEAR + 20, YEAR + 60):
        land(hub, hour)
        check(hub)
    assert set(hub.look("tickets").summary.names) == {"2025"}


def test_whatever_happens_by_and_by_a_look_shows_what_is_there(hub, root, tmp_path):
    chance = random.Random(14)
    for step in range(150):
        every = sorted(root.glob("s/tickets/*/2*"))
        match chance.choice(["land", "land", "land", "past", "away", "look", "wait"]):
            case "land":
                land(hub, step * 200)
            case "past":
                land(hub, chance.randrange(step * 200 + 1))
            case "away" if len(every) > 20:
                chance.choice(every).rename(tmp_path / f"aside {step}")
            case "look":
                hub.look("tickets")
            case "wait":
                let_time_pass()
        if chance.random() < 0.3:
            check(hub)
    assert len({each.parent.name for each in root.glob("s/tickets/*/2*")}) > 2
    assert check(hub).summary.batches > 20
