"""No secret is anywhere but where the user put it: real syncs, good and bad, then a search.

Searched is everything they leave: Dagster's storage with its event logs, run configs and compute
logs, what commands print, the hub, the tables, the rate-limit folder; and what objects and
exceptions can be made to say. Allowed are sources.yaml, .env and the token store.
"""

import base64
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import requests
import yaml

from zendesk_assets.account import Account, open_token_store
from zendesk_assets.catalog import declared
from zendesk_assets.cli.project import write_dagster_yaml
from zendesk_assets.clock import ManualClock
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.orchestration.build import build_definitions
from zendesk_assets.settings.file import load_sources
from zendesk_assets.simulator import Simulator
from zendesk_assets.zendesk import Position
from zendesk_assets.zendesk.token_store import FileTokenStore
from zendesk_assets_tests.account import SCHEMA, source_settings
from zendesk_assets_tests.commands import run_command
from zendesk_assets_tests.oauth_account import connected
from zendesk_assets_tests.secret_search import needles, places_in, whole_story

E_MAIL = "warehouse@acme.example"
CLIENT_SECRET = "s3cretOfTheClient-0123456789abcdef"
ALLOWED = {"sources.yaml", ".env", "zendesk_tokens"}


@dataclass
class Site:
    """A project in a folder, and all that must not be seen of it."""

    folder: Path
    account: Simulator
    auth: dict
    secrets: set

    def write(self, **changes):
        start = (datetime.now(UTC) - timedelta(days=3)).date()
        settings = source_settings(self.account, auth=self.auth, history_start=start, **changes)
        (self.folder / "sources.yaml").write_text(yaml.safe_dump({"sources": [settings]}))

    def all_secrets(self):
        """Return the secrets of the file, and every token that the account has ever handed out."""
        tokens = self.account.tokens.by_value.values()
        handed_out = {text for each in tokens for text in (each.value, each.refresh) if text}
        pairs = {f"{E_MAIL}/token:{each.value}" for each in tokens if each.is_api_token}
        encoded = {base64.b64encode(pair.encode()).decode()[24:] for pair in pairs}
        return self.secrets | handed_out | encoded


def bearer_in_env_file(account):
    return {"type": "bearer", "token": {"env": "TEST_SECRETS_TOKEN"}}, set()


def api_token(account):
    token = account.issue_token(is_api_token=True)
    return {"type": "api_token", "email": E_MAIL, "token": token}, set()


def client_credentials(account):
    account.register_client("warehouse", secret=CLIENT_SECRET)
    auth = {"type": "client_credentials", "client_id": "warehouse"}
    return {**auth, "client_secret": CLIENT_SECRET}, {CLIENT_SECRET}


def oauth(account):
    """Tokens as `connect` leaves them, old enough to be replaced at once."""
    save_tokens(connected(account, secret=CLIENT_SECRET))
    return {"type": "oauth"}, {CLIENT_SECRET}


def save_tokens(tokens=None):
    """Save a pair, or else the stored one, as one whose access token has just ended."""
    store = FileTokenStore(Path(".dagster/zendesk_tokens"))
    with store.lock(SCHEMA):
        store.prepare(SCHEMA)
        tokens = tokens or store.load(SCHEMA)
        store.save(SCHEMA, replace(tokens, expires_at=datetime.now(UTC)))


KINDS = [bearer_in_env_file, api_token, client_credentials, oauth]


@pytest.fixture
def account():
    with EchoingSimulator(tickets=20, history_days=2) as account:
        yield account


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def site(request, tmp_path, account, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TEST_SECRETS_TOKEN", raising=False)
    (tmp_path / ".env").write_text(f"TEST_SECRETS_TOKEN={account.token}\n")
    write_dagster_yaml(tmp_path)
    site = Site(tmp_path, account, *request.param(account))
    site.write()
    yield site
    monkeypatch.setenv("TEST_SECRETS_TOKEN", "")


@pytest.fixture
def run(monkeypatch, capfd):
    """Return a function that runs a command and gives its exit code and all that was printed."""
    return partial(run_command, monkeypatch, capfd)


# Stands in a fault for whatever the request carried.
ECHO = "ECHO"


class EchoingSimulator(Simulator):
    """An account whose faults repeat the credentials that they were sent."""

    def answer(self, request):
        reply, fault = super().answer(request)
        echo = " and ".join(carried(request)) or "nothing"
        headers = {name: text.replace(ECHO, echo[:40]) for name, text in reply.headers.items()}
        return replace(
            reply, body=reply.body.replace(b"ECHO", echo.encode()), headers=headers
        ), fault


def carried(request):
    """Yield what a request carries, as it is and decoded."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    yield from [value] if value else []
    if kind == "Basic":
        pair = base64.b64decode(value).decode()
        yield from [pair, pair.rpartition(":")[2]]
    if request.body:
        yield request.form().get("client_secret") or ""
        yield request.form().get("refresh_token") or ""


HEADER = f"Authorization: Bearer {ECHO}"
LONG = "x" * 190 + f" {ECHO}"  # a cut of the text must not cut the secret first
HTML = f"<html><head><title>{ECHO}</title></head><body>{HEADER}</body></html>"
ECHOES = [
    {"status": 400, "body": HEADER},
    {"status": 422, "body": LONG},
    {"status": 400, "body": {"error": "invalid_token", "description": LONG}},
    {"status": 400, "body": {"error": ECHO, "error_description": ECHO}},
    {"status": 401, "body": {"error": {"title": "Invalid", "message": ECHO}}},
    {"status": 403, "body": {"errors": [{"code": ECHO, "title": HEADER}]}},
    {"status": 404, "body": {"message": ECHO}},
    {"status": 500, "body": HEADER},
    {"status": 200, "body": HTML, "content_type": "text/html"},
    {"status": 200, "body": HEADER, "content_type": "application/json"},
    {"status": 200, "body": {"groups": ECHO, "token_type": ECHO, "expires_in": ECHO}},
    {"status": 200, "body": [ECHO]},
    {"status": 302, "body": ECHO, "headers": {"Location": f"http://127.0.0.1:9/?{ECHO}"}},
    {"status": 429, "body": ECHO, "headers": {"Retry-After": ECHO}},
]


class NoWait(ManualClock):
    """A clock on which the waits of retries take no time."""

    def __init__(self):
        super().__init__(datetime.now(UTC))


@pytest.mark.slow
@pytest.mark.parametrize(
    "site",
    [pytest.param(kind, marks=() if kind is api_token else pytest.mark.long) for kind in KINDS],
    indirect=True,
    ids=lambda kind: kind.__name__,
)
def test_no_secret_is_left_anywhere_by_syncs_that_go_well_or_badly(site, run, monkeypatch):
    monkeypatch.setattr("zendesk_assets.orchestration.build.SystemClock", NoWait)
    monkeypatch.setattr("zendesk_assets.account.SystemClock", NoWait)
    printed = [run("sync"), run("check"), run("status"), run("status", "--json")]
    assert [each.code for each in printed] == [0, 0, 0, 0], printed
    sync = ("sync", "--hub-only", "--collection", "groups")
    # Every answer is tried in the test below; here those that end up in a sentence.
    failed = [
        failing(site, run, path, fault, sync)
        for path, fault in places_and_faults(site)
        if fault["status"] in (302, 403, 422, 500) or "error_description" in fault["body"]
    ]
    failed += [whoami_echoes(site, run)]
    site.write(base_url="http://127.0.0.1:9")
    failed += [run(*sync), run("check")]
    site.write()
    failed += [unexpected(site, run, monkeypatch, sync)]
    site.write()
    for token in list(site.account.tokens.by_value.values()):
        token.is_revoked = True
    site.account.tokens.clients.clear()
    failed += [run(*sync), run("check")]

    assert [each for each in failed if each.code != 1] == []
    lines = {line.encode() for each in printed + failed for line in each.output.splitlines()}
    hidden = needles(site.all_secrets())
    assert [line for line in lines if any(needle in line for needle in hidden)] == []
    assert places_in(site.folder, site.all_secrets(), ALLOWED) == []
    assert len(places_in(site.folder, site.all_secrets())) >= 1  # the search does find them


def test_no_object_and_no_exception_can_be_made_to_say_a_secret(site, monkeypatch):
    monkeypatch.setenv("TEST_SECRETS_TOKEN", site.account.token)
    sources = load_sources()
    said = [objects_of(sources), story_of_a_request(sources)]
    for path, fault in places_and_faults(site):
        if site.auth["type"] == "oauth":
            save_tokens()
        site.account.faults.add("status", path=path, times=None, **fault)
        said.append(story_of_a_request(sources))
        site.account.faults.clear()
    site.account.stop()
    said.append(story_of_a_request(sources))

    assert [story for story in said[2:] if "Error" not in story] == []
    hidden = needles(site.all_secrets())
    lines = {line.encode() for story in said for line in story.splitlines()}
    assert [line for line in lines if any(needle in line for needle in hidden)] == []


def story_of_a_request(sources):
    """Return all that is said by a client that asks for groups, and by what it raises."""
    (source,), lines = sources.sources, []
    account = Account(sources, source, NoWait())
    credentials = account.credentials(lines.append)
    with account.client(lines.append, credentials=credentials) as client:
        try:
            client.get("/groups")
            next(client.walk(declared().streams["groups"], Position()))
        except ZendeskAssetsError as error:
            lines.append(whole_story(error))
        held = [account, credentials, client, *vars(credentials).values(), *vars(client).values()]
        lines += [f"{each!r} {each!s} {each}" for each in held]
    return "\n".join(lines)


def objects_of(sources):
    (source,) = sources.sources
    held = [sources, source, source.auth, open_token_store(sources)]
    held += [*dict(source.auth).values(), *build_definitions(sources).resources.values()]
    return "\n".join(f"{each!r} {each!s} {each} {getattr(each, '__dict__', '')}" for each in held)


def places_and_faults(site):
    yield from [("/groups", fault) for fault in ECHOES]
    if site.auth["type"] in ("client_credentials", "oauth"):
        yield from [("/oauth/tokens", fault) for fault in ECHOES]


def whoami_echoes(site, run):
    return failing(site, run, "/users/me", ECHOES[1], ("check",))


def failing(site, run, path, fault, command):
    if site.auth["type"] == "oauth":
        save_tokens()
    site.account.faults.add("status", path=path, times=None, **fault)
    outcome = run(*command)
    site.account.faults.clear()
    return outcome


def unexpected(site, run, monkeypatch, command):
    """Run a command during which something of the library breaks in a way nobody thought of."""

    def broken(_self, request, **_options):
        raise RuntimeError(f"cannot send {dict(request.headers)} {request.body}")

    with monkeypatch.context() as patch:
        patch.setattr(requests.Session, "send", broken)
        return run(*command)
