"""Custom statuses: what an account calls the statuses of tickets."""

from zendesk_assets.catalog._columns import boolean, record, text
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.spec import Pagination

CUSTOM_STATUSES = plain_list(
    "custom_statuses",
    "Statuses as agents and end users read them, each within one of Zendesk's five.",
    page="tickets/custom_ticket_statuses/",
    pagination=Pagination.OFFSET_LIST,
    cadence=DAILY,
    columns=record(
        "status",
        text("status_category", "new, open, pending, hold or solved."),
        text("agent_label", "What agents read."),
        text("raw_agent_label", "The same, with dynamic content as placeholders."),
        text("end_user_label", "What end users read."),
        text("raw_end_user_label", "The same, with dynamic content as placeholders."),
        text("description", "What it means, for agents."),
        text("raw_description", "The same, with dynamic content as placeholders."),
        text("end_user_description", "What it means, for end users."),
        text("raw_end_user_description", "The same, with dynamic content as placeholders."),
        boolean("active", "Whether it is in use."),
        boolean("default", "Whether it is the default status of its category."),
    ),
)
