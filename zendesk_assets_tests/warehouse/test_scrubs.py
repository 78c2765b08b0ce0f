"""Wiped records: followed, or kept and marked, with the same outcome in any order of loads."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import permutations

import pytest

from zendesk_assets.spec import Scrub
from zendesk_assets_tests import long
from zendesk_assets_tests.warehouse.helpers import THINGS, thing

SHOWS = (("status", "deleted"), ("name", "SCRUBBED"))
FOLLOW = replace(THINGS, scrub=Scrub(SHOWS))
KEEP = replace(THINGS, scrub=Scrub(SHOWS, keep=True))

OPEN = thing(1, 1, name="open", status="open", tags=["a"])
LATER = thing(1, 2, name="later", status="open", tags=["b"], new=1)
GONE = thing(1, 3, name="later", status="deleted", tags=["b"])
WIPED = thing(1, 9, name="SCRUBBED", status="deleted", tags=[])
STATES = (OPEN, LATER, GONE, WIPED)


def shown(row):
    return row["name"], row["status"], row["tags"], row["_deleted"], row["_scrubbed"]


def test_by_default_the_wiped_state_is_followed_and_marked(warehouse, hub, rows):
    warehouse.load("s", FOLLOW, [hub.batch(GONE, thing(2)), hub.batch(WIPED, at=1)])
    assert shown(rows()[0]) == ("SCRUBBED", "deleted", "[]", True, True)
    assert rows()[1]["_scrubbed"] is False


@long.parametrize("order", permutations(range(4)), few=2)
def test_kept_content_is_the_newest_before_the_wipe_in_any_order(warehouse, hub, rows, order):
    batches = [hub.batch(state, at=at) for at, state in enumerate(STATES)]
    for at in order:
        warehouse.load("s", KEEP, [batches[at]])
    assert shown(rows()[0]) == ("later", "deleted", '["b"]', True, True)
    before = rows()
    result = warehouse.load("s", KEEP, [batches[at] for at in order], reload=True)
    assert rows() == before
    assert (result.updated, result.rows_in) == (0, 4)


def test_what_was_open_when_it_was_last_seen_counts_as_deleted_once_it_is_wiped(
    warehouse, hub, rows
):
    first = warehouse.load("s", KEEP, [hub.batch(OPEN)])
    second = warehouse.load("s", KEEP, [hub.batch(WIPED, at=1)])
    assert shown(rows()[0]) == ("open", "open", '["a"]', True, True)
    assert (first.deleted, second.deleted) == (0, 1)


def test_a_record_that_was_never_seen_before_its_wipe_is_there_until_an_older_batch_comes(
    warehouse, hub, rows
):
    older, wiped = hub.batch(OPEN), hub.batch(WIPED, at=1)
    warehouse.load("s", KEEP, [wiped])
    assert shown(rows()[0]) == ("SCRUBBED", "deleted", "[]", True, True)
    warehouse.load("s", KEEP, [older])
    assert shown(rows()[0]) == ("open", "open", '["a"]', True, True)


def test_a_replay_brings_back_what_was_followed_and_gives_up_what_was_kept(warehouse, hub, rows):
    batches = [hub.batch(state, at=at) for at, state in enumerate(STATES)]
    for collection, name in ((FOLLOW, "SCRUBBED"), (KEEP, "later"), (FOLLOW, "SCRUBBED")):
        warehouse.load("s", collection, batches, reload=True)
        assert shown(rows()[0])[0] == name
        assert shown(rows()[0])[3:] == (True, True)


def test_a_dropped_table_is_loaded_again_with_what_was_kept(warehouse, hub, rows, engine):
    batches = [hub.batch(state, at=at) for at, state in enumerate(STATES)]
    warehouse.load("s", KEEP, batches)
    before = [shown(row) for row in rows()]
    engine.run("DROP TABLE s.things")
    warehouse.load("s", KEEP, batches)
    assert [shown(row) for row in rows()] == before


def expected_of(states, *, keep):
    """Return what a row must show, worked out from all its states."""
    order = [*enumerate(states)]
    newest = max(order, key=lambda each: (each[1]["version"], each[0]))[1]
    wiped = max((s["version"] for s in states if s["name"] == "SCRUBBED"), default=None)
    full = [(s["version"], n, s) for n, s in order if s["name"] != "SCRUBBED"]
    row = max(full, key=lambda each: each[:2])[2] if keep and full else newest
    marked = wiped is not None and (keep or row["name"] == "SCRUBBED") and wiped >= row["version"]
    return row["name"], marked or row["status"] == "deleted", marked


@long.parametrize("seed", range(8))
@pytest.mark.parametrize("collection", [FOLLOW, KEEP], ids=["follow", "keep"])
def test_any_history_in_any_order_with_reloads_ends_the_same(
    warehouse, hub, rows, collection, seed
):
    draw = random.Random(seed)
    states: dict[int, list] = {}
    batches = []
    for at in range(8):
        lines = []
        for key in draw.sample(range(1, 6), 3):
            past = states.setdefault(key, [])
            version = (past[-1]["version"] if past else 0) + 1
            look = draw.choice(["open", "deleted", "wiped"])
            name = "SCRUBBED" if look == "wiped" else f"n{at}"
            status = "open" if look == "open" else "deleted"
            past.append(thing(key, version, name=name, status=status))
            lines.append(past[-1])
        batches.append(hub.batch(*lines, at=at))
    for batch in [*draw.sample(batches, 8), *draw.sample(batches, 4)]:
        warehouse.load("s", collection, [batch], reload=draw.random() < 0.5)
    found = {row["id"]: (row["name"], row["_deleted"], row["_scrubbed"]) for row in rows()}
    keep = collection is KEEP
    assert found == {key: expected_of(past, keep=keep) for key, past in states.items()}
