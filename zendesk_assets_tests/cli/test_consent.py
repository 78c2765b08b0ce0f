"""How the answer of the consent page comes back to `connect`: to a local port, or pasted."""

import re
import socket
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from zendesk_assets.cli import consent
from zendesk_assets.errors import CredentialsError
from zendesk_assets.settings.file import load_sources
from zendesk_assets.zendesk.oauth import OAuthClient
from zendesk_assets_tests.cli.connecting import (
    SECRET,
    Typist,
    decide,
    nothing_is_left,
    on_terminal,
    page_in,
    visit,
)
from zendesk_assets_tests.waiting import wait_until


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
        (lambda _page: "http://127.0.0.1:8488/callback", "That address contains no code"),
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
    wait_until(lambda: pages, 30, "the browser has its page")
    assert "Access denied" in pages[0].text
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
    wait_until(lambda: len(answers) == 5, 30, "the browser has all its pages")
    assert [each.status_code for each in answers] == [404, 404, 404, 404, 200]
    assert "You can close this window" in answers[-1].text
    assert answers[-1].headers["Referrer-Policy"] == "no-referrer"


def test_another_program_or_page_can_neither_answer_nor_read_nor_end_the_wait(
    connect, browser, port
):
    answers = []

    def act(url):
        here, right = consent.redirect_address(port), decide(url)
        for name in ("evil.example", f"evil.example:{port}", f"localhost:{port}"):
            answers.append(requests.get(right, headers={"Host": name}, timeout=10))
        for method in ("POST", "PUT", "HEAD", "OPTIONS", "TRACE"):
            answers.append(requests.request(method, right, timeout=10))
        wrong = ("state=", "state=%00", "state=" + "x" * 5_000, "error=access_denied", "code=1")
        answers.extend(visit(f"{here}?{each}") for each in wrong)
        answers.append(requests.get(right, headers={"Origin": "http://evil.example"}, timeout=10))

    browser(act)

    assert connect().code == 0
    wait_until(lambda: len(answers) == 14, 30, "all have their answers")
    assert [each.status_code for each in answers] == [404] * 3 + [501] * 5 + [404] * 5 + [200]
    assert not any("Access-Control-Allow-Origin" in each.headers for each in answers)
    assert "frame-ancestors 'none'" in answers[-1].headers["Content-Security-Policy"]


def test_the_first_answer_is_the_one_that_counts(port):
    def act(_url):
        for code in ("first", "second"):
            with suppress(requests.ConnectionError):  # the wait may have ended by then
                visit(f"{request.redirect_uri}?code={code}&state={request.state}")

    client = OAuthClient("http://127.0.0.1:9", "warehouse")
    request = client.authorization_request(consent.redirect_address(port))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("webbrowser.open", act)
        callback = consent.callback_from_browser(request, lambda _line: None)
    assert "code=first" in callback


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

    with pytest.raises(CredentialsError, match="Allow was not pressed"):
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
    monkeypatch.chdir(tmp_path)
    script = tmp_path / "browser.py"
    script.write_text(f"#!{sys.executable}\n{OPEN}")
    script.chmod(0o700)
    monkeypatch.setenv("BROWSER", str(script))
    command = [str(Path(sys.executable).with_name("zendesk-assets")), "connect"]
    options = ["--redirect-port", str(port), "--base-url", account.base_url]
    answers = {
        "Subdomain or address": "acme@evil",
        "Not a Zendesk subdomain": "https://acme.zendesk.com/agent",
        "Nickname [Acme]": "",
        "Schema of its tables [zendesk_acme]": "support",
        "Unique identifier": "warehouse",
        "Its secret": SECRET,
    }
    code, shown = on_terminal([*command, *options], answers)

    assert code == 0, shown
    assert SECRET not in shown
    assert load_sources().source("Acme").schema_name == "support"
