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
    assert warehouse.erase("s", TICKETS, JANE, eraser.erase, apply=apply) == (3, 1)
    if not apply:
        assert (rows("tickets"), warehouse.rejects("s")) == (before, rejects)
        return
    first, second, third, fourth, fifth = rows("tickets")
    assert (third, fifth) == (before[2], before[4])
    assert (fourth["subject"], fourth["has_incidents"]) == ("[erased]", None)
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


EVENTS = COLLECTIONS["ticket_events"]


def event(number, updater, author):
    return {
        "id": number, "ticket_id": 1, "timestamp": number, "updater_id": updater, "via": "Mail",
        "system": {"client": "Jane's", "latitude": "her house", "ip_address": "10.0.0.1"},
        "metadata": {"custom": {"who": "Jane"}}, "event_type": "Audit",
        "child_events": [
            {"id": number + 1, "event_type": "Comment", "type": "Comment", "author_id": author,
             "body": "Boiler", "mood": "bad"},
        ],
    }  # fmt: skip


def test_what_has_no_column_is_wiped_level_by_level_as_in_the_hub(warehouse, hub, rows):
    sent = [event(10, 42, 43), event(20, 43, 42), event(30, 43, 43)]
    warehouse.load("s", EVENTS, [hub.batch(*sent, name="b")])
    third = rows("ticket_events")[2]
    eraser = record_eraser(STREAMS["ticket_events"], JANE)
    assert warehouse.erase("s", EVENTS, JANE, eraser.erase, apply=True) == (2, 2)
    found = [json.loads(row["_unknown"]) for row in rows("ticket_events")]
    assert found[0] == {
        "mood": "bad",
        "../metadata": None,
        "../system": {"latitude": "[erased]", "ip_address": "[erased]"},
    }
    assert (found[1]["mood"], found[1]["../metadata"]) == ("[erased]", {"custom": {"who": "Jane"}})
    assert rows("ticket_events")[2] == third
    wiped = [json.loads(eraser.erase(json.dumps(each).encode())) for each in sent]
    before = rows("ticket_events")
    warehouse.load("s", EVENTS, [hub.batch(*wiped, name="b")], reload=True)
    assert [{**row, "loaded_at": None} for row in rows("ticket_events")] == [
        {**row, "loaded_at": None} for row in before
    ]
