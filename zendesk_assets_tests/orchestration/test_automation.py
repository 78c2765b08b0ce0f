"""The schedules: what each tick asks for, and that they heal themselves."""

from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest

from zendesk_assets.orchestration.build import build_definitions
from zendesk_assets_tests.account import make_sources

SCHEMA = "zendesk_test"
HISTORY = 20
MIDNIGHT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


class Scheduler:
    """Evaluates one layer's conditions tick by tick, on a real instance, with no daemon."""

    def __init__(self, folder, layer):
        settings = {
            "nickname": "Test",
            "schema": SCHEMA,
            "subdomain": "acme",
            "auth": {"type": "bearer", "token": "x"},
            "history_start": date.fromisoformat("2015-01-01"),
            "initial_history_days": HISTORY,
        }
        sources = make_sources(folder, settings)
        self.definitions = build_definitions(sources)
        self.instance = dg.DagsterInstance.ephemeral()
        group = f"{SCHEMA}_hub" if layer == "hub" else SCHEMA
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

    def materialize(self, name, *days):
        key = dg.AssetKey([SCHEMA, *name.split("/")])
        for day in days or [None]:
            self.instance.report_runless_asset_event(dg.AssetMaterialization(key, partition=day))


def day(ago):
    return (MIDNIGHT - timedelta(days=ago)).date().isoformat()


@pytest.fixture
def hub(tmp_path):
    return Scheduler(tmp_path, "hub")


@pytest.fixture
def tables(tmp_path):
    return Scheduler(tmp_path, "warehouse")


def test_the_first_look_asks_for_the_initial_history_and_everything_else(hub):
    asked = hub.tick(MIDNIGHT + timedelta(hours=1))

    assert {"hub/groups", "hub/organizations", "hub/activities"} < set(asked)
    assert asked["hub/groups"] is True
    assert asked["hub/tickets"][-1] == day(0)
    assert HISTORY <= len(asked["hub/tickets"]) <= HISTORY + 1


def test_a_tick_asks_for_today_only_when_nothing_is_missing(hub):
    first = hub.tick(MIDNIGHT + timedelta(hours=1))
    for name in ("hub/tickets", "hub/ticket_events"):
        hub.materialize(name, *first[name])

    assert hub.tick(MIDNIGHT + timedelta(hours=2)) == {}
    asked = hub.tick(MIDNIGHT + timedelta(hours=3, minutes=1))
    assert asked["hub/tickets"] == [day(0)]
    assert asked["hub/ticket_events"] == [day(0)]
    assert asked["hub/groups"] is True


def test_a_missing_day_of_the_initial_history_is_asked_for_at_the_next_tick(hub):
    first = hub.tick(MIDNIGHT + timedelta(hours=1))
    hub.materialize("hub/tickets", *[each for each in first["hub/tickets"] if each != day(7)])
    hub.tick(MIDNIGHT + timedelta(hours=2))

    asked = hub.tick(MIDNIGHT + timedelta(hours=3, minutes=1))
    assert asked["hub/tickets"] == [day(7), day(0)]


def test_days_that_passed_while_the_daemon_was_down_are_asked_for(hub):
    early = MIDNIGHT - timedelta(days=3)
    first = hub.tick(early + timedelta(hours=1))
    hub.materialize("hub/tickets", *first["hub/tickets"])
    assert first["hub/tickets"][-1] == day(3)

    asked = hub.tick(MIDNIGHT + timedelta(hours=3, minutes=1))
    assert asked["hub/tickets"] == [day(2), day(1), day(0)]


def test_tables_are_asked_for_when_the_hub_has_what_they_have_not(tables):
    tables.tick(MIDNIGHT + timedelta(hours=1))
    tables.materialize("hub/tickets", day(1), day(0), "2019-05-01")
    tables.materialize("hub/groups")

    assert tables.tick(MIDNIGHT + timedelta(hours=2)) == {}
    asked = tables.tick(MIDNIGHT + timedelta(hours=3, minutes=31))
    assert asked["tickets"] == ["2019-05-01", day(1), day(0)]
    assert asked["ticket_metrics"] == asked["tickets"]
    assert asked["groups"] is True
    assert "ticket_events" not in asked


def test_a_table_is_not_asked_for_again_until_the_hub_is_updated(tables):
    tables.materialize("hub/tickets", day(1), day(0))
    asked = tables.tick(MIDNIGHT + timedelta(hours=1))
    assert asked["tickets"] == [day(1), day(0)]
    tables.materialize("tickets", day(1), day(0))

    assert "tickets" not in tables.tick(MIDNIGHT + timedelta(hours=3, minutes=31))
    tables.materialize("hub/tickets", day(0))
    assert tables.tick(MIDNIGHT + timedelta(hours=6, minutes=31))["tickets"] == [day(0)]


def test_each_source_has_its_own_two_sensors_running_by_default(tables):
    sensors = {each.name: each for each in tables.definitions.sensors}

    assert set(sensors) == {f"{SCHEMA}_source_sync", f"{SCHEMA}_warehouse_sync"}
    assert all(each.default_status is dg.DefaultSensorStatus.RUNNING for each in sensors.values())
