"""Opens a source: its hub, warehouse, tokens, budget and client, and the collections it syncs.

Nothing is opened before it is used. Each part has its own module; Dagster is not known here.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from zendesk_assets.account_identity import AccountIdentity
from zendesk_assets.clock import Clock, SystemClock
from zendesk_assets.errors import OtherAccountError, WarehouseError
from zendesk_assets.hub import SourceHub, Storage
from zendesk_assets.settings.auth import ApiTokenAuth, BearerAuth, ClientCredentialsAuth, OAuthAuth
from zendesk_assets.settings.choices import collections_chosen
from zendesk_assets.settings.places import (
    PostgresRateLimits,
    PostgresTokens,
    expand_home,
)
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.settings.state_folder import budget_name, rate_limit_file
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse import Warehouse, check_account, set_account
from zendesk_assets.warehouse_opening import open_warehouse
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
    RateLimiter,
    TokenStore,
    ZendeskClient,
)

_TOKENS: Final = "zendesk_tokens"
_API_TOKENS_END: Final = (
    "API tokens stop working on 2027-04-30: connect this source by OAuth before then, with "
    "`zendesk-assets connect`."
)

Say = Callable[[str], None]


@dataclass(frozen=True)
class Account:
    """One source of a sources file, and access to all of its parts."""

    sources: Sources
    source: Source
    clock: Clock = field(default_factory=SystemClock)

    @property
    def hub(self) -> SourceHub:
        """Return the hub of the source."""
        return SourceHub(
            Storage(self.sources.resolve(self.sources.hub.path)), self.source.schema_name
        )

    def warehouse(self, log: Say | None = None) -> Warehouse:
        """Return the warehouse; `log` receives what it waits for.

        Raises:
            SourcesFileError: if its address is in an environment variable that is not set.
        """
        return open_warehouse(self.sources, log)

    @property
    def tokens(self) -> TokenStore:
        """Return the store of the OAuth tokens."""
        return open_token_store(self.sources)

    @property
    def budgets(self) -> BudgetStore:
        """Return the store that counts requests to the account."""
        counted = self.sources.rate_limits
        if isinstance(counted, PostgresRateLimits):
            from zendesk_assets.zendesk.postgres_budgets import PostgresBudgets  # noqa: PLC0415 # its driver too

            return PostgresBudgets(counted.url.reveal, budget_name(self.source.url))
        return FileBudgets(rate_limit_file(self.source.url))

    @property
    def limits(self) -> Limits:
        """Return the requests a minute that all sources of the account together may send.

        The account has one budget: of several sources on it, the smallest numbers count.
        """
        shared = self.sources.of_one_account(self.source)
        return Limits(
            min(each.requests_per_minute for each in shared),
            min(each.export_requests_per_minute for each in shared),
        )

    def credentials(self, warn: Say) -> Credentials:
        """Return the credentials that the sources file names; `warn` receives warnings.

        Raises:
            SourcesFileError: if a secret is missing.
        """
        auth, url = self.source.auth, self.source.url
        match auth:
            case BearerAuth():
                return BearerCredentials(auth.token.reveal)
            case ApiTokenAuth():
                warn(_API_TOKENS_END)
                return ApiTokenCredentials(auth.email, auth.token.reveal)
            case ClientCredentialsAuth():
                secret = auth.client_secret.reveal
                return ClientCredentials(url, auth.client_id, secret, self.clock, warn)
            case OAuthAuth():
                name = self.source.schema_name
                return OAuthCredentials(self.tokens, name, url, self.clock, warn)

    def client(
        self,
        log: Say,
        *,
        warn: Say | None = None,
        waiting: Callable[[float], None] = lambda _seconds: None,
        background: bool = False,
        credentials: Credentials | None = None,
        base_url: str | None = None,
        limits: Limits | None = None,
    ) -> ZendeskClient:
        """Return a client within the account's budget; the caller closes it.

        `warn` receives warnings, `log` other lines; `waiting` receives the seconds of each wait for
        the rate limit in advance. In the `background`, others on the account have the right of way.
        The last three arguments override the sources file.

        Raises:
            SourcesFileError: if a secret is missing.
        """
        limiter = RateLimiter(
            self.budgets,
            limits or self.limits,
            self.clock,
            notice=_wait_notice(log, waiting),
            background=background,
        )
        known = credentials or self.credentials(warn or log)
        address = base_url or self.source.url
        return ZendeskClient(address, known, limiter, clock=self.clock, log=log, warn=warn)

    def refuse_other(
        self,
        warehouse: Warehouse | None = None,
        present: AccountIdentity | None = None,
        hub: SourceHub | None = None,
    ) -> None:
        """Check that hub and warehouse were not filled by another account.

        `present` is the account as far as it is known; default: as in the sources file.

        Raises:
            OtherAccountError: if they were.
            HubError: if the hub cannot be read.
            WarehouseError: if the warehouse cannot be read.
        """
        present = present or self.source.identity
        known = (hub or self.hub).account.refuse_other(present)
        check_account(warehouse or self.warehouse(), self.source.schema_name, known or present)

    def other(
        self,
        warehouse: Warehouse | None = None,
        present: AccountIdentity | None = None,
        hub: SourceHub | None = None,
    ) -> str | None:
        """Return the sentence of the error that `refuse_other` raises, or None.

        A warehouse that cannot be reached is ignored.

        Raises:
            HubError: if the hub cannot be read.
        """
        try:
            with suppress(WarehouseError):
                self.refuse_other(warehouse, present, hub)
        except OtherAccountError as error:
            return str(error)
        return None

    def remember(self, present: AccountIdentity) -> None:
        """Record `present` as the account that filled hub and warehouse."""
        set_account(self.warehouse(), self.source.schema_name, present)
        self.hub.account.write(present)


def open_token_store(sources: Sources) -> TokenStore:
    """Return the store of the OAuth tokens; nothing is opened before it is used."""
    tokens = sources.tokens
    if isinstance(tokens, PostgresTokens):
        from zendesk_assets.zendesk.postgres_token_store import PostgresTokenStore  # noqa: PLC0415 # its driver too

        return PostgresTokenStore(tokens.url.reveal)
    if tokens.path:
        return FileTokenStore(Path(sources.resolve(tokens.path)))
    home = os.environ.get("DAGSTER_HOME")
    folder = Path(expand_home(home)) if home else sources.folder / ".dagster"
    return FileTokenStore(folder / _TOKENS)


def chosen_collections(source: Source) -> tuple[Collection, ...]:
    """Return the collections that a source syncs."""
    return collections_chosen(source.collections)


def chosen_of(source: Source, stream: str) -> tuple[Collection, ...]:
    """Return those of the collections of a stream that a source syncs."""
    return tuple(each for each in chosen_collections(source) if each.stream == stream)


def _wait_notice(log: Say, waiting: Callable[[float], None]) -> Callable[[float], None]:
    def notice(seconds: float) -> None:
        if seconds >= 1:
            log(f"Waiting {seconds:.0f} s for the rate limit of the account.")
            waiting(seconds)

    return notice
