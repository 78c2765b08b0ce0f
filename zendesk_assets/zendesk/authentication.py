"""Who we are to Zendesk: the Authorization header, and a new one when the old is refused.

Each kind of credentials is a small class. Where tokens are kept is not decided here.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from typing import Protocol

import requests

from zendesk_assets.errors import ConnectionFailedError, CredentialsError

__all__ = ["ApiTokenCredentials", "BearerCredentials", "ClientCredentials", "Credentials"]

# The longest life Zendesk gives an access token (fact sheet §5.2), in seconds.
_LONGEST_LIFE = 172_800


class Credentials(Protocol):
    """What the client asks for before each request."""

    def authorization(self) -> str:
        """Return the value of the Authorization header."""
        ...

    def renew(self, refused: str) -> bool:
        """Get a new header in place of `refused`; return False where that is not possible."""
        ...


class BearerCredentials:
    """An access token that somebody else looks after."""

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
        """Return False: an API token is good or it is not."""
        del refused
        return False


class ClientCredentials:
    """OAuth client credentials: a token without refresh token, asked for anew when it ends."""

    def __init__(self, base_url: str, client_id: str, client_secret: Callable[[], str]) -> None:
        self._url = f"{base_url}/oauth/tokens"
        self._client_id, self._client_secret = client_id, client_secret
        self._header = ""
        self._lock = threading.Lock()

    def authorization(self) -> str:
        """Return `Bearer <token>`, asking for the first token when there is none yet."""
        with self._lock:
            self._header = self._header or self._ask()
            return self._header

    def renew(self, refused: str) -> bool:
        """Ask for a new token, unless another thread has done so since."""
        with self._lock:
            if self._header == refused:
                self._header = self._ask()
            return True

    def _ask(self) -> str:
        body = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": self._client_secret(),
            "scope": "read",
            "expires_in": _LONGEST_LIFE,
        }
        try:
            answer = requests.post(self._url, json=body, timeout=30, allow_redirects=False)
        except requests.RequestException:
            raise ConnectionFailedError(
                f"{self._url} cannot be reached: check the subdomain and the network."
            ) from None
        if not answer.ok:
            raise CredentialsError(
                f"Zendesk refuses the client {self._client_id} (status {answer.status_code}): "
                "check client_id and client_secret under Admin Center > APIs > OAuth clients."
            )
        return f"Bearer {answer.json()['access_token']}"
