"""Dagster resources: the hub, and the way to each account.

Their configuration is what may be shown in the UI: addresses and limits, never credentials. Those
are taken from the sources file when a client is made.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import dagster as dg
import platformdirs

from zendesk_assets.clock import Clock
from zendesk_assets.errors import BudgetStoreError
from zendesk_assets.hub import SourceHub, Storage
from zendesk_assets.places import PostgresRateLimits, PostgresTokens, expand_home
from zendesk_assets.sources import (
    ApiTokenAuth,
    BearerAuth,
    ClientCredentialsAuth,
    OAuthAuth,
    Source,
    Sources,
)
from zendesk_assets.zendesk import (
    ApiTokenCredentials,
    BearerCredentials,
    BudgetStore,
    ClientCredentials,
    Credentials,
    FileBudgets,
    FileTokenStore,
    Limits,
    OAuthCredentials,
    PostgresBudgets,
    PostgresTokenStore,
    RateLimiter,
    TokenStore,
    ZendeskClient,
)

__all__ = [
    "HubResource",
    "ZendeskResource",
    "budgets_for",
    "credentials_for",
    "open_token_store",
    "rate_limit_file",
    "zendesk_resource",
]

_TOKENS = "zendesk_tokens"
_API_TOKENS_END = (
    "API tokens stop working on 2027-04-30: connect this source by OAuth before then, with "
    "`zendesk-assets connect`."
)


class HubResource(dg.ConfigurableResource):  # type: ignore[type-arg] # it yields itself
    """The raw landing: a folder, or any fsspec URL."""

    path: str

    def of_source(self, schema: str) -> SourceHub:
        """Return the hub of the source with this schema."""
        return SourceHub(Storage(self.path), schema)


class ZendeskResource(dg.ConfigurableResource):  # type: ignore[type-arg] # it yields itself
    """The way to one account: its address, and the requests a minute it may be asked."""

    base_url: str
    requests_per_minute: int = 200
    export_requests_per_minute: int = 10
    settle_minutes: int = 10

    @property
    def settle(self) -> timedelta:
        """Return how old a record's time must be before its second counts as covered."""
        return timedelta(minutes=self.settle_minutes)

    def client(
        self,
        credentials: Credentials,
        budgets: BudgetStore,
        clock: Clock,
        log: Callable[[str], None],
        *,
        warn: Callable[[str], None] | None = None,
        waiting: Callable[[float], None] = lambda _seconds: None,
        background: bool = False,
    ) -> ZendeskClient:
        """Return a client within the account's `budgets`; the caller closes it.

        `warn` gets the lines that somebody should look at, `log` the others; `waiting` is told the
        seconds that the rate limit is waited for, before. In the `background`, others on the
        account have the right of way.
        """
        limits = Limits(self.requests_per_minute, self.export_requests_per_minute)
        limiter = RateLimiter(
            budgets,
            limits,
            clock,
            notice=_wait_notice(log, waiting),
            background=background,
        )
        return ZendeskClient(self.base_url, credentials, limiter, clock=clock, log=log, warn=warn)


def zendesk_resource(sources: Sources, source: Source) -> ZendeskResource:
    """Return the way to a source's account, within what its sources together may ask it."""
    requests, exports = sources.limits_of(source)
    return ZendeskResource(
        base_url=source.url,
        requests_per_minute=requests,
        export_requests_per_minute=exports,
        settle_minutes=source.settle_minutes,
    )


def credentials_for(
    source: Source, store: TokenStore, clock: Clock, log: Callable[[str], None]
) -> Credentials:
    """Return the credentials that the sources file names; `store` has the tokens of OAuth.

    Raises SourcesFileError. `log` gets a line for what somebody should look at.
    """
    auth = source.auth
    match auth:
        case BearerAuth():
            return BearerCredentials(auth.token.reveal)
        case ApiTokenAuth():
            log(_API_TOKENS_END)
            return ApiTokenCredentials(auth.email, auth.token.reveal)
        case ClientCredentialsAuth():
            secret = auth.client_secret.reveal
            return ClientCredentials(source.url, auth.client_id, secret, clock, log)
        case OAuthAuth():
            return OAuthCredentials(store, source.schema_name, source.url, clock, log)


def open_token_store(sources: Sources) -> TokenStore:
    """Return where the tokens of OAuth are kept; nothing is opened before it is used."""
    tokens = sources.tokens
    if isinstance(tokens, PostgresTokens):
        return PostgresTokenStore(tokens.url.reveal)
    if tokens.path:
        return FileTokenStore(Path(sources.resolve(tokens.path)))
    home = dg.EnvVar("DAGSTER_HOME").get_value()
    folder = Path(expand_home(home)) if home else sources.folder / ".dagster"
    return FileTokenStore(folder / _TOKENS)


def budgets_for(sources: Sources, source: Source) -> BudgetStore:
    """Return where requests to the account of `source` are counted; nothing is opened yet."""
    counted = sources.rate_limits
    if isinstance(counted, PostgresRateLimits):
        return PostgresBudgets(counted.url.reveal, _account_name(source.url))
    return FileBudgets(rate_limit_file(source.url))


def rate_limit_file(base_url: str) -> Path:
    """Return the file in which all processes of this machine count an account's requests.

    It belongs to the account, not to the project: two projects on one account share its budget.
    """
    return state_folder() / "rate_limits" / f"{_account_name(base_url)}.sqlite"


def state_folder() -> Path:
    """Return where this machine keeps what projects share: ZENDESK_ASSETS_STATE, or the usual.

    Raises BudgetStoreError for a user without a home, as containers have them.
    """
    if given := dg.EnvVar("ZENDESK_ASSETS_STATE").get_value():
        return Path(expand_home(given))
    try:
        return platformdirs.user_state_path("zendesk-assets")
    except (RuntimeError, KeyError):
        raise BudgetStoreError(
            "This user has no home folder, where requests are counted: set HOME, or name a folder "
            "in ZENDESK_ASSETS_STATE."
        ) from None


def _account_name(base_url: str) -> str:
    parts = urlsplit(base_url)
    return re.sub(r"[^A-Za-z0-9.-]+", "_", f"{parts.netloc}{parts.path}".lower()).strip("_")


def _wait_notice(
    log: Callable[[str], None], waiting: Callable[[float], None]
) -> Callable[[float], None]:
    def notice(seconds: float) -> None:
        if seconds >= 1:
            log(f"Waiting {seconds:.0f} s for the rate limit of the account.")
            waiting(seconds)

    return notice
