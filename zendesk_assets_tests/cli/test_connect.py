"""`connect` and `disconnect`, with consent given over HTTP; a real browser is in `browser/`."""

import os
import pty
import re
import socket
import sys
import termios
import threading
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import yaml

from zendesk_assets.cli import consent
from zendesk_assets.errors import CredentialsError
from zendesk_assets.simulator import Simulator
from zendesk_assets.sources_file import load_sources
from zendesk_assets.zendesk import OAuthClient
from zendesk_assets_tests.waiting import wait_until

SECRET = "cl1ent-s3cret"
TOKENS = Path(".dagster/zendesk_tokens/zendesk_acme.json")
NAMES = ("--subdomain", "acme", "--client-id", "warehouse")


@pytest.fixture(autouse=True)
def _in_its_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ZENDESK_CLIENT_SECRET", raising=False)


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def clients(account, port):
    """Register a confidential and a public client, and one whose user is no admin."""
    back = [consent.redirect_address(port)]
    account.register_client("warehouse", back, secret=SECRET)
    account.register_client("public", back)
    account.register_client("agents", back, role="agent")


def decide(url, decision="allow"):
    """Press a button on the consent page; return where the browser is sent."""
    page, query = url.split("?")[0], dict(parse_qsl(urlsplit(url).query))
    form = query | {"decision": decision}
    answer = requests.post(page, data=form, timeout=10, allow_redirects=False)
    return answer.headers["Location"]


def visit(url):
    return requests.get(url, timeout=10)


@pytest.fixture
def browser(monkeypatch):
    """Return a function that makes a function the browser; as it is, it presses Allow."""

    def use(act):
        monkeypatch.setattr("webbrowser.open", act)

    use(lambda url: visit(decide(url)))
    return use


@pytest.fixture
def connect(run, account, clients, port, browser):
    """Return a function that connects; options that come later win."""

    def connect(*options, names=NAMES, secret=SECRET):
        given = ("--client-secret", secret) if secret is not None else ()
        address = ("--base-url", account.base_url)
        common = ("--yes", "--redirect-port", str(port), *address, *names, *given)
        return run("connect", *common, *options)

    return connect


class Typist:
    """A standard input on which each line is made from what was printed until then."""

    def __init__(self, capsys, *lines):
        self.shown, self._capsys, self._lines = "", capsys, list(lines)

    def readline(self):
        self.shown += self._capsys.readouterr().out
        return self._lines.pop(0)(self.shown) + "\n"


def page_in(shown):
    return re.search(r"http\S+/oauth/authorizations/new\S+", shown)[0]


def secrets_of(account):
    tokens = account.tokens.by_value.values()
    values = {each.value for each in tokens} | {each.refresh for each in tokens if each.refresh}
    return values | {SECRET}


def nothing_is_left(account):
    """Whether no token of a connection is alive or stored, and there is no sources file."""
    living = [each for each in account.tokens.by_value.values() if each.client_id]
    assert all(each.is_revoked for each in living)
    assert not TOKENS.exists()
    assert not Path("sources.yaml").exists()
    return True


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
        (("--subdomain", "acme.zendesk.com.evil.com"), "is no subdomain of Zendesk"),
        (("--subdomain", "https://evil.com/acme.zendesk.com"), "is no subdomain of Zendesk"),
        (("--subdomain", "acme@evil"), "is no subdomain of Zendesk"),
        (("--subdomain", "http://acme.zendesk.com"), "is no subdomain of Zendesk"),
        (("--base-url", "http://evil.com"), "plain http is allowed only for"),
        (("--base-url", "https://me:pw@evil.com"), "--base-url: give an address such as"),
        (("--schema", "Acme-Prod"), "--schema: use small letters"),
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


@pytest.mark.parametrize(
    "typed", ["acme", "ACME.zendesk.com", "https://acme.zendesk.com/agent/dashboard"]
)
def test_the_subdomain_may_be_typed_in_any_form(connect, typed):
    assert connect("--subdomain", typed).code == 0
    assert load_sources().sources[0].subdomain == "acme"


@pytest.mark.parametrize("what", ["address", "code", "address without its beginning"])
def test_without_a_browser_the_address_or_the_code_is_pasted(connect, monkeypatch, capsys, what):
    def paste(shown):
        address = decide(page_in(shown))
        code = dict(parse_qsl(urlsplit(address).query))["code"]
        short = address.removeprefix("http://")
        return {"address": f"  {address} ", "code": code}.get(what, short)

    typist = Typist(capsys, paste)
    monkeypatch.setattr("sys.stdin", typist)
    connected = connect("--no-browser")

    assert connected.code == 0, connected.output
    assert load_sources().source("Acme")


@pytest.mark.parametrize(
    ("paste", "words"),
    [
        (lambda page: decide(page, "deny"), "Access was denied in the browser"),
        (lambda page: re.sub("state=[^&]+", "state=x", decide(page)), "its state differs"),
        (lambda _page: "http://127.0.0.1:8488/callback", "There is no code in that address"),
        (lambda _page: "wr0ng-c0de", "connect the account again"),
    ],
)
def test_a_wrong_paste_connects_nothing(connect, account, monkeypatch, capsys, paste, words):
    monkeypatch.setattr("sys.stdin", Typist(capsys, lambda shown: paste(page_in(shown))))
    refused = connect("--no-browser")

    assert refused.code == 1
    assert words in refused.output, refused.output
    assert nothing_is_left(account)


def test_consent_that_is_denied_connects_nothing(connect, account, browser):
    pages = []
    browser(lambda url: pages.append(visit(decide(url, "deny"))))
    refused = connect()

    assert (refused.code, "Access was denied" in refused.output) == (1, True)
    assert "Zendesk said no" in pages[0].text
    assert nothing_is_left(account)


def test_only_the_answer_with_the_right_state_is_taken(connect, browser, port):
    answers = []

    def act(url):
        here = consent.redirect_address(port)
        strange = ("/favicon.ico", "/callback", "/callback?code=x&state=wrong", "/x?" + here)
        answers.extend(visit(here.replace("/callback", each)) for each in strange)
        answers.append(visit(decide(url)))

    browser(act)

    assert connect().code == 0
    assert [each.status_code for each in answers] == [404, 404, 404, 404, 200]
    assert "You can close this window." in answers[-1].text
    assert answers[-1].headers["Referrer-Policy"] == "no-referrer"


def test_the_receiver_is_not_held_up_by_a_connection_that_says_nothing(connect, browser, port):
    silent = socket.socket()

    def act(url):
        silent.connect(("127.0.0.1", port))
        visit(decide(url))

    browser(act)
    with silent:
        assert connect().code == 0


def test_who_does_not_press_allow_is_not_waited_for_for_ever(port, browser):
    browser(lambda _url: None)
    client = OAuthClient("http://127.0.0.1:9", "warehouse")
    request = client.authorization_request(consent.redirect_address(port))

    with pytest.raises(CredentialsError, match="Nobody pressed Allow"):
        consent.callback_from_browser(request, lambda _line: None, seconds=0.05)
    with socket.socket() as free:  # and the port is given back
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", port))


def test_a_port_in_use_is_a_sentence(connect, port):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", port))
        holder.listen()
        refused = connect()

    assert refused.code == 1
    assert f"Port {port} of this machine is in use" in refused.output


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
    assert "takes us for an anonymous user" in refused.output
    assert nothing_is_left(account)


def test_a_wrong_client_secret_is_a_sentence_without_it(connect, account):
    refused = connect(secret="wr0ng-s3cret")

    assert refused.code == 1
    assert "refuses the client warehouse" in refused.output
    assert "wr0ng-s3cret" not in refused.output
    assert nothing_is_left(account)


def test_the_table_says_what_is_missing_and_the_rest_is_connected(connect, account):
    account.make_unavailable("activities", "role")
    account.make_unavailable("incremental/organizations", "scopes")
    account.make_unavailable("satisfaction_ratings", "invalid_endpoint")
    connected = connect()

    assert connected.code == 0
    lines = {line.split()[0]: line for line in connected.output.splitlines() if line.strip()}
    assert "forbidden    refused to an admin" in lines["activities"]
    assert "forbidden    needs the scope read" in lines["organizations"]
    assert "not in plan  the plan lacks it" in lines["satisfaction_ratings"]
    assert "available" in lines["attachments"]
    assert "exclude: [activities, organizations, satisfaction_ratings]" in connected.output


def test_the_history_starts_with_the_oldest_ticket_or_event(connect, account):
    tickets = account.expected("tickets")
    for ticket in tickets:  # tickets are placed where they were changed last; events stay
        account.account.touch_ticket(ticket["id"])

    assert connect().code == 0
    oldest = min(ticket["created_at"] for ticket in tickets)[:10]
    assert load_sources().sources[0].history_start.isoformat() == oldest


def test_an_account_without_tickets_starts_today(run, port, browser):
    with Simulator(tickets=0, history_days=3) as empty:
        empty.register_client("public", [consent.redirect_address(port)])
        options = ("--subdomain", "acme", "--client-id", "public", "--base-url", empty.base_url)
        assert run("connect", "--yes", "--redirect-port", str(port), *options).code == 0

    assert load_sources().sources[0].history_start == datetime.now(UTC).date()


FILE = """\
# mine
sources:
- nickname:  Old      # kept
  schema: zendesk_acme
  subdomain:   acme
  base_url: {url}
  auth: {auth}     # how
  requests_per_minute: 100_000
  export_requests_per_minute: 1000
  history_start: 2021-01-01
  collections: {{exclude: [activities]}}
"""


def put(account, auth="{type: oauth}", url=None):
    text = FILE.format(url=url or account.base_url, auth=auth)
    Path("sources.yaml").write_text(text)
    return text


def test_connecting_again_replaces_the_tokens_and_nothing_of_the_file(connect, account, run, port):
    text = put(account)
    again = ("--schema", "zendesk_acme")
    first = connect(*again)
    assert first.code == 0, first.output
    (one,) = [each for each in account.tokens.by_value.values() if each.client_id]

    # The second time, the client is known.
    second = run("connect", "-y", *again, "--redirect-port", str(port))

    assert second.code == 0, second.output
    assert Path("sources.yaml").read_text() == text
    two = [each for each in account.tokens.by_value.values() if each.client_id][-1]
    assert (one.is_revoked, two.is_revoked) == (True, False)
    assert two.value in TOKENS.read_text()
    assert one.value not in TOKENS.read_text()


def test_connecting_a_source_with_other_credentials_changes_its_auth_alone(connect, account):
    text = put(account, "{type: bearer, token: {env: TEST_NOT_SET}}")

    assert connect("--schema", "zendesk_acme").code == 0
    new = Path("sources.yaml").read_text()
    assert new == text.replace("{type: bearer, token: {env: TEST_NOT_SET}}", "{type: oauth}")


def test_the_client_of_another_address_is_not_used_again(connect, account, run):
    put(account)
    assert connect("--schema", "zendesk_acme").code == 0
    with Simulator(tickets=0, history_days=3) as other:
        put(other)
        refused = run("connect", "--yes", "--schema", "zendesk_acme")

        assert (refused.code, "--client-id is missing" in refused.output) == (1, True)
        assert other.requests == []


@pytest.mark.parametrize(
    ("options", "url", "words"),
    [
        (("--schema", "zendesk_acme", "--subdomain", "globex"), None, "belongs to the account"),
        ((), "http://127.0.0.1:9", "belongs to the account"),
        (("--schema", "zendesk_new", "--nickname", "Old"), None, "The name Old is taken"),
        (("--schema", "old", "--nickname", "zendesk_acme"), None, "zendesk_acme is taken"),
    ],
)
def test_names_that_are_anothers_are_refused(connect, account, options, url, words):
    text = put(account, url=url)
    refused = connect(*options)

    assert refused.code == 1
    assert words in refused.output, refused.output
    assert Path("sources.yaml").read_text() == text
    assert account.requests == []


def test_a_second_account_is_added_below_the_first_byte_for_byte(connect, account):
    text = put(account, url="https://other.zendesk.com").replace("zendesk_acme", "other")
    Path("sources.yaml").write_text(text)

    assert connect().code == 0
    assert Path("sources.yaml").read_text().startswith(text)
    assert [each.schema_name for each in load_sources().sources] == ["other", "zendesk_acme"]


def test_a_wrong_file_or_a_folder_that_keeps_no_tokens_is_told_before_consent(connect, account):
    Path("sources.yaml").write_text("sauces: []\n")
    assert "sauces" in connect().output
    Path("sources.yaml").write_text("tokens: {path: file}\n")
    Path("file").write_text("not a folder")
    refused = connect()

    assert (refused.code, "Error: The tokens in" in refused.output) == (1, True), refused.output
    assert account.requests == []


def test_a_sources_file_that_could_not_be_written_is_told_before_consent(
    connect, account, monkeypatch
):
    monkeypatch.setenv("ZENDESK_SOURCES", "nowhere/sources.yaml")
    refused = connect()

    assert (refused.code, "nowhere/sources.yaml cannot be written" in refused.output) == (1, True)
    assert account.requests == []


def test_disconnect_revokes_and_forgets_and_says_what_stays(connect, run, account):
    assert connect().code == 0
    gone = run("disconnect", "--source", "Acme")

    assert gone.code == 0, gone.output
    assert "are revoked at Zendesk and forgotten here" in gone.output
    assert "lines 5 to 10" in gone.output
    assert all(each.is_revoked for each in account.tokens.by_value.values() if each.client_id)
    assert not TOKENS.exists()
    assert "there is nothing to revoke" in run("disconnect", "--source", "Acme").output


def test_disconnect_forgets_even_if_zendesk_cannot_be_reached(connect, run, account):
    assert connect().code == 0
    account.stop()
    gone = run("disconnect", "--source", "zendesk_acme")

    assert gone.code == 0
    assert "Zendesk has not revoked them" in gone.output
    assert not TOKENS.exists()


@pytest.mark.parametrize("command", [["check"], ["sync", "--collection", "groups"]])
def test_a_source_that_is_not_connected_says_how_to_connect_it(run, account, command):
    put(account)
    outcome = run(*command)

    assert outcome.code == 1
    words = " ".join(outcome.output.split())
    assert "run `zendesk-assets connect --schema zendesk_acme`" in words


OPEN = """\
import requests, sys
from urllib.parse import parse_qsl, urlsplit
page, _, query = sys.argv[1].partition("?")
requests.post(page, data=dict(parse_qsl(query)) | {"decision": "allow"})
"""


@pytest.mark.slow
def test_on_a_terminal_what_is_missing_is_asked_and_the_secret_is_not_shown(
    account, clients, port, tmp_path, monkeypatch
):
    script = tmp_path / "browser.py"
    script.write_text(f"#!{sys.executable}\n{OPEN}")
    script.chmod(0o700)
    monkeypatch.setenv("BROWSER", str(script))
    command = [str(Path(sys.executable).with_name("zendesk-assets")), "connect"]
    options = ["--redirect-port", str(port), "--base-url", account.base_url]
    answers = {
        "Subdomain or address": "acme@evil",
        "is no subdomain": "https://acme.zendesk.com/agent",
        "Nickname [Acme]": "",
        "Schema of its tables [zendesk_acme]": "support",
        "Unique identifier": "warehouse",
        "Its secret": SECRET,
    }
    code, shown = on_terminal([*command, *options], answers)

    assert code == 0, shown
    assert SECRET not in shown
    assert load_sources().source("Acme").schema_name == "support"


def on_terminal(command, answers):
    """Run a command on a terminal of its own, answering each question once it is shown."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(command[0], command)
    guard = threading.Timer(60, os.kill, (child, 9))
    guard.start()
    shown, waiting = "", dict(answers)
    try:
        while chunk := read(terminal):
            shown += chunk
            question = next(iter(waiting), None)
            if question is not None and question in shown and shown.rstrip(" ").endswith(":"):
                if question == "Its secret":  # what is typed before is shown, and lost
                    wait_until(lambda: not echoes(terminal), 10, "the terminal shows nothing")
                os.write(terminal, waiting.pop(question).encode() + b"\n")
    finally:
        guard.cancel()
        os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown


def echoes(terminal):
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


def read(terminal):
    try:
        return os.read(terminal, 4096).decode(errors="replace")
    except OSError:  # the other side is closed
        return ""
