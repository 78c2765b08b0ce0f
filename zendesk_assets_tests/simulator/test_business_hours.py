"""Business minutes of the simulator: counted minute by minute here, by arithmetic there."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from zendesk_assets.simulator.account.records import Comment

ZONES = {"London": "Europe/London", "Eastern Time (US & Canada)": "America/New_York"}


def counted(schedule, holidays, start, end):
    """Return the whole minutes from `start` to `end` whose first second is open; in UTC seconds."""
    zone, found = ZoneInfo(ZONES[schedule["time_zone"]]), 0
    for second in range(start, end - 59, 60):
        local = datetime.fromtimestamp(second, zone)
        minute = local.isoweekday() % 7 * 1440 + local.hour * 60 + local.minute
        is_open = any(
            each["start_time"] <= minute < each["end_time"] for each in schedule["intervals"]
        )
        day = f"{local:%Y-%m-%d}"
        found += is_open and not any(
            each["start_date"] <= day <= each["end_date"] for each in holidays
        )
    return found


def schedule_of(site):
    rows = site.account.list_rows("schedules").values()
    schedule = min(rows, key=lambda row: row["created_at"])
    holidays = site.account.list_rows("schedule_holidays").values()
    return schedule, [each for each in holidays if each["schedule_id"] == schedule["id"]]


def metrics_of(site, ticket_id):
    rows = site.simulator.expected("ticket_metrics")
    return next(row for row in rows if row["ticket_id"] == ticket_id)


def sla_breach(site, ticket_id):
    rows = site.simulator.expected("ticket_metric_events")
    (found,) = [r for r in rows if r["ticket_id"] == ticket_id and r["type"] == "breach"]
    return int(datetime.fromisoformat(found["time"]).timestamp())


def go_to(site, moment):
    """Move the clock forward to a moment in UTC."""
    site.clock.advance(datetime.fromisoformat(f"{moment}+00:00") - site.clock.now())


def test_the_past_has_the_business_minutes_of_the_default_schedule(make_site):
    site = make_site(tickets=60)
    schedule, holidays = schedule_of(site)
    some = 0
    for ticket in site.account.tickets.values():
        metrics = metrics_of(site, ticket.id)
        answered = ticket.metrics.reply is not None
        replies = [
            event.timestamp
            for event in ticket.events[1:]
            for child in event.children
            if isinstance(child, Comment) and child.public
            if event.updater_id != ticket.requester_id
        ]
        for moment, name in ((replies[0] if answered else None, "reply"),
                             (ticket.metrics.solved, "full_resolution")):  # fmt: skip
            business = metrics[f"{name}_time_in_minutes"]["business"]
            if moment is None:
                assert business is None
                continue
            # Seconds before the first whole minute and after the last can make one minute.
            minutes = counted(schedule, holidays, ticket.created, moment)
            assert abs(business - minutes) <= 1
            some += business > 0
    assert some > 20


@pytest.mark.parametrize(
    ("opened", "answered", "minutes"),
    [
        ("2026-03-27T16:30:00", "2026-03-30T08:30:00", 60),  # the clocks go forward on Sunday
        ("2026-10-23T15:30:00", "2026-10-26T09:30:00", 60),  # the clocks go back
        ("2026-06-26T15:00:00", "2026-07-01T08:01:59", 61),  # two days of stocktaking between
        ("2026-07-04T10:00:00", "2026-07-05T22:00:00", 0),  # a weekend
    ],
)
def test_weekends_holidays_and_clock_changes_count_as_in_the_zone(
    make_site, opened, answered, minutes
):
    site = make_site(tickets=3)
    go_to(site, opened)
    ticket = site.account.create_ticket()
    go_to(site, answered)
    site.account.update_ticket(ticket, "On its way", status="solved")

    metrics = metrics_of(site, ticket)
    assert metrics["reply_time_in_minutes"]["business"] == minutes
    assert metrics["full_resolution_time_in_minutes"]["business"] == minutes
    assert metrics["requester_wait_time_in_minutes"]["business"] == minutes


def test_a_target_in_business_hours_is_breached_when_they_have_passed(make_site):
    site = make_site(tickets=3)
    go_to(site, "2026-03-27T16:30:00")  # a Friday
    ticket = site.account.create_ticket()
    site.account.apply_sla(ticket, minutes=480, business_hours=True)
    site.clock.advance(timedelta(minutes=20))  # it is shown some minutes late
    # Half an hour on Friday and seven and a half on Monday, when London is an hour ahead of UTC.
    wanted = int(datetime.fromisoformat("2026-03-30T15:30:00+00:00").timestamp())

    assert sla_breach(site, ticket) == wanted


def test_a_schedule_that_changes_leaves_earlier_figures_as_they_were(make_site):
    site = make_site(tickets=40)
    names = ("ticket_metrics", "ticket_metric_events")
    before = {name: site.simulator.expected(name) for name in names}
    schedule, _ = schedule_of(site)
    every_hour = [{"start_time": 1440 * day, "end_time": 1440 * (day + 1)} for day in range(7)]
    site.account.update_row("schedules", schedule["id"], {"intervals": every_hour})
    assert before == {name: site.simulator.expected(name) for name in names}

    site.clock.advance(timedelta(minutes=1))
    ticket = site.account.create_ticket()
    site.clock.advance(timedelta(days=2))
    site.account.update_ticket(ticket, "Done", status="solved")
    assert metrics_of(site, ticket)["full_resolution_time_in_minutes"]["business"] == 2 * 1440


def test_without_a_schedule_every_minute_counts(make_site):
    site = make_site(tickets=3)
    site.account.delete_rows("schedules")
    site.clock.advance(timedelta(minutes=1))
    ticket = site.account.create_ticket()
    site.clock.advance(timedelta(days=9, minutes=7))
    site.account.update_ticket(ticket, "Done", status="solved")

    found = metrics_of(site, ticket)["full_resolution_time_in_minutes"]
    assert found["business"] == found["calendar"] == 9 * 1440 + 7
