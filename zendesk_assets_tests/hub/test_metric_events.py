"""Ticket metric events: late, from the future, and changed without a new time, up to the table."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.clock import ManualClock
from zendesk_assets.hub import incomplete_seconds
from zendesk_assets.simulator import Simulator
from zendesk_assets.warehouse import open_duckdb, open_postgres
from zendesk_assets_tests.hub.site import NOW
from zendesk_assets_tests.hub.test_more_ways_of_reading import Whole
from zendesk_assets_tests.postgres import database, new_database

NAME = "ticket_metric_events"
STREAM = declared().streams[NAME]


class MetricEvents(Whole):
    """A site that syncs and loads this stream alone."""

    def sync_and_load(self):
        requests = self.walk(NAME)
        self.load(NAME)
        return len(requests)

    def covered_to(self):
        (window,) = self.hub.coverage(NAME)
        return window.end

    def breach(self, ticket_id):
        """Return (when it is due, whether it is deleted, when it was last shown) of a ticket's."""
        query = (
            f'SELECT "time", _deleted, received_at FROM s.{NAME} '
            f"WHERE ticket_id = {ticket_id} AND type = 'breach'"
        )
        (row,) = self.warehouse.query(query).rows
        return row

    def deleted_of(self, ticket_id):
        query = f"SELECT _deleted, count(*) FROM s.{NAME} WHERE ticket_id = {ticket_id} GROUP BY 1"
        return dict(self.warehouse.query(query).rows)

    def with_target(self, minutes=480):
        """Open a ticket whose requester must not wait longer than that; return its id."""
        ticket = self.account.account.create_ticket("Printer on fire")
        self.account.account.apply_sla(ticket, minutes=minutes)
        return ticket


@contextmanager
def opened(folder, tickets=30, **options):
    clock = ManualClock(NOW)
    with Simulator(tickets=tickets, history_days=20, clock=clock, **options) as account:
        clock.advance(timedelta(minutes=30))
        site = MetricEvents(folder, account, clock)
        yield site
        site.client.close()


@pytest.fixture
def site(tmp_path):
    with opened(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def server():
    with database() as url:
        yield url


@pytest.fixture(params=["duckdb", "postgres"])
def on_engine(request, site):
    """Return the site with its tables on each engine."""
    if request.param == "duckdb":
        site.warehouse = open_duckdb(site.database, clock=site.clock)
        yield site
        return
    with new_database(request.getfixturevalue("server")) as url:
        site.database, site.warehouse = url, open_postgres(url, clock=site.clock)
        yield site


def test_the_first_sync_brings_all_events_for_a_request_a_page(on_engine):
    wanted = on_engine.account.expected(NAME)
    requests = on_engine.walk(NAME)

    assert on_engine.load(NAME).wrong(NAME) == []
    assert on_engine.warehouse.row_count("s", NAME) == len(wanted)
    # One more, as no page says that it is the last.
    assert len(requests) == -(-len(wanted) // STREAM.page_size) + 1
    assert {request.bucket for request in requests} == {"account"}
    assert {row["type"] for row in wanted} >= {
        "activate",
        "pause",
        "fulfill",
        "apply_sla",
        "breach",
    }


def test_a_sync_with_nothing_new_costs_one_request_and_changes_nothing(site):
    site.sync_and_load()
    for _ in range(3):
        site.clock.advance(timedelta(hours=3))
        assert site.sync_and_load() == 1
    assert site.wrong(NAME) == []


def test_what_an_empty_page_by_mistake_hides_comes_with_the_next_sync_for_no_request(on_engine):
    site, account = on_engine, on_engine.account.account
    deleted = account.create_ticket("Delete me, and bring me back")
    account.add_comment(deleted, "Soon", author_id=account.admin_id)
    account.delete_ticket(deleted)
    site.clock.advance(timedelta(hours=3))
    site.sync_and_load()
    account.restore_ticket(deleted)
    account.create_ticket("A new one")
    site.clock.advance(timedelta(hours=3))
    site.account.faults.add("empty_page", path=STREAM.path)
    site.sync_and_load()
    assert site.wrong(NAME) != []  # nobody can tell it from three quiet hours

    site.clock.advance(timedelta(hours=3))
    assert site.sync_and_load() == 1
    assert site.wrong(NAME) == []


def test_events_that_appear_late_are_in_the_table_and_were_never_covered_before(site):
    account, syncs, hidden = site.account.account, [], []
    for turn in range(12):
        ticket = account.create_ticket(f"Late {turn}")
        account.add_comment(ticket, "Soon", author_id=account.admin_id)
        site.clock.advance(timedelta(minutes=7))
        site.sync_and_load()
        shown = {row["id"] for row in site.account.expected(NAME)}
        syncs.append((site.covered_to(), shown))
    site.clock.advance(timedelta(minutes=20))
    site.sync_and_load()

    assert site.wrong(NAME) == []
    times = {row["id"]: datetime.fromisoformat(row["time"]) for row in site.account.expected(NAME)}
    for covered, shown in syncs:
        came_later = [times[each] for each in times.keys() - shown]
        assert all(time >= covered for time in came_later)
        hidden += [time for time in came_later if time <= covered + STREAM.settles]
    assert hidden


def test_a_breach_that_is_to_come_is_a_forecast_until_it_is_read_at_its_time(on_engine):
    site = on_engine
    site.sync_and_load()
    ticket = site.with_target()
    site.clock.advance(timedelta(minutes=20))
    site.sync_and_load()
    due, deleted, shown = site.breach(ticket)
    assert due > shown
    assert not deleted
    assert site.covered_to() == site.clock.now().replace(microsecond=0) - STREAM.settles

    site.clock.advance(timedelta(hours=10))
    assert site.sync_and_load() == 1
    assert site.breach(ticket)[:2] == (due, False)
    assert site.breach(ticket)[2] > due
    assert site.wrong(NAME) == []


def test_a_breach_that_was_prevented_is_marked_as_deleted(on_engine):
    site = on_engine
    ticket = site.with_target()
    site.clock.advance(timedelta(minutes=20))
    site.sync_and_load()
    site.account.account.update_ticket(ticket, "Done", status="solved")
    site.clock.advance(timedelta(minutes=20))
    site.sync_and_load()

    assert site.breach(ticket)[1]
    assert site.wrong(NAME) == []


def test_a_forecast_that_vanished_is_marked_as_deleted_once_its_time_has_come(on_engine):
    site = on_engine
    site.account.account.set_forecasts_vanish()
    kept, prevented = site.with_target(), site.with_target(minutes=500)
    site.clock.advance(timedelta(minutes=20))
    site.sync_and_load()
    site.account.account.update_ticket(prevented, "Done", status="solved")
    site.clock.advance(timedelta(hours=3))
    site.sync_and_load()
    assert not site.breach(prevented)[1]  # it may still come

    site.clock.advance(timedelta(hours=7))
    site.sync_and_load()
    assert site.breach(prevented)[1]
    assert not site.breach(kept)[1]
    assert site.wrong(NAME) == []


def test_events_that_are_deleted_long_after_their_time_are_seen_for_one_request(on_engine):
    site, account = on_engine, on_engine.account.account
    site.sync_and_load()
    oldest = min(site.account.expected(NAME), key=lambda row: row["time"])["ticket_id"]
    assert set(site.deleted_of(oldest)) == {False}
    count = site.warehouse.row_count("s", NAME)

    account.delete_ticket(oldest)
    site.clock.advance(timedelta(hours=3))
    assert site.sync_and_load() == 1
    assert set(site.deleted_of(oldest)) == {True}

    account.restore_ticket(oldest)
    site.clock.advance(timedelta(hours=3))
    site.sync_and_load()
    assert True not in site.deleted_of(oldest) or site.wrong(NAME) == []
    assert site.wrong(NAME) == []
    assert site.warehouse.row_count("s", NAME) >= count


def test_a_time_that_moves_back_is_the_time_in_the_table(site):
    ticket = site.with_target()
    site.clock.advance(timedelta(minutes=20))
    site.sync_and_load()
    breach = next(
        row for row in site.account.expected(NAME)
        if (row["ticket_id"], row["type"]) == (ticket, "breach")
    )  # fmt: skip
    sooner = site.clock.now() + timedelta(hours=1)
    site.account.account.set_raw(NAME, breach["id"], "time", f'"{sooner:%Y-%m-%dT%H:%M:%SZ}"')
    site.clock.advance(timedelta(minutes=20))
    site.sync_and_load()

    assert site.breach(ticket)[0] == sooner.replace(microsecond=0, tzinfo=UTC)


@pytest.mark.parametrize("mode", ["overflow", "overflow_tiny", "truncate", "skip"])
def test_a_second_with_more_events_than_a_page_is_read_whole(site, mode):
    site.account.account.set_same_second(mode)
    site.sync_and_load()
    site.account.account.flood_tickets(250)
    site.clock.advance(timedelta(minutes=40))
    site.account.account.create_ticket("After the flood")
    site.clock.advance(timedelta(minutes=40))
    requests = site.sync_and_load()

    assert site.wrong(NAME) == []
    assert incomplete_seconds(site.hub, NAME) == []
    assert requests <= 5 + 250 * 5 / 100 + 1
    site.clock.advance(timedelta(hours=3))
    site.sync_and_load()  # what was fresh is read again, once
    site.clock.advance(timedelta(hours=3))
    assert site.sync_and_load() == 1


def test_a_flood_that_no_route_shows_whole_is_known_to_be_incomplete(site):
    site.account.account.set_same_second("truncate")
    site.sync_and_load()
    site.account.account.flood_tickets(250)
    flood = site.clock.now().replace(microsecond=0)
    site.clock.advance(timedelta(minutes=40))
    site.account.account.create_ticket("After the flood")
    site.clock.advance(timedelta(minutes=40))
    site.account.faults.add(
        "status", status=403, path=STREAM.path, regex="page%5Bsize|page.size", times=9
    )
    site.sync_and_load()

    assert incomplete_seconds(site.hub, NAME) == [flood]


def test_many_events_deleted_in_one_second_do_not_stop_the_walk(site):
    site.sync_and_load()
    for ticket in range(1, 31):
        site.account.account.delete_ticket(ticket)
    site.clock.advance(timedelta(hours=1))
    site.sync_and_load()

    assert site.wrong(NAME) == []
    site.clock.advance(timedelta(hours=3))
    site.sync_and_load()  # what was fresh is read again, once
    site.clock.advance(timedelta(hours=3))
    assert site.sync_and_load() == 1


def test_a_walk_that_is_killed_after_each_page_ends_with_every_event_once(tmp_path):
    with opened(tmp_path, tickets=300) as site:
        site.with_target()
        site.clock.advance(timedelta(minutes=20))
        pages = 0
        while site.walk(NAME, pages=1) and pages < 40:
            pages += 1
            site.load(NAME)
            if site.covered_to() == site.clock.now().replace(microsecond=0) - STREAM.settles:
                break

        assert site.wrong(NAME) == []
        assert 4 <= pages <= 10
