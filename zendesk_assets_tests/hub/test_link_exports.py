"""Exports that go on by parts of a link: engagements, routing events, records of custom objects."""

from datetime import timedelta

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.clock import ManualClock
from zendesk_assets.errors import UnavailableError
from zendesk_assets.simulator import Simulator
from zendesk_assets.simulator.wire import derived_exports
from zendesk_assets.spec import EPOCH, Window
from zendesk_assets_tests.hub.site import NOW
from zendesk_assets_tests.hub.test_calls import Talk

ENGAGEMENTS, ROUTING, RECORDS = (
    "engagements", "routing_instance_events", "custom_object_records",
)  # fmt: skip
DAY = timedelta(days=1)


@pytest.fixture
def site(tmp_path):
    clock = ManualClock(NOW)
    with Simulator(tickets=60, history_days=60, clock=clock) as account:
        for number in range(25):
            account.account.create_record("equipment", f"Machine {number}", installed_on=None)
        clock.advance(timedelta(hours=2))
        site = Talk(tmp_path, account, clock)
        site.page_size = 10
        yield site
        site.client.close()


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(derived_exports, "ROUTING_PAGE", 6)


def after_a_day(site, stream):
    """Sync and load a day later; return the requests."""
    site.clock.advance(DAY)
    requests = site.walk(stream)
    site.load(stream)
    return requests


# Engagements.


def test_engagements_are_read_by_cursors_and_their_link_is_never_followed(site):
    wanted = len(site.account.expected(ENGAGEMENTS))
    first, *others = site.walk(ENGAGEMENTS)

    assert site.load(ENGAGEMENTS).wrong(ENGAGEMENTS) == []
    assert len(others) + 1 == -(-wanted // 10) > 3
    assert set(first.query) == {"page_size"}
    cursors = {"start_time_cursor", "engagement_id_cursor"}
    assert all(set(request.query) == {"page_size", *cursors} for request in others)


def test_an_engagement_that_ends_days_after_it_began_is_seen(site):
    agent = site.account.account.admin_id
    ticket = site.account.account.create_ticket("Takes long")
    site.account.account.update_ticket(ticket, assignee_id=agent, status="open")
    for _ in range(5):
        after_a_day(site, ENGAGEMENTS)
    site.account.account.update_ticket(ticket, "Done", status="solved")
    site.clock.advance(timedelta(hours=1))
    requests = after_a_day(site, ENGAGEMENTS)

    assert site.wrong(ENGAGEMENTS) == []
    query = f"SELECT agent_id, agent_replies_count FROM s.engagements WHERE ticket_id = {ticket}"
    assert site.warehouse.query(query).rows == ((agent, 1),)
    assert len(requests) < len(site.account.expected(ENGAGEMENTS)) // 10


def test_what_zendesk_no_longer_shows_of_engagements_stays(site):
    site.walk(ENGAGEMENTS)
    site.load(ENGAGEMENTS)
    before = site.warehouse.row_count("s", ENGAGEMENTS)
    site.clock.advance(timedelta(days=95))
    site.walk(ENGAGEMENTS)
    site.load(ENGAGEMENTS)

    assert site.account.expected(ENGAGEMENTS) == []
    query = "SELECT count(*) FROM s.engagements WHERE NOT _deleted"
    assert site.warehouse.query(query).rows == ((before,),)


@pytest.mark.parametrize("stream", [ENGAGEMENTS, ROUTING])
def test_a_walk_that_is_killed_continues_after_its_last_page(site, small_pages, stream):
    for number, _batch in enumerate(site.sync(stream).run(Window(EPOCH, NOW + DAY)), 1):
        site.clock.advance(timedelta(seconds=1))  # by which batches are ordered
        if number == 2:
            break
    first, second = site.account.requests[-2:]
    rest = site.walk(stream)

    queries = [str(each.query) for each in (first, second, *rest)]
    assert {*rest[0].query} & {"cursor", "start_time_cursor"}
    assert len(set(queries)) == len(queries) - (stream == ROUTING)  # its end is asked for twice
    assert site.load(stream).wrong(stream) == []


# Routing events.


def test_routing_events_end_with_an_empty_page_that_is_asked_for_twice(site, small_pages):
    wanted = len(site.account.expected(ROUTING))
    first, *others = site.walk(ROUTING)

    assert site.load(ROUTING).wrong(ROUTING) == []
    assert site.warehouse.row_count("s", ROUTING) == wanted
    assert len(others) + 1 == -(-wanted // 6) + 2
    assert first.query == {"start_time": "0"}
    assert all(set(request.query) == {"cursor"} for request in others)
    assert others[-1].query == others[-2].query


def test_an_empty_page_by_mistake_loses_no_routing_event(site, small_pages):
    path = declared().streams[ROUTING].path
    site.account.faults.add("empty_page", path=path, after=1, times=1)
    site.walk(ROUTING)

    assert site.load(ROUTING).wrong(ROUTING) == []


def test_an_empty_page_by_mistake_at_the_beginning_of_a_later_walk_loses_nothing(site):
    after_a_day(site, ROUTING)
    before = len(site.account.expected(ROUTING))
    for number in range(9):
        site.account.account.create_ticket(f"Coffee {number}", "In another language")
    assert len(site.account.expected(ROUTING)) > before
    site.account.faults.add("empty_page", path=declared().streams[ROUTING].path, times=1)
    after_a_day(site, ROUTING)

    assert site.wrong(ROUTING) == []


def test_without_a_new_event_two_requests_a_day_show_it(site):
    site.walk(ROUTING)
    site.clock.advance(DAY)
    assert len(site.walk(ROUTING)) == 2
    assert site.walk(ROUTING) == []


# Records of custom objects.


def test_records_of_all_objects_are_in_one_table(site):
    requests = site.walk(RECORDS)
    objects = {row["key"] for row in site.account.expected("custom_objects")}
    wanted = site.account.expected(RECORDS)

    assert site.load(RECORDS).wrong(RECORDS) == []
    counts = [sum(row["custom_object_key"] == key for row in wanted) for key in objects]
    assert min(counts) > 0 < max(counts) - 10
    # One for the objects, and the pages of each.
    assert len(requests) == 1 + sum(-(-count // 10) for count in counts)
    assert {request.bucket for request in requests[1:]} == {"records_export"}
    starts = [request for request in requests if "start_time" in request.query]
    assert [request.query["start_time"] for request in starts] == ["0"] * len(objects)


def test_changes_and_the_records_of_a_new_object_are_read_from_the_last_walk_on(site):
    site.walk(RECORDS)
    site.load(RECORDS)
    account = site.account.account
    changed = site.account.expected(RECORDS)[0]["id"]
    site.clock.advance(timedelta(minutes=20))
    account.update_record(changed, serial_number="BP-1")
    account.create_row("custom_objects", {"key": "loan", "title": "Loan"})
    account.create_record("loan", "Loan of a grinder", until="2024-07-01")
    requests = after_a_day(site, RECORDS)

    assert site.wrong(RECORDS) == []
    assert len(requests) == 4
    assert len({request.query["start_time"] for request in requests[1:]} - {"0"}) == 1
    query = "SELECT count(*) FROM s.custom_object_records WHERE custom_object_key = 'loan'"
    assert site.warehouse.query(query).rows == ((1,),)


def test_a_deleted_record_loses_its_content_and_is_marked(site):
    site.walk(RECORDS)
    site.load(RECORDS)
    gone = site.account.expected(RECORDS)[0]["id"]
    site.account.account.delete_record(gone)
    after_a_day(site, RECORDS)

    assert site.wrong(RECORDS) == []
    query = f"SELECT name, _deleted FROM s.custom_object_records WHERE id = '{gone}'"
    assert site.warehouse.query(query).rows == (("[DELETED]", True),)


def test_a_walk_over_some_of_the_objects_covers_nothing(site):
    site.walk(RECORDS, pages=2)
    assert site.hub.coverage(RECORDS) == []
    again = site.walk(RECORDS)

    assert again[1].query["start_time"] == "0"
    assert site.load(RECORDS).wrong(RECORDS) == []


@pytest.mark.parametrize("status", [403, 404])
def test_the_records_of_an_object_that_is_refused_come_with_a_later_walk(site, status):
    after_a_day(site, RECORDS)
    site.account.account.create_record("equipment", "Made before the refusal")
    other = site.account.account.create_record("service_contract", "Of another object")
    site.account.faults.add("status", status=status, path="/custom_objects/equipment", times=1)
    after_a_day(site, RECORDS)

    assert other in {each["record"]["id"] for each in site.records(RECORDS)}
    after_a_day(site, RECORDS)
    assert site.wrong(RECORDS) == []


def test_a_first_walk_without_an_object_that_is_refused_is_not_the_last_one(site):
    site.account.faults.add("status", status=404, path="/custom_objects/equipment", times=1)
    site.walk(RECORDS)
    after_a_day(site, RECORDS)

    assert site.wrong(RECORDS) == []


def test_an_object_that_is_deleted_during_the_walk_ends_nothing(site):
    account, send = site.account.account, site.client._sender.send

    def sends(endpoint, *given, **named):
        if "/equipment/" in endpoint.path:
            account.delete_row("custom_objects", "equipment")
        return send(endpoint, *given, **named)

    site.client._sender.send = sends
    site.walk(RECORDS)
    site.client._sender.send = send
    after_a_day(site, RECORDS)

    assert {each["record"]["custom_object_key"] for each in site.records(RECORDS)} == {
        "service_contract"
    }
    assert site.hub.coverage(RECORDS) != []


def test_what_is_made_while_a_walk_over_objects_waits_comes_with_the_next(site):
    after_a_day(site, RECORDS)
    account, send = site.account.account, site.client._sender.send
    first, last = [row["key"] for row in site.account.expected("custom_objects")]
    account.create_record(last, "So that its page is not empty")
    site.clock.advance(timedelta(hours=1))
    made = []

    def sends(endpoint, *given, **named):
        if f"/{last}/" in endpoint.path and not made:
            site.clock.advance(timedelta(minutes=5))
            made.append(account.create_record(first, "Made while the machine slept"))
            site.clock.advance(timedelta(hours=2))
        return send(endpoint, *given, **named)

    site.client._sender.send = sends
    after_a_day(site, RECORDS)
    site.client._sender.send = send
    assert made
    after_a_day(site, RECORDS)
    assert site.wrong(RECORDS) == []


def test_an_account_without_the_export_covers_nothing_and_is_asked_once_a_day(site):
    site.account.make_unavailable("incremental/custom_objects", "invalid_endpoint")
    for asked in (3, 0):
        with pytest.raises(UnavailableError) as refused:
            site.walk(RECORDS)
        assert len(site.account.requests) == asked
        assert refused.value.missing == "plan"
    assert site.hub.coverage(RECORDS) == []
    site.account.make_available("incremental/custom_objects")
    after_a_day(site, RECORDS)

    assert site.wrong(RECORDS) == []
