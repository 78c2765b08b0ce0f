"""Users, groups and organizations, and who belongs to which."""

from typing import Final

from zendesk_assets.analysis import AnalysisView, Column
from zendesk_assets.fivetran._custom_fields import of_keys, select_by_key
from zendesk_assets.fivetran._declaration import (
    Part,
    columns_of,
    computed,
    declare,
    list_of,
    listed,
    ours,
    synced,
    table_of,
    taken,
)
from zendesk_assets.warehouse import Surroundings


def _with_custom(
    name: str, collection: str, fields: str, description: str, *parts: Part
) -> AnalysisView:
    """Return a relation with a column for each custom field; `fields` is where these are listed."""

    def build(around: Surroundings) -> str:
        values = select_by_key(around, fields, of_keys(around, fields))
        columns = ",\n  ".join([listed(parts), *values])
        return f"SELECT {columns}\nFROM {around[collection]} AS t"

    return declare(
        name,
        description,
        columns_of(parts),
        (collection, fields),
        build,
        more=lambda around: tuple(each.column for each in of_keys(around, fields)),
    )


USER = _with_custom(
    "user",
    "users",
    "user_fields",
    "Users: customers, agents and admins. Deleted ones stay, with active false. Each custom field "
    "is a column, named by its key after custom_.",
    *taken(
        "users",
        *("id", "url", "name", "email", "alias", "role", "active", "suspended", "verified"),
        *("organization_id", "external_id", "phone", "signature", "details", "notes", "locale"),
        *("locale_id", "time_zone", "ticket_restriction", "restricted_agent", "moderator"),
        *("only_private_comments", "shared", "shared_agent", "chat_only", "last_login_at"),
        *("two_factor_auth_enabled", "created_at", "updated_at"),
    ),
    *ours("users"),
)

ORGANIZATION = _with_custom(
    "organization",
    "organizations",
    "organization_fields",
    "Organizations, deleted ones included. Each custom field is a column, named by its key after "
    "custom_.",
    *taken(
        "organizations",
        *("id", "url", "external_id", "name", "details", "notes", "group_id", "shared_tickets"),
        *("shared_comments", "created_at", "updated_at"),
    ),
    *ours("organizations"),
)

GROUP = table_of(
    "group",
    "groups",
    "Groups of agents.",
    *taken("groups", "id", "url", "name", "created_at", "updated_at"),
    *ours("groups"),
)

USER_TAG = list_of("user_tag", "users", "user_id", "tags", "tag", "The tags that users have now.")
ORGANIZATION_TAG = list_of(
    "organization_tag",
    "organizations",
    "organization_id",
    "tags",
    "tag",
    "The tags that organizations have now.",
)

_DOMAINS: Final = (
    *taken("organizations", "organization_id=id"),
    synced("organizations"),
    computed("index", "BIGINT", "Its place in the list, from 0.", "t._place - 1",
             "organizations.domain_names"),
)  # fmt: skip


def _build_domains(around: Surroundings) -> str:
    say = around.dialect
    rows = say.unnested.format(
        around["organizations"], say.elements.format("domain_names"), "_element", "_place"
    )
    text = say.scalar_text.format("t._element")
    return f"SELECT {listed(_DOMAINS)}, {text} AS domain_name\nFROM {rows} AS t"


DOMAIN_NAME = declare(
    "domain_name",
    "The e-mail domains of organizations.",
    (
        *columns_of(_DOMAINS),
        Column("domain_name", "VARCHAR", "The domain.", ("organizations.domain_names",)),
    ),
    ("organizations",),
    _build_domains,
    ("organization_id", "index"),
)

GROUP_MEMBER = table_of(
    "group_member",
    "group_memberships",
    "Which agents belong to which groups.",
    *taken("group_memberships", "id", "url", "user_id", "group_id", "default", "created_at"),
    *taken("group_memberships", "updated_at"),
    *ours("group_memberships"),
)
ORGANIZATION_MEMBER = table_of(
    "organization_member",
    "organization_memberships",
    "Which users belong to which organizations.",
    *taken("organization_memberships", "id", "url", "user_id", "organization_id", "default"),
    *taken("organization_memberships", "created_at", "updated_at"),
    *ours("organization_memberships"),
)
