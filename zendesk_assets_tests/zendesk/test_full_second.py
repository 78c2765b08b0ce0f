"""More records in one second than a page holds (trap T6): the walk gets past it, or says so."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from zendesk_assets.catalog import STREAMS
from zendesk_assets.spec import EPOCH
from zendesk_assets.zendesk import Position

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
    return list(client.walk(STREAMS[stream], Position(start=EPOCH)))


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


def test_events_that_no_page_shows_are_stepped_over_and_said_to_be_missing(
    account, connect, flooded
):
    second, lines = flooded("ticket_events", "truncate"), []
    client = connect(warn=lines.append)
    pages = walk(client, "ticket_events")
    missing = wanted(account, "ticket_events") - ids(pages)
    moments = {
        datetime.fromtimestamp(row["timestamp"], UTC)
        for row in account.expected("ticket_events")
        if row["ticket_event_id"] in missing
    }

    assert moments == {second}
    assert [page.incomplete for page in pages if page.incomplete] == [(second,)]
    assert pages[-1].end
    assert len([line for line in lines if "some may be missing" in line]) == 1
    assert client.cost.requests <= 2 + EXTRA


def test_a_list_that_is_refused_leaves_the_second_incomplete_and_the_walk_going(
    account, connect, flooded
):
    second, lines = flooded("organizations", "truncate"), []
    account.faults.add("status", status=400, path="/api/v2/organizations", times=None)
    pages = walk(connect(warn=lines.append), "organizations")

    assert [page.incomplete for page in pages if page.incomplete] == [(second,)]
    assert pages[-1].end
    assert any("refuses /organizations" in line for line in lines)
