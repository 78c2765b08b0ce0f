"""All nine tables are compared with Zendesk, each in the way that Zendesk allows."""

import shutil
from datetime import date, timedelta
from types import SimpleNamespace

import duckdb
import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.clock import ManualClock
from zendesk_assets.properties import own_rules
from zendesk_assets.reconcile import ROUTES, Choice, ComparedTable
from zendesk_assets.records.property_filter import PropertyFilter
from zendesk_assets.simulator import Simulator
from zendesk_assets.spec import EPOCH, ComparedBy
from zendesk_assets.warehouse import open_duckdb, open_postgres
from zendesk_assets_tests.hub.site import NOW, Site
from zendesk_assets_tests.postgres import database, new_database

# In one piece, for the account that they share.
pytestmark = [pytest.mark.long, pytest.mark.slow(seconds=0.4)]


def rules_of(stream):
    return PropertyFilter(own_rules(stream))


@pytest.fixture(scope="module")
def synced(tmp_path_factory):
    """An account with everything in it, synced once for all tests, and the hour after."""
    folder, clock = tmp_path_factory.mktemp("synced"), ManualClock(NOW)
    with Simulator(tickets=30, history_days=3, clock=clock) as simulator:
        account = simulator.account
        account.delete_ticket(7)
        for ticket in (10, 11, 12):
            account.rate_ticket(ticket, "good", "Thanks")
            account.add_activity(ticket)
            account.add_comment(ticket, "See", attachments=[{"file_name": "a.pdf"}])
        clock.advance(timedelta(minutes=30))
        site = Site(folder, simulator, clock)
        for stream in declared().streams:
            site.run(stream, EPOCH, days=30_000)
        warehouse = open_duckdb(folder / "warehouse.duckdb")
        for collection in declared().collections.values():
            batches = site.hub.batches(collection.stream)
            warehouse.load("s", collection, [site.hub.files(batch) for batch in batches])
        yield SimpleNamespace(site=site, database=folder / "warehouse.duckdb")
        site.client.close()


@pytest.fixture
def compare(synced, tmp_path):
    """Return a function that compares one table, of a changed copy where there is a change."""

    def compare(name, statement=None, **choice):
        file = synced.database
        if statement:
            file = shutil.copy(file, tmp_path / "warehouse.duckdb")
            with duckdb.connect(str(file)) as connection:
                connection.execute(statement.format(f"s.{name}"))
        collection, site = declared().collections[name], synced.site
        stream, warehouse = declared().streams[collection.stream], open_duckdb(file)
        table = ComparedTable(collection, stream, site.hub, warehouse, rules_of(stream))
        plan = ROUTES[collection.compared_by].plan(table, Choice(seed="x", **choice))
        site.account.requests.clear()
        asked = ROUTES[collection.compared_by].ask(table, site.client, plan)
        assert len(site.account.requests) <= plan.requests
        return asked

    return compare


@pytest.mark.long
def test_tables_in_postgresql_agree_too(synced):
    site = synced.site
    with database() as server, new_database(server) as url:
        warehouse = open_postgres(url)
        for collection in declared().collections.values():
            batches = site.hub.batches(collection.stream)
            warehouse.load("s", collection, [site.hub.files(batch) for batch in batches])
            stream = declared().streams[collection.stream]
            table = ComparedTable(collection, stream, site.hub, warehouse, rules_of(stream))
            route = ROUTES.get(collection.compared_by)
            if route is None:
                continue
            asked = route.ask(table, site.client, route.plan(table, Choice(seed="x")))
            assert asked.differences == ()
            assert asked.compared > 0


COMPARED = [
    name
    for name, each in declared().collections.items()
    if each.compared_by is not ComparedBy.NOTHING
]


def test_all_can_be_compared_but_what_zendesk_shows_in_one_way_only():
    assert set(declared().collections) - set(COMPARED) == {
        *(name for name, each in declared().collections.items() if each.is_series),  # of a moment
        "call_legs",
        "calls",
        "custom_object_records",
        "engagements",
        "routing_instance_events",
        "side_conversation_events",
        "user_identities",
        "survey_responses",
        "surveys",
        "ticket_metric_events",
        "webhook_invocations",
    }
    assert {declared().collections[name].compared_by for name in COMPARED} == set(ROUTES)


@pytest.mark.parametrize("name", COMPARED)
def test_a_table_agrees_after_a_sync_at_no_more_than_the_planned_cost(compare, name):
    asked = compare(name)
    assert asked.differences == ()
    assert asked.compared > 0


@pytest.mark.parametrize(
    ("name", "statement", "sentence"),
    [
        ("tickets", "delete from {} where id = 12", "is not in the table"),
        ("ticket_metrics", "delete from {} where ticket_id = 12", "is not in the table"),
        ("ticket_metrics", "update {} set replies = 99 where ticket_id = 12", "differs in replies"),
        ("ticket_metrics", "update {} set _deleted = true where ticket_id = 12", "is marked as"),
        ("satisfaction_ratings", "delete from {}", "is not in the table"),
        ("satisfaction_ratings", "update {} set score = 'bad!'", "differs in score"),
        ("activities", "delete from {}", "is not in the table"),
        ("activities", "update {} set title = 'x'", "differs in title"),
        ("groups", "delete from {0} where id = (select max(id) from {0})", "is not in the"),
        ("groups", "update {} set name = 'x'", "differs in name"),
        ("ticket_events", "delete from {} where event_type = 'Comment'", "is not in the table"),
        ("ticket_events", "delete from {}", "is not in the table"),
        ("ticket_events", "update {} set ticket_event_id = 1", "differs in ticket_event_id"),
        ("attachments", "update {} set comment_id = 1", "differs in comment_id"),
        ("attachments", "update {} set created_at = now()", "differs in created_at"),
    ],
)
def test_what_was_changed_or_lost_is_found_with_its_day(compare, name, statement, sentence):
    differences = compare(name, statement).differences
    assert any(sentence in each.what for each in differences)
    assert all(each.days for each in differences)


def test_times_that_go_on_in_zendesk_are_no_difference(compare):
    moving = "update {} set agent_wait_time_in_minutes_calendar = 99999"
    assert compare("ticket_metrics", moving).differences == ()


def test_only_what_changed_within_a_span_is_asked_about(compare):
    for name in ("tickets", "ticket_metrics", "ticket_events", "satisfaction_ratings"):
        assert compare(name, start=date(2001, 1, 1), end=date(2001, 1, 2)).compared == 0
    before = compare("tickets", end=date(2024, 6, 20))
    assert 0 < before.compared < compare("tickets").compared


def test_a_ticket_deleted_since_has_no_audits_and_is_said(compare, synced):
    site = synced.site
    for ticket in range(1, 31):
        site.account.make_unavailable(f"tickets/{ticket}/audits", "not_found")
    asked = compare("ticket_events")
    for ticket in range(1, 31):
        site.account.make_available(f"tickets/{ticket}/audits")
    assert asked.compared == 0
    assert "Zendesk shows no audits" in asked.notes[0]
