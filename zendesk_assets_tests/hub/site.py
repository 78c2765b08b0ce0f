"""An account, a client and a hub on one clock, for tests of what a sync asks for and claims."""

import json
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import zstandard

from zendesk_assets.catalog import declared
from zendesk_assets.hub import SourceHub, SourceSync, Storage
from zendesk_assets.properties import own_rules
from zendesk_assets.records.property_filter import PropertyFilter
from zendesk_assets.spec import Window
from zendesk_assets.zendesk import (
    BearerCredentials,
    FileBudgets,
    Limits,
    RateLimiter,
    ZendeskClient,
)

NOW = datetime(2024, 6, 20, 12, tzinfo=UTC)
SETTLE = timedelta(minutes=10)


class Site:
    """An account, a client and a hub on one clock."""

    def __init__(self, folder, account, clock):
        self.account, self.clock = account, clock
        self.hub = SourceHub(Storage(str(folder / "hub")), "s")
        limiter = RateLimiter(FileBudgets(folder / "rate.sqlite"), Limits(10**6, 10**6), clock)
        credentials = BearerCredentials(lambda: account.token)
        self.client = ZendeskClient(account.base_url, credentials, limiter, clock=clock)

    def sync(self, stream):
        chosen = declared().streams[stream]
        rules = PropertyFilter(own_rules(chosen))
        return SourceSync(self.client, self.hub, chosen, self.clock, SETTLE, rules)

    def run(self, stream, first_day, days=1, pages=None, **options):
        """Sync a window of days; stop after `pages` as a kill would. Returns the requests."""
        self.account.requests.clear()
        window = Window(first_day, first_day + timedelta(days=days))
        list(islice(self.sync(stream).run(window, **options), pages))
        return list(self.account.requests)

    def landed(self, stream):
        ids = []
        for batch in self.hub.batches(stream):
            for part in self.hub.files(batch).parts:
                data = zstandard.ZstdDecompressor().decompress(Path(part).read_bytes())
                ids += [json.loads(line)["id"] for line in data.splitlines()]
        return ids

    def wanted(self, stream):
        key = "ticket_event_id" if stream == "ticket_events" else "id"
        return {row[key] for row in self.account.expected(stream)}
