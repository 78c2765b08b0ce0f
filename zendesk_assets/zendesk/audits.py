"""Converts an audit of a ticket into the form of the export of ticket events.

Pure. Audits and events have the same ids and the same contents in another form
(docs/zendesk-api.md#ticket-events): an audit names the field beside its value, and has ids as text
and `via` as an object. `docs/integrity.md` lists what an audit lacks. The requests are in
`second_from_audits`.
https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_audits/
"""

from collections.abc import Mapping
from typing import Any, Final

from zendesk_assets.clock import read_time

Json = Mapping[str, Any]

# The export's words for channels, as far as they have been recorded; others are unchanged.
_WORDS: Final = {
    "web": "Web form",
    "email": "Mail",
    "api": "Web service",
    "rule": "Rule",
    "sample_ticket": "Sample Ticket",
}
_CHANGES: Final = ("Create", "Change")
# Comment, VoiceComment, TpeVoiceComment, FacebookComment, and what may follow them.
_COMMENT: Final = "Comment"
_SYSTEM: Final = ("client", "location", "latitude", "longitude")
# The one id that the export writes as text, as audits do.
_TEXT_IDS: Final = ("organization_id",)
_NO_ID: Final = "0"


def to_ticket_event(audit: Json) -> dict[str, Any]:
    """Return the event of `audit`, with `comment_events` side-loaded.

    It omits what the export is not known to show (notifications and the like) and what it never
    shows (`ip_address`).

    Raises:
        KeyError: if it is not an audit.
        TypeError: the same.
        ValueError: the same.
    """
    via = audit.get("via") or {}
    system = (audit.get("metadata") or {}).get("system") or {}
    return {
        "id": audit["id"],
        "ticket_id": audit["ticket_id"],
        "timestamp": int(read_time(audit["created_at"]).timestamp()),
        "created_at": audit["created_at"],
        "updater_id": audit.get("author_id"),
        "via": _word(via),
        "via_reference_id": _reference(via),
        "system": {name: system.get(name) for name in _SYSTEM},
        "event_type": "Audit",
        "child_events": [_child(audit, each) for each in audit["events"] if _is_shown(each)],
    }


def _is_shown(event: Json) -> bool:
    return event["type"] in _CHANGES or _is_comment(event)


def _is_comment(event: Json) -> bool:
    """Return whether an event is a comment of any kind, which excludes `CommentPrivacyChange`."""
    return str(event["type"]).endswith(_COMMENT)


def _child(audit: Json, event: Json) -> dict[str, Any]:
    via = event.get("via") or audit.get("via") or {}
    if _is_comment(event):
        comment = {"audit_id": audit["id"], "created_at": audit["created_at"], **event}
        return comment | {"via": via, "via_reference_id": _reference(via), "event_type": _COMMENT}
    kept = {"id": event["id"], "via": _word(via), "via_reference_id": _reference(via)}
    return kept | _change(event) | {"event_type": event["type"]}


def _change(event: Json) -> dict[str, Any]:
    """Return the field under its own name, and its previous value."""
    name, value, before = str(event["field_name"]), event.get("value"), event.get("previous_value")
    if name.isdigit():
        changed: dict[str, Any] = {"custom_ticket_fields": {name: value}}
    else:
        changed = {name: _value(name, value)}
    if name == "tags":
        new, old = value or [], before or []
        changed["added_tags"] = [tag for tag in new if tag not in old]
        changed["removed_tags"] = [tag for tag in old if tag not in new]
    return changed | (
        {"previous_value": _before(name, before)} if event["type"] == "Change" else {}
    )


def _value(name: str, value: Any) -> Any:
    is_id = name.endswith("_id") and name not in _TEXT_IDS
    return int(value) if is_id and isinstance(value, str) and value.isdigit() else value


def _before(name: str, value: Any) -> Any:
    """Return the previous value in the export's form: a text, "0" for no id."""
    if value is None:
        return _NO_ID if name.endswith("_id") else None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _word(via: Any) -> Any:
    channel = via.get("channel") if isinstance(via, Mapping) else via
    return _WORDS.get(channel, channel) if isinstance(channel, str) else channel


def _reference(via: Any) -> Any:
    """Return the id of the rule or ticket that caused it, if the audit names one."""
    source = via.get("source") if isinstance(via, Mapping) else None
    origin = source.get("from") if isinstance(source, Mapping) else None
    found = origin.get("id") or origin.get("ticket_id") if isinstance(origin, Mapping) else None
    return found if isinstance(found, int) else None
