"""When a run that follows loads measures views: at ticks, for what is new, after older months."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from zendesk_assets.analysis import VIEWS
from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.build import build_definitions
from zendesk_assets.orchestration.figures_due import is_report_due, kept_figures, when_due
from zendesk_assets.orchestration.freshness import report_policy
from zendesk_assets.spec import month_of
from zendesk_assets_tests.account import make_sources

SCHEMA = "acme"
SHOWN = {
    keys.table_key(SCHEMA, name): VIEWS[name]
    for name in ("analysis_backlog_by_day", "analysis_tags")
}
BACKLOG, TAGS = SHOWN
REPORT = keys.report_key(SCHEMA)
FIGURES = {"dagster/row_count": 7, **dict.fromkeys(SHOWN[BACKLOG].figures, 3)}


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


def load(instance, table, month=None):
    found = dg.AssetMaterialization(keys.table_key(SCHEMA, table), partition=month)
    instance.report_runless_asset_event(found)


def measure(instance, *views, at=None):
    for each in views:
        at = at or datetime.now(UTC)
        figures = {**FIGURES, "measured_at": dg.MetadataValue.timestamp(at)}
        instance.report_runless_asset_event(dg.AssetMaterialization(each, metadata=figures))


def kept(instance, source, now=None):
    return set(kept_figures(instance, source, SHOWN, now or datetime.now(UTC)))


def next_midnight():
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=1)


def test_what_was_never_measured_is_due(instance, source):
    assert kept(instance, source) == set()
    measure(instance, BACKLOG)
    assert kept(instance, source) == {BACKLOG}
    instance.report_runless_asset_event(dg.AssetMaterialization(TAGS))  # by an earlier release
    assert kept(instance, source) == {BACKLOG}


def test_a_view_keeps_its_figures_and_their_time(instance, source):
    at = datetime.now(UTC)
    measure(instance, BACKLOG, at=at)
    (found,) = kept_figures(instance, source, SHOWN, at).values()
    figures = dict.fromkeys(SHOWN[BACKLOG].figures, 3)
    assert (found, len(figures) > 0) == ({**figures, "rows": 7, "measured_at": at}, True)


def test_figures_are_due_once_a_day(instance, source):
    measure(instance, BACKLOG, TAGS)
    assert kept(instance, source, next_midnight() - timedelta(seconds=1)) == set(SHOWN)
    assert kept(instance, source, next_midnight()) == set()


def test_what_was_kept_since_does_not_count_as_measured(instance, source):
    measure(instance, BACKLOG, TAGS, at=datetime.now(UTC) - timedelta(days=1))
    assert kept(instance, source) == set()


def test_another_cron_measures_at_its_own_times(instance, tmp_path):
    often, never = (sources(tmp_path, report_cron=cron).sources[0] for cron in ("* * * * *", "off"))
    measure(instance, BACKLOG, TAGS)
    now = datetime.now(UTC)
    assert kept(instance, often, now + timedelta(minutes=1)) == set()
    assert kept(instance, never, now + timedelta(days=400)) == set(SHOWN)
    assert (when_due(often, now)[:6], when_due(never, now)[:5]) == ("after ", "when ")


def test_an_older_month_is_not_waited_for(instance, source):
    measure(instance, BACKLOG, TAGS)
    load(instance, "ticket_events", month_of(datetime.now(UTC)))
    load(instance, "groups")
    load(instance, "users", "2020-01")  # no view reads it
    assert kept(instance, source) == set(SHOWN)
    load(instance, "ticket_events", "2020-01")
    assert kept(instance, source) == set()
    measure(instance, BACKLOG, TAGS)
    assert kept(instance, source) == set(SHOWN)


def test_a_report_follows_what_was_measured_since(instance):
    assert is_report_due(instance, REPORT, SHOWN)
    measure(instance, BACKLOG, TAGS)
    before = datetime.now(UTC)
    instance.report_runless_asset_event(dg.AssetMaterialization(REPORT))
    assert not is_report_due(instance, REPORT, SHOWN)
    measure(instance, TAGS, at=before)  # a load after which the figures were kept
    assert not is_report_due(instance, REPORT, SHOWN)
    measure(instance, TAGS)
    assert is_report_due(instance, REPORT, SHOWN)


def test_only_the_runs_of_the_schedule_that_follows_loads_wait(tmp_path):
    found = [
        each
        for each in build_definitions(sources(tmp_path)).sensors
        if isinstance(each, dg.AutomationConditionSensorDefinition)
    ]
    waiting = {each.name for each in found if keys.FIGURES_TAG in each.run_tags}
    assert (len(found) > 1, waiting) == (True, {"acme_analysis"})


def test_freshness_allows_for_the_pause_between_reports(tmp_path):
    source = sources(tmp_path, warehouse_sync_cron="0 */3 * * *", report_cron="0 4 * * *")
    assert report_policy(source.sources[0]).warn_window.to_timedelta() == timedelta(hours=54)
    assert report_policy(sources(tmp_path, report_cron="off").sources[0]) is None
