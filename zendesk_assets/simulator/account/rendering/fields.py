"""Definitions of ticket fields, the system's and custom ones, as Zendesk sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zendesk_assets.simulator.account.records import CustomField
from zendesk_assets.simulator.account.rendering.raw import overridden
from zendesk_assets.simulator.times import iso

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zendesk_assets.simulator.account.state import State

# Type and title of the fields that every account has.
_SYSTEM = {
    "subject": "Subject",
    "description": "Description",
    "status": "Status",
    "tickettype": "Type",
    "priority": "Priority",
    "group": "Group",
    "assignee": "Assignee",
    "custom_status": "Ticket status",
}


def _render_field(
    state: State, field: CustomField, position: int, statuses: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the definition of a system or custom field."""
    row: dict[str, Any] = {
        "url": f"{state.url}/api/v2/ticket_fields/{field.id}.json",
        "id": field.id,
        "type": field.type,
        "title": field.title,
        "raw_title": field.title,
        "key": None if field.type in _SYSTEM else _key(field),
        "description": field.description,
        "raw_description": field.description,
        "position": position,
        "active": field.active,
        "required": False,
        "collapsed_for_agents": False,
        "regexp_for_validation": None,
        "title_in_portal": field.title,
        "raw_title_in_portal": field.title,
        "visible_in_portal": False,
        "editable_in_portal": False,
        "required_in_portal": False,
        "tag": None,
        "created_at": iso(field.created),
        "updated_at": iso(field.updated or field.created),
        "removable": field.type not in _SYSTEM,
        "agent_description": field.description,
        "raw_agent_description": field.description,
    }
    if field.type == "custom_status":
        row["custom_statuses"] = statuses
    if field.type == "lookup":
        row |= {"relationship_target_type": "zen:user", "relationship_filter": _EVERYBODY}
    if field.options:
        row["custom_field_options"] = [
            {
                "id": field.id + n + 1,
                "name": name,
                "raw_name": name,
                "value": tag,
                "default": n == 0,
            }
            for n, (name, tag) in enumerate(field.options)
        ]
    return overridden(state, "ticket_fields", field.id, row)


_OF_STATUS = {
    "id", "status_category", "agent_label", "end_user_label", "description",
    "end_user_description", "active", "default", "created_at", "updated_at",
}  # fmt: skip
_EVERYBODY: dict[str, Any] = {"all": [], "any": []}


def _key(field: CustomField) -> str:
    name = "".join(letter if letter.isalnum() else "_" for letter in field.title.lower())
    return f"{name}_{field.id}"


def render_fields(state: State, statuses: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the definitions of all fields of tickets, in the order of their position.

    The field of the status lists the custom statuses, without their raw labels.
    """
    listed = [
        {name: value for name, value in row.items() if name in _OF_STATUS} for row in statuses
    ]
    system = [
        CustomField(state.form_id + place, kind, title, "", state.created)
        for place, (kind, title) in enumerate(_SYSTEM.items(), start=1)
    ]
    fields = enumerate([*system, *state.fields], start=1)
    return [_render_field(state, field, place, listed) for place, field in fields]
