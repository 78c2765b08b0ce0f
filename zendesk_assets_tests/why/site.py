"""An account with a hub and a warehouse on one clock, synced without Dagster; time is simulated."""

import json
from datetime import UTC, datetime, timedelta

import duckdb
import msgspec

from zendesk_assets.account import Account
from zendesk_assets.catalog import declared
from zendesk_assets.clock import ManualClock
from zendesk_assets.hub import BatchId, RowKeys, SourceSync, newest_walk
from zendesk_assets.properties import as_chosen, property_filter
from zendesk_assets.spec import Window
from zendesk_assets.warehouse import CompleteWalk
from zendesk_assets.why import explain, parse_key
from zendesk_assets_tests.account import SCHEMA, make_sources, source_settings

NOW = datetime(2024, 6, 20, 12, tzinfo=UTC)


class Site:
    """An account, its hub and a warehouse of some engine; `settings` are of the source."""

    def __init__(self, folder, simulator, clock, warehouse, **settings):
        self.folder, self.simulator, self.clock = folder, simulator, clock
        self.warehouse, self.said = warehouse, []
        self.desk = simulator.account
        self.sources = make_sources(folder, source_settings(simulator, **settings))
        self.account = Account(self.sources, self.sources.sources[0], clock)
        self.hub = self.account.hub

    def pass_time(self, **time):
        self.clock.advance(timedelta(**time))

    def land(self, stream, **options):
        """Bring a stream of the hub up to date; return the batches that came."""
        chosen = declared().streams[stream]
        rules = property_filter(self.account.source, chosen)
        window = Window(NOW - timedelta(days=200), self.clock.now() + timedelta(days=1))
        with self.account.client(lambda _line: None) as client:
            keys = RowKeys(declared().collections_of(stream))
            sync = SourceSync(client, self.hub, chosen, self.clock, properties=rules, keys=keys)
            return [each.batch_id for each in sync.run(window, **options)]

    def load(self, *names, reload=False, batches=None):
        """Load what has landed of some collections, or only some batches."""
        for name in names:
            collection = as_chosen(self.account.source, declared().collections[name])
            there = self.hub.batches(collection.stream)
            files = [self.hub.files(e) for e in there if not batches or str(e.id) in batches]
            walk = newest_walk(self.hub, collection.stream) if collection.vanishes else None
            complete = walk and CompleteWalk(
                frozenset(str(each.id) for each in walk.batches),
                str(walk.batches[-1].id),
                walk.started,
                accepted=True,
            )
            self.warehouse.load(SCHEMA, collection, files, reload=reload, walk=complete)

    def sync(self, *streams):
        """Land some streams and load all of their tables."""
        for each in streams:
            self.land(each)
            self.load(*(one.name for one in declared().collections_of(each)))

    def records(self, stream, key):
        """Return the records with this id that landed, in the order of receipt."""
        found = []
        for batch in self.hub.batches(stream):
            for part in self.hub.manifest(batch).live_parts:
                found += map(json.loads, self.hub.read_part(batch, part))
        return [each for each in found if each["id"] == key]

    def land_records(self, stream, records):
        """Write a batch by hand, received now."""
        last = self.hub.manifest(self.hub.batches(stream)[-1])
        now, lines = self.clock.now(), [json.dumps(each).encode() for each in records]
        batch = BatchId.new(now, Window(last.window_end, last.window_end))
        manifest = msgspec.structs.replace(
            last,
            batch_id=str(batch),
            window_start=batch.window.start,
            window_end=batch.window.end,
            records=len(records),
            started=now,
            ended=now,
            keys=RowKeys(declared().collections_of(stream)).sums(lines),
        )
        self.hub.land(manifest, lines)

    def change(self, statement):
        """Run a statement on the file of the warehouse, as another program might."""
        with duckdb.connect(str(self.folder / "warehouse.duckdb")) as connection:
            connection.execute(statement)

    def why(self, name, key):
        collection = declared().collections[name]
        key = parse_key(collection, str(key))
        return explain(
            self.account.source, self.hub, self.warehouse, collection, key, self.said.append
        )

    def truth(self, name, key):
        """Return a row as the account has it."""
        (row,) = (each for each in self.simulator.expected(name) if each["id"] == key)
        return row


__all__ = ["NOW", "ManualClock", "Site"]
