"""Single-use refresh tokens among processes that start together, are killed, or meet trouble.

The account's own log is the judge of how many refreshes there were.
"""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from zendesk_assets.clock import SystemClock
from zendesk_assets.errors import ConnectionFailedError, CredentialsError, TokenStoreError
from zendesk_assets.simulator import Simulator
from zendesk_assets.zendesk import (
    ClientCredentials,
    FileBudgets,
    Limits,
    OAuthCredentials,
    RateLimiter,
    ZendeskClient,
)
from zendesk_assets.zendesk.oauth import OAuthClient
from zendesk_assets_tests import long
from zendesk_assets_tests.oauth_account import CLIENT, connected, register, token_requests

NAME = "zendesk_test"
SCRIPT = Path(__file__).with_name("refreshing.py")
SENTENCE = "run `zendesk-assets connect --schema zendesk_test`."


@pytest.fixture
def living_account():
    """An account whose clock runs, as processes share no other."""
    with Simulator(tickets=5, history_days=2, clock=SystemClock()) as simulator:
        yield simulator


class Processes:
    """Processes that need a token of the account, each told at which step to die."""

    def __init__(self, store_at, simulator, ahead):
        self.arguments = [store_at, simulator.base_url, str(ahead)]
        self.ahead = ahead

    def run(self, steps, refused=""):
        """Start one per step, let them go together, and return what each says at its end."""
        command = [sys.executable, str(SCRIPT), *self.arguments]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        started = [subprocess.Popen([*command, step, refused], **pipes) for step in steps]
        for each in started:
            assert each.stdout.readline() == "ready\n"
        for each in started:
            each.stdin.write("go\n")
            each.stdin.flush()
        return [each.communicate(timeout=60)[0].strip() for each in started]

    def one(self, step="never"):
        return self.run([step])[0]


@pytest.fixture
def processes(living_account, store, store_at):
    """The account is connected, and its access token ends in half a minute."""
    tokens = connected(living_account, longest_access=300)
    store.save(NAME, tokens)
    living_account.clock.advance(timedelta(seconds=270))
    living_account.requests.clear()
    return Processes(store_at, living_account, 270)


@pytest.mark.long
@pytest.mark.slow
def test_of_eight_processes_with_a_token_about_to_end_one_refreshes(processes, living_account):
    assert processes.run(["never"] * 8) == ["200"] * 8
    assert token_requests(living_account) == [200]


@pytest.mark.long
@pytest.mark.slow
def test_of_eight_processes_with_a_refused_token_one_refreshes(processes, living_account, store):
    tokens = store.load(NAME)
    living_account.expire_token(tokens.access_token)

    assert processes.run(["never"] * 8, refused=tokens.header) == ["200"] * 8
    assert token_requests(living_account) == [200]


EITHER = [("before the request", True), ("after the answer", False), ("after the save", True)]
OWN = {
    "file": [
        ("half of the room reserved", True),
        ("half of it written", False),
        ("written, not renamed", True),
        ("renamed, not synced", True),
    ],
    "postgres": [("inserted, not committed", False)],
}


@pytest.mark.slow
@long.parametrize(
    ("store_at", "step", "works"),
    [(store, *case) for store, own in OWN.items() for case in EITHER + own],
    few=3,
    indirect=["store_at"],
)
def test_a_kill_leaves_a_working_pair_where_zendesk_allows_it(
    processes, living_account, step, works
):
    assert processes.one(step) == ""  # killed before it could say anything
    said = processes.one()

    if works:
        assert said == "200"
    else:
        assert said.endswith(SENTENCE)
        assert "is lost" in said
    refreshes = 1 if works else 2
    assert token_requests(living_account) == [200, 400][:refreshes]


@pytest.fixture
def tokens(account, store):
    tokens = connected(account)
    store.save(NAME, tokens)
    account.requests.clear()
    return tokens


@pytest.fixture
def lines():
    return []


@pytest.fixture
def credentials(account, clock, store, tokens, lines):
    return OAuthCredentials(store, NAME, account.base_url, clock, lines.append)


def test_a_living_token_is_used_without_a_refresh(credentials, account, clock, tokens):
    for _ in range(40):
        assert credentials.authorization() == tokens.header
        clock.advance(timedelta(hours=1))
    assert token_requests(account) == []


def test_what_another_process_stored_is_used_from_the_next_request_on(
    credentials, account, clock, store, tokens
):
    assert credentials.authorization() == tokens.header
    new = OAuthClient(account.base_url, CLIENT, clock=clock).refresh(tokens)
    store.save(NAME, new)
    assert credentials.authorization() == new.header
    assert credentials.renew(tokens.header)
    assert credentials.authorization() == new.header
    assert token_requests(account) == [200]


def test_a_pair_that_another_machine_rotated_without_the_lock_is_found(
    credentials, account, clock, store, tokens, monkeypatch
):
    client = OAuthClient(account.base_url, CLIENT, clock=clock)
    refresh = OAuthClient.refresh

    def late(self, old):
        monkeypatch.undo()
        store.save(NAME, refresh(client, old))
        return refresh(self, old)

    monkeypatch.setattr(OAuthClient, "refresh", late)
    assert credentials.renew(tokens.header)
    assert credentials.authorization() == store.load(NAME).header != tokens.header
    assert token_requests(account) == [200, 400]


def test_a_lost_connection_is_one_sentence_that_says_what_to_run(credentials, account, tokens):
    OAuthClient(account.base_url, CLIENT).refresh(tokens)
    with pytest.raises(CredentialsError) as raised:
        credentials.renew(tokens.header)
    message = str(raised.value)

    assert message.endswith(SENTENCE)
    assert "\n" not in message
    assert tokens.refresh_token not in message


def test_a_source_that_is_not_connected_says_what_to_run(store, account, clock):
    with pytest.raises(CredentialsError, match="is not connected") as raised:
        OAuthCredentials(store, NAME, account.base_url, clock).authorization()
    assert str(raised.value).endswith(SENTENCE)


def test_tokens_are_not_sent_to_another_account(store, account, clock, tokens):
    credentials = OAuthCredentials(store, NAME, "https://evil.zendesk.com", clock)
    for attempt in (credentials.authorization, lambda: credentials.renew(tokens.header)):
        with pytest.raises(CredentialsError, match="where its tokens are not sent"):
            attempt()
    assert list(account.requests) == []


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 503}, {"kind": "html"}])
def test_while_zendesk_gives_no_new_tokens_the_old_one_is_used_to_its_end(
    credentials, account, clock, tokens, lines, fault
):
    account.faults.add(path="/oauth/tokens", times=None, **fault)
    clock.advance(timedelta(hours=47, minutes=30))
    for _ in range(20):
        assert credentials.authorization() == tokens.header
    assert len(token_requests(account)) == 3  # not three for each request
    assert len(lines) == 1
    assert "used until it expires" in lines[0]

    clock.advance(timedelta(minutes=31))
    with pytest.raises(ConnectionFailedError):
        credentials.authorization()
    account.faults.clear()
    assert credentials.authorization() != tokens.header


def test_one_lost_answer_to_a_refresh_that_zendesk_did_is_one_sentence(
    credentials, account, clock, lines
):
    account.faults.add("reset", path="/oauth/tokens", times=1)  # after it was done
    clock.advance(timedelta(hours=47, minutes=30))
    with pytest.raises(CredentialsError) as raised:
        credentials.authorization()
    assert str(raised.value).endswith(SENTENCE)
    assert token_requests(account) == [0, 400]
    assert lines == []


def test_the_old_pair_is_not_given_up_while_the_store_takes_no_new_one(
    credentials, account, clock, store, tokens, lines, monkeypatch
):
    def full(_name):
        raise TokenStoreError("The disk is full.")

    monkeypatch.setattr(store, "prepare", full)
    clock.advance(timedelta(hours=47, minutes=30))
    assert credentials.authorization() == tokens.header
    assert "The disk is full." in lines[0]
    clock.advance(timedelta(minutes=31))
    with pytest.raises(TokenStoreError, match="The disk is full"):
        credentials.authorization()
    assert token_requests(account) == []

    monkeypatch.undo()
    assert credentials.authorization() != tokens.header


def test_new_tokens_that_cannot_be_stored_are_not_used(
    credentials, clock, store, tokens, monkeypatch
):
    def fails(_name, _tokens):
        raise TokenStoreError("The server is gone.")

    monkeypatch.setattr(store, "save", fails)
    clock.advance(timedelta(hours=47, minutes=30))
    with pytest.raises(CredentialsError, match="could not be stored: The server is gone") as raised:
        credentials.authorization()
    assert str(raised.value).endswith(SENTENCE)


def test_client_credentials_are_asked_for_again_before_they_end(account, clock):
    register(account, secret="s3cret", longest_access=300)
    credentials = ClientCredentials(account.base_url, CLIENT, lambda: "s3cret", clock)
    headers = set()
    for _ in range(100):
        header = credentials.authorization()
        headers.add(header)
        assert account.tokens.caller(header, account.account.now())
        clock.advance(timedelta(seconds=18))
    assert len(headers) == 1_800 // 252 + 1  # each lives 240 s and up to one more step


def test_a_client_credentials_token_is_used_to_its_end_while_zendesk_gives_no_other(
    account, clock, lines
):
    register(account, secret="s3cret", longest_access=300)
    secret = "s3cret"
    credentials = ClientCredentials(account.base_url, CLIENT, lambda: secret, clock, lines.append)
    first = credentials.authorization()
    account.faults.add("reset", path="/oauth/tokens", times=None)
    clock.advance(timedelta(seconds=245))
    assert credentials.authorization() == first
    assert "used until it expires" in lines[0]
    clock.advance(timedelta(seconds=60))
    with pytest.raises(ConnectionFailedError):
        credentials.authorization()


def test_a_token_does_not_end_while_its_request_waits_for_the_rate_limit(
    account, clock, store, tmp_path, monkeypatch
):
    store.save(NAME, connected(account, longest_access=300))
    account.requests.clear()
    limiter = RateLimiter(FileBudgets(tmp_path / "rate.sqlite"), Limits(), clock)
    # As history does, that gives way to others for minutes.
    monkeypatch.setattr(limiter, "acquire", lambda _budget: clock.sleep(200) or 200.0)
    credentials = OAuthCredentials(store, NAME, account.base_url, clock)
    with ZendeskClient(account.base_url, credentials, limiter, clock=clock) as client:
        for _ in range(12):
            client.get("/groups", {"page[size]": "100"})

    assert {each.status for each in account.requests} == {200}
    assert len(token_requests(account)) == 6  # one each 400 s
