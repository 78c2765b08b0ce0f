"""What OAuth responses mean: a code, tokens, a retry, or one of our errors.

Pure functions, like `responses` for the rest of the API; nothing is sent or waited for here.
"""

from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qs, urlsplit

import requests
from authlib.integrations.base_client import OAuthError

from zendesk_assets.errors import CredentialsError, InvalidGrantError, redact
from zendesk_assets.plain_text import to_one_line
from zendesk_assets.zendesk.responses import raise_if_passing, to_error
from zendesk_assets.zendesk.transport import without_credentials

_ERROR_FIELDS: Final = ("error", "error_description")
_LONGEST_TEXT: Final = 200
_WHERE: Final = "Admin Center > Apps and integrations > APIs > OAuth clients"


def judge(response: requests.Response) -> requests.Response:
    """Return a response with tokens, or raise its error (RFC 6749), without our credentials.

    Raises:
        OAuthError: for an error of the protocol.
        ZendeskError: for any other refusal.
        TryAgainError: for a temporary failure.
    """
    raise_if_passing(response, datetime.now(UTC))
    if response.status_code in {200, 201}:
        return response
    if _is_oauth_error(response):
        body = response.json()
        raise OAuthError(*(_shown(body.get(name), response) for name in _ERROR_FIELDS))
    raise to_error(response, "The token endpoint")


def _shown(text: object, response: requests.Response) -> str:
    return to_one_line(without_credentials(str(text or ""), response))[:_LONGEST_TEXT]


def _is_oauth_error(response: requests.Response) -> bool:
    try:
        body = response.json()
    except ValueError:
        return False
    return isinstance(body, dict) and isinstance(body.get("error"), str)


def code_of(callback_url: str, state: str) -> str:
    """Return the code in the address to which the browser was redirected.

    Raises:
        CredentialsError: if it has none, or belongs to another request.
    """
    given = parse_qs(urlsplit(callback_url.strip()).query)
    if given.get("state") != [state]:
        raise CredentialsError(
            "The callback in the browser does not belong to this request (its state differs): run "
            "`zendesk-assets connect` again and use the page that it opens."
        )
    if given.get("error") == ["access_denied"]:
        raise CredentialsError(
            "Access was denied in the browser: run `zendesk-assets connect` again and choose Allow."
        )
    if "code" not in given:
        what = redact(
            to_one_line((given.get("error_description") or given.get("error") or ["no code"])[0])
        )
        raise CredentialsError(
            f"Zendesk sent the browser back without a code ({what}): run `zendesk-assets connect` "
            "again."
        )
    return given["code"][0]


def refusal(client_id: str, error: str, description: str) -> CredentialsError:
    """Return the error for a code of the token endpoint (RFC 6749, section 5.2)."""
    if error == "invalid_grant":
        return InvalidGrantError(
            "Zendesk no longer accepts the code or refresh token (it was used, was revoked, or has "
            "expired): connect the account again."
        )
    if error in {"invalid_client", "unauthorized_client"}:
        return CredentialsError(
            f"Zendesk refuses the client {client_id} ({error}): check client_id and "
            f"client_secret under {_WHERE}; without a secret the client must be public."
        )
    if error == "invalid_scope":
        return CredentialsError(
            f"The client {client_id} may not have the requested scope: allow "
            f"it the scope read under {_WHERE}."
        )
    return CredentialsError(
        f"Zendesk refuses to issue tokens ({redact(f'{error}: {description}')}): check the "
        f"client {client_id} under {_WHERE}."
    )
