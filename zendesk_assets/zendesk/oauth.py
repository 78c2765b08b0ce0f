"""OAuth with one account: the authorization page, codes, refresh, client credentials, revocation.

Authlib implements the protocol; this module adds what is specific to Zendesk: JSON bodies,
lifetimes, and the meaning of refusals. `token_store` stores tokens, `authentication` replaces them.
Source: https://developer.zendesk.com/api-reference/ticketing/oauth/grant_type_tokens/
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

import msgspec
import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from zendesk_assets.clock import Clock, SystemClock
from zendesk_assets.errors import InvalidGrantError
from zendesk_assets.zendesk.oauth_answers import (
    code_of,
    judge,
    refusal,
)
from zendesk_assets.zendesk.oauth_tokens import OAuthTokens
from zendesk_assets.zendesk.responses import TryAgainError, raise_if_passing, to_error
from zendesk_assets.zendesk.retry import Attempts
from zendesk_assets.zendesk.transport import (
    NETWORK_ERRORS,
    Authorization,
    own_credentials_only,
)

_Result = TypeVar("_Result")

# The longest lifetimes that Zendesk grants (docs/zendesk-api.md#authentication), in seconds.
_LIVES: Final = {"expires_in": 172_800, "refresh_token_expires_in": 7_776_000}
_TIMEOUT: Final = (10.0, 20.0)  # seconds to connect, seconds between two bytes
_ATTEMPTS: Final = 3
_LONGEST_BACKOFF: Final = 5.0
# Others wait for the lock under which tokens are replaced, and the present ones may still be valid.
_REFUSED_FOR: Final = timedelta(seconds=75)
_VERIFIER_LENGTH: Final = 64  # RFC 7636: 43 to 128
_GONE: Final = {401, 404}


@dataclass(frozen=True, repr=False)
class AuthorizationRequest:
    """A page to open in the browser, and what is needed to redeem the returned code."""

    url: str
    redirect_uri: str
    state: str
    verifier: str

    def __repr__(self) -> str:
        """Show where the code is returned to, never the secrets that prove it is ours."""
        return f"AuthorizationRequest(redirect_uri={self.redirect_uri!r}, state='***')"


class OAuthClient:
    """An OAuth client of one account; public (PKCE only) without a secret.

    `base_url` is the address before `/api/v2`. Every method raises ConnectionFailedError if there
    is no usable response, and CredentialsError if Zendesk refuses.
    """

    def __init__(
        self,
        base_url: str,
        client_id: str,
        client_secret: str | None = None,
        *,
        clock: Clock | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._client_id, self._client_secret = client_id, client_secret
        self._clock = clock or SystemClock()

    def find_account(self) -> None:
        """Check that there is an account at the address: one request, without credentials.

        `/users/me` responds to anyone, as "Anonymous user" (trap T21); 404 means no account.

        Raises:
            ConnectionFailedError: if there is no account.
        """
        url = f"{self._base_url}/api/v2/users/me"

        def send() -> None:
            with own_credentials_only(requests.Session(), self._base_url) as session:
                answer = session.get(url, timeout=_TIMEOUT, allow_redirects=False)
            raise_if_passing(answer, self._clock.now())
            if answer.is_redirect or answer.status_code == requests.codes.not_found:
                raise to_error(answer, url)

        self._retrying(send)

    def authorization_request(self, redirect_uri: str, scope: str = "read") -> AuthorizationRequest:
        """Return the page on which an admin gives consent, with a new state and PKCE verifier."""
        verifier = generate_token(_VERIFIER_LENGTH)
        with self._session(
            scope=scope, redirect_uri=redirect_uri, code_challenge_method="S256"
        ) as session:
            url, state = session.create_authorization_url(
                f"{self._base_url}/oauth/authorizations/new", code_verifier=verifier
            )
        return AuthorizationRequest(url, redirect_uri, state, verifier)

    def redeem(self, request: AuthorizationRequest, callback_url: str) -> OAuthTokens:
        """Return the tokens for the code in `callback_url`, to which the browser was redirected.

        Raises:
            CredentialsError: if access was denied, or the address does not belong to `request`.
        """
        code = code_of(callback_url, request.state)
        return self._ask(
            lambda session, options: session.fetch_token(
                grant_type="authorization_code",
                code=code,
                redirect_uri=request.redirect_uri,
                code_verifier=request.verifier,
                **_lives("expires_in", "refresh_token_expires_in"),
                **options,
            )
        )

    def refresh(self, tokens: OAuthTokens) -> OAuthTokens:
        """Return the next pair; both old tokens are invalid from now on (trap T20).

        Raises:
            InvalidGrantError: if the refresh token was used, was revoked, or has expired.
        """
        return self._ask(
            lambda session, options: session.refresh_token(
                refresh_token=tokens.refresh_token,
                **_lives("expires_in", "refresh_token_expires_in"),
                **options,
            )
        )

    def client_credentials(self) -> OAuthTokens:
        """Return an access token of the user who made the client; it has no refresh token."""
        return self._ask(
            lambda session, options: session.fetch_token(
                grant_type="client_credentials",
                scope="read",
                **_lives("expires_in"),
                **options,
            )
        )

    def revoke(self, tokens: OAuthTokens) -> None:
        """Invalidate both tokens; does nothing for invalid tokens.

        Zendesk revokes by access token, so an expired one is refreshed first.
        """
        if self._delete(tokens) in _GONE and tokens.refresh_token:
            try:
                self._delete(self.refresh(tokens))
            except InvalidGrantError:
                return

    def _delete(self, tokens: OAuthTokens) -> int:
        """Ask Zendesk to revoke these tokens; return the status."""
        url = f"{self._base_url}/api/v2/oauth/tokens/current"

        def send() -> int:
            auth = Authorization(tokens.header)
            with own_credentials_only(requests.Session(), self._base_url) as session:
                answer = session.delete(url, auth=auth, timeout=_TIMEOUT, allow_redirects=False)
            raise_if_passing(answer, self._clock.now())
            if not answer.ok and answer.status_code not in _GONE:
                raise to_error(answer, url)
            return answer.status_code

        return self._retrying(send)

    def _ask(self, send: Callable[[Any, dict[str, Any]], dict[str, Any]]) -> OAuthTokens:
        """Send a request to the token endpoint and return the tokens."""

        def attempt() -> OAuthTokens:
            # The time before it was sent, so that we never overestimate a token's lifetime.
            asked_at = self._clock.now()
            with self._session() as session:
                for hook in ("access_token_response", "refresh_token_response"):
                    session.register_compliance_hook(hook, judge)
                options = {"timeout": _TIMEOUT, "allow_redirects": False}
                return self._tokens(send(session, options), asked_at)

        return self._retrying(attempt)

    def _session(self, **options: Any) -> Any:
        session = OAuth2Session(
            self._client_id,
            self._client_secret,
            token_endpoint=f"{self._base_url}/oauth/tokens",
            token_endpoint_auth_method=_client_in_json,
            **options,
        )
        return own_credentials_only(session, self._base_url)

    def _tokens(self, answer: dict[str, Any], asked_at: datetime) -> OAuthTokens:
        return OAuthTokens(
            access_token=str(answer["access_token"]),
            refresh_token=answer.get("refresh_token"),
            expires_at=_end(asked_at, answer.get("expires_in")),
            refresh_expires_at=_end(asked_at, answer.get("refresh_token_expires_in")),
            scope=str(answer.get("scope") or ""),
            client_id=self._client_id,
            client_secret=self._client_secret,
            base_url=self._base_url,
            issued_at=asked_at,
        )

    def _retrying(self, attempt: Callable[[], _Result]) -> _Result:
        attempts = Attempts(
            self._clock,
            self._base_url,
            "OAuth",
            most=lambda: _ATTEMPTS,
            pause=lambda wait: self._clock.sleep(wait.seconds),
            refused_for=_REFUSED_FOR,
            longest_backoff=_LONGEST_BACKOFF,
        )
        return attempts.of(lambda: self._in_our_words(attempt))

    def _in_our_words(self, attempt: Callable[[], _Result]) -> _Result:
        """Turn the libraries' errors into ours.

        Theirs may contain whole bodies, so ours are raised after them, not within.
        """
        problem: Exception
        try:
            return attempt()
        except OAuthError as error:
            problem = refusal(self._client_id, str(error.error), str(error.description or ""))
        except NETWORK_ERRORS as error:
            problem = TryAgainError.of_network(error)
        except (ValueError, KeyError, TypeError):
            todo = "if the network has a login page, log in there first; otherwise try again later"
            problem = TryAgainError("the response contains no tokens", todo=todo)
        raise problem


def _client_in_json(
    client: Any, _method: str, url: str, headers: Any, body: str | None
) -> tuple[str, Any, bytes]:
    """Put the client's id and secret into the body, as the JSON that Zendesk documents."""
    fields: dict[str, Any] = dict(parse_qsl(body or ""))
    fields["client_id"] = client.client_id
    if client.client_secret:
        fields["client_secret"] = client.client_secret
    fields |= {name: int(fields[name]) for name in _LIVES if name in fields}
    headers["Content-Type"] = "application/json"
    return url, headers, msgspec.json.encode(fields)


def _lives(*names: str) -> dict[str, str]:
    return {name: str(_LIVES[name]) for name in names}


def _end(asked_at: datetime, seconds: object) -> datetime | None:
    """Return when something with a lifetime of `seconds` expires; None if it does not."""
    return None if seconds is None else asked_at + timedelta(seconds=int(str(seconds)))
