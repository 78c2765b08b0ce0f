"""What an answer of Zendesk means: data, try again, or an error (docs/zendesk-api.md#errors).

Pure functions from a response to a decision; nothing is sent and nobody waits here.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
import requests

from zendesk_assets.errors import (
    ConnectionFailedError,
    CredentialsError,
    RequestRejectedError,
    UnavailableError,
    ZendeskError,
)
from zendesk_assets.zendesk.transport import without_credentials

__all__ = ["RETRIED", "TryAgainError", "retry_after", "to_error"]

RETRIED: Final = frozenset({408, 409, 429, 500, 502, 503, 504, 520, 521, 522, 524})
_LONGEST_TEXT = 200


class TryAgainError(Exception):
    """This attempt gave nothing, another may. `wait` is what Zendesk asked for, in seconds."""

    def __init__(self, what: str, *, wait: float | None = None, status: int = 0) -> None:
        super().__init__(what)
        self.wait, self.status = wait, status


def retry_after(response: requests.Response) -> float | None:
    """Return the seconds of `Retry-After`, or None where it is missing or no number."""
    text = response.headers.get("Retry-After", "").strip()
    try:
        return max(0.0, float(text))
    except ValueError:
        return None


def to_error(response: requests.Response, what: str) -> ZendeskError:
    """Return the error that a refusal means; `what` names what was asked for."""
    status, reason = response.status_code, _reason(response).rstrip(".")
    if status == requests.codes.unauthorized:
        return CredentialsError(
            f"Zendesk does not accept the credentials ({reason}): check `auth` of this source, "
            "or connect the account again."
        )
    if status == requests.codes.not_found and "no help desk" in reason.lower():
        return ConnectionFailedError(f"{reason}: check `subdomain` of this source.")
    if status in (requests.codes.forbidden, requests.codes.not_found):
        return _unavailable(status, reason, what)
    if response.is_redirect:
        return ConnectionFailedError(
            f"{what} answers with a redirect to another place: check `subdomain`; credentials are "
            "not sent along."
        )
    return RequestRejectedError(
        f"Zendesk refuses {what} with status {status} ({reason}): please report this."
    )


def _unavailable(status: int, reason: str, what: str) -> UnavailableError:
    """Return which of the three a 403 or 404 means, with what to do (trap T28)."""
    start = f"{what} is not available:"
    if "scope" in reason.lower():
        text = f"{start} the token lacks a scope ({reason}); connect again with the scope read."
        return UnavailableError(text, reason, "scope")
    if status == requests.codes.forbidden:
        text = (
            f"{start} {reason}; the token must be an admin's, and the plan must have the feature."
        )
        return UnavailableError(text, reason, "role")
    text = f"{start} {reason}; the account's plan lacks the feature, or it is switched off."
    return UnavailableError(text, reason, "plan")


def _reason(response: requests.Response) -> str:
    """Return the text inside one of Zendesk's error envelopes, short, without credentials."""
    try:
        text = _envelope(msgspec.json.decode(response.content))
    except msgspec.DecodeError:
        html = "html" in response.headers.get("Content-Type", "")
        text = "" if html else response.text.strip()
    # Cut last: of a secret that is cut first, the rest would not be recognised.
    shown = without_credentials(text, response)[:_LONGEST_TEXT]
    return shown or f"status {response.status_code}"


def _envelope(body: Any) -> str:
    """Return what the four known error envelopes say, in one line."""
    if not isinstance(body, dict):
        return str(body)
    error = body.get("error")
    if isinstance(error, dict):
        return f"{error.get('title', '')}: {error.get('message', '')}".strip(": ")
    details = body.get("description") or body.get("error_description") or body.get("message")
    if isinstance(body.get("errors"), list) and body["errors"]:
        first = body["errors"][0]
        error, details = (
            (first.get("code"), first.get("title"))
            if isinstance(first, dict)
            else (str(first), None)
        )
    return ": ".join(str(part) for part in (error, details) if part)
