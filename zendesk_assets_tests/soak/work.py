"""What the processes of a project do: source sync, warehouse sync, and looking after the hub.

The way of the Dagster assets and of `zendesk-assets hub`, without Dagster: a run costs seconds.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from zendesk_assets.catalog import declared
from zendesk_assets.hub import (
    SourceHub,
    SourceSync,
    Storage,
    find_damage,
    find_prunable,
    open_batches,
)
from zendesk_assets.spec import EPOCH, Window
from zendesk_assets.warehouse import open_duckdb
from zendesk_assets.zendesk import (
    BearerCredentials,
    FileBudgets,
    Limits,
    RateLimiter,
    ZendeskClient,
)
from zendesk_assets_tests.soak.processes import SharedClock

SCHEMA = "zendesk_soak"


@dataclass(frozen=True)
class Site:
    """Where everything is; can be handed to a process."""

    folder: Path
    base_url: str
    token: str
    clock: SharedClock
    settle: object
    page_size: int
    limits: Limits

    @property
    def database(self):
        return self.folder / "warehouse.duckdb"

    def hub(self):
        return SourceHub(Storage(str(self.folder / "hub")), SCHEMA)

    def warehouse(self):
        return open_duckdb(self.database, threads=1, clock=self.clock)

    def stream(self, name):
        stream = declared().streams[name]
        return replace(stream, page_size=min(stream.page_size, self.page_size))


def sync_source(site, names, window, refetch=False):
    """Bring streams up to date: those in days for the window, the others whole."""
    for name in names:
        limiter = RateLimiter(FileBudgets(site.folder / "rate.sqlite"), site.limits, site.clock)
        credentials = BearerCredentials(lambda: site.token)
        stream = site.stream(name)
        asked = window if stream.partitioned else Window(EPOCH, window.end)
        with ZendeskClient(site.base_url, credentials, limiter, clock=site.clock) as client:
            sync = SourceSync(client, site.hub(), stream, site.clock, site.settle)
            for _batch in sync.run(asked, refetch=refetch):
                site.clock.sleep(1)
    return "done"


def sync_warehouse(site, names, replay=False):
    """Load what tables have not; return a sentence for each batch that could not be had."""
    hub, warehouse, troubles = site.hub(), site.warehouse(), []
    for name in names:
        collection = declared().collections[name]
        loaded = set() if replay else warehouse.loaded_batches(SCHEMA, name)
        known = hub.batches(collection.stream)
        pending = [batch for batch in known if str(batch.id) not in loaded]
        if replay:  # what was pruned cannot be replayed, and is in the table
            pending = [batch for batch in pending if not hub.manifest(batch).pruned]
        opened = open_batches(hub, pending, known, site.clock.now())
        if opened.files:
            warehouse.load(
                SCHEMA, collection, opened.files, reload=replay, rows_per_transaction=500
            )
        troubles += opened.troubles
    return troubles


def drop_tables(site, names):
    """Do what somebody does who wants a table anew."""
    with duckdb.connect(str(site.database)) as connection:
        for name in names:
            connection.execute(f"drop table if exists {SCHEMA}.{name}")
    return "done"


def prune(site, age):
    """Remove records that every table has, as `hub prune` does; return how many batches."""
    hub, warehouse, now = site.hub(), site.warehouse(), site.clock.now()
    quarantined = {row["batch_id"] for row in warehouse.rejects(SCHEMA)}
    found = []
    for name in declared().streams:
        loaded = [
            warehouse.loaded_batches(SCHEMA, each.name) for each in declared().collections_of(name)
        ]
        found += find_prunable(hub, name, now - age, loaded, quarantined)
    for batch, _manifest in found:
        hub.prune(batch, now)
    return len(found)


def clean(site, age):
    """Remove what crashes left, as `hub clean` does; return how many folders."""
    hub = site.hub()
    found = [
        folder
        for name in declared().streams
        for folder in hub.abandoned(name, site.clock.now() - age)
    ]
    for folder in found:
        hub.remove_abandoned(folder)
    return len(found)


def repair(site):
    """Move aside what is damaged, as `hub verify --repair` does; return the streams."""
    hub, streams = site.hub(), []
    for name in declared().streams:
        damages = [each for batch in hub.batches(name) if (each := find_damage(hub, batch))]
        for damage in damages:
            hub.damaged.set_aside(damage.batch, site.clock.now())
        streams += [name] * bool(damages)
    return streams
