"""Side conversation events, skips and audit logs: nothing is lost or twice where pages meet."""

from dataclasses import replace
from datetime import timedelta

import pytest

from zendesk_assets.clock import ManualClock
from zendesk_assets.errors import UnavailableError
from zendesk_assets.hub import incomplete_seconds
from zendesk_assets.simulator import Simulator
from zendesk_assets.spec import EPOCH, Window
from zendesk_assets_tests.hub.site import NOW
from zendesk_assets_tests.hub.test_more_ways_of_reading import Whole

SIDE = "side_conversation_events"


@pytest.fixture
def site(tmp_path):
    clock = ManualClock(NOW)
    with Simulator(tickets=30, history_days=20, clock=clock) as account:
        clock.advance(timedelta(minutes=30))
        site = Whole(tmp_path, account, clock)
        yield site
        site.client.close()


def ids(site, stream):
    return [record["id"] for record in site.records(stream)]


# Side conversation events: 100 a page, the next of which begins with the last second.


def test_full_seconds_at_the_edges_of_pages_lose_and_repeat_no_side_conversation(site):
    for count in (60, 99, 1, 99, 40):
        site.account.account.flood_side_conversations(count)
        site.clock.advance(timedelta(seconds=1))
    site.clock.advance(timedelta(minutes=30))
    wanted = site.account.expected(SIDE)
    requests = site.walk(SIDE)

    assert set(ids(site, SIDE)) == {row["id"] for row in wanted}
    assert site.load(SIDE).wrong(SIDE) == []
    assert len(requests) <= len(wanted) // 100 + 5
    assert incomplete_seconds(site.hub, SIDE) == []


def test_a_second_with_more_than_a_page_is_passed_and_noted(site):
    site.account.account.flood_side_conversations(150)
    full = site.clock.now().replace(microsecond=0)
    site.clock.advance(timedelta(seconds=5))
    after = site.account.account.start_side_conversation(2)
    site.clock.advance(timedelta(minutes=30))
    site.walk(SIDE)

    assert incomplete_seconds(site.hub, SIDE) == [full]
    assert after in ids(site, SIDE)


def test_what_appears_late_is_read_though_the_last_page_ended_after_it(site):
    site.walk(SIDE)
    site.account.account.set_export_delay(600)
    late = site.account.account.start_side_conversation(2)
    site.clock.advance(timedelta(minutes=9))
    assert len(site.walk(SIDE)) == 1
    assert late not in ids(site, SIDE)
    site.clock.advance(timedelta(minutes=9))

    assert len(site.walk(SIDE)) == 1
    assert late in ids(site, SIDE)
    assert site.load(SIDE).wrong(SIDE) == []


def test_an_account_without_side_conversations_is_asked_once_a_day(site):
    site.account.make_unavailable("tickets/side_conversations", "empty_403")
    for hours, requests in ((0, 1), (3, 0), (21, 1)):
        site.clock.advance(timedelta(hours=hours))
        site.account.requests.clear()
        with pytest.raises(UnavailableError):
            site.walk(SIDE)
        assert len(site.account.requests) == requests


# Skips: whether the list heeds `start_time` is not known.


@pytest.mark.parametrize("since", ["start_time", "ignored"])
def test_skips_are_all_there_whether_or_not_the_list_can_be_asked_for_new_ones(site, since):
    def walk():
        sync = site.sync("ticket_skips")
        sync = replace(sync, stream=replace(sync.stream, since=since))
        return sum(batch.records for batch in sync.run(Window(EPOCH, site.clock.now())))

    account = site.account.account
    account.create_row("ticket_skips", count=150)
    site.clock.advance(timedelta(days=2))
    before = len(site.account.expected("ticket_skips"))
    assert walk() == before
    site.clock.advance(timedelta(days=3))
    new = account.create_row("ticket_skips", {"reason": "New"}, count=120)
    site.clock.advance(timedelta(minutes=30))

    assert walk() == len(new) + (before if since == "ignored" else 0)
    assert site.load("ticket_skips").wrong("ticket_skips") == []


# The audit log: a list by cursor that is asked for between two times, and continued.


def test_the_audit_log_is_continued_where_a_walk_was_cut_in_a_full_second(site):
    site.account.account.create_row("macros", count=250)
    site.clock.advance(timedelta(hours=2))
    wanted = {row["id"] for row in site.account.expected("audit_logs")}
    first = site.walk("audit_logs", pages=2)
    rest = site.walk("audit_logs")

    assert set(ids(site, "audit_logs")) == wanted
    assert site.load("audit_logs").wrong("audit_logs") == []
    assert len(first) + len(rest) <= -(-len(wanted) // 100) + 2
    site.account.account.create_group("New")
    site.clock.advance(timedelta(hours=3))
    assert len(site.walk("audit_logs")) == 1
    assert site.load("audit_logs").wrong("audit_logs") == []


def test_a_month_of_the_audit_log_is_read_without_those_before_it(site):
    june = NOW.replace(day=1, hour=0)
    site.account.account.create_group("New in June")
    site.clock.advance(timedelta(hours=1))
    list(site.sync("audit_logs").run(Window(june, june + timedelta(days=30))))
    found = {row["id"]: row["created_at"] for row in site.records("audit_logs")}
    wanted = {row["id"]: row["created_at"] for row in site.account.expected("audit_logs")}

    assert found == {key: time for key, time in wanted.items() if time >= f"{june:%Y-%m-%d}"}
    assert 0 < len(found) < len(wanted)
