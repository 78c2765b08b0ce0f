"""Drives zenpy and tap-zendesk against a simulator. Runs in their own environment, as a script.

    python client_drivers.py zenpy|tap BASE_URL TOKEN

Prints one JSON object: ids by what was read. Paging, parsing and validating are the clients' own;
only the address `https://acme.zendesk.com` is led to the simulator.
"""

import contextlib
import datetime as dt
import io
import json
import os
import sys
from urllib.parse import urlsplit

START = dt.datetime(2010, 1, 1, tzinfo=dt.UTC)
TAP_STREAMS = (
    "tickets",
    "ticket_metrics",
    "organizations",
    "users",
    "groups",
    "satisfaction_ratings",
)


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
    """Return the ids that zenpy reads, by the call that read them."""
    from zenpy import Zenpy

    redirect(base_url)
    client = Zenpy(subdomain="acme", oauth_token=token)
    found = {
        "tickets": client.tickets.incremental(start_time=START, paginate_by_time=False),
        "tickets_by_time": client.tickets.incremental(start_time=START),
        "ticket_events": client.tickets.events(start_time=START, include=["comment_events"]),
        "organizations": client.organizations.incremental(start_time=START),
        "users": client.users.incremental(start_time=START),
        "groups": client.groups(),
        "groups_by_cursor": client.groups(cursor_pagination=3),
        "satisfaction_ratings": client.satisfaction_ratings(),
        "activities": client.activities(),
    }
    return {name: [_id(each) for each in records] for name, records in found.items()}


def _id(record):
    return record["id"] if isinstance(record, dict) else record.id


def run_tap(base_url, token):
    """Return the ids in tap-zendesk's RECORD messages, by stream."""
    import singer
    from tap_zendesk import do_sync, streams
    from zenpy import Zenpy

    redirect(base_url)
    # Of its own accord it sleeps for the rest of a minute after every 450 audits.
    streams.AUDITS_REQUEST_PER_MINUTE = 10**6
    config = {
        "subdomain": "acme",
        "access_token": token,
        "start_date": START.isoformat(),
        "page_size": 50,
    }
    client = Zenpy(subdomain="acme", oauth_token=token)
    selected = [_selected(streams.STREAMS[name](client, config)) for name in TAP_STREAMS]
    catalog = singer.catalog.Catalog.from_dict({"streams": selected})
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        do_sync(client, catalog, {}, config)
    found = {name: [] for name in TAP_STREAMS}
    for line in output.getvalue().splitlines():
        message = json.loads(line)
        if message["type"] == "RECORD":
            found[message["stream"]].append(message["record"]["id"])
    return found


def _selected(stream):
    metadata = stream.load_metadata()
    for each in metadata:
        each["metadata"]["selected"] = True
    return {
        "stream": stream.name,
        "tap_stream_id": stream.name,
        "schema": stream.load_schema(),
        "metadata": metadata,
    }


if __name__ == "__main__":
    print(json.dumps({"zenpy": run_zenpy, "tap": run_tap}[sys.argv[1]](*sys.argv[2:])))
