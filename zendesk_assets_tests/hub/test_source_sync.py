"""What a source sync asks for and what it then claims to have, against a real server."""

import json
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
import zstandard

from zendesk_assets.catalog import STREAMS
from zendesk_assets.clock import ManualClock
from zendesk_assets.hub import SourceHub, SourceSync, Storage, covers
from zendesk_assets.simulator import Simulator
from zendesk_assets.spec import EPOCH, Window
from zendesk_assets.zendesk import BearerCredentials, Limits, RateLimiter, ZendeskClient

NOW = datetime(2024, 6, 20, 12, tzinfo=UTC)
SETTLE = timedelta(minutes=10)


class Site:
    """An account, a client and a hub on one clock."""

    def __init__(self, folder, account, clock):
        self.account, self.clock = account, clock
        self.hub = SourceHub(Storage(str(folder / "hub")), "s")
        limiter = RateLimiter(folder / "rate.sqlite", Limits(10**6, 10**6), clock)
        credentials = BearerCredentials(lambda: account.token)
        self.client = ZendeskClient(account.base_url, credentials, limiter, clock=clock)

    def sync(self, stream):
        return SourceSync(self.client, self.hub, STREAMS[stream], self.clock, SETTLE)

    def run(self, stream, first_day, days=1, pages=None, **options):
        """Sync a window of days; stop after `pages` as a kill would. Returns the requests."""
        self.account.requests.clear()
        window = Window(first_day, first_day + timedelta(days=days))
        list(islice(self.sync(stream).run(window, **options), pages))
        return list(self.account.requests)

    def landed(self, stream):
        ids = []
        for batch in self.hub.batches(stream):
            for part in self.hub.files(batch).parts:
                data = zstandard.ZstdDecompressor().decompress(Path(part).read_bytes())
                ids += [json.loads(line)["id"] for line in data.splitlines()]
        return ids

    def wanted(self, stream):
        key = "ticket_event_id" if stream == "ticket_events" else "id"
        return {row[key] for row in self.account.expected(stream)}


@pytest.fixture
def site(tmp_path):
    clock = ManualClock(NOW)
    with Simulator(tickets=400, history_days=20, clock=clock) as account:
        # Pages of 50, so that a walk has several.
        for stream in ("tickets/cursor", "ticket_events"):
            path = f"/incremental/{stream}"
            account.faults.add("timeout_unless", path=path, per_page=50, times=None)
        site = Site(tmp_path, account, clock)
        yield site
        site.client.close()


def day(ago):
    return NOW.replace(hour=0) - timedelta(days=ago)


@pytest.mark.parametrize("stream", ["tickets", "ticket_events"])
def test_a_window_is_covered_and_a_covered_one_costs_nothing(site, stream):
    assert site.run(stream, day(9), days=3)
    assert covers(site.hub.coverage(stream), Window(day(9), day(6)))
    assert site.run(stream, day(9), days=3) == []
    assert site.run(stream, day(8)) == []


def test_a_refetch_asks_again_for_what_is_covered(site):
    site.run("tickets", day(9))
    assert site.run("tickets", day(9), refetch=True)


@pytest.mark.parametrize("stream", ["tickets", "ticket_events"])
@pytest.mark.parametrize("killed_after", [1, 2, 5])
def test_after_a_kill_at_most_one_page_is_asked_for_again(site, stream, killed_after):
    whole = [each for each in site.run(stream, day(21), days=22) if each.status == 200]
    site.hub = SourceHub(Storage(str(Path(site.hub._storage.root) / "again")), "s")
    before = site.run(stream, day(21), days=22, pages=killed_after)
    after = site.run(stream, day(21), days=22)

    asked = [each for each in before + after if each.status == 200]
    assert set(site.landed(stream)) == site.wanted(stream)
    # One page again, and a page may begin elsewhere in a second that many share.
    assert len(asked) <= len(whole) + 2


def test_ranges_one_after_the_other_cost_no_more_than_one_walk(site):
    whole = [each for each in site.run("tickets", day(21), days=22) if each.status == 200]
    site.hub = SourceHub(Storage(str(Path(site.hub._storage.root) / "again")), "s")
    asked = [each for ago in range(21, 0, -5) for each in site.run("tickets", day(ago), days=5)]

    assert set(site.landed("tickets")) == site.wanted("tickets")
    assert len([each for each in asked if each.status == 200]) <= len(whole) + 6


def test_what_has_not_settled_is_landed_but_not_claimed(site):
    ticket = site.account.account.create_ticket("Late")
    site.clock.advance(timedelta(minutes=2))
    site.run("tickets", day(0))

    assert ticket in site.landed("tickets")
    (window,) = site.hub.coverage("tickets")
    assert window.end <= site.clock.now() - SETTLE


def test_an_unfinished_day_is_finished_by_the_next(site):
    site.run("tickets", day(0))
    evening = site.account.account.create_ticket("In the evening")
    site.clock.advance(timedelta(days=1))
    site.run("tickets", day(-1))

    assert evening in site.landed("tickets")
    assert covers(site.hub.coverage("tickets"), Window(day(0), day(-1)))


def test_a_row_that_becomes_visible_late_is_found_by_the_overlap(site):
    site.run("tickets", day(0))
    (start, *_) = [
        request for request in site.run("tickets", day(0)) if "start_time" in request.query
    ]
    covered = site.hub.coverage("tickets")[-1].end
    asked = datetime.fromtimestamp(int(start.query["start_time"]), UTC)

    assert covered - asked >= STREAMS["tickets"].overlap - timedelta(seconds=1)


@pytest.mark.parametrize("stream", ["groups", "activities", "satisfaction_ratings"])
def test_a_list_is_read_whole_first_and_from_the_overlap_later(site, stream):
    site.run(stream, EPOCH, days=30_000)
    assert set(site.landed(stream)) == site.wanted(stream)
    later = site.run(stream, EPOCH, days=30_000)

    name = STREAMS[stream].since
    assert all((name in request.query) == (name is not None) for request in later)


def test_a_list_that_was_cut_short_goes_on_where_it_was(site):
    for number in range(450):
        site.account.account.create_group(f"Team {number}")
    first = site.run("groups", EPOCH, days=30_000, pages=2)
    assert site.hub.coverage("groups") == []
    rest = site.run("groups", EPOCH, days=30_000)

    assert set(site.landed("groups")) == site.wanted("groups")
    assert len(first) + len(rest) <= 5 + 1
    assert len(site.hub.coverage("groups")) == 1


def test_organizations_continue_from_what_is_covered(site):
    site.run("organizations", EPOCH, days=30_000)
    assert set(site.landed("organizations")) == site.wanted("organizations")
    (request,) = site.run("organizations", EPOCH, days=30_000)
    assert int(request.query["start_time"]) > (NOW - timedelta(hours=1)).timestamp()


def make_late_rows(account):
    """Change something in each export; return what is then behind what was read already."""
    ticket = account.create_ticket("Slow to be indexed")
    organization = account.create_organization("Slow & Sons")
    return {
        "tickets": {ticket},
        "ticket_events": {each.id for each in account.ticket(ticket).events},
        "organizations": {organization},
    }


@pytest.mark.parametrize("stream", ["tickets", "ticket_events", "organizations"])
@pytest.mark.parametrize("minutes_late", [2, 5, 10])
@pytest.mark.parametrize("sync_every", [1, 7, 180])
def test_rows_that_show_up_to_the_settle_time_late_are_not_lost(
    site, stream, minutes_late, sync_every
):
    site.run(stream, day(20), days=21)
    account = site.account.account
    account.set_export_delay(minutes_late * 60)
    late = make_late_rows(account)[stream]
    account.set_export_delay(0)
    account.add_comment(1, "Seen at once, and later than the late ones.")
    for _ in range(15 if sync_every < 180 else 2):
        site.clock.advance(timedelta(minutes=sync_every))
        site.run(stream, day(0))

    assert late <= set(site.landed(stream))


@pytest.mark.parametrize("stream", ["tickets", "ticket_events", "organizations"])
def test_the_overlap_finds_rows_that_are_later_than_the_settle_time(site, stream):
    site.run(stream, day(20), days=21)
    account = site.account.account
    account.set_export_delay(25 * 60)
    late = make_late_rows(account)[stream]
    for _ in range(3):
        site.clock.advance(timedelta(minutes=12))
        site.run(stream, day(0))

    assert late <= set(site.landed(stream))
