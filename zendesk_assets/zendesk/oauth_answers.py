"""What the answers of OAuth mean: a code, tokens, try again, or one of our errors.

Pure functions, like `responses` for the rest of the API; nothing is sent and nobody waits here.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs, urlsplit

import requests
from authlib.integrations.base_client import OAuthError

from zendesk_assets.errors import CredentialsError, InvalidGrantError, redact
from zendesk_assets.zendesk.responses import RETRIED, TryAgainError, to_error
from zendesk_assets.zendesk.transport import without_credentials

__all__ = ["code_of", "judge", "refusal", "try_again_if_overloaded"]

_ERROR_FIELDS: Final = ("error", "error_description")
_LONGEST_TEXT: Final = 200
_WHERE: Final = "Admin Center > Apps and integrations > APIs > OAuth clients"


def judge(response: requests.Response) -> requests.Response:
    """Let through tokens, and errors as RFC 6749 has them; without what they repeat of us."""
    try_again_if_overloaded(response)
    if response.status_code in {200, 201}:
        return response
    if _is_oauth_error(response):
        body = response.json()
        raise OAuthError(*(_shown(body.get(name), response) for name in _ERROR_FIELDS))
    raise to_error(response, "The token endpoint")


def _shown(text: object, response: requests.Response) -> str:
    return without_credentials(str(text or ""), response)[:_LONGEST_TEXT]


def try_again_if_overloaded(response: requests.Response) -> None:
    """Raise TryAgainError for a status that passes."""
    if response.status_code in RETRIED:
        raise TryAgainError(f"status {response.status_code}", status=response.status_code)


def _is_oauth_error(response: requests.Response) -> bool:
    try:
        body = response.json()
    except ValueError:
        return False
    return isinstance(body, dict) and isinstance(body.get("error"), str)


def code_of(callback_url: str, state: str) -> str:
    """Return the code in the address that the browser came back to."""
    given = parse_qs(urlsplit(callback_url.strip()).query)
    if given.get("state") != [state]:
        raise CredentialsError(
            "The answer in the browser does not belong to this request (its state differs): run "
            "`zendesk-assets connect` again and use the page that it opens."
        )
    if given.get("error") == ["access_denied"]:
        raise CredentialsError(
            "Access was denied in the browser: run `zendesk-assets connect` again and choose Allow."
        )
    if "code" not in given:
        what = redact(given.get("error_description", given.get("error", ["no code"]))[0])
        raise CredentialsError(
            f"Zendesk sent the browser back without a code ({what}): run `zendesk-assets connect` "
            "again."
        )
    return given["code"][0]


def refusal(client_id: str, error: str, description: str) -> CredentialsError:
    """Return what an error code of the token endpoint means (RFC 6749, section 5.2)."""
    if error == "invalid_grant":
        return InvalidGrantError(
            "Zendesk no longer takes the code or refresh token (it has been used, has been "
            "revoked, or has ended): connect the account again."
        )
    if error in {"invalid_client", "unauthorized_client"}:
        return CredentialsError(
            f"Zendesk refuses the client {client_id} ({error}): check client_id and "
            f"client_secret under {_WHERE}; without a secret the client must be public."
        )
    if error == "invalid_scope":
        return CredentialsError(
            f"The client {client_id} may not have the scope that was asked for: allow "
            f"it the scope read under {_WHERE}."
        )
    return CredentialsError(
        f"Zendesk refuses to give tokens ({redact(f'{error}: {description}')}): check the "
        f"client {client_id} under {_WHERE}."
    )
