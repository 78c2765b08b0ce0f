"""Definitions of ticket fields, the system's and custom ones, as Zendesk sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zendesk_assets.simulator.account.records import CustomField
from zendesk_assets.simulator.account.rendering.raw import overridden
from zendesk_assets.simulator.account.rendering.tickets import STATUS_IDS
from zendesk_assets.simulator.times import iso

if TYPE_CHECKING:
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


def _render_field(state: State, field: CustomField, position: int) -> dict[str, Any]:
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
        row["custom_statuses"] = _statuses(state)
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


_EVERYBODY: dict[str, Any] = {"all": [], "any": []}


def _key(field: CustomField) -> str:
    name = "".join(letter if letter.isalnum() else "_" for letter in field.title.lower())
    return f"{name}_{field.id}"


def _statuses(state: State) -> list[dict[str, Any]]:
    """Return the statuses of the custom status field: one for each of the system's."""
    return [
        {
            "id": number,
            "status_category": name,
            "agent_label": name.capitalize(),
            "end_user_label": name.capitalize(),
            "description": "",
            "end_user_description": "",
            "active": True,
            "default": True,
            "created_at": iso(state.created),
            "updated_at": iso(state.created),
        }
        for name, number in STATUS_IDS.items()
        if name != "closed"
    ]


def render_fields(state: State) -> list[dict[str, Any]]:
    """Return the definitions of all fields of tickets, in the order of their position."""
    system = [
        CustomField(state.form_id + place, kind, title, "", state.created)
        for place, (kind, title) in enumerate(_SYSTEM.items(), start=1)
    ]
    fields = enumerate([*system, *state.fields], start=1)
    return [_render_field(state, field, place) for place, field in fields]
