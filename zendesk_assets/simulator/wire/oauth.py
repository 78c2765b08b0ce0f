"""OAuth: the consent page, codes, and the token endpoint (docs/zendesk-api.md#authentication)."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from zendesk_assets.simulator.times import iso
from zendesk_assets.simulator.wire.messages import (
    REFUSALS,
    Answer,
    RefusedError,
    Request,
    json_answer,
)
from zendesk_assets.simulator.wire.web_page import web_page

if TYPE_CHECKING:
    from zendesk_assets.simulator.wire.authentication import Client, Token, Tokens

CODE_LIVES = 120
_ACCESS_LIVES = 1_800
_REFRESH_LIVES = 2_592_000
_CLIENT_NUMBER = 12_936_268_000_911
_ACCESS_RANGE = range(300, 172_801)
_REFRESH_RANGE = range(604_800, 7_776_001)


@dataclass(slots=True)
class _Code:
    client_id: str
    redirect_uri: str
    scopes: frozenset[str]
    challenge: str
    expires: int
    is_used: bool = False


class OAuth:
    """The authorization server of one account."""

    def __init__(self, tokens: Tokens, subdomain: str) -> None:
        self.tokens = tokens
        self.subdomain = subdomain
        self._codes: dict[str, _Code] = {}

    def answer(self, request: Request, now: int) -> Answer:
        """Answer a request below `/oauth/`."""
        try:
            if request.path == "/oauth/authorizations/new":
                if request.method == "POST":
                    return self._decide(request, now)
                return self._consent(request)
            if request.path == "/oauth/tokens" and request.method == "POST":
                return self._grant(request.form(), now)
        except RefusedError as refused:
            return refused.answer
        return REFUSALS["invalid_endpoint"]

    def current(self, request: Request) -> Answer:
        """Answer `/api/v2/oauth/tokens/current`: GET shows the token, DELETE revokes it."""
        token = request.token
        if token is None:
            return REFUSALS["invalid_token"]
        if request.method == "DELETE":
            token.is_revoked = True
            return Answer(204, b"", "")
        return json_answer({"token": _shown(token, request.site)})

    def _consent(self, request: Request) -> Answer:
        client, _scopes = self._check(request.query)
        hidden = "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in request.query.items()
        )
        return web_page(
            "Allow access?",
            f"<h1>Allow {escape(client.name)} to access your {escape(self.subdomain)} account?</h1>"
            f"<p>It will be able to: {escape(request.query.get('scope', 'read'))}</p>"
            f'<form method="post">{hidden}'
            '<button class="first" name="decision" value="allow">Allow</button> '
            '<button name="decision" value="deny">Deny</button></form>',
        )

    def _check(self, query: dict[str, str]) -> tuple[Client, frozenset[str]]:
        """Return client and scopes; errors about client or address are shown, not redirected."""
        client = self.tokens.clients.get(query.get("client_id", ""))
        if client is None:
            raise RefusedError(_invalid("There is no such client."))
        if query.get("redirect_uri") not in client.redirect_uris:
            raise RefusedError(_invalid("The redirect does not match."))
        if query.get("response_type") != "code":
            raise RefusedError(_fault("unsupported_response_type", "response_type must be code"))
        method = query.get("code_challenge_method")
        needs_proof = client.secret is None or "code_challenge" in query
        if needs_proof and (not query.get("code_challenge") or method != "S256"):
            raise RefusedError(_fault("invalid_request", "PKCE with S256 is required"))
        return client, _scopes(client, query.get("scope"))

    def _decide(self, request: Request, now: int) -> Answer:
        form = request.form()
        values = {name: str(value) for name, value in form.items()}
        client, scopes = self._check(values)
        back = {"state": values["state"]} if "state" in values else {}
        if values.get("decision") != "allow":
            back |= {"error": "access_denied", "error_description": "The end-user denied"}
        else:
            back["code"] = self.tokens.secret("code")
            self._codes[back["code"]] = _Code(
                client.identifier, values["redirect_uri"], scopes,
                values.get("code_challenge", ""), now + CODE_LIVES,
            )  # fmt: skip
        target = values["redirect_uri"]
        joint = "&" if "?" in target else "?"
        return Answer(302, b"", "text/html", {"Location": f"{target}{joint}{urlencode(back)}"})

    def _grant(self, form: dict[str, Any], now: int) -> Answer:
        client = self.tokens.clients.get(str(form.get("client_id")))
        if client is None or not _secret_fits(client, form):
            raise RefusedError(_fault("invalid_client", "Client authentication failed", 401))
        kind = form.get("grant_type")
        if kind == "authorization_code":
            return self._issue(client, self._redeem(client, form, now), form, now)
        if kind == "refresh_token":
            return self._issue(client, self._rotate(client, form, now), form, now)
        if kind == "client_credentials":
            if client.secret is None:
                raise RefusedError(_fault("unauthorized_client", "The client is public"))
            return self._issue(client, _scopes(client, form.get("scope")), form, now, renews=False)
        raise RefusedError(_fault("unsupported_grant_type", "The grant type is not supported"))

    def _redeem(self, client: Client, form: dict[str, Any], now: int) -> frozenset[str]:
        code = self._codes.get(str(form.get("code")))
        if (
            code is None
            or code.is_used
            or now >= code.expires
            or code.client_id != client.identifier
            or code.redirect_uri != form.get("redirect_uri")
            or not _proof_fits(code.challenge, str(form.get("code_verifier", "")))
        ):
            raise RefusedError(_invalid_grant())
        code.is_used = True
        return code.scopes

    def _rotate(self, client: Client, form: dict[str, Any], now: int) -> frozenset[str]:
        """Revoke the old access and refresh tokens at once (trap T20); return the scopes."""
        wanted = str(form.get("refresh_token"))
        old = next((t for t in self.tokens.by_value.values() if t.refresh == wanted), None)
        if (
            old is None
            or old.is_revoked
            or old.client_id != client.identifier
            or (old.refresh_expires is not None and now >= old.refresh_expires)
        ):
            raise RefusedError(_invalid_grant())
        old.is_revoked = True
        return old.scopes

    def _issue(
        self,
        client: Client,
        scopes: frozenset[str],
        form: dict[str, Any],
        now: int,
        *,
        renews: bool = True,
    ) -> Answer:
        lives = _lifetime(form, "expires_in", _ACCESS_LIVES, _ACCESS_RANGE)
        lives = min(lives, client.longest_access or lives)
        token = self.tokens.issue(client.user_id, now, scopes, expires_in=lives)
        token.client_id = client.identifier
        body: dict[str, Any] = {
            "access_token": token.value,
            "token_type": "bearer",
            "scope": " ".join(sorted(scopes)),
            "expires_in": lives,
        }
        if renews:
            again = _lifetime(form, "refresh_token_expires_in", _REFRESH_LIVES, _REFRESH_RANGE)
            token.refresh, token.refresh_expires = self.tokens.secret("refresh"), now + again
            body |= {"refresh_token": token.refresh, "refresh_token_expires_in": again}
        return json_answer(body)


def _lifetime(form: dict[str, Any], name: str, default: int, allowed: range) -> int:
    text = str(form.get(name) or default)
    if not text.isdigit() or int(text) not in allowed:
        raise RefusedError(_fault("invalid_request", f"{name} is out of range"))
    return int(text)


def _scopes(client: Client, wanted: str | None) -> frozenset[str]:
    """Return the scopes, or refuse one that the client may not have."""
    scopes = frozenset((wanted or "read").split())
    if not scopes <= client.scopes:
        raise RefusedError(_fault("invalid_scope", "The requested scope is invalid"))
    return scopes


def _secret_fits(client: Client, form: dict[str, Any]) -> bool:
    given = str(form.get("client_secret") or "")
    return client.secret is None or secrets.compare_digest(client.secret, given)


def _proof_fits(challenge: str, verifier: str) -> bool:
    if not challenge:
        return True
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=") == challenge


def _shown(token: Token, site: str) -> dict[str, Any]:
    return {
        "url": f"{site}/api/v2/oauth/tokens/{token.id}.json",
        "id": token.id,
        "user_id": token.user_id,
        "client_id": _CLIENT_NUMBER,
        "token": token.value[:10],
        "refresh_token": token.refresh and token.refresh[:10],
        "created_at": iso(token.created),
        "expires_at": None if token.expires is None else iso(token.expires),
        "used_at": iso(token.created),
        "scopes": sorted(token.scopes),
    }


def _fault(name: str, description: str, status: int = 400) -> Answer:
    return json_answer({"error": name, "error_description": description}, status)


def _invalid_grant() -> Answer:
    return _fault(
        "invalid_grant",
        "The provided access grant is invalid, expired, or revoked (e.g. expired authorization "
        "code, or mismatching authorization code and redirection URI).",
    )


def _invalid(why: str) -> Answer:
    title = "Invalid Authorization Request"
    return web_page(title, f"<h1>{title}</h1><p>{why}</p>", 400)
