"""When a run that follows loads measures views, and when they keep the figures that they had."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from zendesk_assets.analysis import VIEWS
from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.build import build_definitions
from zendesk_assets.orchestration.figures_due import (
    Moment,
    follows_loads,
    is_report_due,
    kept_figures,
    next_occasion,
    occasions,
)
from zendesk_assets.orchestration.freshness import report_policy
from zendesk_assets.orchestration.replays import REPLAY_TAG, loading_job
from zendesk_assets.spec import month_of
from zendesk_assets_tests.account import make_sources

SCHEMA = "acme"
NAMES = ("analysis_backlog_by_day", "analysis_tags")
SHOWN = {keys.table_key(SCHEMA, name): VIEWS[name] for name in NAMES}
BACKLOG, TAGS = SHOWN
STAMPS = dict.fromkeys(NAMES, "as it is")
REPORT = keys.report_key(SCHEMA)
FIGURES = {"dagster/row_count": 7, **dict.fromkeys(SHOWN[BACKLOG].figures, 3)}
NOW = datetime.now(UTC)
# A midnight that materializations of now come after; the next one is after all of them.
MIDNIGHT = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


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


def measure(instance, *views, at=None, until=None, definition="as it is"):
    for each in views:
        times = {"measured_at": at or datetime.now(UTC), "loaded_until": until}
        shown = {name: dg.MetadataValue.timestamp(each) for name, each in times.items() if each}
        found = {**FIGURES, **shown, "definition": definition}
        instance.report_runless_asset_event(dg.AssetMaterialization(each, metadata=found))


def kept(instance, source, now=None, until=None):
    return set(
        kept_figures(instance, source, SHOWN, STAMPS, Moment(now or datetime.now(UTC), until))
    )


def test_what_was_never_measured_is_due(instance, source):
    assert kept(instance, source) == set()
    measure(instance, BACKLOG)
    assert kept(instance, source) == {BACKLOG}
    instance.report_runless_asset_event(dg.AssetMaterialization(TAGS))  # by an earlier release
    assert kept(instance, source) == {BACKLOG}


def test_a_view_keeps_its_figures_and_their_times(instance, source):
    at, until = MIDNIGHT + 4 * HOUR, MIDNIGHT + 3 * HOUR
    measure(instance, BACKLOG, at=at, until=until)
    (found,) = kept_figures(instance, source, SHOWN, STAMPS, Moment(at, at)).values()
    figures = dict.fromkeys(SHOWN[BACKLOG].figures, 3)
    times = {"measured_at": at, "loaded_until": until}
    assert found == {**figures, **times, "rows": 7, "definition": "as it is"}
    assert figures


def test_a_definition_that_has_changed_is_measured_even_if_the_run_that_changed_it_failed(
    instance, source
):
    measure(instance, BACKLOG)
    measure(instance, TAGS, definition="as it was")
    assert kept(instance, source) == {BACKLOG}


@pytest.mark.parametrize(
    ("then", "now", "is_kept"),
    [
        (MIDNIGHT + HOUR, MIDNIGHT + 4 * HOUR, True),
        # The first load of a day has what was fetched up to ten minutes before midnight.
        (MIDNIGHT - 3 * HOUR, MIDNIGHT - HOUR / 6, True),
        (MIDNIGHT - HOUR / 6, MIDNIGHT, False),
        (MIDNIGHT - HOUR / 6, MIDNIGHT + 3 * HOUR, False),
        (MIDNIGHT - 3 * DAY, MIDNIGHT - HOUR, False),  # an older midnight was reached
    ],
)
def test_figures_are_due_when_the_tables_have_a_whole_day_more(
    instance, source, then, now, is_kept
):
    measure(instance, BACKLOG, TAGS, until=then)
    assert kept(instance, source, until=now) == (set(SHOWN) if is_kept else set())


def test_a_load_that_failed_does_not_use_up_the_day(instance, source):
    # The tables are as they were: what the next load brings is still to be measured.
    measure(instance, BACKLOG, TAGS, until=MIDNIGHT - HOUR)
    assert kept(instance, source, until=MIDNIGHT - HOUR) == set(SHOWN)
    assert kept(instance, source, until=MIDNIGHT + HOUR) == set()


def test_tables_that_stand_still_do_not_stop_the_figures_of_others_for_ever(instance, source):
    until = MIDNIGHT - 5 * HOUR
    measure(instance, BACKLOG, TAGS, at=MIDNIGHT - 5 * HOUR, until=until)
    assert kept(instance, source, MIDNIGHT + HOUR, until) == set(SHOWN)
    assert kept(instance, source, MIDNIGHT + DAY, until) == set()


def test_without_tables_of_months_the_time_of_the_measuring_counts(instance, source):
    measure(instance, BACKLOG, TAGS, at=MIDNIGHT - HOUR)
    assert kept(instance, source, MIDNIGHT - HOUR / 2) == set(SHOWN)
    assert kept(instance, source, MIDNIGHT) == set()


def test_another_cron_measures_at_its_own_times(instance, tmp_path):
    often, never = (sources(tmp_path, report_cron=cron).sources[0] for cron in ("* * * * *", "off"))
    measure(instance, BACKLOG, TAGS, until=NOW)
    assert kept(instance, often, until=NOW + HOUR) == set()
    assert kept(instance, never, NOW + 400 * DAY, NOW + 400 * DAY) == set(SHOWN)
    for each in (often, never):
        assert next_occasion(instance, each, SHOWN).startswith("when ")
        assert occasions(each).startswith("when ")


def test_however_many_loads_there_were_of_this_month_they_are_no_history(instance, source):
    measure(instance, BACKLOG, TAGS)
    for _ in range(250):
        load(instance, "tickets", month_of(datetime.now(UTC)))
    assert kept(instance, source) == set(SHOWN)


def test_an_older_month_is_not_waited_for(instance, source):
    measure(instance, BACKLOG, TAGS)
    load(instance, "groups")
    load(instance, "users", "2020-01")  # no view reads it
    assert kept(instance, source) == set(SHOWN)
    load(instance, "ticket_events", "2020-01")
    assert kept(instance, source) == set()
    measure(instance, BACKLOG, TAGS)
    assert kept(instance, source) == set(SHOWN)


def test_a_replay_is_not_waited_for(instance, source):
    @dg.op
    def load_tables():
        pass

    @dg.job(name=loading_job(SCHEMA))
    def loads():
        load_tables()

    measure(instance, BACKLOG, TAGS)
    loads.execute_in_process(instance=instance)
    assert kept(instance, source) == set(SHOWN)
    loads.execute_in_process(instance=instance, tags={REPLAY_TAG: "abc"})
    assert kept(instance, source) == set()


def test_a_report_follows_what_was_measured_since(instance, tmp_path):
    page = tmp_path / "page.html"
    assert is_report_due(instance, REPORT, SHOWN, page)
    measure(instance, BACKLOG, TAGS)
    before = datetime.now(UTC)
    instance.report_runless_asset_event(dg.AssetMaterialization(REPORT))
    assert not is_report_due(instance, REPORT, SHOWN, page)  # where no file could be written
    measure(instance, TAGS, at=before)  # a load after which the figures were kept
    assert not is_report_due(instance, REPORT, SHOWN, page)
    measure(instance, TAGS)
    assert is_report_due(instance, REPORT, SHOWN, page)


def test_a_report_whose_file_is_gone_is_written_again(instance, tmp_path):
    page = tmp_path / "page.html"
    page.touch()
    written = dg.AssetMaterialization(REPORT, metadata={"report": dg.MetadataValue.path(str(page))})
    instance.report_runless_asset_event(written)
    assert not is_report_due(instance, REPORT, SHOWN, page)
    page.unlink()
    assert is_report_due(instance, REPORT, SHOWN, page)


def test_only_the_runs_of_the_schedule_that_follows_loads_wait(tmp_path):
    found = [
        each
        for each in build_definitions(sources(tmp_path)).sensors
        if isinstance(each, dg.AutomationConditionSensorDefinition)
    ]
    waiting = {each.name for each in found if keys.FIGURES_TAG in each.run_tags}
    assert (len(found) > 1, waiting) == (True, {"acme_analysis"})


@pytest.mark.parametrize(
    ("parent", "more", "waits"),
    [
        (None, {}, True),
        ("1", {"dagster/retry_number": "1"}, True),  # by the daemon
        ("1", {}, False),  # by a person, in the UI
    ],
)
def test_a_run_that_a_person_executes_again_measures(parent, more, waits):
    tags = {keys.FIGURES_TAG: keys.WHEN_DUE, **more}
    run = dg.DagsterRun("job", tags=tags, parent_run_id=parent, root_run_id=parent)
    assert follows_loads(run) is waits


def test_freshness_allows_for_the_pause_between_reports(tmp_path):
    source = sources(tmp_path, warehouse_sync_cron="0 */3 * * *", report_cron="0 4 * * *")
    assert report_policy(source.sources[0]).warn_window.to_timedelta() == timedelta(hours=54)
    assert report_policy(sources(tmp_path, report_cron="off").sources[0]) is None
