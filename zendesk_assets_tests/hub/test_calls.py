"""Calls and their legs: pages that never say that they are the last, up to the table."""

from datetime import timedelta

import pytest
import requests

from zendesk_assets.catalog import declared
from zendesk_assets.clock import ManualClock
from zendesk_assets.errors import UnavailableError
from zendesk_assets.hub import incomplete_seconds
from zendesk_assets.simulator import Simulator
from zendesk_assets_tests.hub.site import NOW
from zendesk_assets_tests.hub.test_more_ways_of_reading import Whole

CALLS, LEGS = "calls", "call_legs"
WANTED = 60


class Talk(Whole):
    """A site whose pages are large until a test says otherwise."""

    page_size = 1000


@pytest.fixture
def site(tmp_path):
    clock = ManualClock(NOW)
    with Simulator(tickets=30, history_days=20, clock=clock) as account:
        while len(account.expected(CALLS)) < WANTED:
            clock.advance(timedelta(minutes=20))
            account.account.create_ticket("Please call me", via="voice")
        clock.advance(timedelta(days=1))
        site = Talk(tmp_path, account, clock)
        yield site
        site.client.close()


def test_the_last_row_comes_for_ever(site):
    last = site.account.expected(CALLS)[-1]
    headers = {"Authorization": f"Bearer {site.account.token}"}
    address = f"{site.account.base_url}/api/v2{declared().streams[CALLS].path}?start_time=0"
    found = []
    for _ in range(4):
        page = requests.get(address, headers=headers, timeout=10).json()
        address = page["next_page"]
        found.append([row["id"] for row in page["calls"]])
    assert "end_of_stream" not in page
    assert len(found[0]) == len(site.account.expected(CALLS)) >= WANTED
    assert found[1:] == [[last["id"]]] * 3


# Pages that are full to the last, pages that are not, and one that has everything.
@pytest.mark.parametrize("size", [7, 10, WANTED, 1000])
@pytest.mark.parametrize("stream", [CALLS, LEGS])
def test_every_call_is_in_the_table_once_whatever_fits_on_a_page(site, stream, size):
    site.page_size = size
    wanted = len(site.account.expected(stream))
    found = site.walk(stream)

    assert site.load(stream).wrong(stream) == []
    assert site.warehouse.row_count("s", stream) == wanted
    # The last second of a page comes again on the next; one page more where the last is full.
    assert len(found) <= -(-wanted // max(1, size - 2)) + 2
    assert {request.bucket for request in found} == {"talk_exports"}
    assert incomplete_seconds(site.hub, stream) == []


def test_a_sync_with_nothing_new_costs_one_request(site):
    site.walk(CALLS)
    site.clock.advance(timedelta(hours=3))
    assert len(site.walk(CALLS)) == 1


def test_a_call_is_there_once_it_is_over(site):
    site.walk(CALLS)
    ticket = site.account.account.create_ticket("Not made coffee", via="voice")
    site.clock.advance(timedelta(hours=3))
    site.walk(CALLS)

    assert site.load(CALLS).wrong(CALLS) == []
    query = f"SELECT direction FROM s.calls WHERE ticket_id = {ticket}"
    assert ("inbound",) in site.warehouse.query(query).rows


def test_a_walk_that_is_killed_after_each_page_ends_with_every_call(site):
    site.page_size, pages = 7, 0
    before = None
    while before != (before := site.hub.coverage(CALLS)):
        pages += len(site.walk(CALLS, pages=1))

    assert site.load(CALLS).wrong(CALLS) == []
    assert pages <= WANTED // 7 * 3


def walk_with(site, kind, stream=CALLS):
    """Sync new calls, with a fault on the first page."""
    site.account.account.create_ticket("Another question", via="voice")
    site.clock.advance(timedelta(hours=3))
    fault = site.account.faults.add(kind, path=declared().streams[stream].path)
    site.walk(stream)
    assert fault.struck == 1
    return site.load(stream).wrong(stream)


@pytest.mark.parametrize(
    "kind", ["status", "reset", "truncate", "bad_json", "html", "duplicate_page"]
)
def test_a_fault_at_the_beginning_of_a_later_walk_loses_no_call(site, kind):
    site.walk(CALLS)
    assert walk_with(site, kind) == []


@pytest.mark.parametrize("stream", [CALLS, LEGS])
def test_what_an_empty_page_by_mistake_hides_comes_with_the_next_sync_for_no_request(site, stream):
    site.walk(stream)
    # Nobody can tell it from a quiet hour.
    assert walk_with(site, "empty_page", stream) != []
    site.clock.advance(timedelta(hours=3))
    assert len(site.walk(stream)) == 1
    assert site.load(stream).wrong(stream) == []


def test_however_many_empty_pages_in_a_row_are_mistakes_the_first_good_one_brings_all(site):
    site.walk(CALLS)
    for _ in range(4):
        assert walk_with(site, "empty_page") != []
    site.clock.advance(timedelta(hours=3))
    assert len(site.walk(CALLS)) == 1
    assert site.load(CALLS).wrong(CALLS) == []


def test_in_a_quiet_month_a_sync_costs_one_request(site):
    site.walk(CALLS)
    for _ in range(60):
        site.clock.advance(timedelta(hours=12))
        assert len(site.walk(CALLS)) == 1


def test_a_second_that_fills_a_page_is_known_to_be_incomplete(site):
    site.account.account.set_same_second("truncate")
    site.page_size = 2
    legs = site.account.expected(LEGS)
    times = [row["updated_at"] for row in legs]
    site.walk(LEGS)

    doubtful = {f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in incomplete_seconds(site.hub, LEGS)}
    assert doubtful == {each for each in times if times.count(each) == 2}


def test_calls_per_ticket_can_be_counted(site):
    for stream in ("tickets", CALLS, LEGS):
        site.walk(stream)
        site.load(stream)
    query = """
        SELECT t.id, count(DISTINCT c.id), count(l.id), sum(l.talk_time) FROM s.tickets AS t
        JOIN s.calls AS c ON c.ticket_id = t.id LEFT JOIN s.call_legs AS l ON l.call_id = c.id
        GROUP BY t.id ORDER BY t.id
    """
    found = site.warehouse.query(query).rows
    calls = site.account.expected(CALLS)
    assert sum(row[1] for row in found) == len(calls)
    assert sum(row[2] for row in found) == len(site.account.expected(LEGS)) > len(calls)
    assert {row[1] for row in found} == {1, 2}


def test_an_account_without_talk_is_asked_once_a_day(site):
    site.account.make_unavailable("channels/voice")
    for hours, asked in ((0, 1), (3, 0), (21, 1)):
        site.clock.advance(timedelta(hours=hours))
        site.account.requests.clear()
        with pytest.raises(UnavailableError):
            site.walk(CALLS)
        assert len(site.account.requests) == asked
