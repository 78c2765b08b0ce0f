"""Alerts, from a sync that fails to the message that arrives, and back to green."""

import dagster as dg
import pytest
import yaml

from zendesk_assets.cli.project import open_instance
from zendesk_assets.clock import SystemClock
from zendesk_assets.orchestration.alerts import build_alerts
from zendesk_assets.orchestration.build import build_definitions
from zendesk_assets.orchestration.keys import ALERTS
from zendesk_assets.settings.file import load_sources
from zendesk_assets_tests.alerts.places import an_address


@pytest.fixture
def place():
    with an_address() as server:
        yield server


@pytest.fixture
def told(write_sources, account, place, tmp_path):
    """Return a function that evaluates the sensor and returns the messages that arrived."""
    write_sources(account, collections={"include": ["groups", "tags", "macros"]})
    path, cursor = tmp_path / "sources.yaml", None
    content = {**yaml.safe_load(path.read_text()), "alerts": {"webhook": place.url}}
    path.write_text(yaml.safe_dump(content))

    def evaluate():
        nonlocal cursor
        (sensor,) = build_alerts(load_sources(), SystemClock())
        with open_instance() as instance:
            context = dg.build_sensor_context(instance, cursor=cursor)
            found = sensor.evaluate_tick(context)
        cursor = found.cursor
        arrived, place.received = place.received, []
        return [(each["status"], each["assets"], each["sentence"]) for each in arrived]

    return evaluate


def test_refused_credentials_are_one_message_and_their_recovery_is_another(run, told, account):
    assert told() == []
    assert run("sync").code == 0
    assert told() == []

    account.faults.add("status", path="", status=401, times=1_000)
    for _ in range(2):
        assert run("sync", "--refetch").code == 1
    ((status, assets, sentence),) = told()
    assert (status, assets) == ("failed", ["zendesk_test.hub.groups"])  # the first asked
    assert "credentials" in sentence
    assert "`zendesk-assets connect --schema zendesk_test`" in sentence
    assert told() == []

    account.faults.clear()
    assert run("sync", "--refetch").code == 0
    assert told() == [("recovered", assets, sentence)]


def test_a_check_that_fails_is_told_and_one_that_only_warns_is_not(run, told, account):
    told()
    account.account.create_row("macros", {"title": "Fine", "a_new_property": 1})  # which only warns
    run("sync")
    assert told() == []

    account.account.set_raw("groups", next(iter(account.account.groups)), "id", '"no number"')
    run("sync", "--refetch")
    ((status, assets, sentence),) = told()
    assert (status, len(assets)) == ("failed", 1)
    assert assets[0].startswith("zendesk_test.groups (")
    assert "1 row could not be read" in sentence


def test_a_message_waits_for_a_place_that_cannot_be_reached(run, told, account, place):
    told()
    account.faults.add("status", path="", status=401, times=1_000)
    run("sync")
    place.status = 503
    assert told() == []
    place.status = 200
    ((status, *_),) = told()
    assert status == "failed"


def test_the_sensor_is_on_by_default(run, told):
    sensors = {each.name: each for each in build_definitions(load_sources()).sensors}
    assert sensors[ALERTS].default_status is dg.DefaultSensorStatus.RUNNING


def test_check_sends_a_test_message_and_says_where_it_went(run, told, place):
    shown = run("check", "--alert")
    assert shown.code == 0
    assert "✓ A test message went to `alerts.webhook`." in shown.output
    assert [each["status"] for each in place.received] == ["test"]
    place.status = 404
    shown = run("check", "--alert")
    assert (shown.code, "`alerts.webhook` answered with HTTP 404" in shown.output) == (1, True)


def test_without_places_check_says_how_to_name_one_and_there_is_no_sensor(
    run, write_sources, account
):
    write_sources(account)
    shown = run("check", "--alert")
    assert (shown.code, "The sources file has no `alerts`" in shown.output) == (1, True)
    names = [each.name for each in build_definitions(load_sources()).sensors]
    assert names
    assert ALERTS not in names
