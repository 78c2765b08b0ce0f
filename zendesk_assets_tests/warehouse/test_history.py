"""The history of a table: every state of a row, when it was valid, whatever the order of loads."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from zendesk_assets.spec import RECEIVED, Scrub
from zendesk_assets.warehouse import CompleteWalk, Refill
from zendesk_assets.warehouse.history import keep_history
from zendesk_assets_tests import long
from zendesk_assets_tests.warehouse.helpers import T0, THINGS, thing

LISTED = replace(THINGS, version=RECEIVED.name, deleted=None, vanishes=True)
KEPT = replace(THINGS, scrub=Scrub((("status", "deleted"), ("name", "SCRUBBED")), keep=True))


def at(seconds):
    return T0 + timedelta(seconds=seconds)


def second(number):
    return int(at(number).timestamp())


def states(engine, columns="id, name"):
    """Return the states of all rows as lists: columns, since and until when in seconds, deleted."""
    rows = engine.query(
        f"SELECT {columns}, valid_from, valid_to, _deleted FROM s.things_history "
        "ORDER BY id, valid_from, valid_to NULLS LAST, version, received_at, _batch_id, _place"
    )
    return [[_seconds(value) for value in row.values()] for row in rows]


def _seconds(value):
    return int((value - T0).total_seconds()) if hasattr(value, "tzinfo") else value


@pytest.fixture
def keep(warehouse):
    """Return a function that brings batches into the history, again from the start if it must."""

    def load(collection, batches, walks=(), everything=(), every_walk=(), **options):
        found = keep_history(warehouse, "s", collection, batches, walks=walks, **options)
        if found.is_disordered:
            ids = frozenset(each.batch_id for each in everything)
            again = Refill(ids, frozenset(each.last for each in every_walk))
            found = keep_history(
                warehouse, "s", collection, everything, walks=every_walk, refill=again, **options
            )
            assert not found.is_disordered
        return found

    return load


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)])
def test_where_content_is_kept_a_wiped_state_shows_what_was_there_before(
    engine, warehouse, hub, keep, rows, order
):
    seen = [
        thing(1, second(1), name="open", status="open", tags=["a"]),
        thing(1, second(2), name="later", status="open", tags=["b"], new=1),
        thing(1, second(9), name="SCRUBBED", status="deleted", tags=[]),
        thing(2, second(9), name="SCRUBBED", status="deleted", tags=[]),
    ]
    batches = [hub.batch(each, at=at) for at, each in enumerate(seen)]
    for number in range(len(order)):
        warehouse.load("s", KEPT, [batches[order[number]]])
        known = [batches[each] for each in order[: number + 1]]
        keep(KEPT, known[-1:], everything=known)
    assert states(engine, "id, name, status, tags, _unknown, _scrubbed") == [
        [1, "open", "open", '["a"]', None, False, 1, 2, False],
        [1, "later", "open", '["b"]', '{"new":1}', False, 2, 9, False],
        [1, "later", "open", '["b"]', '{"new":1}', True, 9, None, True],
        [2, "SCRUBBED", "deleted", "[]", None, True, 9, None, True],
    ]
    columns = ("id", "name", "status", "tags", "_unknown", "_deleted", "_scrubbed")
    newest = [each for each in rows("things_history", "id") if each["valid_to"] is None]
    assert [[each[name] for name in columns] for each in newest] == [
        [each[name] for name in columns] for each in rows("things", "id")
    ]


def test_each_state_is_valid_from_its_version_to_that_of_the_next(engine, hub, keep):
    base = int(T0.timestamp())
    first = hub.batch(thing(1, base + 10, name="a"), thing(2, base + 11, name="x"), at=100)
    again = hub.batch(thing(1, base + 10, name="a"), thing(1, base + 120, name="b"), at=200)
    flipped = hub.batch(thing(1, base + 120, name="c"), at=300)
    deleted = hub.batch(thing(1, base + 310, name="c", status="deleted"), at=400)

    keep(THINGS, [first, again, flipped, deleted])

    assert states(engine) == [
        [1, "a", 10, 120, False],
        [1, "b", 120, 300, False],  # the same version: it is known since it was received
        [1, "c", 300, 310, False],
        [1, "c", 310, None, True],
        [2, "x", 11, None, False],
    ]


@pytest.mark.parametrize("together", [3, 100])
def test_what_a_complete_walk_no_longer_shows_ends(engine, hub, keep, together):
    pages = [
        hub.batch(*(thing(number, name=str(number)) for number in range(4)), name="w1", at=10),
        hub.batch(thing(0, name="0"), thing(1, name="1"), name="w2", at=20),
        hub.batch(thing(2, name="2"), thing(3, name="3"), name="w2b", at=21),
        hub.batch(*(thing(number, name=str(number)) for number in range(3)), name="w3", at=30),
        hub.batch(*(thing(number, name=str(number)) for number in range(4)), name="w4", at=40),
        hub.batch(thing(0, name="0"), name="w5", at=50),  # less than half: not believed
    ]
    walks = [
        CompleteWalk(frozenset({"w1"}), "w1", at(9)),
        CompleteWalk(frozenset({"w2", "w2b"}), "w2b", at(19)),
        *(CompleteWalk(frozenset({f"w{n}"}), f"w{n}", at(10 * n - 1)) for n in (3, 4, 5)),
    ]

    keep(LISTED, pages, walks, rows_per_transaction=together)

    assert states(engine) == [
        [0, "0", 10, None, False],
        [1, "1", 10, None, False],
        [2, "2", 10, None, False],
        [3, "3", 10, 29, False],
        [3, "3", 29, 40, True],
        [3, "3", 40, None, False],
    ]


def test_a_walk_says_nothing_about_rows_below_what_it_could_not_read(engine, hub, keep):
    """Rows are in a list of `status` within `name`: refused are all of a, and 1 within b."""
    nested = replace(LISTED, parent_columns=("name", "status"))
    places = [("a", "1"), ("aa", "1"), ("b", "1"), ("b", "2"), ("b", "11"), ("c", "1")]
    rows = [{**thing(n), "name": outer, "status": inner} for n, (outer, inner) in enumerate(places)]
    rows += [{**thing(n), "name": "c", "status": "2"} for n in range(6, 12)]
    pages = [hub.batch(*rows, name="w1", at=10), hub.batch(*rows[5:], name="w2", at=20)]
    walks = [
        CompleteWalk(frozenset({"w1"}), "w1", at(9)),
        CompleteWalk(frozenset({"w2"}), "w2", at(19), unread=("a", "b/1")),
    ]

    keep(nested, pages, walks)

    assert [key for key, *_, deleted in states(engine, "id") if deleted] == [1, 3, 4]


def expected(observed, *, is_versioned):
    """Return the states that observations make: (key, version, received, place, name, deleted)."""
    found = []
    for key in sorted({each[0] for each in observed}):
        kept = []
        for _, version, received, _place, name, deleted in sorted(
            (each for each in observed if each[0] == key), key=lambda each: each[1:4]
        ):
            if deleted and name is None:  # gone: it shows what was there
                if not kept or kept[-1][3]:
                    continue
                name = kept[-1][2]  # noqa: PLW2901
            if (
                not kept
                or kept[-1][2:] != (name, deleted)
                or (is_versioned and kept[-1][0] != version)
            ):
                kept.append((version, received, name, deleted))
        since = [
            version if is_versioned and (n == 0 or kept[n - 1][0] != version) else received
            for n, (version, received, _, _) in enumerate(kept)
        ]
        since = [min(since[n:]) for n in range(len(since))]
        for n, (_, _, name, deleted) in enumerate(kept):
            found.append(
                [key, name, since[n], since[n + 1] if n + 1 < len(kept) else None, deleted]
            )
    return found


def life_of_versions(chance, hub):
    """Return batches of records that change, some without a new version, and what they show."""
    base, batches, observed = int(T0.timestamp()), [], []
    for moment in range(100, 800, 100):
        records = []
        for number in chance.choices(range(3), k=chance.randint(0, 4)):
            version, name = chance.randint(moment - 90, moment + 20) // 60, chance.choice("ab")
            gone = chance.random() < 0.2
            records.append(
                thing(number, base + version, name=name, status="deleted" if gone else "open")
            )
            observed.append((number, version, moment, len(records), name, gone))
        batches.append(hub.batch(*records, name=f"b{moment:04}", at=moment))
    return batches, [], observed


def life_of_a_list(chance, hub):
    """Return walks of a list of two pages, and what they show."""
    batches, walks, observed = [], [], []
    for moment in range(100, 900, 100):
        shown = [number for number in range(5) if chance.random() < 0.75]
        names = {number: chance.choice("aab") for number in shown}
        pages = shown[:2], shown[2:]
        known = {each[0] for each in observed}
        for page, numbers in enumerate(pages):
            records = [thing(number, name=names[number]) for number in numbers]
            batches.append(hub.batch(*records, name=f"b{moment:04}-{page}", at=moment + page))
            for place, number in enumerate(numbers):
                observed.append((number, 0, moment + page, place, names[number], False))
        if chance.random() < 0.8:  # the others were interrupted
            batch = batches[-1].batch_id
            walks.append(
                CompleteWalk(frozenset({batch, batches[-2].batch_id}), batch, at(moment - 1))
            )
            alive = {key for key in known - set(shown) if _last(observed, key, moment - 1) is False}
            if len(alive) <= len(shown):
                observed += [(key, 0, moment - 1, 0, None, True) for key in alive]
    return batches, walks, observed


def _last(observed, key, before):
    return max((each[2:4], each[5]) for each in observed if each[0] == key and each[2] < before)[1]


@pytest.mark.slow
@pytest.mark.parametrize("life", [life_of_versions, life_of_a_list])
@long.parametrize("seed", range(2))
def test_the_order_of_loads_does_not_matter(engine, hub, keep, life, seed):
    chance = random.Random(seed)
    batches, walks, observed = life(chance, hub)
    collection = LISTED if walks else THINGS
    by_id = {each.batch_id: each for each in batches}
    order = chance.sample(batches, len(batches))
    loaded: set[str] = set()
    while order:
        chosen, order = order[: (cut := chance.randint(2, 6))], order[cut:]
        loaded |= {each.batch_id for each in chosen}
        whole = [each for each in walks if each.batches <= loaded]
        ended = [each for each in whole if each.batches & {one.batch_id for one in chosen}]
        given = {each.batch_id: each for each in chosen}
        given |= {each: by_id[each] for walk in ended for each in walk.batches}
        everything = [by_id[each] for each in sorted(loaded)]
        keep(
            collection,
            given.values(),
            ended,
            everything,
            whole,
            rows_per_transaction=chance.choice([1, 100]),
        )
    assert states(engine) == expected(observed, is_versioned=not walks)
