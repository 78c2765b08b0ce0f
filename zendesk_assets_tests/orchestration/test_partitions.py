"""Months: as Dagster cuts them, as conditions count them, and as older settings become them."""

from datetime import UTC, date, datetime

import dagster as dg
import pytest

from zendesk_assets.orchestration.automation import _last_months
from zendesk_assets.orchestration.partitions import history_of, months_of
from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import Window, month_of, months_in, window_of_months


def source(**settings):
    auth = {"type": "bearer", "token": "x"}
    return Source.model_validate(
        {"nickname": "A", "schema": "a", "subdomain": "a", "auth": auth, **settings}
    )


def test_months_are_those_of_dagster():
    months = months_of(source(history_start=date(1970, 1, 15)))
    keys = months.get_partition_keys()

    assert keys[0] == "1970-01"
    assert keys[-1] == month_of(datetime.now(UTC))
    for key in keys:
        theirs = months.time_window_for_partition_key(key)
        assert window_of_months(key) == Window(theirs.start, theirs.end)
    assert list(months_in(window_of_months(keys[0], keys[-1]))) == keys


def test_a_history_that_begins_within_a_month_has_the_rest_of_it():
    begun = history_of(source(history_start=date(2020, 2, 28)))
    february = window_of_months("2020-02").intersect(begun)

    assert february == Window(datetime(2020, 2, 28, tzinfo=UTC), datetime(2020, 3, 1, tzinfo=UTC))


@pytest.mark.parametrize("before", [0, 1, 2, 12, 120, pytest.param(1_200, marks=pytest.mark.long)])
def test_a_condition_for_the_last_months_has_exactly_these(before):
    """Dagster takes the months that begin within a time before the end of the current one."""
    months = dg.MonthlyPartitionsDefinition("1800-01", timezone="UTC", fmt="%Y-%m")
    span = _last_months(before).lookback_timedelta
    for month in months_in(window_of_months("1999-12", "2032-01")):
        end = window_of_months(month).end
        found = months.get_partition_keys_in_time_window(dg.TimeWindow(end - span, end))
        assert len(found) == before + 1


@pytest.mark.parametrize(
    ("days", "months"), [(0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (90, 3), (365, 12), (366, 13)]
)
def test_the_initial_history_is_rounded_up_to_whole_months(days, months):
    assert source(initial_history_days=days).initial_months == months


@pytest.mark.parametrize(
    ("settings", "months"),
    [
        ({}, 12),
        ({"months_per_run": 2}, 2),
        ({"days_per_run": 1}, 1),
        ({"days_per_run": 30}, 1),
        ({"days_per_run": 90}, 3),
        ({"days_per_run": 365}, 12),
        ({"days_per_run": 365, "months_per_run": 2}, 2),
    ],
)
def test_days_of_a_run_as_older_files_say_are_months(settings, months):
    assert source(**settings).run_months == months
