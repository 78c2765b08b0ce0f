"""Connects a simulated account by OAuth without a browser: the consent page is read and answered.

The page in a real browser is `browser/`'s.
"""

import re

import requests

from zendesk_assets.zendesk.oauth import OAuthClient

CALLBACK = "http://127.0.0.1:8488/callback"
CLIENT = "warehouse_sync"


def register(simulator, **options):
    """Add the OAuth client that `connected` uses."""
    return simulator.register_client(CLIENT, [CALLBACK], **options)


def answer_page(request, decision="allow"):
    """Do what an admin does on the page; return the address the browser is sent back to."""
    page = requests.get(request.url, timeout=10)
    assert page.status_code == 200, page.text
    form = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    answer = requests.post(
        request.url.partition("?")[0],
        data=form | {"decision": decision},
        allow_redirects=False,
        timeout=10,
    )
    assert answer.status_code == 302
    return answer.headers["Location"]


def connected(simulator, clock=None, secret=None, **options):
    """Return the tokens of a new connection."""
    register(simulator, secret=secret, **options)
    client = OAuthClient(simulator.base_url, CLIENT, secret, clock=clock or simulator.clock)
    request = client.authorization_request(CALLBACK)
    return client.redeem(request, answer_page(request))


def token_requests(simulator):
    """Return what the account's token endpoint was asked, as statuses."""
    return [each.status for each in list(simulator.requests) if each.path == "/oauth/tokens"]
