"""The simulator's pages for people: readable on a phone and in the dark, and true."""

import requests

from zendesk_assets.simulator import Simulator

CONSENT = {
    "client_id": "warehouse",
    "redirect_uri": "http://127.0.0.1:8488/callback",
    "response_type": "code",
    "code_challenge": "x" * 43,
    "code_challenge_method": "S256",
}


def test_the_first_page_counts_what_there_is_and_says_how_to_connect():
    with Simulator(tickets=30, history_days=3) as account:
        account.register_client("warehouse", [CONSENT["redirect_uri"]])
        page = requests.get(f"{account.base_url}/", timeout=5)
        tickets, secret = len(account.expected("tickets")), account.token
        url = account.base_url
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert f"<td>tickets</td><td>{tickets}</td>" in page.text
    assert f"--client-id warehouse --base-url {url}<" in page.text
    assert secret not in page.text


def test_every_page_fits_a_phone_and_the_dark():
    with Simulator(tickets=3, history_days=2) as account:
        account.register_client("warehouse", [CONSENT["redirect_uri"]])
        asked = f"{account.base_url}/oauth/authorizations/new"
        answers = [
            requests.get(f"{account.base_url}/", timeout=5),
            requests.get(asked, CONSENT, timeout=5),
            requests.get(asked, {"client_id": "nobody"}, timeout=5),
        ]
    assert [each.status_code for each in answers] == [200, 200, 400]
    for each in answers:
        assert 'name="viewport"' in each.text
        assert "prefers-color-scheme:dark" in each.text
        assert "A simulated Zendesk account" in each.text
    assert "<button" in answers[1].text
