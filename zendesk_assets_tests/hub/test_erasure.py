"""A person is taken out of the batches of a hub, wherever it is; what is not theirs stays."""

import base64
import json
import re
from datetime import UTC, datetime

import pytest
import zstandard

from zendesk_assets.catalog import declared
from zendesk_assets.erasing import Person
from zendesk_assets.erasure.rules import record_eraser
from zendesk_assets.errors import CorruptPartError
from zendesk_assets.hub import (
    BatchId,
    Manifest,
    RowKeys,
    SourceHub,
    Storage,
    erase_from_aside,
    erase_from_batch,
    find_damage,
    may_have,
)
from zendesk_assets.spec import Window

T0 = datetime(2024, 1, 1, tzinfo=UTC)
NOW = datetime(2024, 5, 1, tzinfo=UTC)
JANE = Person(frozenset({42}), ("jane@acme.com",))


def land(hub, stream, *records):
    batch_id = BatchId.new(T0, Window(T0, NOW))
    manifest = Manifest(
        batch_id=str(batch_id), schema=hub.schema, stream=stream, window_start=T0, window_end=NOW,
        records=len(records), pages=1, requests=1, bytes=9, seconds_waited=0, parts=(), oldest=T0,
        newest=T0, records_by_day={}, cursor=None, ends_walk=True, parameters={}, walk_start=T0,
        started=T0, ended=T0,
        keys=RowKeys(declared().collections_of(stream)).sums(records),
    )  # fmt: skip
    hub.land(manifest, records)
    (batch,) = hub.batches(stream)
    return batch


def records_of(hub, batch):
    (part,) = hub.manifest(batch).parts
    return zstandard.ZstdDecompressor().decompress(hub.part(batch, part)).splitlines()


@pytest.fixture(params=["folder", "memory"])
def hub(request, tmp_path):
    place = str(tmp_path) if request.param == "folder" else f"memory://{tmp_path.name}"
    return SourceHub(Storage(place), "s")


def erase(hub, stream, batch, *, apply=True):
    eraser = record_eraser(declared().streams[stream], JANE)
    return erase_from_batch(hub, batch, eraser, NOW, apply=apply)[0]


def test_only_records_of_the_person_are_rewritten_and_the_manifest_agrees(hub):
    mine = (
        b'{"id":1,"requester_id":42,"subject":"Boiler","satisfaction_probability":1.50,"odd":[1]}'
    )
    other = b'{"id": 2,"requester_id":421,"subject":"Boiler \\ud83d","n":1.50}'
    odd = [b"5", b"null", b'"jane@acme.com"', b'{"requester_id":42,"subject":"\\ud83d"}', b"{42"]
    batch = land(hub, "tickets", mine, other, *odd)
    before = hub.manifest(batch)

    assert erase(hub, "tickets", batch, apply=False) == 3
    assert hub.manifest(batch) == before
    assert erase(hub, "tickets", batch) == 3
    assert records_of(hub, batch) == [
        b'{"id":1,"requester_id":42,"subject":"[erased]","satisfaction_probability":1.50,"odd":null}',
        other, b"5", b"null", b'"[erased]"', b'{"requester_id":42,"subject":"[erased]"}', b"{42",
    ]  # fmt: skip
    after = hub.manifest(batch)
    assert after.erased == NOW
    assert (after.records, after.window) == (before.records, before.window)
    assert find_damage(hub, batch) is None
    assert hub.files(batch).parts[0].endswith(after.parts[0].name)
    assert erase(hub, "tickets", batch) == 0


def test_each_level_of_an_event_has_its_own_owner(hub):
    def comment(number, author):
        file = {"id": number, "file_name": f"{number}.jpg", "size": 1}
        return {
            "id": number, "event_type": "Comment", "author_id": author, "body": f"text {number}",
            "attachments": [file], "via": {"channel": "email", "source": {"from": {"name": "J"}}},
        }  # fmt: skip

    system = {"client": "Firefox", "location": "Rome", "latitude": 1.5, "longitude": 2}
    change = {"id": 7, "event_type": "Change", "subject": "Mine", "previous_value": "Old"}
    custom = {"id": 8, "event_type": "Change", "custom_ticket_fields": {"9": "Mine"}}
    theirs = {"id": 1, "updater_id": 42, "system": system,
              "child_events": [comment(5, 42), comment(6, 43), change, custom]}  # fmt: skip
    others = {**theirs, "id": 2, "updater_id": 43, "child_events": [change, comment(5, 43)]}
    batch = land(hub, "ticket_events", *(json.dumps(each).encode() for each in (theirs, others)))
    assert erase(hub, "ticket_events", batch) == 1

    first, second = map(json.loads, records_of(hub, batch))
    assert second == others
    assert first["system"] == {
        "client": "[erased]", "location": "[erased]", "latitude": None, "longitude": None,
    }  # fmt: skip
    by_jane, by_other, changed, field = first["child_events"]
    assert by_other == comment(6, 43)
    assert by_jane["body"] == by_jane["attachments"][0]["file_name"] == "[erased]"
    assert by_jane["via"] == {"channel": "email", "source": {"from": None}}
    assert (by_jane["id"], by_jane["author_id"], by_jane["attachments"][0]["size"]) == (5, 42, 1)
    assert (changed["subject"], changed["previous_value"]) == ("[erased]", "Old")
    assert field["custom_ticket_fields"] == {"9": "[erased]"}


def test_a_damaged_batch_is_refused_as_it_is(hub):
    batch = land(hub, "tickets", b'{"id":1,"requester_id":42,"subject":"Boiler"}')
    (part,) = hub.manifest(batch).parts
    hub._storage.write(f"{batch.folder}/{part.name}", b"no zstd")
    with pytest.raises(CorruptPartError):
        erase(hub, "tickets", batch)
    assert hub.part(batch, part) == b"no zstd"


def test_who_read_the_manifest_before_an_erasure_gets_the_files_after_it(hub, monkeypatch):
    batch = land(hub, "tickets", b'{"id":1,"requester_id":42,"subject":"Boiler"}')
    real, looks = hub.manifest, []

    def manifest(asked):
        found = real(asked)
        if not looks:
            looks.append(found)
            erase(hub, "tickets", batch)
        return found

    monkeypatch.setattr(hub, "manifest", manifest)
    (part,) = hub.files(batch).parts
    assert looks[0].parts[0].name not in part


def change(number, **more):
    return {"id": number, "event_type": "Change", "via": "Mail", **more}


def test_what_the_person_said_of_their_ticket_goes_whoever_wrote_it_down(hub):
    person = Person(frozenset({42}), requested=frozenset({9}), shared=frozenset({8}))
    children = [
        change(1, satisfaction_comment="Slow", previous_value="Slower"),
        change(2, subject="Mine", previous_value="Mine too"),
        change(3, custom_ticket_fields={"7": "Mine"}, previous_value="Mine too"),
        change(4, current_collaborators="Jane <j@acme.com>", previous_value="Joe <joe@acme.com>"),
        change(5, priority="high", previous_value="low"),
        {"id": 6, "event_type": "Comment", "type": "TpeVoiceComment", "author_id": 43,
         "body": "Call from +353", "data": {"from": "+353"}, "formatted_from": "+353"},
        {"id": 7, "event_type": "Comment", "type": "Comment", "author_id": 43, "body": "Hello"},
    ]  # fmt: skip
    asked, copied, other = (
        {"id": ticket, "ticket_id": ticket, "updater_id": 43, "child_events": children}
        for ticket in (9, 8, 10)
    )
    batch = land(hub, "ticket_events", *(json.dumps(e).encode() for e in (asked, copied, other)))
    eraser = record_eraser(declared().streams["ticket_events"], person)
    assert erase_from_batch(hub, batch, eraser, NOW, apply=True) == (2, 3)

    first, second, third = (json.loads(each)["child_events"] for each in records_of(hub, batch))
    assert third == children
    assert [each != was for each, was in zip(second, children, strict=True)] == [
        False, False, False, True, False, False, False,
    ]  # fmt: skip
    assert first[4:5] + first[6:] == children[4:5] + children[6:]
    assert all(each["previous_value"] == "[erased]" for each in first[:4])
    assert first[0]["satisfaction_comment"] == first[1]["subject"] == "[erased]"
    assert first[2]["custom_ticket_fields"] == {"7": "[erased]"}
    assert first[3]["current_collaborators"] == second[3]["current_collaborators"] == "[erased]"
    assert (first[5]["body"], first[5]["data"], first[5]["formatted_from"]) == (
        "[erased]", None, "[erased]",
    )  # fmt: skip


def test_of_who_made_a_change_everything_around_it_goes_too(hub):
    system = {"client": "Firefox", "ip_address": "203.0.113.7"}
    event = {"id": 1, "ticket_id": 3, "updater_id": 42, "system": system, "metadata": {"a": "b"},
             "timestamp": "Jane", "child_events": [change(2, subject="Mine")]}  # fmt: skip
    batch = land(hub, "ticket_events", json.dumps(event).encode())
    assert erase(hub, "ticket_events", batch) == 1
    (found,) = map(json.loads, records_of(hub, batch))
    assert set(found["system"].values()) == {"[erased]"}
    assert (found["metadata"], found["timestamp"], found["id"]) == (None, "[erased]", 1)


@pytest.mark.parametrize(
    ("text", "erased"),
    [
        ("Jane Doe <jane@acme.com>, Joe <joe@acme.com>", "[erased], Joe <joe@acme.com>"),
        ('Joe <joe@acme.com>,"Doe, Jane" <Jane@ACME.com>', "Joe <joe@acme.com>,[erased]"),
        ("From: Jane Doe &lt;jane@acme.com&gt;", "From: [erased]"),
        ("mail jane@acme.com, not jo-jane@acme.com", "mail [erased], not jo-jane@acme.com"),
        ("call +353 (1) 555-0142 now", "call [erased] now"),
        ("call 35315550142 or 353155501421", "call [erased] or 353155501421"),
    ],
)
def test_addresses_go_with_the_name_before_them_and_numbers_however_they_are_written(text, erased):
    person = Person(texts=("jane@acme.com", "+353 1 555 0142"))
    assert person.in_text(text) == erased
    assert json.loads(person.in_json(json.dumps({"a": text}).encode())) == {"a": erased}


def test_an_erasure_leaves_the_note_of_an_incomplete_second(hub):
    batch = land(hub, "tickets", b'{"id":1,"requester_id":42,"subject":"Boiler"}')
    hub._storage.write(f"{batch.folder}/incomplete", b"")
    hub._storage.write(f"{batch.folder}/.part-00000.ndjson.zst.77.tmp", b"Boiler")
    assert erase(hub, "tickets", batch) == 1
    assert hub.look("tickets").incomplete == (batch,)
    assert not [each for each in hub._storage.find(batch.folder) if each.endswith(".tmp")]


def test_files_set_aside_go_if_they_have_the_person_or_cannot_be_read(hub):
    theirs = land(hub, "tickets", b'{"id":1,"requester_id":42,"subject":"Boiler"}')
    hub.damaged.set_aside(theirs, NOW)
    broken = land(hub, "tickets", b'{"id":2,"requester_id":43}')
    hub._storage.write(f"{broken.folder}/part-00000.ndjson.zst", b"no zstd")
    hub.damaged.set_aside(broken, NOW)
    kept = land(hub, "tickets", b'{"id":3,"requester_id":43}')
    hub.damaged.set_aside(kept, NOW)
    eraser, lost = record_eraser(declared().streams["tickets"], JANE), hub.damaged.lost("tickets")
    assert erase_from_aside(hub, "tickets", eraser, apply=False) == 2
    assert len(hub.damaged.files("tickets")) == 3
    assert erase_from_aside(hub, "tickets", eraser, apply=True) == 2
    assert len(hub.damaged.files("tickets")) == 1
    assert hub.damaged.lost("tickets") == lost  # so that it is still read again


def test_no_checksum_of_a_key_with_the_person_in_it_is_left(hub):
    mine, other = b'{"name":"jane@acme.com"}', b'{"name":"boiler"}'
    for damage in (b"", b"no zstd", b"no JSON"):
        aside = land(hub, "tags", mine, other)
        name = "manifest.json" if damage == b"no JSON" else "part-00000.ndjson.zst"
        if damage:
            path = f"{aside.folder}/{name}"
            hub._storage.write(path, hub._storage.read(path)[:-9] + damage)
        hub.damaged.set_aside(aside, NOW)
    batch, eraser = land(hub, "tags", mine, other), record_eraser(declared().streams["tags"], JANE)
    lost = hub.damaged.lost("tags")
    assert has_key(hub, "jane@acme.com") == [True] * 4
    assert erase(hub, "tags", batch) == 1
    erase_from_aside(hub, "tags", eraser, apply=True)
    assert not any(has_key(hub, "jane@acme.com"))
    assert hub.damaged.lost("tags") == lost

    untouched = land(hub, "groups", b'{"id":7}')
    assert erase(hub, "groups", untouched) == 0
    assert may_have(*hub.manifest(untouched).keys.values(), "7")


def has_key(hub, key):
    """Return of each manifest in the hub whether it may have the checksum of a key."""
    found = []
    for path in hub._storage.find("s", "manifest.json"):
        text = hub._storage.read(path).decode()
        sums = re.findall(r'"[0-9a-f]{16}": "([^"]*)"', text)
        found.append(any(may_have(base64.b64decode(each), key) for each in sums))
    return found


def test_a_byte_that_is_no_utf8_hides_nobody_and_stops_nothing(hub):
    mine = b'{"id":1,"requester_id":42,"subject":"caf\xe9 Boiler"}'
    named = b'{"id":2,"requester_id":43,"subject":"caf\xe9 jane@acme.com"}'
    batch = land(hub, "tickets", mine, named)
    assert erase(hub, "tickets", batch) == 2
    left = b"".join(records_of(hub, batch))
    assert b"Boiler" not in left
    assert b"jane@acme.com" not in left
    assert len(records_of(hub, batch)) == 2
