"""A second too full for a page (trap T6), from the account to the tables, and not twice."""

from datetime import timedelta

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.clock import ManualClock
from zendesk_assets.hub import incomplete_seconds
from zendesk_assets.simulator import Simulator
from zendesk_assets.spec import EPOCH
from zendesk_assets.warehouse import open_duckdb
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
        ("ticket_events", "truncate", 6 + 2 + 60),  # which tickets; two pages of audits of each
    ],
)
def test_a_flood_is_in_the_tables_and_costs_nothing_the_next_time(
    site, tmp_path, stream, mode, most
):
    flood(site, stream, mode)
    assert len(site.run(stream, EPOCH, days=30_000)) <= most
    assert len(site.run(stream, EPOCH, days=30_000)) == 1

    names = [each.name for each in declared().collections_of(stream)]
    database = open_duckdb(tmp_path / "warehouse.duckdb")
    files = [site.hub.files(batch) for batch in site.hub.batches(stream)]
    for collection in declared().collections_of(stream):
        database.load("s", collection, files)
    assert differences(tmp_path / "warehouse.duckdb", "s", site.account, names) == []


def flood_seconds(site, stream):
    """Return the seconds that the manifests of a stream name: incomplete, and from audits."""
    found = [site.hub.manifest(batch) for batch in site.hub.batches(stream)]
    return (
        [each for manifest in found for each in manifest.incomplete_seconds],
        [each for manifest in found for each in manifest.seconds_from_audits],
    )


def test_attachments_of_a_flood_are_in_their_table_too(site, tmp_path):
    account = site.account.account
    account.set_same_second("truncate")
    account.flood_events(1_500)
    account.add_comment(7, "See the file", attachments=[{"file_name": "a.pdf"}])
    site.clock.advance(timedelta(minutes=40))
    account.create_ticket("After the flood")
    site.clock.advance(timedelta(minutes=40))
    site.run("ticket_events", EPOCH, days=30_000)

    database = open_duckdb(tmp_path / "warehouse.duckdb")
    files = [site.hub.files(batch) for batch in site.hub.batches("ticket_events")]
    for collection in declared().collections_of("ticket_events"):
        database.load("s", collection, files)
    names = ["ticket_events", "attachments"]
    assert differences(tmp_path / "warehouse.duckdb", "s", site.account, names) == []
    assert flood_seconds(site, "ticket_events") == ([], [NOW])


def test_an_incomplete_second_is_known_until_a_later_walk_reads_it_whole(site):
    site.account.make_unavailable("tickets/1/audits", "role")
    flood(site, "ticket_events", "truncate")
    site.run("ticket_events", EPOCH, days=30_000)
    assert incomplete_seconds(site.hub, "ticket_events") == [NOW]
    assert flood_seconds(site, "ticket_events") == ([NOW], [])
    for batch in site.hub.batches("ticket_events"):
        site.hub.prune(batch, site.clock.now())
    assert incomplete_seconds(site.hub, "ticket_events") == [NOW]

    site.clock.advance(timedelta(minutes=40))
    site.run("ticket_events", NOW - timedelta(hours=12), refetch=True)
    assert incomplete_seconds(site.hub, "ticket_events") == [NOW]  # it is refused still

    site.account.make_available("tickets/1/audits")
    site.clock.advance(timedelta(minutes=40))
    site.run("ticket_events", NOW - timedelta(days=3))
    assert incomplete_seconds(site.hub, "ticket_events") == [NOW]  # nothing was asked for
    site.run("ticket_events", NOW - timedelta(hours=12), refetch=True)
    assert incomplete_seconds(site.hub, "ticket_events") == []
