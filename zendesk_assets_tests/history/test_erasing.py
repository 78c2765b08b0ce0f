"""An erasure reaches histories, and whatever goes wrong with one table does not stop it."""

import pytest

from zendesk_assets.erasing import Person
from zendesk_assets.erasure import erase_from_source
from zendesk_assets_tests.history.helpers import ticket
from zendesk_assets_tests.warehouse.helpers import T0

JANE = Person(frozenset({42}), ("jane@acme.com",))


@pytest.mark.parametrize("apply", [False, True])
def test_what_cannot_be_erased_is_said_and_everything_else_is_erased(filled, engine, rows, apply):
    filled.land("tickets", [ticket(1, 42)], 1)
    filled.sync("tickets")
    filled.land("groups", [{"id": 1, "name": "A"}], 1)
    filled.load("groups")
    engine.run("ALTER TABLE s.groups DROP COLUMN id")

    done = erase_from_source(filled.hub, filled.warehouse, JANE, lambda: T0, apply=apply)

    (trouble,) = engine.besides_snapshots(done.troubles) if apply else done.troubles
    assert trouble.startswith("s.groups: ")
    assert "jane@" not in trouble
    assert (done.rows["tickets"], done.rows["tickets_history"]) == (1, 1)
    subject = "[erased]" if apply else "Boiler 1"
    assert {each["subject"] for name in ("", "_history") for each in rows(f"tickets{name}")} == {
        subject
    }
    assert bool(filled.hub.erasures.pending()) is apply  # the next one finishes it


def test_what_only_a_history_still_knows_of_a_person_is_looked_for_too(filled, rows, engine):
    def user(address, day):
        time = f"2024-01-0{day}T00:00:00Z"
        return {"id": 42, "name": "J", "email": address, "created_at": time, "updated_at": time}

    first = filled.land("users", [user("old.jane@acme.com", 1)], 1)
    filled.land("users", [user("jane@acme.com", 2)], 2)
    filled.sync("users")
    filled.land("tickets", [ticket(1, description="mail of old.jane@acme.com")], 3)
    filled.load("tickets")
    filled.prune(first)
    engine.run("ALTER TABLE s.tickets DROP COLUMN recipient")  # of an older version
    engine.run("CREATE TABLE s.groups AS SELECT 1 AS n")  # of others

    jane = Person(frozenset({42}), ())
    done = erase_from_source(filled.hub, filled.warehouse, jane, lambda: T0, apply=True)

    assert engine.besides_snapshots(done.troubles) == []
    assert "old.jane@acme.com" in done.learnt
    assert [each["description"] for each in rows("tickets")] == ["mail of [erased]"]
    assert {each["email"] for each in rows("users_history")} == {"[erased]"}
