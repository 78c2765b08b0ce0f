"""Groups, organizations, users, identities and activities as Zendesk sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zendesk_assets.simulator.account.rendering.raw import overridden
from zendesk_assets.simulator.times import iso

if TYPE_CHECKING:
    from zendesk_assets.simulator.account.records import (
        Activity,
        Group,
        Identity,
        Organization,
        User,
    )
    from zendesk_assets.simulator.account.state import State

ROLE_IDS = {"admin": 8_051_003_730_001, "agent": 8_051_003_730_002}
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
    """Return the organization; exports tell when it was deleted."""
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


def render_user(state: State, user: User, *, export: bool = False) -> dict[str, Any]:
    """Return the user; exports tell of inactive ones whether they were wiped."""
    row = USER_DEFAULTS | {
        "id": user.id,
        "url": f"{state.url}/api/v2/users/{user.id}.json",
        "name": user.name,
        "email": user.email,
        "created_at": iso(user.created),
        "updated_at": iso(user.updated),
        "time_zone": user.time_zone,
        "iana_time_zone": user.iana_time_zone,
        "phone": user.phone,
        "organization_id": user.organization_id,
        "role": user.role,
        "verified": user.active,
        "tags": user.tags,
        "active": user.active,
        "last_login_at": None if user.last_login is None else iso(user.last_login),
        "custom_role_id": ROLE_IDS.get(user.role),
        "role_type": _ROLE_TYPES.get(user.role),
        "moderator": user.role != "end-user",
        "ticket_restriction": "requested" if user.role == "end-user" else None,
        "restricted_agent": user.role == "end-user",
        "default_group_id": user.group_id,
        "user_fields": user.fields,
    }
    row |= user.more
    if not export:
        row["chat_only"] = False
    elif not user.active:
        row["permanently_deleted"] = user.is_wiped
    return overridden(state, "users", user.id, row)


# What most users have; `update_user` sets each of these as well.
USER_DEFAULTS: dict[str, Any] = {
    "alias": "",
    "custom_role_id": None,
    "details": "",
    "external_id": None,
    "is_billing_admin": False,
    "locale": "en-US",
    "locale_id": 1,
    "notes": "",
    "only_private_comments": False,
    "photo": None,
    "report_csv": False,
    "shared": False,
    "shared_agent": False,
    "shared_phone_number": None,
    "signature": None,
    "suspended": False,
    "suspension_details": None,
    "two_factor_auth_enabled": None,
}


def render_identity(state: State, identity: Identity) -> dict[str, Any]:
    """Return the identity; only e-mail addresses can be undeliverable."""
    row = {
        "url": f"{state.url}/api/v2/users/{identity.user_id}/identities/{identity.id}.json",
        "id": identity.id,
        "user_id": identity.user_id,
        "type": identity.type,
        "value": identity.value,
        "verified": identity.verified,
        "primary": identity.primary,
        "created_at": iso(identity.created),
        "updated_at": iso(identity.updated),
        "verification_method": "low" if identity.verified else "none",
        "verified_at": iso(identity.created) if identity.verified else None,
    }
    if identity.type == "email":
        bounced = identity.undeliverable_count
        row["undeliverable_count"] = bounced
        row["deliverable_state"] = "undeliverable" if bounced else "deliverable"
    return overridden(state, "user_identities", identity.id, row)


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
