"""Business minutes in SQL are those of plain Python, in any zone and at each edge."""

from datetime import UTC, datetime
from random import Random

import pytest

from zendesk_assets_tests.analysis import truth_of_work as truth

CUSTOMER, AGENT = 7, 8
DAILY = [(1440 * day, 1440 * (day + 1)) for day in range(7)]
OFFICE = [(1440 * day + 540, 1440 * day + 1020) for day in range(1, 6)]
SPLIT = [(5, 25), (720, 1439), *OFFICE, (9000, 10080)]
SCHEDULES = {
    "a zone ahead of UTC whose clocks go forward": ("Sydney", "2026-10-01", DAILY),
    "hours that touch midnight, and clocks that go back": (
        "Eastern Time (US & Canada)", "2026-10-28", SPLIT,
    ),
    "half hours from UTC": ("New Delhi", "2026-10-01", SPLIT),
    "a name of the tz database": ("Europe/Berlin", "2026-03-25", OFFICE),
}  # fmt: skip


def schedule(zone, hours):
    listed = [{"start_time": opens, "end_time": closes} for opens, closes in hours]
    return {"id": 3, "time_zone": zone, "intervals": listed,
            "created_at": "2026-01-01 00:00:00+00"}  # fmt: skip


def talk(desk, start, seed):
    """Fill one ticket in which customer and agent take turns; return (asked, replied) of each."""
    draw, second = Random(seed), int(datetime.fromisoformat(f"{start}T00:00Z").timestamp())
    desk.fill("groups")
    desk.fill("users", {"id": AGENT, "role": "agent"}, {"id": CUSTOMER, "role": "end-user"})
    moments, events = [], [{"event_type": "Create", "field_name": "status", "value": "new"}]
    for number in range(40):
        second += draw.choice((1, 59, 900, 30_000, 70_000, 200_000)) + draw.randrange(3)
        moments.append(second)
        author = AGENT if number % 2 else CUSTOMER
        events.append({"event_type": "Comment", "author_id": author, "public": True})
    for at, event in enumerate(events):
        moment = datetime.fromtimestamp(moments[max(0, at - 1)], UTC)
        number = max(1, at)  # the comment that opens the ticket is of the event that creates it
        event |= {"id": at, "ticket_event_id": number, "ticket_id": 1, "timestamp": f"{moment}"}
    desk.fill("ticket_events", *events)
    desk.fill("tickets", {"id": 1, "requester_id": CUSTOMER, "created_at": events[0]["timestamp"]})
    return list(zip(moments[::2], moments[1::2], strict=True))


@pytest.mark.parametrize("name", SCHEDULES)
def test_business_minutes_are_those_of_the_zone(desk, name):
    zone, start, hours = SCHEDULES[name]
    waits = talk(desk, start, seed=name)
    closed = [{"start_date": f"{start[:8]}29", "end_date": f"{start[:8]}30"}]
    row = schedule(zone, hours)
    desk.fill(
        "schedules", row, {**schedule("UTC", DAILY), "id": 4, "created_at": "2026-02-01 00:00:00Z"}
    )
    desk.fill("schedule_holidays", *({"id": 1, "schedule_id": 3, **each} for each in closed))
    found = desk.rows("analysis_replies", "replied_at")

    assert [each["minutes"] for each in found] == [(end - asked) // 60 for asked, end in waits]
    assert [each["minutes_business"] for each in found] == [
        truth.business_minutes(row, closed, asked, end) for asked, end in waits
    ]


@pytest.mark.parametrize(
    "odd",
    [
        schedule("Atlantis", OFFICE),
        schedule("'; DROP TABLE s.users; --", OFFICE),
        schedule("London", []),
        {**schedule("London", []), "intervals": [{"start_time": "x"}, 7, {"end_time": 9}]},
        {**schedule("London", []), "intervals": {"not": "a list"}},
        {**schedule(None, OFFICE), "intervals": None},
        schedule("London", [(100, 2000), (20_000, 20_001)]),
    ],
)
def test_a_schedule_that_cannot_be_understood_gives_no_business_minutes(desk, odd):
    talk(desk, "2026-10-01", seed=1)
    desk.fill("schedules", odd)
    desk.fill("schedule_holidays", {"id": 1, "schedule_id": 3, "start_date": "soon"})

    assert {each["minutes_business"] for each in desk.rows("analysis_replies")} == {None}
