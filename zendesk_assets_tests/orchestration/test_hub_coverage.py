"""A table's month is green only if the hub covers it; a schedule waits, other runs fail."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import dagster as dg
import duckdb
import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.cli.plan import plan_sync
from zendesk_assets.cli.span import Span, SyncScope
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.hub import covers
from zendesk_assets.orchestration.hub_coverage import what_is_missing
from zendesk_assets.orchestration.partitions import RunScope, months_of
from zendesk_assets.spec import EPOCH, Window, months_in, window_of_months
from zendesk_assets_tests.account import NOW, SCHEMA, project

FIRST = (NOW.replace(day=1) - timedelta(days=1)).replace(day=1).date()  # of the month before
CHOSEN = {"history_start": FIRST, "collections": {"include": ["tickets", "groups"]}}
BEFORE = f"{FIRST:%Y-%m}"
HUB = dg.AssetKey([SCHEMA, "hub", "tickets"])
TABLE = dg.AssetKey([SCHEMA, "tickets"])
GROUPS = dg.AssetKey([SCHEMA, "groups"])
SCHEDULE = {"zendesk/layer": "hub to tables"}


@pytest.fixture
def small_pages(monkeypatch):
    """Without them, one page would cover everything."""
    small = replace(declared().streams["tickets"], page_size=2)
    monkeypatch.setitem(declared().streams, "tickets", small)


@pytest.fixture
def site(tmp_path, small_pages):
    with project(tmp_path, tickets=60, history_days=20, settings=CHOSEN) as each:
        each.clock.advance(timedelta(minutes=30))
        yield each


def run(site, key, first=None, last=None, tags=None, days=(), **config):
    """Materialize an asset for months, or for some `days` of them (the end is excluded)."""
    months = {
        "dagster/asset_partition_range_start": first,
        "dagster/asset_partition_range_end": last or first,
    }
    config |= dict(zip(("first_day", "end_day"), days, strict=False))
    return site.job.execute_in_process(
        asset_selection=[key],
        instance=site.instance,
        tags={**(months if first else {}), **(tags or {})},
        run_config={
            "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            "ops": {key.to_python_identifier(): {"config": config}} if config else {},
        },
        raise_on_error=False,
    )


def day(number):
    """Return a day of the month before, by how many days it is after the first one."""
    return (FIRST + timedelta(days=number)).isoformat()


def why(result):
    (failure,) = [each for each in result.all_events if each.is_step_failure]
    return failure.step_failure_data.user_failure_data.description


def materialized(site, key=TABLE):
    return site.instance.get_materialized_partitions(key)


def observed(site, key=TABLE):
    events = site.instance.fetch_observations(key, limit=10).records
    return {each.partition_key for each in events}


def tickets_in(site):
    with duckdb.connect(str(site.database), read_only=True) as connection:
        return connection.execute(f"select count(*) from {SCHEMA}.tickets").fetchone()[0]


def checks_of(result):
    return result.get_asset_check_evaluations()


def test_an_old_month_without_the_hub_fails_and_names_the_hub_asset(site):
    assert run(site, HUB, site.month()).success
    result = run(site, TABLE, BEFORE)
    assert not result.success
    assert why(result).startswith(f"The hub has nothing of tickets for {FIRST} to {BEFORE}-")
    assert f"materialize {SCHEMA}/hub/tickets for {BEFORE} first" in why(result)
    assert f"`zendesk-assets sync --from {FIRST} --to {site.month()}-01`" in why(result)
    assert materialized(site) == set()
    assert checks_of(result) == []


def test_without_any_hub_neither_this_month_nor_a_table_without_months_is_green(site):
    assert "nothing of tickets" in why(run(site, TABLE, site.month()))
    assert why(run(site, GROUPS)) == (
        f"The hub has nothing of groups: materialize {SCHEMA}/hub/groups first, or run "
        "`zendesk-assets sync --collection groups`."
    )
    assert not site.database.exists()


def test_some_days_of_a_month_are_fetched_and_loaded_and_it_is_green_once_all_are(site):
    some = (day(5), day(9))
    assert run(site, HUB, BEFORE, days=some).success
    assert run(site, TABLE, BEFORE, days=some).success
    assert materialized(site, HUB) == materialized(site) == set()
    assert observed(site, HUB) == observed(site) == {BEFORE}

    result = run(site, TABLE, BEFORE)
    span = re.escape(f"The hub has not all of tickets for {FIRST} to {BEFORE}-")
    assert re.match(rf"{span}\d+ \(missing: {FIRST}", why(result))
    rest = ((FIRST.isoformat(), day(5)), (day(9), f"{site.month()}-01"))
    for days in rest:
        assert run(site, HUB, BEFORE, days=days).success
    assert materialized(site, HUB) == {BEFORE}
    assert run(site, TABLE, BEFORE, days=some).success
    assert materialized(site) == {BEFORE}


def test_of_several_months_with_days_those_are_green_that_the_hub_has(site):
    days = (FIRST.isoformat(), f"{site.month()}-01")
    assert run(site, HUB, BEFORE, site.month(), days=days).success
    assert BEFORE in materialized(site, HUB)
    assert run(site, TABLE, BEFORE, site.month(), days=days).success
    assert BEFORE in materialized(site)
    if site.clock.now().day > 2:  # of a month that has just begun nothing is asked for
        assert materialized(site, HUB) == materialized(site) == {BEFORE}


def test_a_month_that_is_green_and_unfinished_is_finished_by_the_next_walk(site):
    last = site.month()
    assert run(site, HUB, BEFORE, last).success
    site.clock.advance(timedelta(days=40))  # nobody was there
    assert run(site, HUB, site.month()).success
    hub = site.definitions.resources["hub"].of_source(SCHEMA)
    past = Window(window_of_months(last).start, window_of_months(last).end)
    assert covers(hub.coverage("tickets"), past)


def test_a_replay_loads_everything_that_the_hub_has_whatever_dagster_knows(site):
    assert run(site, HUB, BEFORE, site.month()).success
    site.instance = dg.DagsterInstance.ephemeral()  # of another machine
    (planned,) = plan_sync(
        site.source, ["tickets"], SyncScope.WAREHOUSE, Span(), site.instance, switches=("replay",)
    )
    assert planned.switches == ("replay", "everything")
    for _once_more in range(2):
        assert run(site, TABLE, site.month(), replay=True, everything=True).success
        with duckdb.connect(str(site.database)) as connection:
            query = f"update {SCHEMA}.tickets set subject = 'lost' returning id"
            assert len(connection.execute(query).fetchall()) == 60
    assert run(site, TABLE, site.month(), replay=True, everything=True).success
    assert site.differences(collections=["tickets"]) == []
    assert materialized(site) == {BEFORE, site.month()}


def test_a_span_that_begins_after_now_is_refused(site):
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
    with pytest.raises(ZendeskAssetsError, match=f"There is no day from {tomorrow} to"):
        plan_sync(site.source, [], SyncScope.BOTH, Span(tomorrow), site.instance)


def test_days_that_are_none_of_the_months_or_no_dates_are_refused_with_a_sentence(site):
    assert why(run(site, HUB, site.month(), days=(day(1), day(2)))).startswith(
        f"No day from {day(1)} to before {day(2)} is in {site.month()}-01 to "
    )
    assert why(run(site, GROUPS, days=(day(1),))).startswith("groups has no months: omit")
    for key in (HUB, TABLE):
        said = why(run(site, key, BEFORE, days=("2026-13-01",)))
        assert said == "Not a date: 2026-13-01. Use YYYY-MM-DD."


def test_two_months_are_green_with_what_the_last_walk_has_left_open(site):
    last = site.month()
    ends = window_of_months(last).end
    site.clock.advance(ends - timedelta(minutes=10) - site.clock.now())
    assert run(site, HUB, BEFORE, last).success
    site.clock.advance(timedelta(minutes=15))  # midnight has just passed
    assert last < site.month()
    assert run(site, TABLE, last).success
    assert run(site, TABLE, site.month()).success
    assert {last, site.month()} <= materialized(site)


def test_a_schedule_that_is_early_waits_and_nothing_is_red_or_green(site):
    for key, months in ((TABLE, (BEFORE,)), (GROUPS, ())):
        result = run(site, key, *months, tags=SCHEDULE)
        assert result.success
        assert result.get_asset_materialization_events() == []
        assert checks_of(result) == []
    assert materialized(site) == set()
    assert run(site, HUB, BEFORE).success
    assert run(site, TABLE, BEFORE, tags=SCHEDULE).success
    assert BEFORE in materialized(site)


def test_a_schedule_loads_what_a_walk_has_landed_of_a_month_that_it_goes_on_with(
    tmp_path, small_pages
):
    with project(tmp_path, tickets=60, history_days=60, settings=CHOSEN) as site:
        assert run(site, HUB, BEFORE, days=(day(0), day(12))).success
        early = run(site, TABLE, BEFORE, tags=SCHEDULE)
        assert early.success
        assert early.get_asset_materialization_events() == []
        assert (materialized(site), observed(site)) == (set(), {BEFORE})
        some = tickets_in(site)
        assert 0 < some < 60

        assert run(site, HUB, BEFORE).success
        assert run(site, TABLE, BEFORE, tags=SCHEDULE).success
        assert BEFORE in materialized(site)
        assert tickets_in(site) > some


def test_hub_and_table_in_one_run_are_green_for_every_month(site):
    result = site.run([HUB, TABLE], first=BEFORE, last=site.month())
    assert result.success
    assert materialized(site) == {BEFORE, site.month()}
    assert tickets_in(site) > 0


def test_each_month_of_a_run_is_reported_once(site):
    result = site.run([HUB, TABLE], first=BEFORE, last=site.month())
    reported = [
        (event.asset_key, event.partition) for event in result.get_asset_materialization_events()
    ]
    assert sorted(reported) == sorted(
        (key, month) for key in (HUB, TABLE) for month in (BEFORE, site.month())
    )


def test_a_month_that_the_pages_of_another_have_completed_is_green_too(tmp_path):
    earlier = (FIRST - timedelta(days=1)).replace(day=1)
    with project(
        tmp_path, tickets=60, history_days=50, settings={**CHOSEN, "history_start": earlier}
    ) as site:
        site.clock.advance(timedelta(minutes=30))
        asked = f"{earlier:%Y-%m}"
        result = run(site, HUB, asked)
        assert materialized(site, HUB) == {asked, BEFORE}
        reported = {each.partition: each for each in result.get_asset_materialization_events()}
        assert sorted(reported) == [asked, BEFORE]
        records = {
            month: event.materialization.metadata["records"].value
            for month, event in reported.items()
        }
        assert records[BEFORE] > 0


def test_tables_alone_are_asked_for_what_the_hub_has(site):
    assert run(site, HUB, BEFORE).success
    hub = site.definitions.resources["hub"].of_source(SCHEMA)
    source = site.source.model_copy(
        update={"initial_history_days": 100, "history_start": FIRST - timedelta(days=90)}
    )
    runs = plan_sync(
        source, ["tickets"], SyncScope.WAREHOUSE, Span(), site.instance, covered=hub.coverage
    )
    asked = {month for each in runs if each.window for month in months_in(each.window)}
    assert asked == {BEFORE, months_of(source).get_last_partition_key()}


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
        (0.01, -24, ("2026-02",), True),  # the hub asset ran just after it began
    ],
)
def test_what_is_asked_of_a_month_that_has_just_ended(
    hours_past_midnight, covered_to, done, is_fine
):
    asked = RunScope(Window(MIDNIGHT - 28 * 24 * HOUR, MIDNIGHT), ("2026-02",))
    found = what_is_missing(
        asked,
        [Window(EPOCH, MIDNIGHT + covered_to * HOUR)],
        1,
        MIDNIGHT + hours_past_midnight * HOUR,
        timedelta(minutes=10),
        lambda: done,
    )
    assert (found == []) is is_fine


def test_a_new_month_is_not_green_where_the_hub_ends_days_ago():
    march = RunScope(Window(MIDNIGHT, MIDNIGHT + 31 * 24 * HOUR), ("2026-03",))
    now, settle = MIDNIGHT + 12 * HOUR, timedelta(minutes=10)
    ended = [Window(EPOCH, MIDNIGHT - 5 * 24 * HOUR)]
    assert what_is_missing(march, ended, 1, now, settle, set) == [march.window]
    assert what_is_missing(march, ended, 1, now, settle, lambda: {"2026-03"}) == []
    assert what_is_missing(march, [Window(EPOCH, MIDNIGHT - HOUR)], 1, now, settle, set) == []
