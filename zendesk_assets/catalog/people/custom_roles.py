"""Custom roles: what agents may do."""

from zendesk_assets.catalog._columns import integer, json, moving, record, text
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.spec import Pagination

CUSTOM_ROLES = plain_list(
    "custom_roles",
    "The roles of agents, with their permissions.",
    page="account-configuration/custom_roles/",
    pagination=Pagination.OFFSET_LIST,
    cadence=DAILY,
    needs="an Enterprise plan",
    columns=record(
        "role",
        text("name", "The name of the role."),
        text("description", "What the role is for."),
        integer("role_type", "0 custom, 1 light, 2 chat, 3 contributor, 4 admin, 5 billing."),
        moving(integer("team_member_count", "How many agents have it.")),
        json("configuration", "Some ninety permissions, by name."),
        has_url=False,
    ),
)
