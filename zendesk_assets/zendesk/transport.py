"""Helpers around `requests`: how credentials are sent, and what a session reads from outside.

Credentials go to the account's own host and nowhere else (trap T31): links and redirects are never
followed. `responses` decides what a response means, `causes` what went wrong without one.
"""

import base64
import binascii
import os
from typing import Final, TypeVar
from urllib.parse import quote, urlsplit

import msgspec
import requests
import urllib3

from zendesk_assets.errors import CredentialsError, redact
from zendesk_assets.settings.addresses import LOOPBACK

# requests passes on some of urllib3's errors, and those of host names that cannot be encoded. It
# raises OSError for a missing file of certificates.
NETWORK_ERRORS: Final = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    UnicodeError,
    OSError,
)
_BUNDLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_SHORTEST_SECRET: Final = 4  # characters: a shorter one would be found in words, and is none
_SECRET_FIELDS: Final = ("client_secret", "refresh_token", "code", "code_verifier")
_Session = TypeVar("_Session", bound=requests.Session)


class Authorization(requests.auth.AuthBase):
    """Sets the header; otherwise requests would replace it by the credentials in ~/.netrc.

    Raises CredentialsError for an invalid header; requests would raise an error that shows it.
    """

    def __init__(self, header: str) -> None:
        if not (header.isascii() and header.isprintable()):
            raise CredentialsError(
                "The credentials of this source contain a line break or a character that no token "
                "has: check `auth` of this source, or the variable that it names."
            )
        self._header = header

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the header on a request."""
        request.headers["Authorization"] = self._header
        return request


class _NoCredentials(requests.auth.AuthBase):
    """Adds nothing, but its presence keeps requests from reading ~/.netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def own_credentials_only(session: _Session, base_url: str) -> _Session:
    """Return `session`, changed to send only the credentials that it is given.

    ~/.netrc is not read. Proxies and certificates of the environment are used, as companies need
    them, but no proxies for this machine itself: http is allowed there, and a proxy would see the
    credentials, which it does not inside https.
    """
    session.auth = _NoCredentials()
    session.trust_env = urlsplit(base_url).hostname not in LOOPBACK
    if not session.trust_env:
        given = (os.environ.get(name) for name in _BUNDLES)
        session.verify = next((path for path in given if path), True)
    return session


def without_credentials(text: str, response: requests.Response) -> str:
    """Return the other side's text without the credentials that it was sent."""
    header = response.request.headers.get("Authorization", "")
    header = header.decode("latin-1") if isinstance(header, bytes) else header
    carried = _in_header(header) | _in_body(response.request.body)
    long_enough = (each for each in carried if len(each) >= _SHORTEST_SECRET)
    for secret in sorted(long_enough, key=len, reverse=True):
        text = text.replace(secret, "***").replace(quote(secret, safe=""), "***")
    return redact(text)


def _in_body(body: bytes | str | None) -> set[str]:
    """Return the secrets in the JSON that was sent to the token endpoint."""
    try:
        fields = msgspec.json.decode(body or b"", type=dict[str, object])
    except msgspec.MsgspecError:
        return set()
    return {str(fields[name]) for name in _SECRET_FIELDS if fields.get(name)}


def _in_header(header: str) -> set[str]:
    """Return every form of the secret in an Authorization header."""
    kind, _space, value = header.partition(" ")
    found = {value}
    if kind == "Basic":
        try:
            pair = base64.b64decode(value).decode()
        except (binascii.Error, UnicodeDecodeError):
            pair = ""
        found |= {pair, pair.rpartition(":")[2]}
    return found - {""}
