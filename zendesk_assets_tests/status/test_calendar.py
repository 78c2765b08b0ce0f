"""What the calendar says of a month follows from the hub's windows, without a hub."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from zendesk_assets.spec import Window
from zendesk_assets.status.calendar import State, build_calendar, history_in_words

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
START = datetime(2025, 11, 15, tzinfo=UTC)
HISTORY = Window(START, NOW - timedelta(minutes=10))


def at(month, day=1, year=2026):
    return datetime(year, month, day, tzinfo=UTC)


def calendar(*covered, **known):
    return build_calendar("tickets", HISTORY, [Window(*each) for each in covered], NOW, **known)


def states(found):
    return {month.name: month.state for month in found.months}


def test_months_before_the_history_and_after_today_are_outside_of_it():
    found = calendar()
    assert [year for year, _ in found.years] == [2026, 2025]
    assert [each.name for each in found.months] == [
        "2025-11", "2025-12", "2026-01", "2026-02", "2026-03",
    ]  # fmt: skip
    assert all(len(months) == 12 for _, months in found.years)


def test_a_month_is_fetched_missing_or_partly_there():
    found = calendar((START, at(12, 31, 2025)), (at(2), NOW - timedelta(hours=3)))
    assert states(found) == {
        "2025-11": State.FETCHED,
        "2025-12": State.PARTLY,
        "2026-01": State.MISSING,
        "2026-02": State.FETCHED,
        "2026-03": State.FETCHED,
    }
    assert found.spans == [("2025-12-01", "2026-02-01")]


def test_the_end_of_the_current_month_is_not_missing_where_syncs_reach_it():
    assert states(calendar((at(2), at(3, 19))))["2026-03"] is State.FETCHED
    assert states(calendar((at(2), at(2, 20))))["2026-03"] is State.MISSING


def test_a_month_with_a_hole_in_it_names_the_hole():
    found = calendar((at(3), at(3, 5)), (at(3, 7), NOW))
    (march,) = [each for each in found.months if each.name == "2026-03"]
    assert march.state is State.PARTLY
    assert march.missing == (Window(at(3, 5), at(3, 7)),)


def test_a_failed_month_is_failed_until_it_is_there():
    assert states(calendar(failed=["2025-12"]))["2025-12"] is State.FAILED
    covered = (START, NOW)
    assert states(calendar(covered, failed=["2025-12"]))["2025-12"] is State.FETCHED


def test_seconds_that_may_be_incomplete_are_counted_in_their_month():
    found = calendar((START, NOW), incomplete=[at(2, 3), at(2, 4)])
    (february,) = [each for each in found.months if each.incomplete]
    assert february.name == "2026-02"
    assert february.words == "The hub has all of it. 2 seconds may be incomplete."


def test_a_history_that_begins_within_a_month_asks_for_its_days_only():
    assert calendar((at(12, 1, 2025), NOW)).spans == [("2025-11-15", "2025-12-01")]


def test_the_command_for_the_current_month_ends_with_the_day_after_today():
    march = calendar().months[-1]
    assert march.after == "2026-03-21"


def test_the_history_of_streams_that_differ_is_told_of_each_and_else_once():
    half, whole = calendar((at(2), NOW)), calendar((START, NOW))
    others = replace(half, stream="ticket_events")
    told = "istory from 2026-02-01 to 2026-03-20 12:00 UTC; 3 months are missing or incomplete."
    assert history_in_words([half, others]) == f"H{told}"
    assert history_in_words([whole, others]) == (
        "tickets: history from 2025-11-15 to 2026-03-20 12:00 UTC; no month is missing. "
        f"ticket_events: h{told}"
    )
    assert history_in_words([calendar()]) == "No history was fetched yet."
