"""Who belongs to which organizations, and who is notified of their new tickets."""

from zendesk_assets.catalog._columns import boolean, ident, record, text, timestamp
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.spec import RECEIVED

MEMBERSHIPS = plain_list(
    "organization_memberships",
    "Which users belong to which organizations. A row whose user has left is deleted.",
    page="organizations/organization_memberships/",
    count_path="/users/count",  # most users belong to one organization
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

SUBSCRIPTIONS = plain_list(
    "organization_subscriptions",
    "Which users are notified of new tickets of which organizations. An ended one is deleted.",
    page="organizations/organization_subscriptions/",
    cadence=DAILY,
    version=RECEIVED.name,
    columns=(
        ident("id", "The id of the subscription."),
        ident("user_id", "The user.", "users"),
        ident("organization_id", "The organization.", "organizations"),
        timestamp("created_at", "When the subscription was created."),
    ),
)
