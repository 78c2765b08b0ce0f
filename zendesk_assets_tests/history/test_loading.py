"""The load of a table and its history: what goes wrong with the one does not stop the other."""

from unittest import mock

import dagster as dg
import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.erasing import Person
from zendesk_assets.erasure import erase_from_source
from zendesk_assets.errors import WarehouseError
from zendesk_assets.orchestration import hub_loads
from zendesk_assets.orchestration.hub_batches import HubBatches
from zendesk_assets.orchestration.io_managers import UpsertIOManager
from zendesk_assets.orchestration.progress_listener import ProgressRelay
from zendesk_assets_tests.history.helpers import macro, ticket
from zendesk_assets_tests.warehouse.helpers import T0

MACROS = [macro(number) for number in range(5)]


@pytest.fixture
def sync(filled):
    """Return a function that loads a table and its history as a step does."""
    manager = UpsertIOManager(lambda _log: filled.warehouse, ProgressRelay())

    def load(name, **options):
        collection = declared().collections[name]
        known = filled.hub.look(collection.stream)
        wanted = HubBatches(filled.hub, collection, known, None, T0, keeps_history=True, **options)
        return manager.load(dg.AssetKey(["s", name]), log, "s", wanted)[1]

    log = mock.Mock()
    load.log = log
    return load


def test_a_table_is_loaded_though_its_history_has_the_name_of_what_others_made(
    filled, engine, rows, sync
):
    filled.land("macros", MACROS[:1], 1)
    filled.load("macros")
    engine.run("CREATE TABLE s.macros_history AS SELECT 1 AS day, * FROM s.macros")
    filled.land("macros", MACROS, 2)
    figures = sync("macros")
    assert len(rows("macros")) == 5
    assert "Leave macros out of `history`" in figures["history_warning"]
    sync.log.warning.assert_called_once()
    assert [each["day"] for each in rows("macros_history")] == [1]


def test_deletions_that_a_person_confirms_reach_the_history(filled, sync):
    filled.land("macros", MACROS, 1)
    sync("macros")
    filled.land("macros", MACROS[:1], 2)
    with pytest.raises(WarehouseError, match="accept-deletions"):
        sync("macros")
    assert not any(each[1] for each in filled.states("macros", "id", "_deleted"))
    sync("macros", accept_deletions=True)
    deleted = [each[0] for each in filled.states("macros", "id", "_deleted") if each[1]]
    assert deleted == [1, 2, 3, 4]


def test_a_table_is_loaded_again_when_an_erasure_came_between_opening_and_reading(
    filled, rows, sync
):
    filled.land("tickets", [ticket(1, requester=42)], 1)
    jane, real = Person(frozenset({42}), ()), hub_loads.open_batches
    opened = []

    def open_and_erase(*args, **options):
        opened.append(real(*args, **options))
        if len(opened) == 1:
            erase_from_source(filled.hub, filled.warehouse, jane, lambda: T0, apply=True)
        return opened[-1]

    with mock.patch.object(hub_loads, "open_batches", open_and_erase):
        sync("tickets")
    assert len(opened) == 2
    assert [each["subject"] for each in rows("tickets")] == ["[erased]"]
