"""When a run that follows loads measures views: at ticks, for what is new, after older months."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.build import build_definitions
from zendesk_assets.orchestration.figures_due import views_due, when_due
from zendesk_assets.orchestration.freshness import figures_policy
from zendesk_assets.spec import month_of
from zendesk_assets_tests.account import make_sources

SCHEMA = "acme"
BACKLOG = keys.table_key(SCHEMA, "analysis_backlog_by_day")
TAGS = keys.table_key(SCHEMA, "analysis_tags")
REPORT = keys.report_key(SCHEMA)
VIEWS = {BACKLOG: ["tickets", "ticket_events"], TAGS: ["tickets", "groups"]}


def sources(folder, **changes):
    auth = {"type": "bearer", "token": "x"}
    settings = {"nickname": "A", "schema": SCHEMA, "subdomain": "a", "auth": auth, **changes}
    return make_sources(folder, settings)


@pytest.fixture
def source(tmp_path):
    return sources(tmp_path).sources[0]


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as found:
        yield found


def materialize(instance, *assets, month=None):
    for each in assets:
        instance.report_runless_asset_event(dg.AssetMaterialization(each, partition=month))


def due(instance, source, now=None, report=REPORT):
    return views_due(instance, source, VIEWS, report, now or datetime.now(UTC))


def next_midnight():
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=1)


def test_what_was_never_measured_is_due(instance, source):
    assert due(instance, source) == set(VIEWS)
    materialize(instance, BACKLOG, REPORT)
    assert due(instance, source) == {TAGS}


def test_figures_are_due_once_a_day(instance, source):
    materialize(instance, BACKLOG, TAGS, REPORT)
    assert due(instance, source, next_midnight() - timedelta(seconds=1)) == set()
    assert due(instance, source, next_midnight()) == set(VIEWS)


def test_another_cron_measures_at_its_own_times(instance, tmp_path):
    often, never = (sources(tmp_path, report_cron=cron).sources[0] for cron in ("* * * * *", "off"))
    materialize(instance, BACKLOG, TAGS, REPORT)
    now = datetime.now(UTC)
    assert due(instance, often, now + timedelta(minutes=1)) == set(VIEWS)
    assert due(instance, never, now + timedelta(days=400)) == set()
    assert (when_due(often, now)[:6], when_due(never, now)[:5]) == ("after ", "when ")


def test_an_older_month_is_not_waited_for(instance, source):
    materialize(instance, BACKLOG, TAGS, REPORT)
    materialize(
        instance, keys.table_key(SCHEMA, "ticket_events"), month=month_of(datetime.now(UTC))
    )
    materialize(instance, keys.table_key(SCHEMA, "groups"))
    assert due(instance, source) == set()
    materialize(instance, keys.table_key(SCHEMA, "users"), month="2020-01")  # no view reads it
    assert due(instance, source) == set()
    materialize(instance, keys.table_key(SCHEMA, "ticket_events"), month="2020-01")
    assert due(instance, source) == set(VIEWS)
    materialize(instance, BACKLOG, TAGS, REPORT)
    assert due(instance, source) == set()


def test_a_report_that_was_not_written_is_made_up_for(instance, source):
    materialize(instance, BACKLOG, TAGS)
    assert due(instance, source) == set(VIEWS)
    assert due(instance, source, report=None) == set()  # there is none
    materialize(instance, REPORT)
    assert due(instance, source) == set()
    materialize(instance, BACKLOG)
    assert due(instance, source) == set(VIEWS)


def test_only_the_runs_of_the_schedule_that_follows_loads_wait(tmp_path):
    found = [
        each
        for each in build_definitions(sources(tmp_path)).sensors
        if isinstance(each, dg.AutomationConditionSensorDefinition)
    ]
    waiting = {each.name for each in found if keys.FIGURES_TAG in each.run_tags}
    assert (len(found) > 1, waiting) == (True, {"acme_analysis"})


def test_freshness_allows_for_the_pause_between_figures(tmp_path):
    source = sources(tmp_path, warehouse_sync_cron="0 */3 * * *", report_cron="0 4 * * *")
    assert figures_policy(source.sources[0]).warn_window.to_timedelta() == timedelta(hours=54)
    assert figures_policy(sources(tmp_path, report_cron="off").sources[0]) is None
