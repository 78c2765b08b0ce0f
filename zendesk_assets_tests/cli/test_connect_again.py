"""Sources that the file has already are connected again, or disconnected."""

from pathlib import Path

import pytest

from zendesk_assets.settings.file import load_sources
from zendesk_assets.simulator import Simulator
from zendesk_assets_tests.cli.connecting import TOKENS

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


def test_disconnect_revokes_and_forgets_and_says_what_stays(connect, run, account):
    assert connect().code == 0
    gone = run("disconnect", "--source", "Acme")

    assert gone.code == 0, gone.output
    assert "are revoked at Zendesk and deleted here" in gone.output
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
