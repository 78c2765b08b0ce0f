"""OAuth against the simulator's consent page and token endpoint, and against hostile answers."""

from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from zendesk_assets.errors import ConnectionFailedError, CredentialsError, InvalidGrantError
from zendesk_assets.zendesk.oauth import OAuthClient
from zendesk_assets_tests.oauth_account import (
    CALLBACK,
    CLIENT,
    answer_page,
    connected,
    register,
    token_requests,
)


def works(account, tokens):
    url = f"{account.base_url}/api/v2/groups"
    return requests.get(url, headers={"Authorization": tokens.header}, timeout=10).ok


@pytest.mark.parametrize("secret", [None, "s3cret/+ &=%"])
def test_consent_leads_to_tokens_with_the_longest_lives_there_are(account, clock, secret):
    tokens = connected(account, secret=secret)

    assert works(account, tokens)
    assert tokens.expires_at - clock.now() == timedelta(days=2)
    assert tokens.refresh_expires_at - clock.now() == timedelta(days=90)
    assert (tokens.scope, tokens.client_id, tokens.client_secret) == ("read", CLIENT, secret)


def test_the_authorization_page_is_asked_with_pkce_and_a_new_state_each_time(account):
    client = OAuthClient(account.base_url, CLIENT)
    first, second = (client.authorization_request(CALLBACK) for _ in range(2))
    query = {name: value[0] for name, value in parse_qs(urlsplit(first.url).query).items()}

    assert query["code_challenge_method"] == "S256"
    assert query["code_challenge"] not in {"", first.verifier}
    assert first.verifier not in first.url
    assert len(first.verifier) >= 43
    assert (query["state"], query["scope"]) == (first.state, "read")
    assert first.state != second.state
    assert first.verifier != second.verifier


def test_a_refresh_gives_a_new_pair_and_the_old_one_is_dead(account, clock):
    old = connected(account)
    client = OAuthClient(account.base_url, CLIENT, clock=clock)
    new = client.refresh(old)

    assert works(account, new)
    assert not works(account, old)
    with pytest.raises(InvalidGrantError, match="connect the account again"):
        client.refresh(old)


def test_a_code_comes_with_its_state_or_is_not_redeemed(account):
    register(account)
    client = OAuthClient(account.base_url, CLIENT)
    request = client.authorization_request(CALLBACK)
    location = answer_page(request)
    with pytest.raises(CredentialsError, match="does not belong to this request"):
        client.redeem(request, location.replace(request.state, "other"))
    with pytest.raises(CredentialsError, match="without a code"):
        client.redeem(request, f"{CALLBACK}?state={request.state}")

    assert token_requests(account) == []
    assert works(account, client.redeem(request, f"  {location}#_=_\n"))


def test_a_denial_is_one_sentence(account):
    register(account)
    client = OAuthClient(account.base_url, CLIENT)
    request = client.authorization_request(CALLBACK)
    with pytest.raises(CredentialsError, match="denied in the browser"):
        client.redeem(request, answer_page(request, "deny"))


def test_a_code_works_once(account):
    register(account)
    client = OAuthClient(account.base_url, CLIENT)
    request = client.authorization_request(CALLBACK)
    location = answer_page(request)
    client.redeem(request, location)
    with pytest.raises(InvalidGrantError):
        client.redeem(request, location)


@pytest.mark.parametrize("age", [timedelta(0), timedelta(days=3)])
def test_revoked_tokens_open_nothing_even_if_the_access_token_had_ended(account, clock, age):
    tokens = connected(account)
    client = OAuthClient(account.base_url, CLIENT, clock=clock)
    clock.advance(age)
    client.revoke(tokens)

    living = [
        each for each in account.tokens.by_value.values() if each.is_valid(account.account.now())
    ]
    assert [each.value for each in living] == [account.token]
    with pytest.raises(InvalidGrantError):
        client.refresh(tokens)
    client.revoke(tokens)  # once more is nothing


def test_nothing_shows_a_secret(account):
    register(account, secret="s3cret")
    client = OAuthClient(account.base_url, CLIENT, "s3cret")
    request = client.authorization_request(CALLBACK)
    tokens = client.redeem(request, answer_page(request))
    shown = f"{request!r} {request} {tokens!r} {tokens} {client!r}"

    for secret in (request.state, request.verifier, tokens.access_token, tokens.refresh_token):
        assert secret not in shown
    assert "s3cret" not in shown


@pytest.mark.parametrize(
    ("secret", "given", "sentence"),
    [("s3cret", "wrong", "check client_id"), (None, None, "without a secret")],
)
def test_client_credentials_that_are_refused_are_one_sentence(account, secret, given, sentence):
    register(account, secret=secret)
    with pytest.raises(CredentialsError, match=sentence) as raised:
        OAuthClient(account.base_url, CLIENT, given).client_credentials()
    assert "wrong" not in str(raised.value)


def test_a_scope_that_the_client_may_not_have_is_one_sentence(account):
    register(account, secret="s3cret", scopes=["write"])
    with pytest.raises(CredentialsError, match="allow it the scope read"):
        OAuthClient(account.base_url, CLIENT, "s3cret").client_credentials()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "status", "status": 503}, "status 503"),
        ({"kind": "reset"}, "cannot be reached"),
        ({"kind": "html"}, "the response contains no tokens"),
    ],
)
def test_trouble_on_the_way_is_tried_again_a_few_times(account, clock, fault, words):
    register(account, secret="s3cret")
    client = OAuthClient(account.base_url, CLIENT, "s3cret", clock=clock)
    account.faults.add(path="/oauth/tokens", times=2, **fault)
    assert works(account, client.client_credentials())

    account.requests.clear()
    account.faults.add(path="/oauth/tokens", times=None, **fault)
    with pytest.raises(ConnectionFailedError, match=words):
        client.client_credentials()
    assert len(token_requests(account)) == 3


class Answers(BaseHTTPRequestHandler):
    """Answers every POST with what the test wants, and remembers it."""

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append(self.path)
        status, headers, body = self.server.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def host():
    """A host that says whatever `host.answer` is, and keeps in `host.seen` what it was asked."""
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        server.seen = []
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("status", [302, 307, 308])
def test_secrets_do_not_follow_a_redirect(account, host, status):
    host.answer = (status, {"Location": f"{account.base_url}/oauth/tokens"}, b"")
    register(account, secret="s3cret")
    with pytest.raises(ConnectionFailedError, match="redirects to"):
        OAuthClient(host.url, CLIENT, "s3cret").client_credentials()

    assert host.seen == ["/oauth/tokens"]
    assert list(account.requests) == []


def test_tokens_without_an_end_do_not_end(host, clock):
    body = b'{"access_token": "a", "token_type": "bearer", "scope": "read"}'
    host.answer = (200, {"Content-Type": "application/json"}, body)
    tokens = OAuthClient(host.url, CLIENT, "s3cret", clock=clock).client_credentials()
    clock.advance(timedelta(days=1_000))

    assert (tokens.expires_at, tokens.refresh_token) == (None, None)
    assert tokens.is_alive(clock.now())
    assert not tokens.is_due(clock.now())


def test_what_a_host_says_in_its_refusal_is_not_repeated_with_secrets_in_it(host):
    body = b'{"error": "odd", "error_description": "client_secret=s3cret is bad"}'
    host.answer = (400, {"Content-Type": "application/json"}, body)
    with pytest.raises(CredentialsError, match="odd") as raised:
        OAuthClient(host.url, CLIENT, "s3cret").client_credentials()
    assert "s3cret" not in str(raised.value)
