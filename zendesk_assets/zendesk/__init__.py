"""Zendesk's protocols: the client, pagination, retry, rate limit and authentication.

It knows neither the warehouse nor the simulator; the catalog's streams say what to request.
"""

from zendesk_assets.zendesk.audits import to_ticket_event
from zendesk_assets.zendesk.authentication import (
    ApiTokenCredentials,
    BearerCredentials,
    ClientCredentials,
    Credentials,
    OAuthCredentials,
)
from zendesk_assets.zendesk.budgets import BudgetStore, FileBudgets, Limits
from zendesk_assets.zendesk.client import ZendeskClient
from zendesk_assets.zendesk.oauth_tokens import OAuthTokens
from zendesk_assets.zendesk.pages import Page, PageCost
from zendesk_assets.zendesk.pagination import Position
from zendesk_assets.zendesk.rate_limit import RateLimiter
from zendesk_assets.zendesk.second_from_audits import audits_of
from zendesk_assets.zendesk.token_store import FileTokenStore, TokenStore
