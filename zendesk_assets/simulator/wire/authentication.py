"""Tokens with their users and scopes, and which token a request carries.

How clients get tokens is `oauth`.
"""

import base64
import binascii
import hashlib
import itertools
from dataclasses import dataclass

from zendesk_assets.errors import SimulatorError

_RESOURCES = {
    "activities": "tickets",
    "attachments": "tickets",
    "deleted_tickets": "tickets",
    "ticket_events": "tickets",
    "ticket_fields": "tickets",
    "ticket_forms": "tickets",
    "ticket_metric_events": "tickets",
    "ticket_metrics": "tickets",
}


@dataclass(slots=True)
class Token:
    """A bearer token (or, with `is_api_token`, the legacy API token); times in epoch seconds."""

    id: int
    value: str
    user_id: int
    scopes: frozenset[str]
    created: int
    expires: int | None = None
    refresh: str | None = None
    refresh_expires: int | None = None
    client_id: str = ""
    is_revoked: bool = False
    is_api_token: bool = False

    def is_valid(self, now: int) -> bool:
        """Return whether requests with it are authenticated."""
        return not self.is_revoked and (self.expires is None or now < self.expires)


@dataclass(frozen=True, slots=True)
class Client:
    """An OAuth client; without a secret it is public and must use PKCE.

    Its access tokens live `longest_access` seconds at most, whatever a request asks for.
    """

    identifier: str
    secret: str | None
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]
    user_id: int
    name: str = "Warehouse sync"
    longest_access: int | None = None


class Tokens:
    """All tokens that were issued, and the clients that may get some."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._numbers = itertools.count(1)
        self.by_value: dict[str, Token] = {}
        self.clients: dict[str, Client] = {}

    def secret(self, kind: str) -> str:
        """Return a new secret; the same seed gives the same ones."""
        text = f"{self._seed}/{kind}/{next(self._numbers)}"
        return hashlib.sha256(text.encode()).hexdigest()

    def issue(
        self,
        user_id: int,
        now: int,
        scopes: frozenset[str] = frozenset({"read"}),
        *,
        expires_in: int | None = None,
        is_api_token: bool = False,
    ) -> Token:
        """Return a new valid token."""
        expires = None if expires_in is None else now + expires_in
        number = 10_000 + len(self.by_value)
        value = self.secret("api" if is_api_token else "access")
        token = Token(number, value, user_id, scopes, now, expires, is_api_token=is_api_token)
        self.by_value[value] = token
        return token

    def find(self, value: str) -> Token:
        """Return a token by its value, valid or not.

        Raises:
            SimulatorError: No such token was issued.
        """
        if value not in self.by_value:
            message = "There is no such token."
            raise SimulatorError(message)
        return self.by_value[value]

    def caller(self, header: str, now: int) -> Token | None:
        """Return the valid token that an Authorization header carries."""
        kind, _space, rest = header.partition(" ")
        value, wants_api_token = rest.strip(), False
        if kind.lower() == "basic":
            value, wants_api_token = _basic_token(value), True
        token = self.by_value.get(value)
        if token is None or token.is_api_token is not wants_api_token or not token.is_valid(now):
            return None
        return token


def _basic_token(encoded: str) -> str:
    """Return the API token in `email/token:value`; a password is refused."""
    try:
        user, _colon, value = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return value if user.endswith("/token") else ""


def missing_scopes(token: Token, path: str) -> list[str]:
    """Return the scopes that a GET of this path needs and the token lacks."""
    if token.is_api_token or "read" in token.scopes:
        return []
    parts = path.removeprefix("/api/v2/").split("/")
    resource = parts[1] if parts[0] == "incremental" and len(parts) > 1 else parts[0]
    name = f"{_RESOURCES.get(resource, resource)}:read"
    if name in token.scopes and not path.endswith("/audits"):
        return []
    return ["read"]
