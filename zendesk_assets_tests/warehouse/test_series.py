"""A series keeps each reading, told apart by when it was received, on either engine."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.erasing import Person
from zendesk_assets.erasure.rules import record_eraser
from zendesk_assets.warehouse import erase
from zendesk_assets_tests.warehouse.helpers import T0

ACTIVITY = declared().collections["agents_activity"]
ORDER = "agent_id, received_at"


def agent(number, **more):
    return {"agent_id": number, "name": f"Agent {number}", **more}


@pytest.fixture
def readings(hub):
    """Two readings that are half a second apart, and one of the next day."""
    return [
        hub.batch(agent(1, calls_accepted=count), agent(2, calls_accepted=0), name=name, at=at)
        for name, at, count in (("a", 1, 5), ("b", 1.5, 6), ("c", 86_400, 0))
    ]


def seen(rows):
    return [
        (row["agent_id"], row["received_at"], row["calls_accepted"], row["_batch_id"])
        for row in rows("agents_activity", ORDER)
    ]


def test_each_reading_is_a_row_whatever_the_order_and_however_often_it_is_loaded(
    warehouse, readings, rows
):
    first, second, third = readings
    for batches in ([second], [third, first], [first, second, third]):
        result = warehouse.load("s", ACTIVITY, batches)
    times = [T0 + timedelta(seconds=at) for at in (1, 1.5, 86_400)]

    assert (result.inserted, result.updated) == (0, 0)
    assert seen(rows) == [
        *zip([1] * 3, times, [5, 6, 0], "abc", strict=True),
        *zip([2] * 3, times, [0] * 3, "abc", strict=True),
    ]


def test_what_does_not_fit_costs_the_value_of_that_reading_only(warehouse, hub, readings, rows):
    odd = hub.batch(agent(1, calls_accepted="many"), name="d", at=7)
    for _ in range(2):
        warehouse.load("s", ACTIVITY, [*readings, odd])

    assert (1, T0 + timedelta(seconds=7), None, "d") in seen(rows)
    assert len(seen(rows)) == 7
    (reject,) = warehouse.rejects("s")
    assert (reject["severity"], reject["batch_id"]) == ("warning", "d")


def test_a_person_is_erased_from_all_readings(warehouse, readings, rows):
    warehouse.load("s", ACTIVITY, readings)
    before = seen(rows)
    person = Person(frozenset({1}), ())
    eraser = record_eraser(declared().streams["agents_activity"], person)
    traces = erase(warehouse, "s", ACTIVITY, person, eraser.erase)

    assert len(traces.rows) == 3
    assert b"Agent 1" not in eraser.erase(json.dumps(agent(1)).encode())  # in the hub
    assert [row["name"] for row in rows("agents_activity", ORDER)] == [
        *["[erased]"] * 3,
        *["Agent 2"] * 3,
    ]
    assert seen(rows) == before
