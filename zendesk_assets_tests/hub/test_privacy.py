"""Properties are left out or hashed before anything is written."""

import hashlib
import json

import pytest

from zendesk_assets.records.property_filter import PropertyFilter, PropertyRule


def apply(rule, record):
    raw = json.dumps(record, separators=(",", ":")).encode()
    return json.loads(PropertyFilter((rule,)).apply([raw])[0])


def test_without_rules_records_pass_byte_for_byte():
    records = [b'{"b" :1,  "a":"\\ud800"}', b"42"]

    assert PropertyFilter().apply(records) is records


def test_excluded_properties_are_gone_and_hashed_ones_cannot_be_read():
    rule = PropertyRule(exclude=frozenset({"description"}), hash=frozenset({"recipient"}))
    found = apply(rule, {"id": 1, "description": "secret", "recipient": "a@b.c", "big": 2**70})

    assert found == {"id": 1, "recipient": hashlib.sha256(b"a@b.c").hexdigest(), "big": 2**70}


def test_rules_reach_into_nested_lists():
    rule = PropertyRule(("child_events[]",), exclude=frozenset({"body"}))
    found = apply(rule, {"id": 1, "child_events": [{"id": 2, "body": "x"}, {"id": 3}, "odd"]})

    assert found == {"id": 1, "child_events": [{"id": 2}, {"id": 3}, "odd"]}


def test_null_stays_null_when_hashed():
    assert apply(PropertyRule(hash=frozenset({"a"})), {"a": None}) == {"a": None}


def test_half_a_character_hides_nothing_from_the_rules():
    raw = b'{"id":1,"description":"secret","subject":"\\ud83d \\ud83d\\ude00"}'
    rule = PropertyRule(exclude=frozenset({"description"}))
    found = json.loads(PropertyFilter((rule,)).apply([raw])[0])

    assert found == {"id": 1, "subject": "\ufffd \U0001f600"}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"name": "App", "api_key": "S"}, {"name": "App"}),
        ([{"name": "api_key", "value": "S"}], None),
        ('{"name": "App", "api_key": "S"}', None),
        (7, None),
        (None, None),
    ],
)
def test_of_an_object_with_a_list_of_what_may_be_seen_nothing_else_is_written(sent, kept):
    rule = PropertyRule(("settings",), only=frozenset({"name"}))
    assert apply(rule, {"id": 1, "settings": sent}) == {"id": 1, "settings": kept}
    assert apply(rule, {"id": 1}) == {"id": 1}


@pytest.mark.parametrize("sent", [{"id": 5, "name": "Jane"}, [7], "Jane"])
def test_of_a_list_of_such_objects_too(sent):
    rule = PropertyRule(("decisions[]",), only=frozenset({"id"}))
    assert apply(rule, {"decisions": [{"id": 5, "name": "Jane"}]}) == {"decisions": [{"id": 5}]}
    assert apply(rule, {"decisions": sent}) == {"decisions": None}
