"""A pair of OAuth tokens as a value: its lifetime, and its encoding.

`oauth` requests tokens and `token_store` stores them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec

# A token is replaced when a fifth of its lifetime is left: 60 s for the shortest that Zendesk
# grants (300 s), and an hour for the longest, so that an outage of the token endpoint can pass.
_SHARE: Final = 5
_SHORTEST_MARGIN: Final = timedelta(seconds=60)
_LONGEST_MARGIN: Final = timedelta(hours=1)


@dataclass(frozen=True, repr=False)
class OAuthTokens:
    """Issued tokens; times are aware, UTC, by our clock; None means that it does not expire.

    `refresh_token` is None for client credentials. `base_url` is their account: they are sent
    nowhere else. `issued_at` is when they were requested.
    """

    access_token: str
    refresh_token: str | None
    expires_at: datetime | None
    refresh_expires_at: datetime | None
    scope: str
    client_id: str
    client_secret: str | None
    base_url: str = ""
    issued_at: datetime | None = None

    @property
    def header(self) -> str:
        """Return the value of the Authorization header."""
        return f"Bearer {self.access_token}"

    def is_alive(self, now: datetime) -> bool:
        """Return whether the access token is still valid, according to the clock."""
        return self.expires_at is None or now < self.expires_at

    def is_due(self, now: datetime) -> bool:
        """Return whether it is time to replace the access token, before it expires."""
        return self.expires_at is not None and now >= self.expires_at - self._margin()

    def _margin(self) -> timedelta:
        if self.expires_at is None or self.issued_at is None:
            return _SHORTEST_MARGIN
        share = (self.expires_at - self.issued_at) / _SHARE
        return min(max(share, _SHORTEST_MARGIN), _LONGEST_MARGIN)

    def __repr__(self) -> str:
        """Show their client and expiry, never the tokens."""
        return (
            f"OAuthTokens(client_id={self.client_id!r}, scope={self.scope!r}, "
            f"expires_at={self.expires_at}, access_token='***', refresh_token='***', "
            "client_secret='***')"
        )


def encode_tokens(tokens: OAuthTokens) -> bytes:
    """Return the tokens as one JSON object."""
    return msgspec.json.encode(tokens)


def decode_tokens(content: bytes) -> OAuthTokens:
    """Return the tokens from `encode_tokens`.

    Raises:
        msgspec.DecodeError: for anything else.
    """
    return msgspec.json.decode(content, type=OAuthTokens)
