"""More records in one second than a page holds (trap T6): the walk gets past it, or says so."""

import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.spec import EPOCH
from zendesk_assets.zendesk import Position, second_from_audits
from zendesk_assets_tests import long

FLOODS = {"ticket_events": 2_500, "organizations": 1_500}
# What a flood costs beyond its pages: the page that repeats, and the tiny one.
EXTRA = 3


@pytest.fixture
def flooded(account, clock):
    """Return a function that floods one second; what was there before and after stays small."""

    def flood(stream, mode):
        account.account.set_same_second(mode)
        clock.advance(timedelta(minutes=5))
        if stream == "ticket_events":
            account.account.flood_events(FLOODS[stream])
        else:
            account.account.flood_organizations(FLOODS[stream])
        second = clock.now().replace(microsecond=0)
        clock.advance(timedelta(minutes=5))
        account.account.create_ticket("After the flood")
        account.account.create_organization("After the flood")
        clock.advance(timedelta(minutes=5))
        return second

    return flood


def walk(client, stream):
    return list(client.walk(declared().streams[stream], Position(start=EPOCH)))


def ids(pages):
    return {json.loads(record)["id"] for page in pages for record in page.records}


def wanted(account, stream):
    key = "ticket_event_id" if stream == "ticket_events" else "id"
    return {row[key] for row in account.expected(stream)}


@pytest.mark.parametrize("mode", ["overflow", "overflow_tiny"])
@pytest.mark.parametrize("stream", FLOODS)
def test_a_second_that_a_tiny_page_holds_whole_is_read_whole(
    account, connect, flooded, stream, mode
):
    flooded(stream, mode)
    client = connect()
    pages = walk(client, stream)

    assert ids(pages) == wanted(account, stream)
    assert pages[-1].end
    assert not any(page.incomplete for page in pages)
    assert client.cost.requests <= -(-len(wanted(account, stream)) // 1000) + EXTRA


def test_organizations_that_no_export_page_shows_come_from_the_list(account, connect, flooded):
    second, lines = flooded("organizations", "truncate"), []
    client = connect(warn=lines.append)
    pages = walk(client, "organizations")

    assert ids(pages) == wanted(account, "organizations")
    assert pages[-1].end
    assert [page.incomplete for page in pages if page.incomplete] == [(second,)]
    assert len([line for line in lines if "deleted ones may be missing" in line]) == 1
    assert client.cost.requests <= 2 + FLOODS["organizations"] / 100 + EXTRA
    assert sum(page.cost.requests for page in pages) == client.cost.requests


def test_events_that_no_page_shows_come_from_the_audits_of_their_tickets(account, connect, flooded):
    second, lines, warnings = flooded("ticket_events", "truncate"), [], []
    client = connect(lines=lines, warn=warnings.append)
    pages = walk(client, "ticket_events")

    assert ids(pages) == wanted(account, "ticket_events")
    assert pages[-1].end
    assert not any(page.incomplete for page in pages)
    assert [page.from_audits for page in pages if page.from_audits] == [(second,)]
    # The flood hit all 60 tickets, whose audits fit on one page each; 2 requests tell which.
    assert client.cost.requests <= 2 + EXTRA + 2 + 60
    assert sum(page.cost.requests for page in pages) == client.cost.requests
    assert warnings == []
    assert any("audits of 60 tickets" in line and "at most" in line for line in lines)
    shown = [json.loads(record)["id"] for page in pages for record in page.records]
    assert len(shown) < len(set(shown)) + 2_200  # what the export shows is not repeated


def test_only_tickets_that_may_have_been_in_the_flood_are_asked_for(account, connect, clock):
    account.account.set_same_second("truncate")
    clock.advance(timedelta(minutes=5))
    account.account.flood_events(2_500, ticket_id=7)
    clock.advance(timedelta(minutes=5))
    account.account.create_ticket("After the flood")  # created later
    account.account.update_ticket(7, status="solved")  # changed since
    clock.advance(timedelta(seconds=30))
    account.account.update_ticket(7, status="open")  # too late for the export of tickets
    clock.advance(timedelta(seconds=10))
    client = connect()
    pages = walk(client, "ticket_events")

    asked = {each.path for each in account.requests if each.path.endswith("/audits")}
    assert asked == {"/api/v2/tickets/7/audits"}
    second = next(page.from_audits[0] for page in pages if page.from_audits)
    flood = {
        row["ticket_event_id"]
        for row in account.expected("ticket_events")
        if row["timestamp"] == second.timestamp()
    }
    assert len(flood) == 2_500
    assert flood <= ids(pages)


def missing_moments(account, pages):
    missing = wanted(account, "ticket_events") - ids(pages)
    return {
        datetime.fromtimestamp(row["timestamp"], UTC)
        for row in account.expected("ticket_events")
        if row["ticket_event_id"] in missing
    }


def test_audits_that_are_refused_leave_the_second_incomplete_and_cost_one_request(
    account, connect, flooded
):
    second, lines = flooded("ticket_events", "truncate"), []
    for ticket in account.account.tickets:
        account.make_unavailable(f"tickets/{ticket}/audits", "role")
    client = connect(warn=lines.append)
    pages = walk(client, "ticket_events")

    assert missing_moments(account, pages) == {second}
    assert [page.incomplete for page in pages if page.incomplete] == [(second,)]
    assert pages[-1].end
    assert len([line for line in lines if "the hub records it as incomplete" in line]) == 1
    assert client.cost.requests <= 2 + EXTRA + 2 + 1


def test_a_deleted_ticket_leaves_the_second_incomplete_and_the_others_are_read(
    account, connect, flooded, clock
):
    second, lines = flooded("ticket_events", "truncate"), []
    account.account.delete_ticket(7)
    clock.advance(timedelta(minutes=5))
    pages = walk(connect(warn=lines.append), "ticket_events")

    missing = wanted(account, "ticket_events") - ids(pages)
    assert missing <= {each.id for each in account.account.tickets[7].events}
    assert [page.incomplete for page in pages if page.incomplete] == [(second,)]
    assert any("1 of the tickets are deleted" in line and "audits: 7" in line for line in lines)


def test_audits_of_too_many_tickets_are_not_begun_and_that_is_said(
    account, connect, flooded, monkeypatch
):
    second, lines = flooded("ticket_events", "truncate"), []
    monkeypatch.setattr(second_from_audits, "MOST_REQUESTS", 59)
    pages = walk(connect(warn=lines.append), "ticket_events")

    assert [page.incomplete for page in pages if page.incomplete] == [(second,)]
    assert any("audits of more than 59 tickets are not requested" in line for line in lines)
    assert not any(each.path.endswith("/audits") for each in account.requests)


def test_a_second_of_long_ago_is_looked_into_for_a_few_pages_only(
    account, connect, flooded, monkeypatch
):
    second, lines = flooded("ticket_events", "truncate"), []
    small = replace(second_from_audits._CHANGED, page_size=10)
    monkeypatch.setattr(second_from_audits, "_CHANGED", small)
    monkeypatch.setattr(second_from_audits, "MOST_EXPORT_PAGES", 2)
    pages = walk(connect(warn=lines.append), "ticket_events")

    assert [page.incomplete for page in pages if page.incomplete] == [(second,)]
    assert any("more than 2 pages of tickets have changed since" in line for line in lines)
    exports = [each for each in account.requests if each.path.endswith("tickets/cursor")]
    assert len(exports) == 2


def test_audits_without_what_the_export_shows_are_not_believed(account, connect, flooded):
    second = flooded("ticket_events", "truncate")
    client = connect()
    route = second_from_audits.SecondFromAudits(
        "/tickets/{}/audits", second, frozenset({1}), client.walk, lambda _line: None
    )

    def exhausted():
        end = yield from route.pages()
        yield end

    *_pages, (_cost, (trouble,)) = exhausted()
    assert "1 events that the export shows were not in audits" in trouble


def test_a_list_that_is_refused_leaves_the_second_incomplete_and_the_walk_going(
    account, connect, flooded
):
    second, lines = flooded("organizations", "truncate"), []
    account.faults.add("status", status=400, path="/api/v2/organizations", times=None)
    pages = walk(connect(warn=lines.append), "organizations")

    assert [page.incomplete for page in pages if page.incomplete] == [(second,)]
    assert pages[-1].end
    assert any("refuses /organizations" in line for line in lines)


def flood_at_random(account, clock, spread, mode):
    """Flood seconds by a spread of events over tickets, with changes around them."""
    account.account.set_same_second(mode)
    live = [each.id for each in account.account.tickets.values() if each.deleted_at is None]
    for _ in range(spread.randint(1, 3)):
        chosen = spread.sample(live, spread.choice([1, 2, 7, 30, len(live)]))
        for number in range(spread.randint(39, 130)):
            account.account.add_comment(spread.choice(chosen), f"Note {number}", public=False)
        clock.advance(timedelta(seconds=spread.choice([1, 2, 50, 4_000])))
    for ticket in spread.sample(live, 10):
        account.account.update_ticket(ticket, priority="high")
    clock.advance(timedelta(seconds=spread.choice([61, 90, 4_000])))


@pytest.mark.parametrize("mode", ["overflow", "overflow_tiny", "truncate", "skip"])
@long.parametrize("seed", range(6), few=2)
def test_whatever_the_spread_over_tickets_what_is_passed_is_whole(
    account, connect, clock, mode, seed
):
    flood_at_random(account, clock, random.Random(f"{seed} {mode}"), mode)
    stream, warnings = replace(declared().streams["ticket_events"], page_size=40), []
    pages = list(connect(warn=warnings.append).walk(stream, Position(start=EPOCH)))

    assert warnings == []
    assert not any(page.incomplete for page in pages)
    # A second of the last minutes is not passed, and read by the next walk.
    passed = clock.now().timestamp() if pages[-1].end else int(pages[-1].cursor)
    assert missing_moments(account, pages) <= {
        moment for moment in all_moments(account) if moment.timestamp() >= passed
    }


def all_moments(account):
    return {
        datetime.fromtimestamp(row["timestamp"], UTC) for row in account.expected("ticket_events")
    }


def test_a_ticket_that_changes_while_the_second_is_read_is_not_overlooked(
    account, connect, clock, flooded, monkeypatch
):
    flooded("ticket_events", "truncate")
    clock.advance(timedelta(minutes=5))
    latest = second_from_audits.SecondFromAudits._latest

    def changed_before_or_after(route):
        found = list(latest(route))
        # Now the export of tickets has it no longer, and the list is read already.
        account.account.update_ticket(7, priority="urgent")
        return found

    monkeypatch.setattr(second_from_audits.SecondFromAudits, "_latest", changed_before_or_after)
    pages = walk(connect(), "ticket_events")
    flood = {
        row["ticket_event_id"]
        for row in account.expected("ticket_events")
        if row["timestamp"] <= pages[-1].served_at.timestamp() - 600
    }
    assert flood <= ids(pages)
