"""Zendesk's protocols: the client, pagination, retry, rate limit and authentication.

Strangers to the warehouse and to the simulator; the catalog's streams say what to ask for.
"""

from zendesk_assets.zendesk.authentication import (
    ApiTokenCredentials,
    BearerCredentials,
    ClientCredentials,
    Credentials,
)
from zendesk_assets.zendesk.client import ZendeskClient
from zendesk_assets.zendesk.lenient import mend
from zendesk_assets.zendesk.pages import Cost, Page
from zendesk_assets.zendesk.pagination import Position
from zendesk_assets.zendesk.rate_limit import Limits, RateLimiter

__all__ = [
    "ApiTokenCredentials",
    "BearerCredentials",
    "ClientCredentials",
    "Cost",
    "Credentials",
    "Limits",
    "Page",
    "Position",
    "RateLimiter",
    "ZendeskClient",
    "mend",
]
