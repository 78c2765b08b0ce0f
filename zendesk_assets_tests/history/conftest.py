"""Histories are filled from a hub that is written by hand, in either engine."""
# ruff: noqa: F811  # fixtures have the names of those that they use

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.history import fill_history
from zendesk_assets.hub import BatchId, Manifest, SourceHub, Storage, newest_walk
from zendesk_assets.spec import Window
from zendesk_assets_tests.warehouse.conftest import (  # noqa: F401 # fixtures
    clock,
    engine,
    path,
    postgres_server,
    rows,
    warehouse,
)
from zendesk_assets_tests.warehouse.helpers import T0


class Filled:
    """A hub whose batches land on days since T0, and the warehouse with their tables."""

    def __init__(self, folder, warehouse, rows):
        self.folder, self.warehouse, self.rows = folder, warehouse, rows
        self.hub = SourceHub(Storage(str(folder)), "s")

    def land(self, stream, records, day, *, page=1, started=None, covers=True, unread=()):
        """Land a batch; it ends a walk if it `covers` anything."""
        at = T0 + timedelta(days=day)
        window = Window(T0, at if covers else T0)
        name = str(BatchId.new(at, window))
        manifest = Manifest(
            batch_id=name, schema="s", stream=stream, window_start=T0, window_end=window.end,
            records=len(records), pages=1, requests=1, bytes=9, seconds_waited=0, parts=(),
            oldest=None, newest=None, records_by_day={}, cursor=None, ends_walk=True,
            parameters={}, walk_start=T0, started=started or at - timedelta(minutes=1), ended=at,
            page=page, unread_parents=unread,
        )  # fmt: skip
        self.hub.land(manifest, [json.dumps(each).encode() for each in records])
        return self.hub.batch(stream, name)

    def load(self, name, *, accepted=False):
        """Load a table as a sync does, without its history; return what was loaded."""
        collection = declared().collections[name]
        files = [self.hub.files(each) for each in self.hub.batches(collection.stream)]
        found = newest_walk(self.hub, collection.stream) if collection.vanishes else None
        walk = found.as_complete(accepted=accepted) if found else None
        return self.warehouse.load("s", collection, files, walk=walk)

    def fill(self, name, **options):
        """Fill the history of a table; return how many states are new."""
        collection = declared().collections[name]
        return fill_history(self.hub, self.warehouse, collection, **options)

    def sync(self, name):
        """Load a table and its history."""
        self.load(name)
        return self.fill(name)

    def break_part(self, batch):
        """Damage the file of a batch."""
        (part,) = self.folder.rglob(f"{batch.id}/*.zst")
        part.write_bytes(b"broken")

    def prune(self, *batches):
        """Remove the records of batches."""
        for each in batches:
            self.hub.prune(each, T0 + timedelta(days=99))

    def states(self, name, *columns):
        """Return the states of a table, oldest first."""
        found = self.rows(f"{name}_history", "id, valid_from, received_at, _place DESC")
        return [tuple(row[each] for each in columns) for row in found]


@pytest.fixture
def filled(tmp_path, warehouse, rows):
    """Return a hub and a warehouse."""
    return Filled(tmp_path / "hub", warehouse, rows)
