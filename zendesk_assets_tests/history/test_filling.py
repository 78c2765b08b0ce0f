"""Filling a history again loses nothing, whatever has become of the hub meanwhile."""

from datetime import timedelta
from unittest import mock

import msgspec
import pytest

from zendesk_assets.erasing import Person
from zendesk_assets.erasure import erase_from_source
from zendesk_assets.errors import HubError
from zendesk_assets.history import filling
from zendesk_assets.warehouse.relations import name_table
from zendesk_assets_tests.history.helpers import article, macro, ticket
from zendesk_assets_tests.warehouse.helpers import T0

MACROS = [macro(number) for number in range(6)]


class Died(BaseException):
    """What ends a process at any place."""


def in_small_steps():
    """Return a context in which each batch is a transaction."""
    keep = filling.keep_history
    return mock.patch.object(
        filling, "keep_history", lambda *a, **k: keep(*a, **k, rows_per_transaction=1)
    )


def dying_after(steps):
    """Return a context in which a filling dies at the end of a transaction, after `steps` more."""
    return mock.patch(
        "zendesk_assets.warehouse.history.check_unchanged", side_effect=[None] * steps + [Died()]
    )


@pytest.fixture
def two_states(filled):
    """Return the batches of two states of a ticket, and what the history has of them."""
    batches = [
        filled.land("tickets", [ticket(1, version=1_700_000_000 + 60 * day, status=status)], day)
        for day, status in ((1, "open"), (2, "solved"))
    ]
    filled.sync("tickets")
    before = filled.states("tickets", "id", "status", "valid_from", "valid_to")
    assert [each[1] for each in before] == ["open", "solved"]
    return batches, before


@pytest.mark.parametrize("harm", ["damaged", "pruned", "of another source", "away"])
def test_a_state_that_the_hub_cannot_give_again_stays(filled, two_states, harm):
    (first, _), before = two_states
    if harm == "damaged":
        filled.break_part(first)
    elif harm == "pruned":
        filled.prune(first)
    elif harm == "away":
        next(filled.folder.rglob(f"{first.id}/*manifest*")).unlink()
    else:
        path = next(filled.folder.rglob(f"{first.id}/*manifest*"))
        manifest = msgspec.json.decode(path.read_bytes())
        path.write_bytes(msgspec.json.encode({**manifest, "schema": "z"}))
    assert filled.fill("tickets", anew=True) == 1
    assert filled.states("tickets", "id", "status", "valid_from", "valid_to") == before


def test_a_refill_that_fails_has_removed_nothing(filled, two_states):
    _, before = two_states
    with mock.patch("zendesk_assets.warehouse.history.check_unchanged") as check:
        check.side_effect = HubError("the object store does not answer")
        with pytest.raises(HubError):
            filled.fill("tickets", anew=True)
    assert filled.states("tickets", "id", "status", "valid_from", "valid_to") == before


def test_a_refill_that_died_at_its_beginning_is_undone_or_done_again(filled, two_states):
    """Iceberg may have committed that nothing is loaded, and no more than that."""
    _, before = two_states
    with filled.warehouse.changing("s", "tickets_history") as session:
        table = name_table(session, "s", "tickets_history")
        session.change(f"UPDATE {table} SET status = 'stale' WHERE status = 'open'")
    with dying_after(0), pytest.raises(Died):
        filled.fill("tickets", anew=True)
    assert [each[0] for each in filled.states("tickets", "status")] == ["stale", "solved"]
    is_undone = bool(filled.warehouse.loaded_batches("s", "tickets_history"))
    filled.fill("tickets", anew=is_undone)
    assert filled.states("tickets", "id", "status", "valid_from", "valid_to") == before


def test_a_deletion_stays_though_the_walk_that_showed_it_was_pruned_in_part(filled):
    first = filled.land("macros", MACROS, 1)
    filled.sync("macros")
    began = T0 + timedelta(days=1.9)
    page = filled.land("macros", MACROS[:3], 2, started=began, covers=False)
    filled.land("macros", MACROS[3:5], 2.01, page=2, started=began)
    filled.sync("macros")
    before = filled.states("macros", "id", "valid_from", "valid_to", "_deleted")
    assert [each[3] for each in before if each[0] == 5] == [False, True]
    filled.prune(first, page)
    filled.fill("macros", anew=True)
    assert filled.states("macros", "id", "valid_from", "valid_to", "_deleted") == before


def test_a_refill_in_small_steps_keeps_what_differs_from_what_is_still_to_come(filled):
    texts = ("a", "b", "a", "c")
    batches = [filled.land("macros", [macro(1, text)], day) for day, text in enumerate(texts, 1)]
    filled.sync("macros")
    before = filled.states("macros", "title", "valid_from", "valid_to")
    assert [each[0] for each in before] == list(texts)
    filled.prune(batches[2])
    with in_small_steps():
        filled.fill("macros", anew=True)
    assert filled.states("macros", "title", "valid_from", "valid_to") == before


@pytest.mark.parametrize("steps", range(4))
def test_a_refill_that_dies_goes_on_and_keeps_what_the_hub_cannot_give_again(filled, steps):
    texts = ("a", "b", "c", "b", "d")
    batches = [
        filled.land("macros", [macro(1, text), *MACROS[2:]], day)
        for day, text in enumerate(texts, 1)
    ]
    filled.sync("macros")
    before = filled.states("macros", "id", "title", "valid_from", "valid_to")
    assert [each[1] for each in before if each[0] == 1] == list(texts)
    filled.prune(batches[3])
    with in_small_steps():
        with dying_after(steps), pytest.raises(Died):
            filled.fill("macros", anew=True)
        died = filled.states("macros", "id", "title", "valid_from", "valid_to")
        assert (died == before) == (steps == 0)
        filled.fill("macros")
    assert filled.states("macros", "id", "title", "valid_from", "valid_to") == before
    assert filled.fill("macros") == 0


def test_a_refill_that_dies_keeps_deletions_whose_walk_was_pruned(filled):
    lists = (MACROS[:4], MACROS[:4], MACROS[:5], MACROS[:4], MACROS)
    walks = [filled.land("macros", each, day) for day, each in enumerate(lists, 1)]
    filled.sync("macros")
    before = filled.states("macros", "id", "valid_from", "valid_to", "_deleted")
    assert [each[3] for each in before if each[0] == 4] == [False, True, False]
    filled.prune(walks[3])
    with in_small_steps():
        with dying_after(1), pytest.raises(Died):
            filled.fill("macros", anew=True)
        filled.fill("macros")
    assert filled.states("macros", "id", "valid_from", "valid_to", "_deleted") == before


def test_where_all_was_pruned_new_columns_are_added_once(filled, engine):
    batch = filled.land("tickets", [ticket(1)], 1)
    filled.sync("tickets")
    filled.prune(batch)
    engine.undescribe("tickets_history")  # as in a copy without comments
    engine.run("ALTER TABLE s.tickets_history DROP COLUMN subject")
    filled.fill("tickets")
    assert filled.states("tickets", "id", "subject") == [(1, None)]
    with mock.patch.object(filling.Filling, "anew", side_effect=AssertionError):
        assert filled.fill("tickets") == 0


def test_an_erasure_between_opening_and_reading_is_followed_by_another_attempt(filled, rows):
    for number in (1, 2):
        filled.land("tickets", [ticket(number, requester=41 + number)], number)
    filled.load("tickets")
    keep, jane = filling.keep_history, Person(frozenset({42}), ())
    erased = []

    def keep_after_erasure(*args, **options):
        if not erased:
            erased.append(
                erase_from_source(filled.hub, filled.warehouse, jane, lambda: T0, apply=True)
            )
        return keep(*args, **options)

    with mock.patch.object(filling, "keep_history", keep_after_erasure):
        assert filled.fill("tickets") == 2
    assert [each["subject"] for each in rows("tickets_history")] == ["[erased]", "Boiler 2"]


def test_confirmed_deletions_are_in_the_history_too(filled):
    filled.land("macros", MACROS, 1)
    filled.sync("macros")
    filled.land("macros", MACROS[:1], 2)
    assert filled.load("macros").withheld == 5
    assert filled.fill("macros") == 0
    assert filled.load("macros", accepted=True).deleted == 5
    assert filled.fill("macros", confirmed=True) == 0  # deletions are not counted as states
    deleted = filled.states("macros", "id", "_deleted", "valid_to")
    assert [each[0] for each in deleted if each[1]] == [1, 2, 3, 4, 5]
    assert sum(each[2] is None for each in deleted) == 6


def test_a_row_that_moved_into_a_list_that_was_refused_is_not_deleted(filled):
    filled.land("articles", [article(n, 1 if n < 5 else 2) for n in range(10)], 1)
    filled.land("articles", [article(n, 1 if n < 6 else 2) for n in range(10)], 2)
    filled.land("articles", [article(n, 2) for n in range(7, 10)], 3, unread=("1",))
    filled.sync("articles")
    states = filled.states("articles", "id", "_deleted")
    assert [each[0] for each in states if each[1]] == [6]


def test_unreadable_rows_are_counted_by_the_table_alone(filled, rows):
    filled.land("macros", [macro(1), macro("x")], 1)
    filled.sync("macros")
    found = {row["collection"]: row for row in rows("_loads", "collection")}
    counts = ("rows_in", "inserted", "quarantined", "unchanged")
    assert [found["macros"][each] for each in counts] == [2, 1, 1, 0]
    assert [found["macros_history"][each] for each in counts] == [1, 1, 0, 0]
