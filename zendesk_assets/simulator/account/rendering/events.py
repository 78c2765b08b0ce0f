"""Events, comments, attachments and audits as Zendesk sends them.

docs/zendesk-api.md#ticket-events. The events of the export differ from audits: children have
dynamic keys, `via` is a string on changes and an object on comments, and an organization's id is a
string (trap T15).
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from zendesk_assets.simulator.account.records import Change, Comment
from zendesk_assets.simulator.account.rendering.raw import overridden
from zendesk_assets.simulator.account.texts import CITIES, CLIENTS
from zendesk_assets.simulator.times import iso

if TYPE_CHECKING:
    from zendesk_assets.simulator.account.records import Attachment, Event
    from zendesk_assets.simulator.account.state import State

_VIA_NAMES = {
    "web": "Web form",
    "email": "Mail",
    "api": "Web service",
    "voice": "Phone call (incoming)",
    "rule": "Rule",
    "sample_ticket": "Sample Ticket",
    "native_messaging": "Messaging",
    "twitter": "Twitter",
    "facebook": "Facebook",
}
RULE_ID = 12_936_268_000_417


def child_id(event: Event, place: int) -> int:
    """Return the id of the event's child at `place`."""
    return event.id + 1 + place


def render_event(state: State, event: Event, *, comments: bool) -> dict[str, Any]:
    """Return the event as the export gives it; `comments` is the side-load `comment_events`."""
    row = render_parent(state, event)
    children = [
        render_child(state, event, n, comments=comments) for n in range(len(event.children))
    ]
    return row | {"child_events": children}


def render_parent(state: State, event: Event) -> dict[str, Any]:
    """Return the event without its children."""
    row = {
        "id": event.id,
        "ticket_id": event.ticket_id,
        "timestamp": event.timestamp,
        "created_at": iso(event.timestamp),
        "updater_id": event.updater_id,
        "via": _VIA_NAMES.get(event.channel, event.channel),
        "via_reference_id": RULE_ID if event.channel == "rule" else None,
        "system": _system(event),
        "event_type": "Audit",
    }
    return overridden(state, "ticket_events", event.id, row)


def _system(event: Event) -> dict[str, Any]:
    if event.origin < 0:
        return {"client": None, "location": None, "latitude": None, "longitude": None}
    location, latitude, longitude = CITIES[event.origin % len(CITIES)]
    return {
        "client": CLIENTS[event.origin % len(CLIENTS)],
        "location": location,
        "latitude": latitude,
        "longitude": longitude,
    }


def render_child(state: State, event: Event, place: int, *, comments: bool) -> dict[str, Any]:
    """Return the event's child at `place`."""
    child = event.children[place]
    if isinstance(child, Change):
        row = _change(event, child)
    elif comments:
        row = render_comment(state, event, place) | {"via_reference_id": None}
        row["event_type"] = "Comment"
    else:
        row = _comment_stub(event, child)
    row["id"] = child_id(event, place)
    return overridden(state, "child_events", child_id(event, place), row)


def _change(event: Event, change: Change) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": 0,
        "via": _VIA_NAMES.get(event.channel, event.channel),
        "via_reference_id": RULE_ID if event.channel == "rule" else None,
    }
    if isinstance(change.field, int):
        row["custom_ticket_fields"] = {str(change.field): change.value}
    else:
        row[change.field] = _value(change.field, change.value)
    if change.field == "tags":
        row["added_tags"] = [tag for tag in change.value if tag not in (change.previous or ())]
        row["removed_tags"] = [tag for tag in change.previous or () if tag not in change.value]
    if change.kind == "Change":
        row["previous_value"] = _previous(change)
    row["event_type"] = change.kind
    return row


def _value(name: str, value: Any) -> Any:
    return str(value) if name == "organization_id" and value is not None else value


def _previous(change: Change) -> Any:
    """Return the previous value as a text; an id that was not set is "0"."""
    if change.field == "tags":
        return change.previous or ()
    if change.previous is None:
        return "0" if str(change.field).endswith("_id") else None
    return change.previous if isinstance(change.previous, (tuple, dict)) else str(change.previous)


def _comment_stub(event: Event, comment: Comment) -> dict[str, Any]:
    return {
        "id": 0,
        "via": _VIA_NAMES.get(event.channel, event.channel),
        "via_reference_id": None,
        "comment_present": True,
        "comment_public": comment.public,
        "event_type": "Comment",
    }


def render_comment(state: State, event: Event, place: int) -> dict[str, Any]:
    """Return the comment at `place` as the comments of a ticket and the side-load give it."""
    comment = event.children[place]
    if not isinstance(comment, Comment):
        message = f"child {place} of event {event.id} is not a comment"
        raise TypeError(message)
    row: dict[str, Any] = {
        "id": child_id(event, place),
        "type": comment.kind or ("Comment" if comment.call is None else "VoiceComment"),
        "author_id": comment.author_id,
        "body": comment.body,
        "html_body": _html(comment.body),
        "plain_body": comment.body,
        "public": comment.public,
        "attachments": [render_attachment(state, each) for each in comment.attachments],
        "audit_id": event.id,
        "via": _via(comment.channel),
        "created_at": iso(event.timestamp),
    }
    return row if comment.call is None else row | _call(state, event, comment.call)


def _html(body: str) -> str:
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in body.split("\n\n"))
    return f'<div class="zd-comment" dir="auto">{paragraphs}</div>'


def _via(channel: str) -> dict[str, Any]:
    return {"channel": channel, "source": {"from": {}, "to": {}, "rel": None}}


def _call(state: State, event: Event, call: tuple[str, str, int]) -> dict[str, Any]:
    caller, called, seconds = call
    recording = f"{state.url}/api/v2/channels/voice/calls/{event.id}/twilio/recording"
    return {
        "data": {
            "from": caller,
            "to": called,
            "recording_url": recording,
            "started_at": iso(event.timestamp - seconds),
            "call_duration": seconds,
            "answered_by_id": None,
            "transcription_text": None,
            "location": None,
        },
        "formatted_from": caller,
        "formatted_to": called,
        "transcription_visible": False,
    }


def render_attachment(state: State, attachment: Attachment) -> dict[str, Any]:
    """Return the attachment object; it does not say where it belongs (trap T16)."""
    row = _file(state, attachment) | {"thumbnails": []}
    if attachment.width and not attachment.deleted:
        small = {"id": attachment.id + 1, "width": 80, "height": 60, "size": 2048}
        row["thumbnails"] = [_file(state, attachment) | small]
    return overridden(state, "attachments", attachment.id, row)


def _file(state: State, attachment: Attachment) -> dict[str, Any]:
    token = f"{attachment.id * 6_364_136_223_846_793_005 % 2**64:016x}"
    address = f"{state.url}/attachments/token/{token}/?name={attachment.file_name}"
    return {
        "url": f"{state.url}/api/v2/attachments/{attachment.id}.json",
        "id": attachment.id,
        "file_name": attachment.file_name,
        "content_url": address,
        "mapped_content_url": address,
        "content_type": attachment.content_type,
        "size": attachment.size,
        "width": attachment.width,
        "height": attachment.height,
        "inline": attachment.inline,
        "deleted": attachment.deleted,
        "malware_access_override": False,
        "malware_scan_result": attachment.malware_scan_result,
    }


def render_audit(state: State, event: Event) -> dict[str, Any]:
    """Return the event as the audits of its ticket give it: ids are texts there."""
    system = _system(event) | {"ip_address": "203.0.113.7" if event.origin >= 0 else None}
    return {
        "id": event.id,
        "ticket_id": event.ticket_id,
        "created_at": iso(event.timestamp),
        "author_id": event.updater_id,
        "metadata": {"system": system, "custom": {}},
        "events": [_audit_event(state, event, place) for place in range(len(event.children))],
        "via": _audit_via(event),
    }


def _audit_via(event: Event) -> dict[str, Any]:
    via = _via(event.channel)
    if event.channel == "rule":
        rule = {"id": RULE_ID, "title": "Close solved tickets", "deleted": False}
        via["source"] = {"from": rule, "to": {}, "rel": "automation"}
    return via


def _audit_event(state: State, event: Event, place: int) -> dict[str, Any]:
    child = event.children[place]
    if isinstance(child, Comment):
        row = render_comment(state, event, place)
        return {name: row[name] for name in row if name not in {"via", "created_at"}}
    row = {
        "id": child_id(event, place),
        "type": child.kind,
        "value": _text(child.value),
        "field_name": str(child.field),
    }
    return row | {"previous_value": _text(child.previous)} if child.kind == "Change" else row


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
