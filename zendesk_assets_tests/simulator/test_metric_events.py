"""The export of ticket metric events: complete, and with the habits that were seen at Zendesk."""

from collections import Counter
from datetime import datetime, timedelta

import pytest

NAME = "ticket_metric_events"
CHANGES = {"include_changes": "true"}


def walk(site, start=0, per_page=1000, **query):
    """Yield the events of a walk that ends as ours does: with a page that is not full."""
    while True:
        page = site.json(f"incremental/{NAME}", start_time=start, per_page=per_page, **query)
        assert "end_of_stream" not in page
        yield from page[NAME]
        if page["count"] < per_page or page["end_time"] > site.account.now() - 60:
            return
        assert page["end_time"] > start, "time paging stands still"
        start = page["end_time"]


def by_id(rows):
    return {row["id"]: row for row in rows}


@pytest.mark.parametrize("per_page", [20, 150, 1000])
@pytest.mark.parametrize("query", [{}, CHANGES], ids=["by time", "with changes"])
def test_a_walk_by_time_gives_every_event(site, per_page, query):
    site.account.delete_ticket(50)
    site.account.apply_sla(site.account.create_ticket())
    site.clock.advance(timedelta(minutes=20))

    assert by_id(walk(site, per_page=per_page, **query)) == by_id(site.simulator.expected(NAME))


def test_a_walk_by_cursor_gives_every_event_in_the_order_of_time(make_site):
    site = make_site(tickets=20)
    rows = list(site.walk_list(f"incremental/{NAME}", NAME, size=60, start_time=0))

    assert by_id(rows) == by_id(site.simulator.expected(NAME))
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)


def test_events_follow_from_the_ticket_and_are_the_same_for_the_same_seed(make_site):
    first, second = (make_site(tickets=200) for _ in range(2))
    rows = first.simulator.expected(NAME)
    assert rows == second.simulator.expected(NAME)
    assert 11 < len(rows) / 200 < 17
    times = {row["ticket_id"]: [] for row in rows}
    for row in rows:
        if row["type"] != "breach":
            times[row["ticket_id"]].append(row["time"])
    for ticket in first.account.tickets.values():
        moments = {datetime.fromisoformat(each).timestamp() for each in times[ticket.id]}
        assert moments <= {event.timestamp for event in ticket.events}
    kinds = Counter(row["type"] for row in rows)
    assert kinds["fulfill"] == kinds["update_status"] > 0


def test_ids_and_times_stay_as_a_ticket_goes_on(site):
    before = by_id(site.simulator.expected(NAME))
    site.account.update_ticket(7, "Done", status="solved")
    site.account.update_ticket(7, "Not quite", status="open")
    site.clock.advance(timedelta(minutes=20))
    after = by_id(site.simulator.expected(NAME))

    assert before.items() <= after.items()
    assert len(after) > len(before)


def test_events_of_the_present_appear_up_to_thirteen_minutes_late(site):
    known = by_id(site.simulator.expected(NAME))
    for _ in range(30):
        site.account.create_ticket()
    opened = site.account.now()
    counts = []
    for _ in range(14):
        shown = by_id(walk(site, start=opened - 60)).keys() - known.keys()
        counts.append(len(shown))
        site.clock.advance(timedelta(minutes=1))

    assert counts == sorted(counts)
    assert 0 < counts[2] < counts[7] < counts[-1] == 30 * 5


def test_a_breach_is_written_ahead_and_flagged_when_it_is_prevented(site):
    ticket = site.account.create_ticket()
    site.account.apply_sla(ticket, minutes=60)
    site.clock.advance(timedelta(minutes=20))
    start = site.account.now() - 120

    (ahead,) = walk(site, start=start)
    assert (ahead["ticket_id"], ahead["type"], ahead["deleted"]) == (ticket, "breach", False)
    assert datetime.fromisoformat(ahead["time"]).timestamp() == start + 120 - 20 * 60 + 60 * 60
    site.account.update_ticket(ticket, "Done", status="solved")
    site.clock.advance(timedelta(minutes=20))
    assert by_id(walk(site, start=start))[ahead["id"]] == ahead | {"deleted": True}

    site.account.set_forecasts_vanish()
    assert ahead["id"] not in by_id(walk(site, start=start))


def test_only_a_walk_with_changes_shows_what_was_deleted_after_its_time(site):
    start = site.account.now()
    site.account.delete_ticket(7)
    site.clock.advance(timedelta(minutes=20))

    assert list(walk(site, start=start)) == []
    rows = list(walk(site, start=start, **CHANGES))
    assert {row["ticket_id"] for row in rows} == {7}
    assert all(row["deleted"] for row in rows)
    assert max(row["time"] for row in rows) < site.clock.now().isoformat()
    shown = by_id(walk(site, exclude_deleted="true", **CHANGES))
    assert shown.keys() == {
        each["id"] for each in site.simulator.expected(NAME) if not each["deleted"]
    }


def test_it_is_charged_to_the_account_alone(limited):
    for _ in range(6):
        assert limited.get(f"incremental/{NAME}", start_time=0).status_code == 200
    assert limited.simulator.limiter.used(limited.clock.now().timestamp())["exports"] == 0
