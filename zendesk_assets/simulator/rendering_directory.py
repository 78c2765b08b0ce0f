"""How Zendesk spells groups, organizations, users, activities and the account's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zendesk_assets.simulator.records import CustomField
from zendesk_assets.simulator.rendering import STATUS_IDS, iso, overridden

if TYPE_CHECKING:
    from zendesk_assets.simulator.records import Activity, Group, Organization, User
    from zendesk_assets.simulator.state import State

__all__ = [
    "ANONYMOUS",
    "SYSTEM_FIELDS",
    "render_activity",
    "render_brand",
    "render_fields",
    "render_form",
    "render_group",
    "render_organization",
    "render_organization_fields",
    "render_settings",
    "render_user",
    "render_user_fields",
]

# Type and title of the fields that every account has.
SYSTEM_FIELDS = {
    "subject": "Subject",
    "description": "Description",
    "status": "Status",
    "tickettype": "Type",
    "priority": "Priority",
    "group": "Group",
    "assignee": "Assignee",
    "custom_status": "Ticket status",
}
_ROLE_TYPES = {"end-user": None, "agent": 0, "admin": 4}


def render_group(state: State, group: Group) -> dict[str, Any]:
    """Return the group."""
    row = {
        "url": f"{state.url}/api/v2/groups/{group.id}.json",
        "id": group.id,
        "is_public": group.is_public,
        "name": group.name,
        "description": group.description,
        "default": group.default,
        "deleted": group.deleted,
        "created_at": iso(group.created),
        "updated_at": iso(group.updated),
    }
    return overridden(state, "groups", group.id, row)


def render_organization(
    state: State, organization: Organization, *, deletion: bool = False
) -> dict[str, Any]:
    """Return the organization; exports say when it was deleted."""
    row = {
        "url": f"{state.url}/api/v2/organizations/{organization.id}.json",
        "id": organization.id,
        "name": organization.name,
        "shared_tickets": organization.shared_tickets,
        "shared_comments": organization.shared_comments,
        "external_id": organization.external_id,
        "created_at": iso(organization.created),
        "updated_at": iso(organization.updated),
        "domain_names": organization.domain_names,
        "details": organization.details,
        "notes": organization.notes,
        "group_id": organization.group_id,
        "tags": organization.tags,
        "organization_fields": organization.fields,
    }
    if deletion:
        when = organization.deleted_at
        row["deleted_at"] = None if when is None else iso(when)
    return overridden(state, "organizations", organization.id, row)


def render_user(state: State, user: User) -> dict[str, Any]:
    """Return the user; `permanently_deleted` appears on inactive ones only."""
    row = {
        "id": user.id,
        "url": f"{state.url}/api/v2/users/{user.id}.json",
        "name": user.name,
        "email": user.email,
        "created_at": iso(user.created),
        "updated_at": iso(user.updated),
        "time_zone": user.time_zone,
        "iana_time_zone": user.iana_time_zone,
        "phone": user.phone,
        "shared_phone_number": None,
        "photo": None,
        "locale_id": 1,
        "locale": "en-US",
        "organization_id": user.organization_id,
        "role": user.role,
        "verified": user.active,
        "external_id": None,
        "tags": user.tags,
        "alias": "",
        "active": user.active,
        "shared": False,
        "shared_agent": False,
        "last_login_at": None if user.last_login is None else iso(user.last_login),
        "two_factor_auth_enabled": None,
        "signature": None,
        "details": "",
        "notes": "",
        "role_type": _ROLE_TYPES.get(user.role),
        "custom_role_id": None,
        "moderator": user.role != "end-user",
        "ticket_restriction": "requested" if user.role == "end-user" else None,
        "only_private_comments": False,
        "restricted_agent": user.role == "end-user",
        "suspended": False,
        "default_group_id": user.group_id,
        "report_csv": False,
        "user_fields": user.fields,
    }
    if not user.active:
        row["permanently_deleted"] = False
    return overridden(state, "users", user.id, row)


ANONYMOUS: dict[str, Any] = {
    "id": None,
    "url": None,
    "name": "Anonymous user",
    "email": "invalid@example.com",
    "created_at": None,
    "updated_at": None,
    "time_zone": "London",
    "role": "end-user",
    "verified": False,
    "active": False,
    "organization_id": None,
    "locale": "en-US",
    "locale_id": 1,
}


def render_activity(state: State, activity: Activity) -> dict[str, Any]:
    """Return the activity with its two full users (trap T34)."""
    ticket = {"id": activity.ticket_id, "subject": activity.subject}
    thing: dict[str, Any] = {"ticket": ticket}
    if activity.comment is not None:
        thing = {"comment": {"value": activity.comment, "public": activity.public}}
    actor = state.users.get(activity.actor_id)
    user = state.users.get(activity.user_id)
    row = {
        "url": f"{state.url}/api/v2/activities/{activity.id}.json",
        "id": activity.id,
        "title": activity.title,
        "verb": activity.verb,
        "user_id": activity.user_id,
        "actor_id": activity.actor_id,
        "created_at": iso(activity.created),
        "updated_at": iso(activity.created),
        "object": thing,
        "target": {"ticket": ticket},
        "user": user and render_user(state, user),
        "actor": actor and render_user(state, actor),
    }
    return overridden(state, "activities", activity.id, row)


def _render_field(state: State, field: CustomField, position: int) -> dict[str, Any]:
    """Return the definition of a system or custom field."""
    row: dict[str, Any] = {
        "url": f"{state.url}/api/v2/ticket_fields/{field.id}.json",
        "id": field.id,
        "type": field.type,
        "title": field.title,
        "raw_title": field.title,
        "key": None if field.type in SYSTEM_FIELDS else _key(field),
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
        "removable": field.type not in SYSTEM_FIELDS,
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
        for place, (kind, title) in enumerate(SYSTEM_FIELDS.items(), start=1)
    ]
    fields = enumerate([*system, *state.fields], start=1)
    return [_render_field(state, field, place) for place, field in fields]


def render_organization_fields(state: State) -> list[dict[str, Any]]:
    """Return the definitions of the organization fields that `seed` fills."""
    kinds = {"machines": "integer", "plan": "text", "service_contract": "checkbox"}
    return _person_fields(state, "organization_fields", kinds)


def render_user_fields(state: State) -> list[dict[str, Any]]:
    """Return the definitions of the user fields that `seed` fills."""
    return _person_fields(state, "user_fields", {"newsletter": "checkbox"})


def _person_fields(state: State, kind: str, types: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "url": f"{state.url}/api/v2/{kind}/{state.form_id + place}.json",
            "id": state.form_id + place,
            "type": field_type,
            "key": key,
            "title": key.replace("_", " ").capitalize(),
            "raw_title": key.replace("_", " ").capitalize(),
            "description": "",
            "raw_description": "",
            "position": place,
            "active": True,
            "system": False,
            "regexp_for_validation": None,
            "created_at": iso(state.created),
            "updated_at": iso(state.created),
        }
        for place, (key, field_type) in enumerate(types.items())
    ]


def render_brand(state: State) -> dict[str, Any]:
    """Return the account's only brand."""
    return {
        "url": f"{state.url}/api/v2/brands/{state.brand_id}.json",
        "id": state.brand_id,
        "name": state.subdomain.replace("-", " ").title(),
        "brand_url": state.url,
        "subdomain": state.subdomain,
        "has_help_center": True,
        "help_center_state": "enabled",
        "active": True,
        "default": True,
        "is_deleted": False,
        "logo": None,
        "ticket_form_ids": [state.form_id],
        "signature_template": "{{agent.signature}}",
        "created_at": iso(state.created),
        "updated_at": iso(state.created),
        "host_mapping": None,
    }


def render_form(state: State) -> dict[str, Any]:
    """Return the account's only ticket form."""
    return {
        "url": f"{state.url}/api/v2/ticket_forms/{state.form_id}.json",
        "id": state.form_id,
        "name": "Default ticket form",
        "raw_name": "Default ticket form",
        "display_name": "Default ticket form",
        "raw_display_name": "Default ticket form",
        "end_user_visible": True,
        "position": 1,
        "ticket_field_ids": [field.id for field in state.fields],
        "active": True,
        "default": True,
        "created_at": iso(state.created),
        "updated_at": iso(state.created),
        "in_all_brands": True,
        "restricted_brand_ids": [],
        "end_user_conditions": [],
        "agent_conditions": [],
    }


def render_settings(state: State) -> dict[str, Any]:
    """Return a few of the account's settings."""
    return {
        "active_features": {"customer_satisfaction": state.has_satisfaction_ratings},
        "api": {"accepted_api_agreement": True},
        "localization": {"locale_ids": [1]},
        "tickets": {"comments_public_by_default": True, "private_attachments": False},
    }
