"""Jira links: which ticket is linked to which issue, by Zendesk's app for Jira.

docs/zendesk-api.md#jira-links. There is no record of the issues themselves, which are Jira's.
"""

from zendesk_assets.catalog._columns import ident, record, text
from zendesk_assets.catalog._lists import DAILY, plain_list

JIRA_LINKS = plain_list(
    "jira_links",
    "Which ticket is linked to which issue of Jira. A link that was removed is deleted.",
    page="jira/links/",
    path="/jira/links",
    records_key="links",
    page_size=1000,
    cadence=DAILY,
    needs="the Jira app, with its links open to the API, and an admin",
    columns=record(
        "link",
        ident("ticket_id", "The ticket.", "tickets"),
        text("issue_id", "The id of the issue in Jira, which never changes."),
        text("issue_key", "Its key, as SHOP-12; another after a move to another project."),
    ),
)
