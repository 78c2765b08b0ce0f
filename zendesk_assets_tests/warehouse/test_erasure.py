"""A person is taken out of a table and its quarantine, in either engine; others stay."""

from __future__ import annotations

import json

import pytest

from zendesk_assets.catalog import COLLECTIONS, STREAMS
from zendesk_assets.erasing import Person
from zendesk_assets.orchestration.erasure import record_eraser

TICKETS = COLLECTIONS["tickets"]
JANE = Person(frozenset({42}), ("jane@acme.com",))


def ticket(number, requester, **more):
    return {
        "id": number, "requester_id": requester, "generated_timestamp": number, "status": "open",
        "subject": f"Boiler {number}", "tags": ["a"], "created_at": "2024-01-01T00:00:00Z",
        "custom_fields": [{"id": 7, "value": "Boiler"}, {"id": 8, "value": None}],
        "via": {"channel": "email", "source": {"from": {"name": "J"}, "to": {"name": "S"}}}, **more,
    }  # fmt: skip


@pytest.mark.parametrize("apply", [False, True])
def test_rows_and_quarantined_rows_of_the_person_only(warehouse, hub, rows, clock, apply):
    batch = hub.batch(
        ticket(1, 42, odd="Boiler"),
        ticket(2, 43, description="Ask JANE@acme.com or ajane@acme.com"),
        ticket(3, 43),
        ticket(4, 42, has_incidents="Boiler"),
        ticket(5, 43, has_incidents="Boiler"),
    )
    warehouse.load("s", TICKETS, [batch])
    before, rejects = rows("tickets"), warehouse.rejects("s")
    clock.sleep(60)
    eraser = record_eraser(STREAMS["tickets"], JANE)
    assert warehouse.erase("s", TICKETS, JANE, eraser.erase, apply=apply) == (2, 1)
    if not apply:
        assert (rows("tickets"), warehouse.rejects("s")) == (before, rejects)
        return
    first, second, third = rows("tickets")
    assert third == before[2]
    assert second["description"] == "Ask [erased] or ajane@acme.com"
    assert (first["subject"], first["tags"], first["status"]) == ("[erased]", '["a"]', "open")
    assert [each["value"] for each in json.loads(first["custom_fields"])] == ["[erased]", None]
    assert json.loads(first["via"])["source"] == {"from": None, "to": {"name": "S"}}
    assert json.loads(first["_unknown"]) == {"odd": "[erased]"}
    assert first["loaded_at"] > before[0]["loaded_at"]
    mine, other = sorted(warehouse.rejects("s"), key=lambda each: each["primary_key"])
    assert "Boiler 4" not in mine["record"]
    assert mine["reason"] == "has_incidents: found [erased], not true or false"
    assert other in rejects
    assert warehouse.erase("s", TICKETS, JANE, eraser.erase, apply=True) == (0, 0)


def test_where_there_is_no_table_nothing_is_found_or_made(warehouse, engine):
    eraser = record_eraser(STREAMS["tickets"], JANE)
    assert warehouse.erase("s", TICKETS, JANE, eraser.erase, apply=True) == (0, 0)
    assert engine.is_empty()
