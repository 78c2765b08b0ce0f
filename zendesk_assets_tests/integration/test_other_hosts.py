"""Credentials go to the account's own host: not to where answers point, nor to what else is there.

A second server stands for every other host; it must see nothing (trap T31).
"""

import functools
import json

import dagster as dg
import pytest
import requests

from zendesk_assets_tests import long
from zendesk_assets_tests.account import SCHEMA, project
from zendesk_assets_tests.elsewhere import Elsewhere
from zendesk_assets_tests.secret_search import everything_in

CLIENT = {"client_id": "warehouse", "client_secret": "s3cret-of-the-client"}
GROUPS = dg.AssetKey([SCHEMA, "hub", "groups"])
FEW = {"collections": {"include": ["groups", "tickets", "ticket_events"]}}


@pytest.fixture
def elsewhere():
    with Elsewhere() as server:
        yield server


@pytest.fixture(params=["bearer", "client_credentials"])
def auth(request):
    return request.param


@pytest.fixture
def site(tmp_path, auth):
    with project(tmp_path, tickets=40, history_days=5, settings=FEW) as site:
        if auth == "client_credentials":
            site.simulator.register_client("warehouse", secret=CLIENT["client_secret"])
            site.settings = {**FEW, "auth": {"type": auth, **CLIENT}}
            site.__post_init__()
        yield site


def failure_of(result):
    (event,) = [each for each in result.all_events if each.is_step_failure]
    return event.step_failure_data.user_failure_data.description


@long.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("auth", "path"),
    [
        ("bearer", "/groups"),
        ("client_credentials", "/groups"),
        ("client_credentials", "/oauth/tokens"),
    ],
    indirect=["auth"],
)
def test_a_redirect_is_refused_and_never_followed(site, auth, elsewhere, status, path):
    place = {"Location": f"{elsewhere.url}/api/v2/groups"}
    site.simulator.faults.add("status", path=path, status=status, headers=place, times=None)
    result = site.run([GROUPS], raise_on_error=False)

    assert not result.success
    assert elsewhere.seen == []
    assert elsewhere.url not in failure_of(result)


@pytest.mark.long
def test_links_in_answers_that_point_to_another_host_are_not_followed(site, elsewhere):
    site.simulator.faults.add("timeout_unless", path="/incremental/", per_page=20, times=None)
    simulator = site.simulator
    simulator.account.url = elsewhere.url  # what url, content_url and the like begin with
    simulator.base_url = elsewhere.url  # what after_url, next_page and links.next begin with
    site.sync(days=6)

    assert elsewhere.seen == []
    assert len({each.query.get("cursor") for each in simulator.requests}) > 2
    landed = [content for _, content in everything_in(site.folder / "hub")]
    assert any(b'"content_url":"' + elsewhere.url.encode() in each for each in landed)
    header = {"Authorization": f"Bearer {simulator.token}"}
    for path, link in {
        "/incremental/tickets/cursor.json?start_time=0&per_page=20": ["after_url"],
        "/incremental/ticket_events.json?start_time=0&per_page=20": ["next_page"],
        "/groups.json?page[size]=2": ["links", "next"],
    }.items():
        answer = requests.get(f"{site.source.url}/api/v2{path}", headers=header, timeout=9).json()
        assert functools.reduce(dict.get, link, answer).startswith(elsewhere.url)


def test_a_netrc_file_adds_nothing_and_replaces_nothing(site, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login netrc password from-netrc\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    assert site.run([GROUPS]).success

    tokens = {each.token for each in site.simulator.requests if each.path != "/oauth/tokens"}
    posted = [each.token for each in site.simulator.requests if each.path == "/oauth/tokens"]
    assert tokens <= set(site.simulator.tokens.by_value)
    assert set(posted) <= {""}


def test_a_proxy_is_not_asked_the_way_to_this_machine(site, elsewhere, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, elsewhere.url)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)

    assert site.run([GROUPS]).success
    assert elsewhere.seen == []


def test_a_proxy_of_the_environment_is_used_and_sees_no_credential(
    site, auth, elsewhere, monkeypatch
):
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, elsewhere.url)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    site.settings = {**site.settings, "base_url": "https://acme.zendesk.com"}
    site.__post_init__()
    assert not site.run([GROUPS], raise_on_error=False).success

    assert {line for line, _, _ in elsewhere.seen} == {"CONNECT acme.zendesk.com:443 HTTP/1.0"}
    everything = json.dumps(elsewhere.seen)
    assert "Authorization" not in everything
    assert CLIENT["client_secret"] not in everything
    assert site.simulator.token not in everything
