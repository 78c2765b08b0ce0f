"""Child events as Zendesk writes them, through the real declarations: which column has what."""

from __future__ import annotations

import json

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.warehouse import open_audit
from zendesk_assets_tests.warehouse.conftest import (
    clock,
    engine,
    hub,
    path,
    postgres_server,
    rows,
    warehouse,
)

__all__ = ["clock", "engine", "hub", "path", "postgres_server", "rows", "warehouse"]

EVENTS = declared().collections["ticket_events"]


def event(*children, **more):
    return {
        "id": 1, "ticket_id": 5, "timestamp": 1_700_000_000, "created_at": "2023-11-14T22:13:20Z",
        "updater_id": 9, "via": "Web service", "via_reference_id": None, "event_type": "Audit",
        "system": {"client": None, "location": None, "latitude": None, "longitude": None},
        "child_events": list(children), **more,
    }  # fmt: skip


CHANGES = [
    ({"is_public": "0", "event_type": "Create"}, "is_public", "0", {"is_public": False}),
    ({"is_public": "1", "event_type": "Create"}, "is_public", "1", {"is_public": True}),
    (
        {"is_public": False, "event_type": "Change", "previous_value": "1"},
        "is_public", "false", {"is_public": False, "previous_value": "1"},
    ),
    (
        {"status": "open", "is_public": True, "event_type": "Change"},
        "status", "open", {"is_public": True, "status": "open"},
    ),
    ({"comment_public": "0", "event_type": "Change"}, "comment_public", "0", {}),
    ({"public": "perhaps", "event_type": "Change"}, "public", "perhaps", {"public": None}),
    ({"author_id": "nobody", "event_type": "Change"}, "author_id", "nobody", {"author_id": None}),
    (
        {"via_reference_id": 7, "event_type": "Change", "previous_value": None},
        None, None, {"via_reference_id": 7},
    ),
    ({"locale_id": "8", "event_type": "Create"}, "locale_id", "8", {"locale_id": 8}),
    (
        {"satisfaction_score": "good", "event_type": "Change", "previous_value": "offered"},
        "satisfaction_score", "good", {"satisfaction_score": "good"},
    ),
    ({"satisfaction_comment": "!", "event_type": "Change"}, "satisfaction_comment", "!", {}),
    ({"sla_policy": None, "event_type": "Change"}, "sla_policy", None, {}),
    ({"requester_wait_time": 12, "event_type": "Change"}, "requester_wait_time", "12", {}),
    ({"due_at": "20266-01-01T00:00:00Z", "event_type": "Change"}, "due_at",
     "20266-01-01T00:00:00Z", {}),
]  # fmt: skip


def test_a_change_is_about_the_field_that_it_names_and_nothing_is_red(warehouse, hub, rows):
    children = [{"id": at, "via": "Web", **child} for at, (child, *_) in enumerate(CHANGES, 10)]
    result = warehouse.load("s", EVENTS, [hub.batch(event(*children))])
    assert (result.quarantined, result.warnings, warehouse.rejects("s")) == (0, 0, [])
    for row, (_, name, value, more) in zip(rows("ticket_events"), CHANGES, strict=True):
        assert (row["field_name"], row["value"], row["_unknown"]) == (name, value, None)
        assert {key: row[key] for key in more} == more


@pytest.mark.parametrize("kind", ["Comment", "VoiceComment", "TpeVoiceComment", "FacebookComment"])
def test_every_kind_of_comment_is_one(warehouse, hub, rows, kind):
    comment = {
        "type": kind, "author_id": 7, "body": "Hello", "public": True, "audit_id": 1,
        "attachments": [{"id": 3, "file_name": "a.txt", "size": 5}], "via": {"channel": "voice"},
    }  # fmt: skip
    batch = hub.batch(
        event(
            {"id": 2, **comment, "event_type": "Comment"}, {"id": 4, **comment, "event_type": kind}
        )
    )
    for name in ("ticket_events", "attachments"):
        warehouse.load("s", declared().collections[name], [batch])
    for row in rows("ticket_events"):
        assert (row["comment_type"], row["body"], row["author_id"]) == (kind, "Hello", 7)
        assert (row["public"], row["field_name"], row["_unknown"]) == (True, None, None)
        assert json.loads(row["attachments"])[0]["file_name"] == "a.txt"
    assert {row["file_name"] for row in rows("attachments")} == {"a.txt"}


def test_what_an_event_has_around_its_children_is_kept_and_named(warehouse, hub, rows):
    system = {"client": "c", "ip_address": "10.0.0.1", "latitude": "north"}
    sent = event(
        {"id": 2, "event_type": "Create", "status": "new"}, metadata={"a": 1}, system=system
    )
    warehouse.load("s", EVENTS, [hub.batch(sent)])
    (row,) = rows("ticket_events")
    assert row["context_client"] == "c"
    assert json.loads(row["_unknown"]) == {
        "../metadata": {"a": 1},
        "../system": {"ip_address": "10.0.0.1", "latitude": "north"},
    }
    with open_audit(warehouse, "s", EVENTS) as audit:
        assert audit.unknown_properties() == {"../metadata": 1, "../system.ip_address": 1}


def test_unknown_members_of_a_metric_are_kept_once_and_those_of_its_ticket_with_the_ticket(
    warehouse, hub, rows
):
    times = {"calendar": 1, "business": 2, "extra": 3}
    metrics = {"id": 8, "ticket_id": 5, "first_resolution_time_in_minutes": times}
    ticket = {"id": 5, "generated_timestamp": 9, "status": "new", "odd": 1, "metric_set": metrics}
    for name in ("tickets", "ticket_metrics"):
        warehouse.load("s", declared().collections[name], [hub.batch(ticket)])
    assert [json.loads(row["_unknown"]) for row in rows("tickets")] == [{"odd": 1}]
    (row,) = rows("ticket_metrics")
    assert row["first_resolution_time_in_minutes_business"] == 2
    assert json.loads(row["_unknown"]) == {"first_resolution_time_in_minutes": {"extra": 3}}
    with open_audit(warehouse, "s", declared().collections["ticket_metrics"]) as audit:
        assert audit.unknown_properties() == {"first_resolution_time_in_minutes.extra": 1}
