"""An audit says what the event export says of the same event, but for a few words."""

import json

import pytest

from zendesk_assets.zendesk.audits import to_ticket_event

# What audits do not tell: the word for how a call or a message came in.
LOST = ("voice", "native_messaging", "twitter", "facebook")


def exported(account):
    """Return each event as the export has it, by id, straight from the account's state."""
    events = {}
    for row in json.loads(json.dumps(account.expected("ticket_events"))):
        event = events.setdefault(row["ticket_event_id"], row["parent"] | {"child_events": []})
        event["child_events"].append(row["child"])
    return events


def as_texts(value):
    """Audits write the values of custom fields as texts, and the table has texts of both."""
    if isinstance(value, dict):
        return {name: as_texts(each) for name, each in value.items()}
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def told_alike(event):
    for child in event["child_events"]:
        if "custom_ticket_fields" in child:
            child["custom_ticket_fields"] = as_texts(child["custom_ticket_fields"])
    return event


def test_every_audit_becomes_the_event_that_the_export_has(account, connect):
    client, wanted, compared = connect(), exported(account), 0
    for ticket in {event["ticket_id"] for event in wanted.values()}:
        for audit in client.get(f"/tickets/{ticket}/audits", {"page[size]": "100"})["audits"]:
            if audit["via"]["channel"] in LOST:
                continue
            event = told_alike(json.loads(json.dumps(to_ticket_event(audit))))
            assert event == told_alike(wanted[audit["id"]])
            compared += 1
    assert compared > len(wanted) / 2


def audit(*events, **changes):
    return {
        "id": 1,
        "ticket_id": 2,
        "created_at": "2024-06-20T12:00:00Z",
        "author_id": -1,
        "via": {"channel": "rule", "source": {"from": {"id": 77, "title": "x"}, "rel": "trigger"}},
        "metadata": {"system": {"client": "c", "ip_address": "203.0.113.7"}, "custom": {}},
        "events": list(events),
        **changes,
    }


@pytest.mark.parametrize(
    ("event", "child"),
    [
        (
            {"id": 3, "type": "Change", "field_name": "assignee_id", "value": "9"},
            {"assignee_id": 9, "previous_value": "0"},
        ),
        (
            {"id": 3, "type": "Create", "field_name": "organization_id", "value": "9"},
            {"organization_id": "9"},
        ),
        (
            {"id": 3, "type": "Change", "field_name": "360", "value": True, "previous_value": None},
            {"custom_ticket_fields": {"360": True}, "previous_value": None},
        ),
        (
            {
                "id": 3,
                "type": "Change",
                "field_name": "tags",
                "value": ["a", "b"],
                "previous_value": ["b", "c"],
            },
            {
                "tags": ["a", "b"],
                "added_tags": ["a"],
                "removed_tags": ["c"],
                "previous_value": ["b", "c"],
            },
        ),
    ],
)
def test_a_change_has_the_name_of_its_field_and_numbers_where_the_export_has_them(event, child):
    fixed = {"id": 3, "via": "Rule", "via_reference_id": 77, "event_type": event["type"]}
    assert to_ticket_event(audit(event))["child_events"] == [fixed | child]


@pytest.mark.parametrize(
    "kind", ["Comment", "VoiceComment", "TpeVoiceComment", "FacebookComment", "SomeNewComment"]
)
def test_every_kind_of_comment_becomes_one(kind):
    event = {
        "id": 3, "type": kind, "author_id": 7, "body": "x", "public": False,
        "attachments": [{"id": 4, "file_name": "a"}], "data": {"recording_url": "u"},
    }  # fmt: skip
    (child,) = to_ticket_event(audit(event))["child_events"]
    assert child["event_type"] == "Comment"
    assert event.items() <= child.items()


@pytest.mark.parametrize(
    "kind", ["CommentPrivacyChange", "CommentRedactionEvent", "FacebookEvent", "Notification"]
)
def test_what_is_about_a_comment_is_none(kind):
    assert to_ticket_event(audit({"id": 3, "type": kind, "body": "x"}))["child_events"] == []


def test_what_the_export_does_not_show_is_left_out():
    told = to_ticket_event(audit({"id": 3, "type": "Notification", "body": "x"}))
    assert told["child_events"] == []
    assert "203.0.113.7" not in json.dumps(told)
    assert told["system"] == dict.fromkeys(("location", "latitude", "longitude")) | {"client": "c"}


def test_the_via_of_a_change_wins_over_that_of_its_audit():
    event = {"id": 3, "type": "Create", "field_name": "status", "value": "new"}
    (child,) = to_ticket_event(audit(event | {"via": {"channel": "web"}}))["child_events"]
    assert (child["via"], child["via_reference_id"]) == ("Web form", None)
