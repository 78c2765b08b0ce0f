"""A simulated account is a function of its seed and of the days before now, whatever the date.

Business hours are of the calendar: which of the past's hours count depends on the date.
"""

import re
from datetime import UTC, datetime

import pytest

from zendesk_assets.clock import ManualClock, read_time
from zendesk_assets.simulator import Simulator
from zendesk_assets.simulator.expected import COLLECTIONS as COMPUTED
from zendesk_assets.simulator.lists.declaration import declarations

COLLECTIONS = (*COMPUTED, *declarations())
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # https://github.com/ulid/spec
YEARS = 3 * 365 * 86_400  # all of an account's past, and no other number


def account_at(moment, seed=7):
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    simulator = Simulator(tickets=60, seed=seed, history_days=90, clock=ManualClock(now))
    found = {name: simulator.expected(name) for name in COLLECTIONS}
    for row in (*found["survey_responses"], *found["custom_object_records"]):
        row["id"], row["url"] = sent_at(row["id"]), ""
    for row in (*found["access_logs"], *found["webhook_invocations"]):
        row["id"] = sent_at(row["id"])
    found["ticket_metric_events"] = [
        {**row, "id": "after the breaches"}
        for row in found["ticket_metric_events"]
        if row["type"] != "breach"  # targets in business hours
    ]
    return {name: before(rows, int(now.timestamp())) for name, rows in found.items()}


def sent_at(ulid):
    """Return the Unix seconds that a ULID begins with."""
    places = [CROCKFORD.index(letter) for letter in ulid[:10]]
    return sum(each << 5 * (9 - at) for at, each in enumerate(places)) // 1000


def before(value, now):
    """Return the value with every time in it as seconds before `now`; dates of fields are left."""
    match value:
        case dict():
            plain = {**value, "business": "of the calendar"} if "business" in value else value
            return {name: before(each, now) for name, each in plain.items()}
        case list() | tuple():
            return [before(each, now) for each in value]
        case str() if re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}(\.\d{3})?Z?", value):
            return now - int(read_time(value).timestamp())
        case str() if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return "a date"
        case int() if abs(now - value) < YEARS:
            return now - value
    return value


@pytest.fixture(scope="module")
def usual():
    return account_at("2026-11-25T12:00:00")


@pytest.mark.parametrize(
    "moment",
    ["2026-11-28T07:13:00", "2026-12-01T00:00:30", "2028-02-29T23:59:00", "2027-01-01T00:00:00",
     "2027-03-28T01:00:00"],
)  # fmt: skip
def test_the_same_seed_gives_the_same_past_at_any_time(usual, moment):
    found = account_at(moment)

    for name in COLLECTIONS:
        assert found[name] == usual[name]


def test_another_seed_gives_another_past(usual):
    assert account_at("2026-11-25T12:00:00", seed=8)["tickets"] != usual["tickets"]
