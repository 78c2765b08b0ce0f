"""Credentials: the Authorization header, and a new one if the old one is refused.

Each kind of credentials is a small class; expiring tokens are replaced before they expire.
`token_store` stores tokens, `oauth` requests them.
"""

import base64
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol

from zendesk_assets.clock import Clock, SystemClock
from zendesk_assets.errors import (
    ConnectionFailedError,
    CredentialsError,
    InvalidGrantError,
    TokenStoreError,
)
from zendesk_assets.zendesk.oauth_tokens import OAuthTokens
from zendesk_assets.zendesk.token_store import TokenStore

# How long to keep using a valid token after it could not be replaced.
_PATIENCE: Final = timedelta(seconds=20)


class Credentials(Protocol):
    """What the client needs for each request; both methods raise ZendeskAssetsError."""

    def authorization(self) -> str:
        """Return the value of the Authorization header, valid for a request sent now."""

    def renew(self, refused: str) -> bool:
        """Replace the header `refused`; return False if that is not possible."""


class BearerCredentials:
    """An access token that another program renews."""

    def __init__(self, token: Callable[[], str]) -> None:
        self._token = token

    def authorization(self) -> str:
        """Return `Bearer <token>`."""
        return f"Bearer {self._token()}"

    def renew(self, refused: str) -> bool:
        """Return whether the token has been replaced since it was refused."""
        return self.authorization() != refused


class ApiTokenCredentials:
    """E-mail and API token: legacy, dead on 2027-04-30 (trap T19)."""

    def __init__(self, email: str, token: Callable[[], str]) -> None:
        self._email, self._token = email, token

    def authorization(self) -> str:
        """Return `Basic <base64 of email/token:token>`."""
        pair = f"{self._email}/token:{self._token()}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"

    def renew(self, refused: str) -> bool:
        """Return False: an API token cannot be renewed."""
        del refused
        return False


class _Patience:
    """Keeps using a token that could not be replaced until it expires, and logs that.

    Not every request tries to replace it, because each attempt may take a minute.
    """

    def __init__(self, clock: Clock, log: Callable[[str], None]) -> None:
        self._clock, self._log = clock, log
        self._until: datetime | None = None

    def replaced(self, tokens: OAuthTokens, replace: Callable[[], OAuthTokens]) -> OAuthTokens:
        """Return the tokens, replaced if they are due; the same while that fails or has to wait."""
        now = self._clock.now()
        if not tokens.is_due(now) or (self._until is not None and now < self._until):
            return tokens
        try:
            return replace()
        except (ConnectionFailedError, TokenStoreError) as error:
            if not tokens.is_alive(self._clock.now()):
                raise
            self._until = self._clock.now() + _PATIENCE
            self._log(f"{error} The present access token is used until it expires.")
            return tokens


class ClientCredentials:
    """OAuth client credentials: a token without refresh token, requested again before it expires.

    Each process has its own token; `client_secret` is read when it is needed.
    """

    def __init__(
        self,
        base_url: str,
        client_id: str,
        client_secret: Callable[[], str],
        clock: Clock | None = None,
        log: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self._base_url, self._client_id = base_url, client_id
        self._client_secret = client_secret
        self._clock = clock or SystemClock()
        self._patience = _Patience(self._clock, log)
        self._tokens: OAuthTokens | None = None
        self._lock = threading.Lock()

    def authorization(self) -> str:
        """Return `Bearer <token>`, requesting one if there is none or it expires soon.

        Raises:
            ZendeskError: if there is no valid token.
        """
        with self._lock:
            known = self._tokens
            self._tokens = self._patience.replaced(known, self._ask) if known else self._ask()
            return self._tokens.header

    def renew(self, refused: str) -> bool:
        """Request a new token, unless another thread has done so since.

        Raises:
            ZendeskError: if Zendesk issues none.
        """
        with self._lock:
            if self._tokens is None or self._tokens.header == refused:
                self._tokens = self._ask()
            return True

    def _ask(self) -> OAuthTokens:
        from zendesk_assets.zendesk.oauth import OAuthClient  # noqa: PLC0415 # Authlib with it

        secret = self._client_secret()
        client = OAuthClient(self._base_url, self._client_id, secret, clock=self._clock)
        return client.client_credentials()


class OAuthCredentials:
    """The tokens that `zendesk-assets connect` stored, replaced before they expire.

    Refresh tokens work once (trap T20): this is done under the store's lock, after checking
    whether another process has done it; the new pair is in the store before it is used. `name` is
    the source's schema, `base_url` the only address to which the tokens are sent.
    """

    def __init__(
        self,
        store: TokenStore,
        name: str,
        base_url: str,
        clock: Clock | None = None,
        log: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self._store, self._name, self._base_url = store, name, base_url
        self._clock = clock or SystemClock()
        self._patience = _Patience(self._clock, log)

    def authorization(self) -> str:
        """Return `Bearer <token>` with the stored token, replaced if it expires soon.

        Raises:
            CredentialsError: if the source is not connected, or has lost its connection.
            ConnectionFailedError: if the token has expired and Zendesk cannot be reached.
            TokenStoreError: if the store cannot be used.
        """
        return self._patience.replaced(self._stored(), self._replace_due).header

    def renew(self, refused: str) -> bool:
        """Replace the pair whose access token was refused, unless another process has done so.

        Raises:
            CredentialsError: if the source has lost its connection.
            ConnectionFailedError: if Zendesk cannot be reached.
            TokenStoreError: if the store cannot be used.
        """
        self._replace(lambda tokens: tokens.header == refused)
        return True

    def _replace_due(self) -> OAuthTokens:
        return self._replace(lambda tokens: tokens.is_due(self._clock.now()))

    def _replace(self, is_old: Callable[[OAuthTokens], bool]) -> OAuthTokens:
        """Return the stored pair, refreshed if that one is old too."""
        with self._store.lock(self._name):
            tokens = self._stored()
            if not is_old(tokens):
                return tokens
            if tokens.refresh_token is None:
                raise self._lost("its access token has expired, and it has no refresh token")
            self._store.prepare(self._name)
            return self._refresh(tokens)

    def _refresh(self, tokens: OAuthTokens) -> OAuthTokens:
        from zendesk_assets.zendesk.oauth import OAuthClient  # noqa: PLC0415 # Authlib with it

        client = OAuthClient(
            self._base_url, tokens.client_id, tokens.client_secret, clock=self._clock
        )
        try:
            fresh = client.refresh(tokens)
        except InvalidGrantError:
            return self._replaced_by_another(tokens)
        self._save(fresh)
        return fresh

    def _replaced_by_another(self, tokens: OAuthTokens) -> OAuthTokens:
        """Return the stored pair if it is not the one whose refresh token was refused."""
        stored = self._stored()
        if stored.refresh_token == tokens.refresh_token:
            raise self._lost("Zendesk no longer accepts its refresh token")
        return stored

    def _save(self, fresh: OAuthTokens) -> None:
        try:
            self._store.save(self._name, fresh)
        except TokenStoreError as error:
            # Not a TokenStoreError: the present tokens are invalid and must not be used any more.
            raise self._lost(f"its new tokens could not be stored: {error}") from None

    def _stored(self) -> OAuthTokens:
        tokens = self._store.load(self._name)
        if tokens is None:
            raise CredentialsError(
                f"The source {self._name} is not connected: run `zendesk-assets connect --schema "
                f"{self._name}`."
            )
        if tokens.base_url and tokens.base_url != self._base_url:
            raise CredentialsError(
                f"The source {self._name} was connected to {tokens.base_url} and is now at "
                f"{self._base_url}, where its tokens are not sent: run `zendesk-assets connect "
                f"--schema {self._name}`."
            )
        return tokens

    def _lost(self, why: str) -> CredentialsError:
        return CredentialsError(
            f"The connection of {self._name} to {self._base_url} is lost ({why.rstrip('.')}): run "
            f"`zendesk-assets connect --schema {self._name}`."
        )
