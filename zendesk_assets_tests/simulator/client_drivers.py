"""Drives zenpy and tap-zendesk against a simulator. Runs in their own environment, as a script.

    python client_drivers.py zenpy|tap BASE_URL TOKEN [BOOKMARK]

Prints JSON: zenpy's records by collection, or tap-zendesk's Singer messages, one a line. Their own
code does all paging; only the address `https://acme.zendesk.com` leads to the simulator.
"""

import datetime
import json
import os
import sys
from urllib.parse import urlsplit

COLLECTIONS = ("tickets", "organizations", "users", "groups", "satisfaction_ratings")


def redirect(base_url):
    """Let requests go to the simulator instead of `https://acme.zendesk.com`."""
    from requests.adapters import HTTPAdapter

    send = HTTPAdapter.send

    def send_here(self, request, **options):
        request.url = request.url.replace("https://acme.zendesk.com", base_url)
        return send(self, request, **options)

    HTTPAdapter.send = send_here
    os.environ["ZENPY_FORCE_SCHEME"] = "http"
    os.environ["ZENPY_FORCE_NETLOC"] = urlsplit(base_url).netloc


def run_zenpy(base_url, token):
    """Print what zenpy reads."""
    from zenpy import Zenpy

    redirect(base_url)
    client = Zenpy(subdomain="acme", oauth_token=token)
    start = datetime.datetime(2010, 1, 1, tzinfo=datetime.timezone.utc)
    found = {
        "tickets": client.tickets.incremental(start_time=start, paginate_by_time=False),
        "tickets_by_time": client.tickets.incremental(start_time=start),
        "ticket_events": client.tickets.events(start_time=start, include=["comment_events"]),
        "organizations": client.organizations.incremental(start_time=start),
        "users": client.users.incremental(start_time=start, paginate_by_time=False),
        "groups": client.groups(),
        "groups_by_cursor": client.groups(cursor_pagination=3),
        "organizations_listed": client.organizations(cursor_pagination=7),
        "satisfaction_ratings": client.satisfaction_ratings(),
        "ticket_metrics": client.ticket_metrics() if hasattr(client, "ticket_metrics") else [],
        "activities": client.activities(),
        "brands": client.brands(),
        "tags": client.tags(),
        "ticket_fields": client.ticket_fields(),
    }
    rows = {name: [each if isinstance(each, str) else each.to_dict() for each in records]
            for name, records in found.items()}
    rows["me"] = [client.users.me().to_dict()]
    rows["comments"] = [each.to_dict() for each in client.tickets.comments(ticket=100)]
    rows["audits"] = [each.to_dict() for each in client.tickets.audits(ticket=100)]
    json.dump(rows, sys.stdout, default=str)


def run_tap(base_url, token, bookmark):
    """Print what tap-zendesk syncs: its own `do_sync` with every stream selected."""
    import singer
    from tap_zendesk import do_sync
    from tap_zendesk.streams import STREAMS
    from zenpy import Zenpy

    redirect(base_url)
    config = {"subdomain": "acme", "access_token": token, "start_date": bookmark, "page_size": 50}
    client = Zenpy(subdomain="acme", oauth_token=token)
    names = (*COLLECTIONS, "ticket_metrics", "ticket_fields", "ticket_forms", "tags")
    streams = [_selected(STREAMS[name](client, config)) for name in names]
    catalog = singer.catalog.Catalog.from_dict({"streams": streams})
    do_sync(client, catalog, {}, config)


def _selected(stream):
    metadata = stream.load_metadata()
    for each in metadata:
        each["metadata"]["selected"] = True
    schema = stream.load_schema()
    return {"stream": stream.name, "tap_stream_id": stream.name, "schema": schema,
            "metadata": metadata}


if __name__ == "__main__":
    {"zenpy": run_zenpy, "tap": run_tap}[sys.argv[1]](*sys.argv[2:])
