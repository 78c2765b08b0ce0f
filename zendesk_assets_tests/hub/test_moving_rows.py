"""An account that goes on working while it is walked: rows change, move between pages, and go."""

from dataclasses import replace
from datetime import timedelta

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.clock import ManualClock
from zendesk_assets.hub import SourceSync
from zendesk_assets.simulator import Simulator
from zendesk_assets.spec import EPOCH, Window
from zendesk_assets.warehouse import open_duckdb
from zendesk_assets_tests.comparison import differences
from zendesk_assets_tests.hub.site import NOW, SETTLE, Site
from zendesk_assets_tests.kinds import KINDS

EVER = Window(EPOCH, NOW + timedelta(days=2))


@pytest.fixture
def site(tmp_path):
    clock = ManualClock(NOW)
    with Simulator(tickets=40, history_days=20, clock=clock) as account:
        for number in range(12):
            account.account.add_activity(1 + number, text=f"Note {number}")
            account.account.create_organization(f"Company {number}")
            account.account.create_group(f"Team {number}")
            clock.advance(timedelta(seconds=7))
        clock.advance(timedelta(minutes=30))
        site = Site(tmp_path, account, clock)
        yield site
        site.client.close()


def stir(account, number):
    """Change rows that were read, rows that were not yet, and the order that lists have."""
    live = [each.id for each in account.tickets.values() if each.deleted_at is None]
    account.update_ticket(live[0], "Seen?", priority="urgent" if number % 2 else "low")
    account.touch_ticket(live[len(live) // 2])
    account.add_comment(live[-1], f"While the walk is at page {number}")
    account.delete_ticket(live[1])
    account.create_ticket(f"Opened at page {number}")
    account.add_activity(live[2], text=f"At page {number}")
    account.rate_ticket(live[3], "bad", comment=f"At page {number}")
    groups = sorted(account.groups.values(), key=lambda group: group.name)
    account.update_group(groups[-1].id, name=f"AA {number}")  # to the pages that were read
    account.update_group(groups[0].id, name=f"ZZ {number}")  # to those that were not
    organizations = sorted(account.organizations.values(), key=lambda each: each.updated)
    account.update_organization(organizations[0].id, notes=f"At page {number}")
    alive = [each for each in organizations[1:] if each.deleted_at is None]
    account.delete_organization(alive[-1].id)


@pytest.mark.parametrize("name", KINDS)
def test_what_changes_while_it_is_walked_is_right_after_the_next_sync(site, name, tmp_path):
    size = max(1, len(site.wanted(name)) // 6)
    stream = replace(declared().streams[name], page_size=size)
    sync = SourceSync(site.client, site.hub, stream, site.clock, SETTLE)
    pages = 0
    for pages, _batch in enumerate(sync.run(EVER), 1):
        if pages <= 8:
            stir(site.account.account, pages)
        site.clock.advance(timedelta(seconds=20))
    assert pages >= 6

    site.clock.advance(timedelta(minutes=20))
    list(sync.run(EVER))
    database = open_duckdb(tmp_path / "warehouse.duckdb")
    collections = declared().collections_of(name)
    files = [site.hub.files(batch) for batch in site.hub.batches(name)]
    for collection in collections:
        database.load("s", collection, files)
    found = differences(
        tmp_path / "warehouse.duckdb", "s", site.account, [each.name for each in collections]
    )
    assert found == []
