"""A source, opened: its hub, warehouse, tokens, budget and client, and the collections it syncs.

Nothing is opened before it is used. How each part works is its own module's; what it means for
Dagster is `orchestration`'s, which this does not know.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from zendesk_assets.account_identity import AccountIdentity
from zendesk_assets.catalog import declared
from zendesk_assets.clock import Clock, SystemClock
from zendesk_assets.errors import (
    OtherAccountError,
    SourcesFileError,
    WarehouseError,
    meant,
)
from zendesk_assets.hub import SourceHub, Storage
from zendesk_assets.places import (
    PostgresRateLimits,
    PostgresTokens,
    expand_home,
)
from zendesk_assets.sources import (
    ApiTokenAuth,
    BearerAuth,
    ClientCredentialsAuth,
    OAuthAuth,
    Source,
    Sources,
)
from zendesk_assets.spec import Collection
from zendesk_assets.state_folder import budget_name, rate_limit_file
from zendesk_assets.warehouse import Warehouse
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
    PostgresBudgets,
    PostgresTokenStore,
    RateLimiter,
    TokenStore,
    ZendeskClient,
)

__all__ = [
    "Account",
    "chosen_collections",
    "open_token_store",
    "other_account",
    "refuse_other_account",
]

_TOKENS: Final = "zendesk_tokens"
_API_TOKENS_END: Final = (
    "API tokens stop working on 2027-04-30: connect this source by OAuth before then, with "
    "`zendesk-assets connect`."
)

Say = Callable[[str], None]


def _this_machines_clock() -> Clock:
    return SystemClock()


@dataclass(frozen=True)
class Account:
    """One source of a sources file, and the ways to everything of it."""

    sources: Sources
    source: Source
    clock: Clock = field(default_factory=_this_machines_clock)

    @property
    def hub(self) -> SourceHub:
        """Return the hub of the source."""
        return SourceHub(
            Storage(self.sources.resolve(self.sources.hub.path)), self.source.schema_name
        )

    def warehouse(self, log: Say | None = None) -> Warehouse:
        """Return the warehouse; `log` gets what it waits for. Raises SourcesFileError."""
        return open_warehouse(self.sources, log)

    @property
    def tokens(self) -> TokenStore:
        """Return where the tokens of OAuth are kept."""
        return open_token_store(self.sources)

    @property
    def budgets(self) -> BudgetStore:
        """Return where requests to the account are counted."""
        counted = self.sources.rate_limits
        if isinstance(counted, PostgresRateLimits):
            return PostgresBudgets(counted.url.reveal, budget_name(self.source.url))
        return FileBudgets(rate_limit_file(self.source.url))

    @property
    def limits(self) -> Limits:
        """Return the requests a minute that all sources of the account together may send."""
        return Limits(*self.sources.limits_of(self.source))

    def credentials(self, warn: Say) -> Credentials:
        """Return the credentials that the sources file names. Raises SourcesFileError.

        `warn` gets a line for what somebody should look at.
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

        `warn` gets the lines that somebody should look at, `log` the others; `waiting` is told the
        seconds that the rate limit is waited for, before. In the `background`, others on the
        account have the right of way. The last three stand in for what the sources file says.
        Raises SourcesFileError.
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
        self, warehouse: Warehouse | None = None, present: AccountIdentity | None = None
    ) -> None:
        """Raise OtherAccountError if hub or warehouse were filled by another account.

        `present` is the account as far as it is known, else as the sources file has it. Raises
        HubError and WarehouseError too.
        """
        refuse_other_account(self.source, self.hub, warehouse or self.warehouse(), present)

    def other(
        self, warehouse: Warehouse | None = None, present: AccountIdentity | None = None
    ) -> str | None:
        """Return the sentence that `refuse_other` raises. Raises HubError."""
        return other_account(self.source, self.hub, warehouse or self.warehouse(), present)

    def remember(self, present: AccountIdentity) -> None:
        """Take `present` for the account that filled hub and warehouse, whatever they remember."""
        self.warehouse().set_account(self.source.schema_name, present)
        self.hub.account.write(present)


def open_token_store(sources: Sources) -> TokenStore:
    """Return where the tokens of OAuth are kept; nothing is opened before it is used."""
    tokens = sources.tokens
    if isinstance(tokens, PostgresTokens):
        return PostgresTokenStore(tokens.url.reveal)
    if tokens.path:
        return FileTokenStore(Path(sources.resolve(tokens.path)))
    home = os.environ.get("DAGSTER_HOME")
    folder = Path(expand_home(home)) if home else sources.folder / ".dagster"
    return FileTokenStore(folder / _TOKENS)


def chosen_collections(source: Source) -> tuple[Collection, ...]:
    """Return the collections a source syncs.

    Raises SourcesFileError for a name there is not, and if none is left.
    """
    choice, catalog = source.collections, declared()
    known = {**catalog.areas, **{name: (name,) for name in catalog.collections}}
    for name in (*(choice.include or ()), *choice.exclude):
        if name not in known:
            raise SourcesFileError(
                f"The source {source.schema_name} names the collection {name}, which does not "
                f"exist{meant(name, known)}. There are {', '.join(sorted(catalog.collections))}, "
                f"and the areas {', '.join(catalog.areas)}."
            )
    named = {each for name in (choice.include or choice.exclude) for each in known[name]}
    chosen = tuple(
        each
        for each in catalog.collections.values()
        if (each.name in named) is (choice.include is not None)
    )
    if not chosen:
        raise SourcesFileError(
            f"The source {source.schema_name} excludes every collection: leave it one, or take the "
            "source out of the sources file."
        )
    return chosen


def refuse_other_account(
    source: Source,
    hub: SourceHub,
    warehouse: Warehouse,
    present: AccountIdentity | None = None,
) -> None:
    """Raise OtherAccountError if hub or warehouse were filled by another account."""
    present = present or source.identity
    known = hub.account.refuse_other(present)
    warehouse.refuse_other_account(source.schema_name, known or present)


def other_account(
    source: Source,
    hub: SourceHub,
    warehouse: Warehouse,
    present: AccountIdentity | None = None,
) -> str | None:
    """Return the sentence that `refuse_other_account` raises; a warehouse may be out of reach.

    Raises HubError.
    """
    try:
        with suppress(WarehouseError):
            refuse_other_account(source, hub, warehouse, present)
    except OtherAccountError as error:
        return str(error)
    return None


def _wait_notice(log: Say, waiting: Callable[[float], None]) -> Callable[[float], None]:
    def notice(seconds: float) -> None:
        if seconds >= 1:
            log(f"Waiting {seconds:.0f} s for the rate limit of the account.")
            waiting(seconds)

    return notice
