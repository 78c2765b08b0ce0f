"""The schedules: what each tick asks for, and that they heal themselves."""

from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest

from zendesk_assets.analysis import VIEWS, nested_views_for
from zendesk_assets.catalog import declared
from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.build import build_definitions
from zendesk_assets_tests.account import make_sources

SCHEMA = "zendesk_test"
HISTORY = 5  # months before the current one
MIDNIGHT = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


class Scheduler:
    """Evaluates one layer's conditions tick by tick, on a real instance, with no daemon."""

    def __init__(self, folder, layer, **whole):
        settings = {
            "nickname": "Test",
            "schema": SCHEMA,
            "subdomain": "acme",
            "auth": {"type": "bearer", "token": "x"},
            "history_start": date.fromisoformat("2015-01-01"),
            "initial_history_days": 30 * HISTORY,
        }
        sources = make_sources(folder, settings, **whole)
        self.definitions = build_definitions(sources)
        self.instance = dg.DagsterInstance.ephemeral()
        group = SCHEMA if layer == "warehouse" else f"{SCHEMA}_{layer}"
        self.selection = dg.AssetSelection.groups(group)
        self.cursor = None

    def tick(self, time):
        """Return the partitions each asset is asked for at `time`."""
        result = dg.evaluate_automation_conditions(
            self.definitions,
            self.instance,
            asset_selection=self.selection,
            evaluation_time=time,
            cursor=self.cursor,
        )
        self.cursor = result.cursor
        return {
            "/".join(key.path[1:]): self._asked(result, key)
            for key in self.definitions.resolve_asset_graph().get_all_asset_keys()
            if result.get_num_requested(key)
        }

    def _asked(self, result, key):
        if self.definitions.resolve_asset_graph().get(key).partitions_def is None:
            return True
        return sorted(result.get_requested_partitions(key))

    def materialize(self, name, *months):
        for month in months or [None]:
            event = dg.AssetMaterialization(_key(name), partition=month)
            self.instance.report_runless_asset_event(event)

    def finish_first_loads(self):
        """Let every table and month of the initial history be loaded once."""
        for key in self.definitions.resolve_asset_graph().get_all_asset_keys():
            if len(key.path) == 2:
                monthly = self.definitions.resolve_asset_graph().get(key).partitions_def
                self.materialize(key.path[1], *(months(HISTORY, 0) if monthly else []))

    def start(self, name, *months, fails=False):
        """Begin a run of an asset, for a range of months where some are given; it may fail."""
        job = self.definitions.resolve_implicit_global_asset_job_def()
        tags = (
            {
                "dagster/asset_partition_range_start": months[0],
                "dagster/asset_partition_range_end": months[-1],
            }
            if months
            else {}
        )
        run = self.instance.create_run_for_job(
            job.get_subset(asset_selection={_key(name)}),
            tags=tags,
            asset_selection=frozenset({_key(name)}),
            status=dg.DagsterRunStatus.STARTED,
        )
        if fails:
            self.instance.report_run_failed(run)


def _key(name):
    return dg.AssetKey([SCHEMA, *name.split("/")])


def month(ago):
    year, number = divmod(MIDNIGHT.year * 12 + MIDNIGHT.month - 1 - ago, 12)
    return f"{year}-{number + 1:02}"


def months(first, last):
    """Return the months from `first` to `last` months ago, oldest first."""
    return [month(ago) for ago in range(first, last - 1, -1)]


@pytest.fixture
def hub(tmp_path):
    return Scheduler(tmp_path, "hub")


@pytest.fixture
def tables(tmp_path):
    return Scheduler(tmp_path, "warehouse")


def tick_and_after(scheduler, time):
    """Return what three evaluations, half a minute apart, ask for: the tick and the two after."""
    half = timedelta(seconds=30)
    return [scheduler.tick(time + number * half) for number in range(3)]


def test_the_first_look_asks_for_this_month_and_everything_without_partitions(hub):
    asked = hub.tick(MIDNIGHT + timedelta(hours=1))

    assert {"hub/groups", "hub/organizations", "hub/activities"} < set(asked)
    assert asked["hub/groups"] is True
    assert asked["hub/tickets"] == asked["hub/ticket_events"] == [month(0)]


def test_the_initial_history_follows_recent_months_first(hub):
    current, recent, rest = tick_and_after(hub, MIDNIGHT + timedelta(hours=1))

    assert current["hub/tickets"] == [month(0)]
    assert recent["hub/tickets"] == recent["hub/ticket_events"] == months(2, 1)
    assert rest["hub/tickets"] == rest["hub/ticket_events"] == months(HISTORY, 3)
    assert hub.tick(MIDNIGHT + timedelta(hours=1, minutes=5)) == {}


def test_a_tick_asks_for_this_month_only_when_nothing_is_missing(hub):
    first = tick_and_after(hub, MIDNIGHT + timedelta(hours=1))
    for name in ("hub/tickets", "hub/ticket_events"):
        hub.materialize(name, *(each for asked in first for each in asked[name]))

    assert hub.tick(MIDNIGHT + timedelta(hours=2)) == {}
    current, *rest = tick_and_after(hub, MIDNIGHT + timedelta(hours=3, minutes=1))
    assert current["hub/tickets"] == [month(0)]
    assert current["hub/ticket_events"] == [month(0)]
    assert current["hub/groups"] is True
    assert rest == [{}, {}]


@pytest.mark.parametrize("ago", [1, HISTORY])
def test_a_missing_month_of_the_initial_history_is_asked_for_once_at_the_next_tick(hub, ago):
    first = tick_and_after(hub, MIDNIGHT + timedelta(hours=1))
    every = {each for asked in first for each in asked["hub/tickets"]}
    hub.materialize("hub/tickets", *(every - {month(ago)}))
    hub.materialize("hub/ticket_events", *every)
    hub.tick(MIDNIGHT + timedelta(hours=2))

    asked = tick_and_after(hub, MIDNIGHT + timedelta(hours=3, minutes=1))
    assert [each.get("hub/tickets", []) for each in asked if each] == [[month(0)], [month(ago)]]
    assert hub.tick(MIDNIGHT + timedelta(hours=4)) == {}


def test_months_that_passed_while_the_daemon_was_down_are_asked_for(hub):
    early = datetime.fromisoformat(f"{month(3)}-01T00:00:00+00:00")
    first = tick_and_after(hub, early + timedelta(hours=1))
    hub.materialize("hub/tickets", *(each for asked in first for each in asked["hub/tickets"]))
    assert first[0]["hub/tickets"] == [month(3)]

    current, missing, _ = tick_and_after(hub, MIDNIGHT + timedelta(hours=3, minutes=1))
    assert current["hub/tickets"] == [month(0)]
    assert missing["hub/tickets"] == months(2, 1)


def test_what_is_running_is_not_asked_for_again(hub):
    current, recent, _rest = tick_and_after(hub, MIDNIGHT + timedelta(hours=1))
    hub.start("hub/tickets", *recent["hub/tickets"], *current["hub/tickets"])
    hub.start("hub/groups")

    asked = tick_and_after(hub, MIDNIGHT + timedelta(hours=3, minutes=1))
    assert asked[0]["hub/ticket_events"] == [month(0)]
    assert not any("hub/groups" in each for each in asked)
    assert [each["hub/tickets"] for each in asked if "hub/tickets" in each] == [months(HISTORY, 3)]


def test_this_month_is_asked_for_although_it_waits_at_the_end_of_somebodys_backfill(hub):
    hub.tick(MIDNIGHT + timedelta(hours=1))
    hub.materialize("hub/tickets", month(0))
    hub.start("hub/tickets", *months(40, 0))

    asked = tick_and_after(hub, MIDNIGHT + timedelta(hours=3, minutes=1))
    assert [each["hub/tickets"] for each in asked if "hub/tickets" in each] == [[month(0)]]


def test_a_new_month_begins_without_being_taken_for_a_missing_one(hub):
    first = tick_and_after(hub, MIDNIGHT - timedelta(hours=2))
    hub.materialize("hub/tickets", *(each for asked in first for each in asked["hub/tickets"]))

    assert hub.tick(MIDNIGHT - timedelta(seconds=20)) == {}
    asked = tick_and_after(hub, MIDNIGHT + timedelta(seconds=10))
    assert [each["hub/tickets"] for each in asked if "hub/tickets" in each] == [[month(0)]]


def test_at_a_tick_each_table_looks_for_what_the_hub_has(tables):
    tables.tick(MIDNIGHT + timedelta(hours=1))

    asked = tables.tick(MIDNIGHT + timedelta(hours=3, minutes=31))
    assert asked["tickets"] == asked["ticket_metrics"] == asked["ticket_events"] == [month(0)]
    assert asked["groups"] is True


def test_tables_follow_an_older_month_at_once_and_this_one_at_the_tick(tables):
    tables.tick(MIDNIGHT + timedelta(hours=1))
    tables.finish_first_loads()
    tables.tick(MIDNIGHT + timedelta(hours=1, minutes=1))
    tables.materialize("hub/tickets", month(1), month(0), "2019-05")

    asked = tables.tick(MIDNIGHT + timedelta(hours=2))
    assert asked == {key: ["2019-05", month(1)] for key in ("tickets", "ticket_metrics")}
    assert tables.tick(MIDNIGHT + timedelta(hours=2, minutes=1)) == {}  # once
    for name in asked:
        tables.materialize(name, "2019-05", month(1))
    asked = tick_and_after(tables, MIDNIGHT + timedelta(hours=3, minutes=31))
    assert asked[0]["tickets"] == [month(0)]
    assert asked[1:] == [{}, {}]


def test_an_older_month_whose_load_failed_is_asked_for_again_at_the_tick_only(tables):
    tables.tick(MIDNIGHT + timedelta(hours=1))
    tables.finish_first_loads()
    tables.tick(MIDNIGHT + timedelta(hours=1, minutes=1))
    tables.materialize("hub/tickets", "2019-05")
    assert tables.tick(MIDNIGHT + timedelta(hours=2))["tickets"] == ["2019-05"]
    tables.start("tickets", "2019-05", fails=True)

    assert "tickets" not in tables.tick(MIDNIGHT + timedelta(hours=2, minutes=1))
    asked = tick_and_after(tables, MIDNIGHT + timedelta(hours=3, minutes=31))
    assert asked[0]["tickets"] == [month(0)]
    assert asked[1]["tickets"] == asked[1]["ticket_metrics"] == ["2019-05"]


def test_an_older_month_that_nobody_loaded_is_asked_for_again_after_the_tick(tables):
    tables.tick(MIDNIGHT + timedelta(hours=1))
    tables.finish_first_loads()
    tables.materialize("hub/tickets", "2019-05")
    assert tables.tick(MIDNIGHT + timedelta(hours=2))["tickets"] == ["2019-05"]

    asked = tick_and_after(tables, MIDNIGHT + timedelta(hours=3, minutes=31))
    assert asked[1]["tickets"] == asked[1]["ticket_metrics"] == ["2019-05"]
    assert asked[2] == {}


def test_a_loaded_month_is_not_asked_for_again_until_the_hub_is_updated(tables):
    tables.tick(MIDNIGHT + timedelta(minutes=30))
    tables.finish_first_loads()
    tables.materialize("hub/tickets", month(1), month(0))
    tables.materialize("tickets", month(1), month(0))

    tables.tick(MIDNIGHT + timedelta(hours=3, minutes=31))
    assert "tickets" not in tables.tick(MIDNIGHT + timedelta(hours=3, minutes=32))
    tables.materialize("hub/tickets", month(1))
    assert tables.tick(MIDNIGHT + timedelta(hours=4))["tickets"] == [month(1)]


def test_a_new_table_follows_the_hub_without_waiting_for_the_tick(tables):
    assert tables.tick(MIDNIGHT + timedelta(hours=1)) == {}
    tables.materialize("hub/tickets", month(1), month(0))
    tables.materialize("hub/groups")

    asked = tables.tick(MIDNIGHT + timedelta(hours=1, minutes=1))
    assert asked == {
        "tickets": months(1, 0),
        "ticket_metrics": months(1, 0),
        "groups": True,
    }
    for name in ("tickets", "ticket_metrics"):
        tables.materialize(name, month(1), month(0))
    tables.materialize("groups")
    tables.materialize("hub/tickets", month(0))
    assert tables.tick(MIDNIGHT + timedelta(hours=1, minutes=2)) == {}


def test_a_first_load_that_fails_is_tried_again_at_the_tick_only(tables):
    tables.tick(MIDNIGHT + timedelta(hours=1))
    tables.materialize("hub/tickets", month(1))
    assert tables.tick(MIDNIGHT + timedelta(hours=1, minutes=1))["tickets"] == [month(1)]
    tables.start("tickets", month(1), fails=True)

    assert "tickets" not in tables.tick(MIDNIGHT + timedelta(hours=1, minutes=2))
    tables.tick(MIDNIGHT + timedelta(hours=3, minutes=31))
    assert tables.tick(MIDNIGHT + timedelta(hours=3, minutes=32))["tickets"] == [month(1)]


@pytest.fixture
def views(tmp_path):
    scheduler = Scheduler(tmp_path, "analysis")
    nested = nested_views_for(declared().by_default)
    scheduler.selection -= dg.AssetSelection.assets(*(_key(each.name) for each in nested))
    return scheduler


@pytest.fixture
def nested(tmp_path):
    scheduler = Scheduler(tmp_path, "analysis")
    scheduler.selection = dg.AssetSelection.assets(*map(_key, ("ticket_tags", "user_tags")))
    return scheduler


def views_of(*tables):
    """Return what is asked for when these tables were loaded: their views, and the report."""
    read = {name: {*view.reads, *view.reads_if_there} for name, view in VIEWS.items()}
    found = {name: True for name in VIEWS if not read[name].isdisjoint(tables)}
    return {**found, "analysis/report": True}


def test_views_follow_the_loads_of_their_tables_once_these_are_at_rest(views):
    minute = timedelta(minutes=1)
    assert views.tick(MIDNIGHT) == {}
    views.materialize("groups")
    assert views.tick(MIDNIGHT + minute) == {}  # more may be coming
    views.materialize("tickets", month(0))
    assert views.tick(MIDNIGHT + 2 * minute) == {}
    asked = views.tick(MIDNIGHT + 3 * minute)
    assert asked == views_of("groups", "tickets")
    assert {"analysis_backlog_by_day", "analysis_csat"} < asked.keys()

    assert views.tick(MIDNIGHT + 4 * minute) == {}
    views.materialize("analysis_csat")
    views.materialize("activities")
    assert views.tick(MIDNIGHT + 5 * minute) == {}
    views.materialize("satisfaction_ratings")
    views.tick(MIDNIGHT + 6 * minute)
    assert views.tick(MIDNIGHT + 7 * minute) == {
        "analysis_csat": True,
        "analysis_satisfaction": True,
        "analysis/report": True,
    }


def test_views_wait_while_any_table_that_they_read_is_being_loaded(views):
    minute = timedelta(minutes=1)
    views.tick(MIDNIGHT)
    views.materialize("groups")
    views.start("tickets", month(1), month(0))
    assert views.tick(MIDNIGHT + minute) == {}
    assert views.tick(MIDNIGHT + 2 * minute) == {}
    (run,) = views.instance.get_runs()
    views.instance.report_run_failed(run)
    asked = views.tick(MIDNIGHT + 3 * minute)
    assert asked == views_of("groups")
    assert "analysis_backlog_by_day" not in asked


def test_the_copy_for_readers_is_replaced_once_after_a_sync_with_the_views_before_it(tmp_path):
    warehouse = {"type": "duckdb", "path": "w.duckdb", "published": "copy.duckdb"}
    views = Scheduler(tmp_path, "analysis", warehouse=warehouse)
    minute, copy = timedelta(minutes=1), "published/copy"
    assert views.tick(MIDNIGHT) == {}
    views.materialize("brands")  # which no analysis view reads
    views.materialize("groups")
    assert copy not in views.tick(MIDNIGHT + minute)  # more may be coming
    views.start("organizations")
    assert copy not in views.tick(MIDNIGHT + 2 * minute)
    (run,) = views.instance.get_runs()
    views.instance.report_run_failed(run)
    asked = views.tick(MIDNIGHT + 3 * minute)
    assert asked[copy]
    for name in asked:  # in one run
        views.materialize(name)
    for later in range(4, 7):
        assert copy not in views.tick(MIDNIGHT + later * minute)
    deps = views.definitions.resolve_asset_graph().get(_key(copy)).parent_keys
    assert {_key("analysis_csat"), _key("ticket_tags"), _key("brands")} < deps


def test_a_view_over_a_table_is_created_after_its_load_and_not_again(nested):
    minute = timedelta(minutes=1)
    assert nested.tick(MIDNIGHT) == {}
    nested.start("tickets", month(1), month(0))
    nested.materialize("tickets", month(1))
    assert nested.tick(MIDNIGHT + minute) == {}  # it is still being loaded
    (run,) = nested.instance.get_runs()
    nested.instance.report_run_failed(run)
    assert nested.tick(MIDNIGHT + 2 * minute) == {"ticket_tags": True}
    assert nested.tick(MIDNIGHT + 3 * minute) == {}
    nested.materialize("tickets", month(0))  # the view could not be created before
    assert nested.tick(MIDNIGHT + 4 * minute) == {"ticket_tags": True}
    nested.materialize("ticket_tags")
    nested.materialize("tickets", month(0))
    assert nested.tick(MIDNIGHT + 5 * minute) == {}


def test_a_view_whose_definition_has_changed_is_written_after_the_next_load(
    nested, tmp_path, monkeypatch
):
    minute = timedelta(minutes=1)
    nested.tick(MIDNIGHT)
    nested.materialize("ticket_tags")
    nested.materialize("tickets", month(0))
    assert nested.tick(MIDNIGHT + minute) == {}
    version = "zendesk_assets.orchestration.view_assets.definition_version"
    monkeypatch.setattr(version, lambda _: "another")
    nested.definitions = Scheduler(tmp_path, "analysis").definitions
    assert nested.tick(MIDNIGHT + 2 * minute) == {}
    nested.materialize("tickets", month(0))
    assert nested.tick(MIDNIGHT + 3 * minute) == {"ticket_tags": True}
    nested.materialize("ticket_tags")
    nested.materialize("tickets", month(0))
    assert nested.tick(MIDNIGHT + 4 * minute) == {}


def test_a_sensor_of_tables_asks_for_no_view(tables):
    tables.finish_first_loads()
    asked = tick_and_after(tables, MIDNIGHT + timedelta(hours=3, minutes=31))
    assert not [name for each in asked for name in each if name.startswith("analysis")]


def test_each_source_has_its_own_four_sensors_and_replays_one_running_by_default(tables):
    sensors = {each.name: each for each in tables.definitions.sensors}

    assert set(sensors) == {
        f"{SCHEMA}_source_sync",
        f"{SCHEMA}_warehouse_sync",
        f"{SCHEMA}_reconcile",
        f"{SCHEMA}_analysis",
        keys.REPLAYS,
    }
    assert all(each.default_status is dg.DefaultSensorStatus.RUNNING for each in sensors.values())
