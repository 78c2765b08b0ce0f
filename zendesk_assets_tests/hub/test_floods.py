"""A second too full for a page (trap T6), from the account to the tables, and not twice."""

from datetime import timedelta

import pytest

from zendesk_assets.catalog import collections_of
from zendesk_assets.clock import ManualClock
from zendesk_assets.simulator import Simulator
from zendesk_assets.spec import EPOCH
from zendesk_assets.warehouse import DuckDBWarehouse
from zendesk_assets_tests.comparison import differences
from zendesk_assets_tests.hub.site import NOW, Site


@pytest.fixture
def site(tmp_path):
    clock = ManualClock(NOW)
    with Simulator(tickets=30, history_days=20, clock=clock) as account:
        site = Site(tmp_path, account, clock)
        yield site
        site.client.close()


def flood(site, stream, mode):
    """Put 2,500 events or 1,500 organizations into one second, and something behind it."""
    account = site.account.account
    account.set_same_second(mode)
    if stream == "ticket_events":
        account.flood_events(2_500)
    else:
        account.flood_organizations(1_500)
    site.clock.advance(timedelta(minutes=40))
    account.create_ticket("After the flood")
    account.create_organization("After the flood")
    site.clock.advance(timedelta(minutes=40))


@pytest.mark.parametrize(
    ("stream", "mode", "most"),
    [
        ("ticket_events", "overflow", 6),
        ("ticket_events", "overflow_tiny", 6),
        ("organizations", "overflow", 6),
        ("organizations", "overflow_tiny", 6),
        ("organizations", "truncate", 6 + 17),  # the list has pages of 100
    ],
)
def test_a_flood_is_in_the_tables_and_costs_nothing_the_next_time(
    site, tmp_path, stream, mode, most
):
    flood(site, stream, mode)
    assert len(site.run(stream, EPOCH, days=30_000)) <= most
    assert len(site.run(stream, EPOCH, days=30_000)) == 1

    names = [each.name for each in collections_of(stream)]
    database = DuckDBWarehouse(tmp_path / "warehouse.duckdb")
    files = [site.hub.files(batch) for batch in site.hub.batches(stream)]
    for collection in collections_of(stream):
        database.load("s", collection, files)
    assert differences(tmp_path / "warehouse.duckdb", "s", site.account, names) == []
