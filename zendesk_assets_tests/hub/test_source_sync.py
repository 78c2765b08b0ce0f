"""What a source sync asks for and what it then claims to have, against a real server."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.clock import ManualClock
from zendesk_assets.errors import CursorRejectedError
from zendesk_assets.hub import OpenedBatches, SourceHub, Storage, covers, open_batches
from zendesk_assets.simulator import Simulator
from zendesk_assets.spec import EPOCH, Window
from zendesk_assets_tests import long
from zendesk_assets_tests.hub.site import NOW, SETTLE, Site


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
def test_what_was_pruned_and_read_again_is_no_trouble_once_that_is_loaded_too(site, stream):
    site.run(stream, day(9), days=3)
    pruned = site.hub.batches(stream)
    for batch in pruned:
        site.hub.prune(batch, site.clock.now())
    (first, *_rest) = open_batches(site.hub, pruned, pruned, site.clock.now()).troubles
    assert "removed by `hub prune`" in first

    site.clock.advance(timedelta(minutes=30))
    site.run(stream, day(9), days=3, refetch=True)
    # A table that never had them: what was read again is loaded by now, and no longer pending.
    known = site.hub.batches(stream)
    opened = open_batches(site.hub, pruned, known, site.clock.now())
    assert opened.troubles == []
    assert [(each.batch_id, each.records) for each in opened.files] == [
        (each.name, 0) for each in pruned
    ]
    # A replay may be of a table that has loaded them, with their rows.
    now = site.clock.now()
    assert open_batches(site.hub, pruned, known, now, replay=True) == OpenedBatches([], [])

    for batch in set(known) - set(pruned):
        site.hub.prune(batch, site.clock.now())
    assert open_batches(site.hub, pruned, known, site.clock.now()) == opened
    # Another table that has neither.
    (first, *_rest) = open_batches(site.hub, known, known, site.clock.now()).troubles
    assert "removed by `hub prune`" in first


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


@pytest.mark.parametrize("stream", ["tickets", "ticket_events"])
def test_a_day_that_has_just_begun_is_asked_for_and_not_refused(site, stream):
    site.clock.advance(day(-1) - site.clock.now())
    for refetch in (False, True):
        asked = site.run(stream, day(-1), refetch=refetch)
        assert {each.status for each in asked} <= {200, 504}
    assert not covers(site.hub.coverage(stream), Window(day(-1), day(-1) + timedelta(minutes=1)))


def test_days_that_are_claimed_are_read_if_the_hub_lacks_them_and_cost_no_look_otherwise(
    site, monkeypatch
):
    claimed = [Window(day(9), day(7)), Window(day(6), day(4))]
    for each in claimed:
        site.run("tickets", each.start, days=2)
    looks, look = [], SourceHub.look
    monkeypatch.setattr(SourceHub, "look", lambda hub, name: looks.append(name) or look(hub, name))
    site.run("tickets", day(0), claimed=claimed)
    assert looks == ["tickets"]

    lost = [each for each in site.hub.batches("tickets") if each.window.intersect(claimed[1])]
    for batch in lost:
        site.hub._storage.remove(batch.folder)
    assert not covers(site.hub.coverage("tickets"), claimed[1])
    site.run("tickets", day(0), claimed=claimed)
    assert all(covers(site.hub.coverage("tickets"), each) for each in claimed)


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

    assert covered - asked >= declared().streams["tickets"].overlap - timedelta(seconds=1)


@pytest.mark.parametrize("stream", ["groups", "activities", "satisfaction_ratings"])
def test_a_list_is_read_whole_first_and_from_the_overlap_later(site, stream):
    site.run(stream, EPOCH, days=30_000)
    assert set(site.landed(stream)) == site.wanted(stream)
    later = site.run(stream, EPOCH, days=30_000)

    name = declared().streams[stream].since
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
@long.parametrize("minutes_late", [2, 10, 5])
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


@pytest.mark.parametrize("status", [400, 422])
def test_a_cursor_that_is_refused_costs_the_pages_since_what_was_read(site, status):
    whole = [each for each in site.run("tickets", day(21), days=22) if each.status == 200]
    site.hub = SourceHub(Storage(str(Path(site.hub._storage.root) / "again")), "s")
    site.account.faults.add("status", status=status, regex=r"[?&]cursor=", after=3)
    asked = site.run("tickets", day(21), days=22)

    assert set(site.landed("tickets")) == site.wanted("tickets")
    assert len([each for each in asked if each.status == 200]) <= len(whole) + 2
    assert sum(site.hub.manifest(each).requests for each in site.hub.batches("tickets")) == len(
        asked
    )


def test_a_cursor_that_is_refused_without_progress_in_between_is_an_error(site):
    site.account.faults.add("status", status=400, regex=r"[?&]cursor=", after=1, times=None)
    with pytest.raises(CursorRejectedError):
        site.run("tickets", day(21), days=22)
    # Each refusal is followed by a page that brings something new, but for the last.
    answers = [each.status for each in site.account.requests]
    # A page has 31 records: 1000, halved until it is at most 50.
    assert answers.count(400) <= answers.count(200) <= 400 // 31 + 4


def test_a_list_goes_back_to_its_beginning_once_where_its_cursor_is_refused(site):
    for number in range(450):
        site.account.account.create_group(f"Team {number}")
    site.run("groups", EPOCH, days=30_000, pages=2)
    site.account.faults.add("status", status=400, path="page[after]=")
    after = site.run("groups", EPOCH, days=30_000)
    assert set(site.landed("groups")) == site.wanted("groups")
    assert len(after) <= 1 + 5

    site.account.faults.add("status", status=400, path="page[after]=", times=None)
    with pytest.raises(CursorRejectedError):
        site.run("groups", EPOCH, days=30_000)
    assert len(site.account.requests) <= 4


def test_a_second_that_may_be_incomplete_is_in_the_manifest_and_walked_past(site):
    site.account.account.set_same_second("truncate")
    site.account.account.flood_events(1_100)
    second = site.clock.now()
    site.clock.advance(timedelta(minutes=20))
    after = site.account.account.create_ticket("After the flood")
    site.clock.advance(timedelta(minutes=20))
    site.account.faults.clear()
    site.account.account.delete_ticket(1)  # Zendesk shows no audits of it
    site.clock.advance(timedelta(minutes=20))
    site.run("ticket_events", day(21), days=22)
    manifests = [site.hub.manifest(each) for each in site.hub.batches("ticket_events")]

    assert [each.incomplete_seconds for each in manifests if each.incomplete_seconds] == [(second,)]
    assert {each.id for each in site.account.account.ticket(after).events} <= set(
        site.landed("ticket_events")
    )
    assert site.hub.coverage("ticket_events")[-1].end > second
