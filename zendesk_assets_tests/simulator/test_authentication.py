"""Tokens, roles, scopes and OAuth behave as docs/zendesk-api.md says."""

import base64
import hashlib
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

BACK = "http://127.0.0.1:8723/callback"


def test_me_is_200_and_anonymous_without_valid_credentials(site):
    assert site.json("users/me")["user"]["role"] == "admin"
    site.use("wrong")
    user = site.json("users/me")["user"]
    assert user["id"] is None
    assert user["name"] == "Anonymous user"


def test_invalid_credentials_are_401_with_their_bodies(site):
    site.use("wrong")
    assert site.get("groups").status_code == 401
    assert site.get("groups").json()["error"] == "invalid_token"
    answer = requests.get(site.url("groups"), auth=("amy@acme.example/token", "no"), timeout=5)
    assert answer.status_code == 401
    assert answer.json() == {"error": "Couldn't authenticate you"}
    assert requests.get(site.url("groups"), timeout=5).status_code == 401


def test_an_api_token_opens_with_basic_authentication_only(site):
    token = site.simulator.issue_token(is_api_token=True)
    answer = requests.get(site.url("groups"), auth=("amy@acme.example/token", token), timeout=5)
    assert answer.status_code == 200
    answer = requests.get(site.url("groups"), auth=("amy@acme.example", token), timeout=5)
    assert answer.status_code == 401
    site.use(token)
    assert site.get("groups").status_code == 401


def test_an_agent_may_list_but_not_export(site):
    site.use(site.simulator.issue_token("agent"))
    assert site.get("groups").status_code == 200
    answer = site.get("incremental/tickets/cursor", start_time=0)
    assert answer.status_code == 403
    assert "You do not have access to this page" in answer.json()["error"]["message"]


def test_a_missing_scope_is_403_and_says_which(site):
    site.use(site.simulator.issue_token(scopes=["write"]))
    answer = site.get("incremental/tickets/cursor", start_time=0)
    assert answer.status_code == 403
    assert answer.json() == {
        "error": "Forbidden",
        "description": "You are missing the following required scopes: read",
    }


def test_a_narrow_scope_opens_its_resource_but_not_audits(site):
    site.use(site.simulator.issue_token(scopes=["tickets:read"]))
    assert site.get("incremental/tickets/cursor", start_time=0).status_code == 200
    assert site.get("tickets/7/audits").status_code == 403
    assert site.get("organizations").status_code == 403


def test_tokens_expire_and_can_be_revoked(site):
    site.use(site.simulator.issue_token(expires_in=300))
    assert site.get("groups").status_code == 200
    site.clock.advance(timedelta(seconds=300))
    assert site.get("groups").status_code == 401
    other = site.act("issue_token", role="admin")
    site.use(other)
    assert site.get("groups").status_code == 200
    site.act("revoke_token", token=other)
    assert site.get("groups").status_code == 401


@pytest.mark.parametrize(
    ("reason", "status"),
    [("role", 403), ("restricted", 403), ("invalid_endpoint", 404), ("empty", 404)],
)
def test_an_endpoint_can_be_made_unavailable(site, reason, status):
    site.act("make_unavailable", path="satisfaction_ratings", reason=reason)
    assert site.get("satisfaction_ratings").status_code == status
    assert site.get("groups").status_code == 200
    site.act("make_available", path="satisfaction_ratings")
    assert site.get("satisfaction_ratings").status_code == 200


@pytest.fixture
def connect(site):
    """Walk through the consent page as a browser does; return the code and how to redeem it."""
    site.simulator.register_client("local-sync", [BACK])

    def walk(decision="Allow", **changes):
        verifier = "v" * 50
        digest = hashlib.sha256(verifier.encode()).digest()
        query = {
            "response_type": "code", "client_id": "local-sync", "redirect_uri": BACK,
            "scope": "read", "state": "xyz", "code_challenge_method": "S256",
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        } | changes  # fmt: skip
        query = {name: value for name, value in query.items() if value is not None}
        address = f"{site.simulator.base_url}/oauth/authorizations/new"
        page = requests.get(address, params=query, timeout=5)
        if page.status_code != 200:
            return page
        assert decision in page.text
        form = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        answer = requests.post(
            address, data=form | {"decision": decision.lower()}, allow_redirects=False, timeout=5
        )
        assert answer.status_code == 302
        back = urlsplit(answer.headers["Location"])
        assert f"{back.scheme}://{back.netloc}{back.path}" == BACK
        return {name: value[0] for name, value in parse_qs(back.query).items()}

    return walk


def redeem(site, **form):
    form = {
        "grant_type": "authorization_code", "client_id": "local-sync", "redirect_uri": BACK,
        "code_verifier": "v" * 50,
    } | form  # fmt: skip
    return requests.post(f"{site.simulator.base_url}/oauth/tokens", json=form, timeout=5)


def refresh(site, token):
    return redeem(site, grant_type="refresh_token", refresh_token=token)


def test_consent_leads_to_a_token_that_works(site, connect):
    back = connect()
    assert back["state"] == "xyz"
    answer = redeem(site, code=back["code"], expires_in=3600)
    assert answer.status_code == 200
    token = answer.json()
    assert token["token_type"] == "bearer"
    assert (token["scope"], token["expires_in"]) == ("read", 3600)
    assert token["refresh_token_expires_in"] == 2_592_000
    site.use(token["access_token"])
    assert site.json("users/me")["user"]["role"] == "admin"
    assert site.json("oauth/tokens/current")["token"]["expires_at"] == "2026-03-01T13:00:00Z"


def test_denying_leads_back_with_an_error(connect):
    assert connect("Deny")["error"] == "access_denied"


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "stranger"},
        {"redirect_uri": BACK + "/"},
        {"code_challenge": None},
        {"code_challenge_method": "plain"},
        {"scope": "impersonate"},
        {"response_type": "token"},
    ],
)
def test_wrong_authorization_requests_are_refused(connect, change):
    assert connect(**change).status_code == 400


@pytest.mark.parametrize(
    "change", [{"code": "other"}, {"redirect_uri": "http://localhost/"}, {"code_verifier": "wrong"}]
)
def test_wrong_redemptions_are_invalid_grants(site, connect, change):
    answer = redeem(site, **({"code": connect()["code"]} | change))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_a_code_lives_two_minutes_and_once(site, connect):
    code = connect()["code"]
    assert redeem(site, code=code).status_code == 200
    assert redeem(site, code=code).json()["error"] == "invalid_grant"
    late = connect()["code"]
    site.clock.advance(timedelta(seconds=120))
    assert redeem(site, code=late).json()["error"] == "invalid_grant"


def test_a_refresh_kills_the_old_pair_at_once(site, connect):
    old = redeem(site, code=connect()["code"]).json()
    new = refresh(site, old["refresh_token"]).json()
    assert new["access_token"] != old["access_token"]
    site.use(old["access_token"])
    assert site.get("groups").status_code == 401
    assert refresh(site, old["refresh_token"]).json()["error"] == "invalid_grant"
    site.use(new["access_token"])
    assert site.get("groups").status_code == 200


def test_a_client_may_have_a_longest_life_for_its_access_tokens(site, connect):
    site.act("register_client", identifier="brief", redirect_uris=[BACK], longest_access=300)
    code = connect(client_id="brief")["code"]
    first = redeem(site, code=code, client_id="brief", expires_in=3600).json()
    assert first["expires_in"] == 300
    again = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert redeem(site, **again, client_id="brief", expires_in=172_800).json()["expires_in"] == 300


def test_an_expired_token_can_still_be_refreshed(site, connect):
    old = redeem(site, code=connect()["code"]).json()
    site.clock.advance(timedelta(hours=1))
    site.use(old["access_token"])
    assert site.get("groups").status_code == 401
    assert refresh(site, old["refresh_token"]).status_code == 200
    site.clock.advance(timedelta(days=40))
    late = refresh(site, old["refresh_token"])
    assert late.json()["error"] == "invalid_grant"


def test_client_credentials_need_the_secret_and_give_no_refresh_token(site):
    site.simulator.register_client("server", secret="s3cret")
    form = {"grant_type": "client_credentials", "client_id": "server", "scope": "read"}
    assert redeem(site, **form).status_code == 401
    answer = redeem(site, **form, client_secret="s3cret").json()
    assert "refresh_token" not in answer
    site.use(answer["access_token"])
    assert site.get("incremental/tickets/cursor", start_time=0).status_code == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
        ({"client_id": "stranger"}, "invalid_client"),
    ],
)
def test_wrong_grants_have_their_errors(site, connect, form, error):
    connect()
    assert redeem(site, **form).json()["error"] == error


def test_a_token_can_revoke_itself(site):
    assert site.session.delete(site.url("oauth/tokens/current"), timeout=5).status_code == 204
    assert site.get("groups").status_code == 401
