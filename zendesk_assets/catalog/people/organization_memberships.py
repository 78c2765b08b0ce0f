"""Who belongs to which organizations; the users themselves name only the default one."""

from zendesk_assets.catalog._columns import boolean, ident, record, text
from zendesk_assets.catalog._lists import DAILY, plain_list

MEMBERSHIPS = plain_list(
    "organization_memberships",
    "Which users belong to which organizations. A row whose user has left is deleted.",
    page="organizations/organization_memberships/",
    cadence=DAILY,
    columns=record(
        "membership",
        ident("user_id", "The user.", "users"),
        ident("organization_id", "The organization.", "organizations"),
        text("organization_name", "The name of the organization."),
        boolean("default", "Whether it is the user's default organization; null may mean no."),
        boolean("view_tickets", "Whether the user sees all tickets of the organization."),
    ),
)
