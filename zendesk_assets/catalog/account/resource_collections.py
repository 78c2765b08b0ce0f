"""Resource collections: what apps have added to the account."""

from zendesk_assets.catalog._columns import json, record
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.spec import Pagination

RESOURCE_COLLECTIONS = plain_list(
    "resource_collections",
    "What apps have added to the account: fields, triggers, targets and others.",
    page="ticket-management/resource_collections/",
    pagination=Pagination.OFFSET_LIST,
    cadence=DAILY,
    needs="an admin",
    columns=record(
        "collection",
        json("resources", "A list of {identifier, resource_id, type, deleted}."),
        has_url=False,
    ),
)
