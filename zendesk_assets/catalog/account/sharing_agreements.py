"""Sharing agreements: with whom tickets are shared."""

from zendesk_assets.catalog._columns import record, text
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.spec import Pagination

SHARING_AGREEMENTS = plain_list(
    "sharing_agreements",
    "Agreements with other accounts that share tickets with this one.",
    page="tickets/sharing_agreements/",
    pagination=Pagination.OFFSET_LIST,
    cadence=DAILY,
    needs="an admin",
    columns=record(
        "agreement",
        text("name", "The name of the agreement."),
        text("type", "inbound or outbound."),
        text("status", "accepted, declined, pending, inactive or failed, and others."),
        text("partner_name", "The program of the other side, if it is not Zendesk."),
        text("remote_subdomain", "The subdomain of the other account."),
    ),
)
