"""A person is taken out of a table and its quarantine, in either engine; others stay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.erasing import Person
from zendesk_assets.erasure.rules import record_eraser
from zendesk_assets.errors import ReplacedPartError
from zendesk_assets.warehouse import (
    erase,
    erase_history,
    find_traces,
    keep_history,
    transaction,
)

TICKETS = declared().collections["tickets"]
JANE = Person(frozenset({42}), ("jane@acme.com",))


def ticket(number, requester, **more):
    return {
        "id": number, "requester_id": requester, "generated_timestamp": number, "status": "open",
        "subject": f"Boiler {number}", "tags": ["a"], "created_at": "2024-01-01T00:00:00Z",
        "custom_fields": [{"id": 7, "value": "Boiler"}, {"id": 8, "value": None}],
        "via": {"channel": "email", "source": {"from": {"name": "J"}, "to": {"name": "S"}}}, **more,
    }  # fmt: skip


def counts(traces):
    return len(traces.rows), len(traces.rejects)


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
    eraser = record_eraser(declared().streams["tickets"], JANE)
    if not apply:
        with warehouse.reading() as session:
            assert counts(find_traces(session, "s", TICKETS, JANE, eraser.erase)) == (3, 1)
        assert (rows("tickets"), warehouse.rejects("s")) == (before, rejects)
        return
    assert counts(erase(warehouse, "s", TICKETS, JANE, eraser.erase)) == (3, 1)
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
    assert counts(erase(warehouse, "s", TICKETS, JANE, eraser.erase)) == (0, 0)


def test_every_state_in_a_history_is_erased_and_what_comes_later_is_another(warehouse, hub, rows):
    batches = [hub.batch(ticket(1, 42), ticket(2, 43), at=at) for at in (1, 2)]
    keep_history(warehouse, "s", TICKETS, [batches[0]])
    assert len(erase_history(warehouse, "s", TICKETS, JANE).rows) == 1
    assert [each["subject"] for each in rows("tickets_history")] == ["[erased]", "Boiler 2"]
    keep_history(warehouse, "s", TICKETS, batches[1:])
    (_, again, other) = rows("tickets_history", "id, received_at")
    assert (again["subject"], other["subject"]) == ("Boiler 1", "Boiler 2")


def test_where_there_is_no_table_nothing_is_found_or_made(warehouse, engine):
    eraser = record_eraser(declared().streams["tickets"], JANE)
    assert counts(erase(warehouse, "s", TICKETS, JANE, eraser.erase)) == (0, 0)
    assert engine.is_empty()


def event_around(number, updater, author):
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
    sent = [event_around(10, 42, 43), event_around(20, 43, 42), event_around(30, 43, 43)]
    warehouse.load("s", declared().collections["ticket_events"], [hub.batch(*sent, name="b")])
    third = rows("ticket_events")[2]
    eraser = record_eraser(declared().streams["ticket_events"], JANE)
    events = declared().collections["ticket_events"]
    assert counts(erase(warehouse, "s", events, JANE, eraser.erase)) == (2, 2)
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
    warehouse.load(
        "s", declared().collections["ticket_events"], [hub.batch(*wiped, name="b")], reload=True
    )
    assert [{**row, "loaded_at": None} for row in rows("ticket_events")] == [
        {**row, "loaded_at": None} for row in before
    ]


def event(number, ticket, updater, *children, **more):
    return {"id": number, "ticket_id": ticket, "timestamp": 1_700_000_000 + number,
            "created_at": "2023-11-14T22:13:20Z", "updater_id": updater, "event_type": "Audit",
            "via": "Mail", "child_events": list(children), **more}  # fmt: skip


def change(number, **more):
    return {"id": number, "event_type": "Change", "via": "Mail", **more}


def comment(number, author, **more):
    return {"id": number, "event_type": "Comment", "type": "Comment", "author_id": author,
            "body": f"text {number}", "via": {"channel": "web", "source": {"from": {"a": "J"}}},
            **more}  # fmt: skip


CHANGES = (
    {"satisfaction_comment": "Slow", "previous_value": "Slower"},
    {"satisfaction_comment": None, "previous_value": None},
    {"subject": "Mine", "previous_value": "Old"},
    {"custom_ticket_fields": {"7": True}, "previous_value": ["a", "b"]},
    {"custom_ticket_fields": {"7": "x", "8": 5}},
    {"current_collaborators": "Jane <jane@acme.com>, Joe <joe@acme.com>", "previous_value": ""},
    {"priority": "high", "previous_value": "low"},
)
EVENTS = [
    event(100 * place + 1_000, ticket, updater,
          *(change(100 * place + 1_001 + n, **each) for n, each in enumerate(CHANGES)),
          comment(100 * place + 1_050, updater, odd={"a": "b"}, attachments=[]),
          comment(100 * place + 1_051, 43, type="VoiceComment", data={"from": "+35315550142"},
                  formatted_from="+353 (1) 555 0142"),
          system={"client": "Firefox", "location": "Rome", "latitude": 1.5, "ip_address": "::1"},
          metadata={"a": "b"})
    for place, (ticket, updater) in enumerate([(9, 43), (8, 43), (7, 43), (7, 42), (9, 42)])
]  # fmt: skip
WHOLE = Person(frozenset({42}), ("joe@acme.com", "+353 1 555 0142"), frozenset({9}), frozenset({8}))


def test_a_table_is_erased_to_what_a_replay_of_the_erased_hub_gives(warehouse, hub, rows):
    events = declared().collections["ticket_events"]
    eraser = record_eraser(declared().streams["ticket_events"], WHOLE)
    warehouse.load("s", events, [hub.batch(*EVENTS)])
    before = rows("ticket_events")
    changed, _ = counts(erase(warehouse, "s", events, WHOLE, eraser.erase))
    after = rows("ticket_events")
    erased = [json.loads(eraser.erase(json.dumps(each).encode())) for each in EVENTS]
    warehouse.load("s", events, [hub.batch(*erased)], reload=True)
    apart = {"loaded_at", "received_at", "_batch_id"}

    def content(found):
        return [{k: v for k, v in row.items() if k not in apart} for row in found]

    assert content(rows("ticket_events")) == content(after)
    same = [
        old["id"] for old, new in zip(content(before), content(after), strict=True) if old == new
    ]
    assert changed == len(before) - len(same)
    assert "Slow" not in str([row for row in after if row["ticket_id"] == 9])
    assert "Slow" in str([row for row in after if row["ticket_id"] == 8])
    assert not any("joe@acme.com" in str(row) or "555" in str(row) for row in after)


def test_the_bytes_of_what_was_erased_are_gone_and_what_is_not_ours_is_as_it_was(
    warehouse, hub, engine
):
    engine.needs("upkeep of ours")
    words = "rosemary cottage boiler"  # of two texts DuckDB keeps a list, as they are
    batch = hub.batch(*(ticket(n, 42, description=f"{words} {n % 2}") for n in range(1, 40)))
    warehouse.load("s", TICKETS, [batch])
    more = [] if engine.name == "ducklake" else ["CREATE SEQUENCE theirs.counter"]
    for statement in (
        "CREATE SCHEMA theirs", f'CREATE TABLE theirs.kept (id INTEGER{engine.key}, "Ü" VARCHAR)',
        "INSERT INTO theirs.kept VALUES (1, 'x')", "COMMENT ON TABLE theirs.kept IS 'of theirs'",
        "CREATE VIEW theirs.seen AS SELECT id FROM s.tickets", *more,
    ):  # fmt: skip
        engine.run(statement)
    eraser = record_eraser(declared().streams["tickets"], JANE)
    assert any(words.encode() in each for each in engine.bytes_of("s.tickets"))
    erase(warehouse, "s", TICKETS, JANE, eraser.erase)
    warehouse.forget_old_bytes("s", [TICKETS.name])

    assert not any(words.encode() in each for each in engine.bytes_of("s.tickets"))
    assert engine.query("SELECT * FROM theirs.kept") == [{"id": 1, "Ü": "x"}]
    assert engine.query("SELECT count(*) AS n FROM theirs.seen") == [{"n": 39}]
    assert engine.columns("tickets")[1] == TICKETS.description


def test_a_part_that_was_replaced_while_it_was_loaded_brings_nothing(warehouse, hub, rows):
    batch = hub.batch(ticket(1, 42))

    def replace(*_):
        Path(batch.parts[0]).unlink()

    real = transaction.run
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transaction, "run", lambda *a, **k: (real(*a, **k), replace())[0])
        with pytest.raises(ReplacedPartError):
            warehouse.load("s", TICKETS, [batch])
    assert warehouse.row_count("s", "tickets") == 0
    assert warehouse.loaded_batches("s", "tickets") == set()


def test_what_a_person_wrote_in_a_survey_is_wiped_though_the_id_is_a_text(warehouse, hub, rows):
    responses = declared().collections["survey_responses"]

    def response(number, responder):
        answers = [{"type": "rating_scale", "rating": 1}, {"type": "open_ended", "value": "Boiler"}]
        return {"id": number, "responder_id": responder, "answers": answers}

    warehouse.load("s", responses, [hub.batch(response("A", "42"), response("B", "43"))])
    eraser = record_eraser(declared().streams["survey_responses"], JANE)
    assert counts(erase(warehouse, "s", responses, JANE, eraser.erase)) == (1, 0)
    mine, other = (json.loads(row["answers"]) for row in rows("survey_responses"))
    assert [each.get("value") for each in mine] == [None, "[erased]"]
    assert other[1]["value"] == "Boiler"


def test_side_conversations_and_audit_logs_forget_a_person(warehouse, hub, rows):
    events = declared().collections["side_conversation_events"]
    logs = declared().collections["audit_logs"]

    def event(number, user, ticket):
        actor, time = {"user_id": user, "name": "Jane"}, "2026-03-01T10:00:00.123Z"
        said = {"subject": "Boiler", "body": "It leaks", "to": []}
        more = {"actor": actor, "message": said, "updates": {}, "created_at": time}
        return {"id": number, "ticket_id": ticket, **more}

    def entry(number, actor, kind):
        source = {"source_type": kind, "source_id": 42, "source_label": "Jane"}
        time = "2026-03-01T10:00:00Z"
        return {"id": number, "actor_id": actor, "actor_name": "J", "created_at": time, **source}

    sent = [event("A", 42, 1), event("B", 43, 2), event("C", 43, 9)]
    warehouse.load("s", events, [hub.batch(*sent)])
    warehouse.load("s", logs, [hub.batch(entry(1, 42, "rule"), entry(2, 43, "user"))])
    for each in (events, logs):
        eraser = record_eraser(declared().streams[each.stream], WHOLE)
        erase(warehouse, "s", each, WHOLE, eraser.erase)

    found = {row["id"]: row for row in rows("side_conversation_events")}
    assert [found[key]["message"] is None for key in "ABC"] == [True, False, True]
    actors = [json.loads(found[key]["actor"]) for key in "ABC"]
    assert [each["name"] for each in actors] == ["[erased]", "Jane", "Jane"]
    assert [found[key]["actor_id"] for key in "ABC"] == [42, 43, 43]  # as after a replay
    mine, about = rows("audit_logs")
    assert (mine["actor_name"], mine["source_label"]) == ("[erased]", "Jane")
    assert (about["actor_name"], about["source_label"]) == ("J", "[erased]")


def test_the_access_log_forgets_from_where_a_person_looked_and_not_that_someone_did(
    warehouse, hub, rows
):
    logs = declared().collections["access_logs"]

    def entry(key, user):
        asked = {"url": "/api/v2/search?query=Jane", "graphql": {"variables": "Jane"}}
        said = {"client": "Firefox", "ip_address": "203.0.113.7", "new": "Jane", "method": "GET"}
        return {"id": key, "user_id": user, "timestamp": "2026-03-01T10:00:00Z", **asked, **said}

    warehouse.load("s", logs, [hub.batch(entry("A", 42), entry("B", 43))])
    eraser = record_eraser(declared().streams[logs.stream], WHOLE)
    erase(warehouse, "s", logs, WHOLE, eraser.erase)

    mine, other = rows("access_logs")
    erased = [mine[name] for name in ("url", "client", "ip_address", "graphql")]
    assert erased == ["[erased]"] * 3 + [None]
    assert "Jane" not in str(mine["_unknown"])
    assert (mine["user_id"], mine["method"]) == (42, "GET")
    assert (other["ip_address"], other["client"]) == ("203.0.113.7", "Firefox")


def test_tables_that_lack_columns_of_an_upgrade_or_kept_old_ones_are_erased_too(
    warehouse, hub, engine, rows
):
    batch = hub.batch(ticket(1, 42, recipient="jane@acme.com"), ticket(2, 43))
    warehouse.load("s", TICKETS, [batch])
    keep_history(warehouse, "s", TICKETS, [batch])
    for name in ("tickets", "tickets_history"):
        engine.run(f"ALTER TABLE s.{name} DROP COLUMN description")
        engine.run(f"ALTER TABLE s.{name} RENAME COLUMN subject TO subject__old")
        engine.run(f"ALTER TABLE s.{name} RENAME COLUMN status TO status__old2")
        engine.run(f"UPDATE s.{name} SET status__old2 = 'Jane@acme.com' WHERE id = 2")
    eraser = record_eraser(declared().streams["tickets"], JANE)

    assert counts(erase(warehouse, "s", TICKETS, JANE, eraser.erase)) == (2, 0)
    assert len(erase_history(warehouse, "s", TICKETS, JANE).rows) == 2
    for name in ("tickets", "tickets_history"):
        mine, other = rows(name)
        assert (mine["subject__old"], mine["recipient"]) == (None, "[erased]")
        assert (other["subject__old"], other["status__old2"]) == ("Boiler 2", None)


def test_a_table_of_others_under_the_name_of_a_collection_is_not_searched(
    warehouse, hub, engine, rows
):
    warehouse.load("s", TICKETS, [hub.batch(ticket(1, 43))])
    engine.run("CREATE TABLE s.users (id BIGINT, email VARCHAR)")
    engine.run("INSERT INTO s.users VALUES (42, 'jane@acme.com')")
    users = declared().collections["users"]
    eraser = record_eraser(declared().streams["users"], JANE)
    assert counts(erase(warehouse, "s", users, JANE, eraser.erase)) == (0, 0)
    assert rows("users") == [{"id": 42, "email": "jane@acme.com"}]
