"""`connect`: a new account, and what may be wrong with it; a real browser is in `browser/`."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from zendesk_assets.cli import consent
from zendesk_assets.settings.file import load_sources
from zendesk_assets.simulator import Simulator
from zendesk_assets_tests.cli.connecting import SECRET, TOKENS, nothing_is_left


def secrets_of(account):
    tokens = account.tokens.by_value.values()
    values = {each.value for each in tokens} | {each.refresh for each in tokens if each.refresh}
    return values | {SECRET}


def test_a_connected_account_is_in_the_file_and_can_be_checked_at_once(connect, run, account):
    connected = connect()

    assert connected.code == 0, connected.output
    assert "zendesk-assets sync --source zendesk_acme" in connected.output
    oldest = min(ticket["created_at"] for ticket in account.expected("tickets"))[:10]
    assert yaml.safe_load(Path("sources.yaml").read_text())["sources"] == [
        {
            "nickname": "Acme",
            "schema": "zendesk_acme",
            "subdomain": "acme",
            "base_url": account.base_url,
            "auth": {"type": "oauth"},
            "history_start": datetime.fromisoformat(oldest).date(),
        }
    ]
    assert TOKENS.stat().st_mode & 0o777 == 0o600
    checked = run("check")
    assert (checked.code, "admin" in checked.output) == (0, True), checked.output


def test_no_secret_is_printed_or_written_into_the_file(connect, account):
    codes = []
    secret = account.tokens.secret
    account.tokens.secret = lambda kind: codes.append(secret(kind)) or codes[-1]
    output = connect().output + Path("sources.yaml").read_text()

    assert len(codes) == 3  # the code, and the pair
    assert not [each for each in secrets_of(account) | set(codes) if each in output]


def test_a_public_client_needs_no_secret(connect):
    connected = connect(names=("--subdomain", "acme", "--client-id", "public"), secret=None)
    assert connected.code == 0, connected.output


def test_the_redirect_address_is_told_before_anything_is_asked(run, port):
    refused = run("connect", "--yes", "--redirect-port", str(port))

    assert refused.code == 1
    first, told, *_rest = refused.output.splitlines()
    assert "Admin Center > Apps and integrations > APIs > OAuth clients" in first
    assert f"http://127.0.0.1:{port}/callback " in told
    assert "--subdomain is missing" in refused.output


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--subdomain", "acme.zendesk.com.evil.com"), "Not a Zendesk subdomain: "),
        (("--subdomain", "https://evil.com/acme.zendesk.com"), "Not a Zendesk subdomain: "),
        (("--subdomain", "acme@evil"), "Not a Zendesk subdomain: "),
        (("--subdomain", "http://acme.zendesk.com"), "Not a Zendesk subdomain: "),
        (("--base-url", "http://evil.com"), "plain http is allowed only for"),
        (("--base-url", "https://me:pw@evil.com"), "--base-url: give an address such as"),
        (("--schema", "Acme-Prod"), "--schema: use lower-case letters"),
        (("--schema", "warehouse"), "DuckDB would confuse the schema warehouse"),
        (("--schema", "select"), "is a reserved word"),
        (("--nickname", " "), "--nickname: "),
    ],
)
def test_what_may_not_be_is_refused_before_zendesk_is_asked(connect, account, options, words):
    refused = connect(*options)

    assert refused.code == 1
    assert words in refused.output, refused.output
    assert "Traceback" not in refused.output
    assert account.requests == []
    assert nothing_is_left(account)


def test_an_address_without_an_account_is_told_before_the_browser_is_opened(connect, account):
    body = {"error": {"title": "No help desk at acme.zendesk.com", "message": "There is none."}}
    account.faults.add("status", path="/users/me", status=404, body=body)
    refused = connect()

    assert refused.code == 1
    assert "check `subdomain` of this source" in refused.output
    assert "/oauth/authorizations/new" not in refused.output
    assert nothing_is_left(account)


@pytest.mark.parametrize(
    "typed", ["acme", "ACME.zendesk.com", "https://acme.zendesk.com/agent/dashboard"]
)
def test_the_subdomain_may_be_typed_in_any_form(connect, typed):
    assert connect("--subdomain", typed).code == 0
    assert load_sources().sources[0].subdomain == "acme"


def test_who_is_no_admin_is_told_and_nothing_stays(connect, account):
    refused = connect(names=("--subdomain", "acme", "--client-id", "agents"), secret=None)

    assert refused.code == 1
    assert "has the role agent, and exports need the role admin" in refused.output
    assert nothing_is_left(account)


def test_a_token_that_zendesk_takes_for_nobodys_is_refused(connect, account, monkeypatch):
    issue = account.tokens.issue

    def dead(*arguments, **options):
        token = issue(*arguments, **options)
        token.is_revoked = True
        return token

    monkeypatch.setattr(account.tokens, "issue", dead)
    refused = connect()

    assert refused.code == 1
    assert "does not know these credentials" in refused.output
    assert nothing_is_left(account)


def test_a_wrong_client_secret_is_a_sentence_without_it(connect, account):
    refused = connect(secret="wr0ng-s3cret")

    assert refused.code == 1
    assert "refuses the client warehouse" in refused.output
    assert "wr0ng-s3cret" not in refused.output
    assert nothing_is_left(account)


def test_it_is_said_what_is_missing_and_the_rest_is_connected(connect, account):
    account.make_unavailable("activities", "role")
    account.make_unavailable("incremental/organizations", "scopes")
    account.make_unavailable("satisfaction_ratings", "invalid_endpoint")
    account.make_unavailable("tags", "invalid_endpoint")
    connected = connect()

    assert connected.code == 0
    assert "✗ activities: forbidden, refused to an admin" in connected.output
    assert "✗ organizations: forbidden, needs the scope read" in connected.output
    assert "✗ tags: not in plan, the plan does not include it" in connected.output
    assert "✗ satisfaction_ratings" not in connected.output  # not every account has it
    assert "ticket_events, attachments" in connected.output
    assert "exclude: [activities, tags, organizations]" in connected.output


def test_the_history_starts_with_the_oldest_ticket_or_event(connect, account):
    tickets = account.expected("tickets")
    for ticket in tickets:  # tickets are placed where they were changed last; events stay
        account.account.touch_ticket(ticket["id"])

    assert connect().code == 0
    oldest = min(ticket["created_at"] for ticket in tickets)[:10]
    assert load_sources().sources[0].history_start.isoformat() == oldest


def test_an_account_without_tickets_starts_today(run, port, browser):
    before = datetime.now(UTC).date()
    with Simulator(tickets=0, history_days=3) as empty:
        empty.register_client("public", [consent.redirect_address(port)])
        options = ("--subdomain", "acme", "--client-id", "public", "--base-url", empty.base_url)
        assert run("connect", "--yes", "--redirect-port", str(port), *options).code == 0

    assert before <= load_sources().sources[0].history_start <= datetime.now(UTC).date()


def test_a_wrong_file_or_a_folder_that_keeps_no_tokens_is_told_before_consent(connect, account):
    Path("sources.yaml").write_text("sauces: []\n")
    assert "sauces" in connect().output
    Path("sources.yaml").write_text("tokens: {path: file}\n")
    Path("file").write_text("not a folder")
    refused = connect()

    assert (refused.code, "which is a file: give a folder" in refused.output) == (1, True)
    assert account.requests == []


def test_a_sources_file_that_could_not_be_written_is_told_before_consent(
    connect, account, monkeypatch
):
    monkeypatch.setenv("ZENDESK_SOURCES", "nowhere/sources.yaml")
    refused = connect()

    assert (refused.code, "nowhere/sources.yaml cannot be written" in refused.output) == (1, True)
    assert account.requests == []
