"""Hosts of brands: the token goes to hosts of Zendesk's, whatever answers say, or to a gateway."""

import json
from urllib.parse import urlsplit

import pytest
import requests

from zendesk_assets.settings.addresses import address_of_brand
from zendesk_assets.spec import Completion, Pagination, Parent, Stream
from zendesk_assets.zendesk import (
    BearerCredentials,
    FileBudgets,
    Limits,
    Position,
    RateLimiter,
    ZendeskClient,
)

HOSTILE = (
    "evil.example", "evil.example/", "evil.example#", "evil.example?", "user@evil", "evil:443",
    "a.b", "-a", "a-", "", " ", "a b", "a\n", "\uff41cme", "a" * 64, "..", "a/../b", "a\\b",
    None, 7, ["acme"], {"label": "acme"},
)  # fmt: skip
LABELS = Stream(
    "labels", "/help_center/articles/labels", "labels", Pagination.CURSOR_LIST, Completion.WHOLE,
    "", "", time_field="",
    parent=Parent(
        "/brands", "brands", "brand_id", "label",
        host_from="subdomain", only_where="has_help_center",
    ),
)  # fmt: skip


class Everywhere(requests.adapters.BaseAdapter):
    """Answers every host, and notes what was sent where."""

    def __init__(self, subdomains, location=""):
        super().__init__()
        self.sent, self.subdomains, self.location = [], subdomains, location

    def send(self, request, **_options):
        self.sent.append(request)
        answer = requests.Response()
        answer.status_code, answer.request, answer.url = 200, request, request.url
        answer.headers["Content-Type"] = "application/json"
        body = {"labels": [{"id": 1}], "meta": {"has_more": False}}
        if "/brands" in request.url:
            body["brands"] = [
                {"id": number, "subdomain": each, "has_help_center": True}
                for number, each in enumerate(self.subdomains)
            ]
        elif self.location:
            answer.status_code, answer.headers["Location"] = 302, self.location
        answer._content = json.dumps(body).encode()
        return answer

    def close(self):
        pass

    @property
    def hosts(self):
        return [urlsplit(each.url).hostname for each in self.sent]


@pytest.fixture
def walk(clock, tmp_path):
    """Return a function: walk the labels of brands with such subdomains."""

    def walk(world, base_url="https://acme.zendesk.com"):
        limiter = RateLimiter(FileBudgets(tmp_path / "rate.sqlite"), Limits(10**6, 10**6), clock)
        with ZendeskClient(base_url, BearerCredentials(lambda: "t0ken"), limiter) as client:
            client._sender._session.mount("https://", world)
            return list(client.walk(LABELS, Position()))

    return walk


def test_the_token_goes_to_hosts_of_zendesks_alone(walk):
    world = Everywhere(["acme", *HOSTILE, "Acme-Outlet"])
    pages = walk(world)

    assert world.hosts == ["acme.zendesk.com", "acme.zendesk.com", "acme-outlet.zendesk.com"]
    assert {each.headers["Authorization"] for each in world.sent} == {"Bearer t0ken"}
    assert pages[-1].end
    assert pages[-1].unread == tuple(map(str, range(1, len(HOSTILE) + 1)))


def test_no_redirect_of_a_brand_is_followed(walk):
    world = Everywhere(["acme", "acme-outlet"], "https://evil.example/")
    with pytest.raises(Exception, match="credentials are not sent"):
        walk(world)

    assert set(world.hosts) == {"acme.zendesk.com", "acme-outlet.zendesk.com"}


def test_with_a_gateway_everything_goes_there_and_names_the_brands_host(walk):
    world = Everywhere(["acme", "acme-outlet"])
    walk(world, "https://gateway.example/zendesk")

    assert set(world.hosts) == {"gateway.example"}
    assert [each.headers.get("Host") for each in world.sent] == [
        None, "acme.zendesk.com", "acme-outlet.zendesk.com",
    ]  # fmt: skip


@pytest.mark.parametrize("subdomain", HOSTILE)
@pytest.mark.parametrize("base_url", ["https://acme.zendesk.com", "http://127.0.0.1:8090"])
def test_what_is_not_one_label_has_no_address(subdomain, base_url):
    with pytest.raises(ValueError, match="no usable subdomain"):
        address_of_brand(base_url, subdomain)
