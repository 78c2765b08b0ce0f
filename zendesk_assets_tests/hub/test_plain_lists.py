"""All plain lists of one account: what is in their tables, and that every id leads to a row."""

import json
from datetime import timedelta

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.clock import ManualClock
from zendesk_assets.simulator import Simulator
from zendesk_assets.warehouse import Link, open_audit
from zendesk_assets_tests.hub.site import NOW
from zendesk_assets_tests.hub.test_more_ways_of_reading import Whole

pytestmark = pytest.mark.slow(seconds=0.3)  # in one piece, for the account that they share

CATALOG = declared()
LISTS = [name for name, each in CATALOG.collections.items() if CATALOG.stream_of(each).is_whole]


def references(*, listed):
    """Return the columns that refer to a table, as (collection, column)."""
    return [
        (each, column)
        for each in CATALOG.collections.values()
        for column in each.columns
        if (target := column.references)
        and target.listed is listed
        and target.collection in CATALOG.collections
    ]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    clock = ManualClock(NOW)
    with Simulator(tickets=40, history_days=20, clock=clock) as account:
        account.account.delete_ticket(30)
        account.account.rate_ticket(31, "bad", "Slow", reason="Delivery")
        clock.advance(timedelta(minutes=30))
        site = Whole(tmp_path_factory.mktemp("lists"), account, clock)
        for stream in CATALOG.streams:
            site.walk(stream)
            site.load(stream)
        yield site


@pytest.mark.parametrize("name", LISTS)
def test_a_list_becomes_the_table_of_the_account(site, name):
    assert site.wrong(CATALOG.collections[name].stream) == []
    assert site.warehouse.row_count("s", name) > 0


def test_every_id_leads_to_a_row_of_the_same_account(site):
    for collection, column in references(listed=False):
        target = column.references
        link = Link(column.name, target.collection, target.column, None)
        with open_audit(site.warehouse, "s", collection) as audit:
            (found,) = audit.dangling([link])
        assert (found.ids, collection.name, column.name) == (0, collection.name, column.name)


def test_every_id_in_a_list_of_ids_leads_to_a_row_of_the_same_account(site):
    for collection, column in references(listed=True):
        names = (collection.name, column.name)
        (target,) = CATALOG.collections[column.references.collection].primary_key
        found = site.warehouse.query(f"select {column.name} from s.{collection.name}")
        held = {each for (text,) in found.rows for each in json.loads(text or "[]")}
        table = column.references.collection
        known = site.warehouse.query(f"select {target} from s.{table}")
        assert held - {each for (each,) in known.rows} == set(), names


@pytest.mark.parametrize(("collection", "column"), references(listed=False))
def test_an_id_has_the_type_of_what_it_refers_to(collection, column):
    target = column.references
    assert CATALOG.collections[target.collection].column(target.column).type is column.type
