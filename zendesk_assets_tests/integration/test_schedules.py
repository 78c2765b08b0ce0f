"""Simulated days under both schedules: nothing is missed, whenever the daemon was down."""

from datetime import timedelta

import dagster as dg
import duckdb
import pytest

from zendesk_assets.hub import SourceHub, Storage, gaps
from zendesk_assets.spec import Window, months_in
from zendesk_assets_tests import long
from zendesk_assets_tests.account import NOW, SCHEMA, project
from zendesk_assets_tests.schedules import Schedules

FIRST = (NOW.replace(day=1) - timedelta(days=1)).replace(day=1).date()  # of the month before
HISTORY = {"history_start": FIRST, "initial_history_days": 10}
MIDNIGHT = NOW.replace(hour=0)
CHOSEN = ["tickets", "attachments", "groups"]


@pytest.fixture
def site(tmp_path):
    settings = {**HISTORY, "collections": {"include": CHOSEN}}
    with project(tmp_path, tickets=40, history_days=5, settings=settings) as each:
        yield each


def change_something(site, number):
    """Make, change and comment on tickets, as an account does all day long."""
    ticket = site.simulator.account.create_ticket(f"Question {number}", "Help, please.")
    site.simulator.account.add_comment(ticket, "Here is the log.", attachments=[{"file_name": "a"}])
    site.simulator.account.update_ticket(max(1, ticket - 3), status="pending")


def open_windows(site, stream="tickets", behind=timedelta(minutes=15)):
    """Return what the hub lacks from the beginning of the account's history to `behind` now."""
    hub = SourceHub(Storage(str(site.folder / "hub")), SCHEMA)
    window = Window(MIDNIGHT - timedelta(days=5), site.clock.now() - behind)
    return gaps(window, hub.coverage(stream))


def missing_months(site, *path):
    """Return the months of the account's history that Dagster does not know as materialized."""
    known = site.instance.get_materialized_partitions(dg.AssetKey([SCHEMA, *path]))
    months = months_in(Window(MIDNIGHT - timedelta(days=5), site.clock.now()))
    return [month for month in months if month not in known]


@pytest.mark.long
def test_the_schedules_alone_bring_the_initial_history_into_the_tables(tmp_path):
    with project(tmp_path, tickets=40, history_days=5, settings=HISTORY) as site:
        schedules = Schedules(site)
        site.clock.advance(timedelta(minutes=30))
        schedules.tick()
        assert missing_months(site, "hub", "tickets") == []
        # Before the warehouse schedule's own tick: a new table follows the hub.
        assert site.differences() == []

        schedules.live(hours=6)
        assert missing_months(site, "tickets") == missing_months(site, "attachments") == []


@pytest.mark.slow
@long.parametrize("hour", (0, 1, 6, 12, 18, 22, 23))
def test_a_daemon_that_was_down_for_days_leaves_no_hole(tmp_path, hour):
    settings = {
        **HISTORY,
        "source_sync_cron": "0 * * * *",
        "collections": {"include": ["tickets", "ticket_events"]},
    }
    with project(tmp_path, tickets=15, history_days=5, settings=settings) as site:
        schedules = Schedules(site, layers=["hub"])
        site.clock.advance(timedelta(days=1, hours=hour - NOW.hour, minutes=1))
        schedules.tick()
        for number in range(6):  # the daemon is down for three days
            change_something(site, number)
            site.clock.advance(timedelta(hours=12))
        site.clock.advance(timedelta(hours=1))
        schedules.tick()

        assert open_windows(site) == open_windows(site, "ticket_events") == []
        assert missing_months(site, "hub", "tickets") == []
        site.sync(days=1)
        assert site.differences(collections=["tickets", "ticket_events"]) == []


@pytest.mark.long
def test_a_day_costs_no_request_twice_and_nothing_is_asked_for_between_ticks(site):
    schedules = Schedules(site)
    schedules.tick()
    schedules.live(hours=6)
    site.requests()
    schedules.tick()
    assert site.requests() == []

    schedules.live(hours=24)
    exports = [each for each in site.requests() if "/incremental/tickets" in each.path]
    assert len(exports) <= 9  # eight ticks, and the end of a page


def test_a_month_that_failed_is_asked_for_again_at_the_next_tick_and_not_before(site):
    site.simulator.faults.add("status", path="/incremental/ticket_events", times=None)
    schedules = Schedules(site)
    schedules.tick()
    assert missing_months(site, "hub", "ticket_events")
    assert missing_months(site, "hub", "tickets") == []

    site.simulator.faults.clear()
    site.requests()
    schedules.tick()
    assert site.requests() == []
    schedules.live(hours=6)
    assert missing_months(site, "hub", "ticket_events") == []
    assert site.differences(collections=CHOSEN) == []


@pytest.mark.long
def test_without_the_warehouse_schedule_the_hub_goes_on_and_is_loaded_later(site):
    hub_only = Schedules(site, layers=["hub"])
    hub_only.tick()
    hub_only.live(hours=30)
    assert open_windows(site) == []
    assert not site.database.exists()

    site.requests()
    Schedules(site, layers=["warehouse"]).live(hours=6)
    assert site.requests() == []
    assert site.differences(collections=CHOSEN) == []


@pytest.mark.long
def test_without_the_source_schedule_the_tables_take_in_what_another_machine_lands(site, tmp_path):
    """The other machine has Dagster state of its own; only the hub is shared."""
    here = Schedules(site, layers=["warehouse"])
    here.tick()
    other = type(site)(site.folder, site.simulator, site.clock, site.settings)
    landing = Schedules(other, layers=["hub"])
    landing.tick()
    site.requests()
    here.live(hours=3)

    assert site.requests() == []
    assert site.differences(collections=CHOSEN) == []
    assert missing_months(site, "tickets") == []  # told to this Dagster as well

    change_something(site, 1)
    landing.live(hours=3)
    here.live(hours=3)
    assert site.differences(collections=CHOSEN) == []


@pytest.mark.long
def test_a_dropped_table_comes_back_from_the_hub_by_itself_without_a_request(site):
    schedules = Schedules(site)
    schedules.tick()
    schedules.live(hours=6)
    with duckdb.connect(str(site.database)) as connection:
        connection.execute(f"drop table {SCHEMA}.tickets")
    site.requests()
    Schedules(site, layers=["warehouse"]).live(hours=6)

    assert site.requests() == []
    assert site.differences(collections=CHOSEN) == []


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize(
    "change",
    [
        # Neither of two has a say in what the other one decides.
        {"source_sync_cron": "15 */2 * * *", "warehouse_sync_cron": "45 */2 * * *"},
        {"history_start": FIRST - timedelta(days=20)},
        {"history_start": (NOW - timedelta(days=3)).date()},
        {"initial_history_days": 5, "months_per_run": 1},
    ],
    ids=" and ".join,
)
def test_a_setting_changed_later_asks_for_nothing_twice_and_loses_nothing(site, change):
    schedules = Schedules(site)
    schedules.tick()
    schedules.live(hours=6)
    change_something(site, 1)
    later = type(site)(site.folder, site.simulator, site.clock, {**site.settings, **change})
    later.instance = site.instance
    site.requests()
    schedules.project = later
    schedules.live(hours=7, every=1)

    first = min(
        int(each.query["start_time"])
        for each in site.requests()
        if "/incremental/ticket" in each.path and "start_time" in each.query
    )
    assert first > (site.clock.now() - timedelta(hours=24)).timestamp()
    late = timedelta(hours=4)
    assert open_windows(later, behind=late) == []
    assert open_windows(later, "ticket_events", behind=late) == []
    assert later.differences(collections=CHOSEN) == []


@pytest.mark.long
def test_a_list_first_read_at_noon_is_read_again_after_the_next_midnight_and_once_a_day(tmp_path):
    settings = {**HISTORY, "collections": {"include": ["macros", "groups"]}}
    with project(tmp_path, tickets=5, history_days=5, settings=settings) as site:
        schedules = Schedules(site)
        schedules.tick()
        updates = {name: loads_of(site, name) for name in ("macros", "groups")}
        site.requests()
        schedules.live(hours=12)
        assert [each.path for each in site.requests()].count("/api/v2/macros") == 1
        schedules.live(hours=21)
        assert {each.path for each in site.requests()} == {"/api/v2/groups"}
        schedules.live(hours=3)

        assert [each.path for each in site.requests()].count("/api/v2/macros") == 1
        assert loads_of(site, "macros") - updates["macros"] in {2, 3}
        assert loads_of(site, "groups") - updates["groups"] >= 12


@pytest.mark.long
def test_a_daily_list_that_another_machine_lands_is_loaded_within_a_day(tmp_path):
    settings = {**HISTORY, "collections": {"include": ["macros"]}}
    with project(tmp_path, tickets=5, history_days=5, settings=settings) as site:
        here = Schedules(site, layers=["warehouse"])
        here.tick()
        other = type(site)(site.folder, site.simulator, site.clock, site.settings)
        Schedules(other, layers=["hub"]).tick()
        here.live(hours=24)
        assert site.differences(collections=["macros"]) == []


def loads_of(site, name):
    """Return how often a table was materialized."""
    key = dg.AssetKey([SCHEMA, name])
    return len(site.instance.fetch_materializations(key, limit=1_000).records)
