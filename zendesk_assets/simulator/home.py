"""The first page of a simulated account, for people: what it has, and how to connect it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from zendesk_assets.simulator.wire.web_page import web_page

if TYPE_CHECKING:
    from zendesk_assets.simulator.site import Site
    from zendesk_assets.simulator.wire.messages import Answer

_CHANGE = """curl {url}/_simulator/update_ticket -d '{{"ticket_id": 7, "status": "solved"}}'"""


def home_page(site: Site) -> Answer:
    """Return the page."""
    account, url = site.account, escape(site.base_url)
    counts = {
        "tickets": sum(each.deleted_at is None for each in account.tickets.values()),
        "users": sum(each.active for each in account.users.values()),
        "organizations": sum(not each.deleted_at for each in account.organizations.values()),
        "groups": sum(not each.deleted for each in account.groups.values()),
    }
    rows = "".join(
        f"<tr><td>{name}</td><td>{number:,}</td></tr>" for name, number in counts.items()
    )
    clients = [escape(each) for each, client in site.tokens.clients.items() if not client.secret]
    connect = "".join(
        f"<pre>zendesk-assets connect --subdomain {escape(site.subdomain)} --client-id {client} "
        f"--base-url {url}</pre>"
        for client in clients[:1]
    )
    name = escape(site.subdomain)
    return web_page(
        f"{name}, simulated",
        f"<h1>The account {name}</h1><table>{rows}</table>"
        + (f"<h2>Connect it like a real one</h2>{connect}" if connect else "")
        + f"<h2>Change it</h2><pre>{escape(_CHANGE.format(url=site.base_url))}</pre>"
        f'<p><a href="{url}/_simulator/state">Its state</a> · '
        f'<a href="{url}/_simulator/requests">the requests that it has answered</a></p>',
    )
