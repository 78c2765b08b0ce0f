"""What a response of Zendesk means: data, a retry, or an error (docs/zendesk-api.md#errors).

Pure functions from a response to a decision; nothing is sent or waited for here.
"""

import re
from datetime import UTC, datetime
from typing import Any, Final, Self
from urllib.parse import urljoin, urlsplit

import msgspec
import requests

from zendesk_assets.errors import (
    ConnectionFailedError,
    CredentialsError,
    RequestRejectedError,
    SuspendedError,
    TooRecentError,
    UnavailableError,
    ZendeskError,
)
from zendesk_assets.plain_text import to_one_line
from zendesk_assets.zendesk.causes import cause_of
from zendesk_assets.zendesk.retry_after import date_of, seconds_requested
from zendesk_assets.zendesk.transport import without_credentials

_LIMIT: Final = 429
_SERVER_ERROR: Final = 500
_PASSING: Final = frozenset({408, 409, 425})
_NOT_PASSING: Final = frozenset({501, 505, 511})
_PROXY_LOGIN: Final = 407
_NETWORK_LOGIN: Final = 511
_PAYMENT: Final = 402
_REJECTED: Final = frozenset({400, 422})
_LONGEST_TEXT = 200
_LATER: Final = "try again later"
_TROUBLE: Final = "Zendesk or a proxy has an error: see https://status.zendesk.com, or " + _LATER
_NOT_DATA: Final = (
    "if a network with a login page or a proxy is in between, log in there first; otherwise check "
    "`subdomain` and `base_url`"
)
# Texts about an account, not about one of its users or suspended tickets.
_STATE: Final = (
    r"suspended|cancell?ed|expired|deactivated|closed|inactive|ended|no longer active|not active"
)
_SUSPENDED: Final = re.compile(
    rf"(?<!user )(?<!agent )\b(account|help ?desk|zendesk|subscription|trial)\b[^.]{{0,60}}"
    rf"\b({_STATE})\b"
    rf"|\b({_STATE})( for this)? (account|help ?desk|subscription|trial)\b",
    re.IGNORECASE,
)
_WORDS: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|_")  # AccountSuspended, account_suspended
_TOO_RECENT: Final = re.compile(r"too ?recent", re.IGNORECASE)


class TryAgainError(Exception):
    """This attempt failed, but another may succeed.

    `wait` is what the response asks for, in seconds; `todo` is what helps if no attempt does.
    `is_final` means that no attempt can succeed, `is_away` that there was no response.
    """

    def __init__(
        self,
        what: str,
        *,
        wait: float | None = None,
        status: int = 0,
        todo: str = _LATER,
        is_final: bool = False,
        is_away: bool = False,
    ) -> None:
        super().__init__(what)
        self.wait, self.status, self.todo = wait, status, todo
        self.is_final, self.is_away = is_final, is_away

    @classmethod
    def of_network(cls, error: Exception) -> Self:
        """Return the meaning of an error of `requests`."""
        cause = cause_of(error)
        return cls(cause.what, todo=cause.todo, is_final=cause.is_final, is_away=cause.is_away)

    @property
    def is_limit(self) -> bool:
        """Return whether only the rate limit was in the way."""
        return self.status == _LIMIT

    def sentence(self, host: str, asked: str) -> str:
        """Return the message if no attempt succeeded."""
        if self.is_away:
            return f"{host} cannot be reached ({self}): {self.todo}."
        return f"{host} gave no usable response for {asked} ({self}): {self.todo}."


def raise_if_passing(response: requests.Response, now: datetime) -> None:
    """Check for a temporary status: the rate limit, or an error of the server.

    Raises:
        TryAgainError: for such a status.
    """
    status = response.status_code
    is_trouble = status >= _SERVER_ERROR and status not in _NOT_PASSING
    if status == _LIMIT or status in _PASSING or is_trouble:
        todo = _TROUBLE if is_trouble else _LATER
        is_limit = status == _LIMIT
        wait = seconds_requested(response.headers, now) if is_limit else _retry_after(response)
        raise TryAgainError(f"status {status}", wait=wait, status=status, todo=todo)


def _retry_after(response: requests.Response) -> float | None:
    """Return what `Retry-After` asks for; used-up limits do not explain server errors."""
    only = {"Retry-After": response.headers.get("Retry-After", "")}
    moment = date_of(response.headers)
    return seconds_requested(only, moment or datetime.now(UTC))


def raise_if_not_json(response: requests.Response) -> None:
    """Check for a web page, or anything else that is not data, with status 200.

    Raises:
        TryAgainError: for such a response.
    """
    kind = response.headers.get("Content-Type", "")
    if "json" in kind:
        return
    if "html" in kind:
        raise TryAgainError("status 200 without JSON, but with a web page", todo=_NOT_DATA)
    raise TryAgainError("status 200 without JSON", todo=_NOT_DATA)


def to_error(response: requests.Response, what: str) -> ZendeskError:
    """Return the error for a refusal; `what` names the request."""
    status, reason = response.status_code, _reason(response).rstrip(".")
    if status == requests.codes.unauthorized:
        return CredentialsError(
            f"Zendesk does not accept the credentials ({reason}): check `auth` of this source, "
            "or connect the account again."
        )
    if of_host := _of_host(response, reason):
        return of_host
    if status in (requests.codes.forbidden, requests.codes.not_found):
        return _unavailable(status, reason, what)
    if status in _REJECTED and _TOO_RECENT.search(reason):
        return TooRecentError(
            f"Zendesk refuses {what}, because the request was for its last minute ({reason}): "
            "check this machine's clock, and sync again in a few minutes."
        )
    return RequestRejectedError(
        f"Zendesk refuses {what} with status {status} ({reason}): please report this."
    )


def _of_host(response: requests.Response, reason: str) -> ZendeskError | None:
    """Return the error of a response about the whole account or the connection, else None."""
    status, host = response.status_code, _host(response)
    is_suspended = status == requests.codes.forbidden and _SUSPENDED.search(_WORDS.sub(" ", reason))
    if status == _PAYMENT or is_suspended:
        return SuspendedError(
            f"The account at {host} is suspended or not paid for ({reason}): its owner can settle "
            "that in Admin Center > Account > Billing; sync again afterwards."
        )
    if status == _PROXY_LOGIN:
        return ConnectionFailedError(
            f"The proxy on the way to {host} requires a name and a password (407): put them into "
            "HTTPS_PROXY, as http://name:password@host:port."
        )
    if status == _NETWORK_LOGIN:
        return ConnectionFailedError(
            f"The network requires a login before connections to {host} (511): log in to it in a "
            "browser."
        )
    if status == requests.codes.not_found and "no help desk" in reason.lower():
        return ConnectionFailedError(f"{reason}: check `subdomain` of this source.")
    return ConnectionFailedError(_redirected(response)) if response.is_redirect else None


def _redirected(response: requests.Response) -> str:
    """Return a sentence about a redirect; only the account's new name is shown as its target.

    An address from elsewhere may contain anything, even a credential.
    """
    host, place = _host(response), urlsplit(urljoin(response.url, response.headers["Location"]))
    moved = (place.hostname or "").removesuffix(".zendesk.com")
    if moved == place.hostname or place.hostname == urlsplit(response.url).hostname:
        return (
            f"{host} redirects to another place, where credentials are not sent: "
            "check `subdomain` and `base_url`, and whether the network requires a login."
        )
    there = f"{place.scheme}://{place.hostname}"[:_LONGEST_TEXT]
    return (
        f"{host} redirects to {there}, where credentials are not sent: if the "
        f"account has moved there, set `subdomain: {moved}`."
    )


def _host(response: requests.Response) -> str:
    parts = urlsplit(response.url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _unavailable(status: int, reason: str, what: str) -> UnavailableError:
    """Return which of the three a 403 or 404 means, and what to do (trap T28)."""
    start = f"{what} is not available:"
    if "scope" in reason.lower():
        text = f"{start} the token lacks a scope ({reason}); connect again with the scope read."
        return UnavailableError(text, reason, "scope")
    if status == requests.codes.forbidden:
        text = (
            f"{start} {reason}; the token must be an admin's, and the plan must have the feature."
        )
        return UnavailableError(text, reason, "role")
    text = f"{start} {reason}; the account's plan lacks the feature, or it is turned off."
    return UnavailableError(text, reason, "plan")


def _reason(response: requests.Response) -> str:
    """Return the text inside one of Zendesk's error envelopes, short, without credentials."""
    try:
        text = _envelope(msgspec.json.decode(response.content))
    except msgspec.DecodeError:
        html = "html" in response.headers.get("Content-Type", "")
        text = "" if html else response.text.strip()
    # Cut last: the rest of a secret that was cut would not be recognised.
    shown = to_one_line(without_credentials(text, response))[:_LONGEST_TEXT]
    return shown or f"status {response.status_code}"


def _envelope(body: Any) -> str:
    """Return the text of the four known error envelopes, in one line."""
    if not isinstance(body, dict):
        return str(body)
    error = body.get("error")
    if isinstance(error, dict):
        return f"{error.get('title', '')}: {error.get('message', '')}".strip(": ")
    details = body.get("description") or body.get("error_description") or body.get("message")
    if isinstance(body.get("errors"), list) and body["errors"]:
        error, details = _first_of(body["errors"][0])
    return ": ".join(str(part) for part in (error, details) if part)


def _first_of(found: Any) -> tuple[Any, Any]:
    """Return what an error of a list is called, and what is said about it."""
    if not isinstance(found, dict):
        return str(found), None
    if code := found.get("code"):
        return code, found.get("title")
    return found.get("title"), found.get("detail")
