"""A table's day is green only if the hub covers it; a schedule waits, other runs fail."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import dagster as dg
import duckdb
import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.cli.plan import Span, SyncScope, plan_sync
from zendesk_assets.orchestration.hub_coverage import what_is_missing
from zendesk_assets.orchestration.partitions import RunScope, days_of
from zendesk_assets.spec import EPOCH, Window
from zendesk_assets_tests.account import SCHEMA, project

CHOSEN = {"collections": {"include": ["tickets", "groups"]}}
HUB = dg.AssetKey([SCHEMA, "hub", "tickets"])
TABLE = dg.AssetKey([SCHEMA, "tickets"])
GROUPS = dg.AssetKey([SCHEMA, "groups"])
SCHEDULE = {"zendesk/layer": "warehouse"}


@pytest.fixture
def site(tmp_path, monkeypatch):
    # Else one page would cover everything.
    monkeypatch.setitem(
        declared().streams, "tickets", replace(declared().streams["tickets"], page_size=2)
    )
    with project(tmp_path, tickets=60, history_days=20, settings=CHOSEN) as each:
        each.clock.advance(timedelta(minutes=30))
        yield each


def run(site, key, first=None, last=None, tags=None):
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    days = {
        "dagster/asset_partition_range_start": first,
        "dagster/asset_partition_range_end": last,
    }
    return site.job.execute_in_process(
        asset_selection=[key],
        instance=site.instance,
        tags={**(days if first else {}), **(tags or {})},
        run_config=quiet,
        raise_on_error=False,
    )


def why(result):
    (failure,) = [each for each in result.all_events if each.is_step_failure]
    return failure.step_failure_data.user_failure_data.description


def materialized(site, key=TABLE):
    return site.instance.get_materialized_partitions(key)


def checks_of(result):
    return result.get_asset_check_evaluations()


@pytest.mark.parametrize("days_ago", [1, 2, 15])
def test_an_old_day_without_the_hub_fails_and_names_the_hub_asset(site, days_ago):
    site.run([HUB], first=site.day(), last=site.day())
    day = site.day(days_ago)
    result = run(site, TABLE, day, day)
    assert not result.success
    assert why(result).startswith(f"The hub has nothing of tickets for {day} (missing: {day}")
    assert f"materialize {SCHEMA}/hub/tickets for these days first" in why(result)
    assert f"`zendesk-assets sync --from {day} --to " in why(result)
    assert materialized(site) == set()
    assert checks_of(result) == []


def test_without_any_hub_neither_today_nor_a_table_without_days_is_green(site):
    today = site.day()
    assert "nothing of tickets" in why(run(site, TABLE, today, today))
    assert why(run(site, GROUPS)) == (
        f"The hub has nothing of groups: materialize {SCHEMA}/hub/groups first, or run "
        "`zendesk-assets sync --collection groups`."
    )
    assert not site.database.exists()


def test_days_that_the_hub_has_in_part_fail_with_what_is_missing(site):
    site.run([HUB], first=site.day(20), last=site.day(15))
    site.run([HUB], first=site.day(9), last=site.day())
    result = run(site, TABLE, site.day(18), site.day(5))
    span = f"The hub has not all of tickets for {site.day(18)} to {site.day(5)}"
    assert re.match(rf"{span} \(missing: [-0-9]+ [0-9:]+ to {site.day(9)} 00:00\): ", why(result))
    site.run([HUB], first=site.day(15), last=site.day(10))
    assert run(site, TABLE, site.day(18), site.day(5)).success


def test_today_and_yesterday_are_green_with_what_the_last_walk_has_left_open(site):
    yesterday = site.day()
    site.run([HUB], first=site.day(3), last=yesterday)
    site.clock.advance(timedelta(hours=12, minutes=5))  # midnight has just passed
    assert run(site, TABLE, yesterday, yesterday).success
    assert run(site, TABLE, site.day(), site.day()).success
    assert {yesterday, site.day()} <= materialized(site)


def test_a_schedule_that_is_early_waits_and_nothing_is_red_or_green(site):
    for key, days in ((TABLE, (site.day(4), site.day(4))), (GROUPS, (None, None))):
        result = run(site, key, *days, tags=SCHEDULE)
        assert result.success
        assert result.get_asset_materialization_events() == []
        assert checks_of(result) == []
    assert materialized(site) == set()
    site.run([HUB], first=site.day(4), last=site.day(4))
    assert run(site, TABLE, site.day(4), site.day(4), tags=SCHEDULE).success
    assert site.day(4) in materialized(site)


def test_hub_and_table_in_one_run_are_green_for_every_day(site):
    result = site.run([HUB, TABLE], first=site.day(10), last=site.day())
    assert result.success
    assert len(materialized(site)) == 11
    with duckdb.connect(str(site.database), read_only=True) as connection:
        assert connection.execute(f"select count(*) from {SCHEMA}.tickets").fetchone()[0] > 0


def test_tables_alone_are_asked_for_what_the_hub_has(site):
    site.run([HUB], first=site.day(9), last=site.day(6))

    def covered(stream):
        return [each.window for each in hub.batches(stream)]

    hub = site.definitions.resources["hub"].of_source(SCHEMA)
    source = site.source.model_copy(update={"initial_history_days": 100})
    runs = plan_sync(
        source, ["tickets"], SyncScope.WAREHOUSE, Span(), site.instance, covered=covered
    )
    first, last = next(each.days for each in runs if each.days and each.days[0] == site.day(9))
    assert site.day(6) <= last < site.day(3)  # the page it ended with may reach further
    assert [each.days for each in runs if each.days and each.days[0] < first] == []
    assert days_of(source).get_last_partition_key() in {each.days[1] for each in runs if each.days}


HOUR = timedelta(hours=1)
MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours_past_midnight", "covered_to", "done", "is_fine"),
    [
        (12, 0, (), True),  # all of yesterday
        (12, -3, (), True),  # a walk three hours before midnight: the next one goes on there
        (12, -18, (), False),  # the last walk was more than a day ago
        (35, -3, (), False),  # a day and a half later nobody went on
        (0.01, -24, (), False),  # nothing of yesterday, and nobody has asked for it
        (0.01, -24, ("2026-02-28",), True),  # the hub asset ran just after it began
    ],
)
def test_what_is_asked_of_yesterday(hours_past_midnight, covered_to, done, is_fine):
    asked = RunScope(Window(MIDNIGHT - 24 * HOUR, MIDNIGHT), ("2026-02-28",))
    found = what_is_missing(
        asked,
        [Window(EPOCH, MIDNIGHT + covered_to * HOUR)],
        1,
        MIDNIGHT + hours_past_midnight * HOUR,
        timedelta(minutes=10),
        lambda: done,
    )
    assert (found == []) is is_fine


def test_today_is_not_green_where_the_hub_ends_days_ago():
    today = RunScope(Window(MIDNIGHT, MIDNIGHT + 24 * HOUR), ("2026-03-01",))
    now, settle = MIDNIGHT + 12 * HOUR, timedelta(minutes=10)
    ended = [Window(EPOCH, MIDNIGHT - 5 * 24 * HOUR)]
    assert what_is_missing(today, ended, 1, now, settle, set) == [today.window]
    assert what_is_missing(today, ended, 1, now, settle, lambda: {"2026-03-01"}) == []
    assert what_is_missing(today, [Window(EPOCH, MIDNIGHT - HOUR)], 1, now, settle, set) == []
