"""Messages arrive at real servers, in the form that each place expects."""

from datetime import UTC, datetime

import pytest

from zendesk_assets.alerts import Finding, deliver, follow
from zendesk_assets.settings.alerts import Alerts
from zendesk_assets_tests.alerts.places import a_mail_server, an_address

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LINK = "http://127.0.0.1:3000/runs/7"


def a_message(sentence="The disk is full: free <some> & sync again."):
    return follow([], [Finding("acme.tickets", sentence, LINK)], NOW)[1][0]


@pytest.fixture
def address():
    with an_address() as server:
        yield server


@pytest.fixture
def mail():
    with a_mail_server() as server:
        yield server


def by_mail(server, **changes):
    email = {
        "to": "ops@acme.com",
        "from": "zendesk@acme.com",
        "server": "127.0.0.1",
        "port": server.port,
        "security": "none",
    }
    return Alerts(email={**email, **changes})


def test_slack_gets_its_own_markup_with_a_link(address):
    settings = Alerts(slack=address.url)
    assert deliver(settings, [("slack", a_message())]) == ([], [])
    (content,) = address.received
    assert content["text"].splitlines() == [
        "*✗ acme.tickets*",
        "The disk is full: free &lt;some&gt; &amp; sync again.",
        f"<{LINK}|Open it in Dagster>",
    ]


def test_another_address_gets_everything_as_json(address):
    assert deliver(Alerts(webhook=address.url), [("webhook", a_message())]) == ([], [])
    (content,) = address.received
    assert content == {
        "text": f"✗ acme.tickets\nThe disk is full: free <some> & sync again.\n{LINK}",
        "status": "failed",
        "sentence": "The disk is full: free <some> & sync again.",
        "assets": ["acme.tickets"],
        "link": LINK,
        "since": "2026-05-01T12:00:00Z",
        "at": "2026-05-01T12:00:00Z",
    }


def test_a_mail_has_a_subject_the_sentence_and_the_link(mail):
    settings = by_mail(mail, user="zendesk", password="right")
    assert deliver(settings, [("email", a_message())]) == ([], [])
    (letter,) = mail.received
    assert (letter["To"], letter["From"]) == ("ops@acme.com", "zendesk@acme.com")
    assert letter["Subject"] == "✗ acme.tickets"
    assert letter.get_content().split() == f"{a_message().text} {LINK}".split()
    assert mail.logins == [(b"zendesk", b"right")]


def test_what_cannot_be_sent_waits_in_order_and_the_sentence_has_no_secret(address, mail):
    settings = Alerts(
        slack=address.url, email=by_mail(mail, user="zendesk", password="wr0ng").email
    )
    first, second = a_message(), a_message("Another cause.")
    waiting = [("slack", first), ("email", first), ("slack", second)]
    address.status = 404
    left, errors = deliver(settings, waiting)
    assert left == waiting
    of_slack, of_mail = errors
    assert of_slack.startswith("The address of `alerts.slack` answered with HTTP 404: correct it")
    assert of_mail.startswith(f"No mail could be sent by 127.0.0.1, port {mail.port} (")
    assert not any(secret in str(errors) for secret in ("s3cret", "wr0ng"))

    address.status = 200
    left, _ = deliver(settings, left)
    assert left == [("email", first)]
    assert ["Another" in each["text"] for each in address.received] == [False, True]


def test_an_address_where_nobody_answers_is_told_without_the_address():
    settings = Alerts(slack="http://127.0.0.1:9/services/s3cret")
    left, (error,) = deliver(settings, [("slack", a_message())])
    assert "`alerts.slack` cannot be reached (ConnectionError)" in error
    assert "s3cret" not in error
    assert len(left) == 1


def test_messages_for_a_place_that_was_removed_are_dropped():
    assert deliver(Alerts(), [("slack", a_message())]) == ([], [])
