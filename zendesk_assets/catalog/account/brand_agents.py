"""Which agents work for which brands, where that is restricted."""

from zendesk_assets.catalog._columns import ident, record
from zendesk_assets.catalog._lists import DAILY, plain_list

BRAND_AGENTS = plain_list(
    "brand_agents",
    "Which agents work for which brands. A row whose agent no longer does is deleted.",
    page="account-configuration/brand_agents/",
    cadence=DAILY,
    needs="agents that are restricted to brands, and an admin",
    columns=record(
        "membership",
        ident("user_id", "The agent.", "users"),
        ident("brand_id", "The brand.", "brands"),
        has_text_id=True,
    ),
)
