"""The weekly comparison with Zendesk: an asset check of each table, in a run of its own only."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import duckdb
import msgspec
import pytest

from zendesk_assets.account import Account
from zendesk_assets.catalog import declared
from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.build import build_definitions
from zendesk_assets.plain_text import unescape_markdown
from zendesk_assets.reconcile.certificate import sentence
from zendesk_assets.settings.sources import Source
from zendesk_assets_tests.account import NOW, SCHEMA, make_sources, project, source_settings

JOB = f"{SCHEMA}_reconcile_job"
CHECK = "agrees_with_zendesk"
NAMES = ["tickets", "ticket_metrics", "ticket_events", "groups"]
CHOSEN = {
    "history_start": (NOW - timedelta(days=3)).date(),
    "collections": {"include": NAMES},
}


@pytest.fixture
def unsynced(tmp_path):
    with project(tmp_path, tickets=20, history_days=2, settings=CHOSEN) as each:
        yield each


@pytest.fixture
def site(unsynced):
    unsynced.clock.advance(timedelta(minutes=30))
    unsynced.sync(days=4)
    unsynced.requests()
    return unsynced


def reconcile(site, **tags):
    """Run the job; return the results by table."""
    result = site.definitions.resolve_job_def(JOB).execute_in_process(
        instance=site.instance,
        tags=tags,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )
    assert result.success
    return by_table(result)


def by_table(result):
    found = result.get_asset_check_evaluations()
    return {each.asset_key.path[-1]: each for each in found if each.check_name == CHECK}


def change(site, statement):
    with duckdb.connect(str(site.database)) as connection:
        connection.execute(statement)


def figures(check):
    return {name: value.value for name, value in check.metadata.items()}


def test_the_job_compares_every_table_at_no_more_than_the_stated_cost_and_loads_nothing(site):
    found = reconcile(site)

    assert set(found) == set(NAMES)
    assert {name for name, each in found.items() if not each.passed} == set()
    assert all(figures(each)["compared"] > 0 for each in found.values())
    stated = sum(figures(each)["requests_at_most"] for each in found.values())
    sent = sum(figures(each)["requests"] for each in found.values())
    assert 0 < sent == len(site.requests()) <= stated
    keys_of_tables = [dg.AssetKey([SCHEMA, name]) for name in NAMES]
    events = [site.instance.get_latest_materialization_event(key) for key in keys_of_tables]
    assert JOB not in {each.dagster_event.job_name for each in events}


def test_a_difference_is_an_error_with_its_repair_and_does_not_fail_the_run(site):
    change(
        site,
        f"update {SCHEMA}.groups set name = 'x' where id = (select min(id) from {SCHEMA}.groups)",
    )
    found = reconcile(site)["groups"]

    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert figures(found)["differing"] == 1
    assert "differs in name" in figures(found)["differences"][0]
    assert figures(found)["repair"] == "zendesk-assets reconcile --collection groups --repair"


@pytest.mark.long
def test_an_incomplete_second_is_a_warning_until_it_is_read_whole(site):
    account = site.simulator.account
    account.set_same_second("truncate")
    site.simulator.make_unavailable("tickets/1/audits", "invalid_endpoint")
    account.flood_events(1_200)
    second = site.clock.now()
    site.clock.advance(timedelta(minutes=30))
    account.create_ticket("After the flood")
    site.clock.advance(timedelta(minutes=30))
    site.sync(days=1)
    assert hub_figures(site)["incomplete_seconds"] == 1
    assert hub_figures(site)["all_incomplete_seconds"] == [f"{second:%Y-%m-%dT%H:%M:%SZ}"]
    found = reconcile(site)["ticket_events"]

    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert figures(found)["incomplete_seconds"] == 1
    assert f"{second:%Y-%m-%dT%H:%M:%SZ}" in found.description

    site.simulator.make_available("tickets/1/audits")
    hub = dg.AssetKey([SCHEMA, "hub", "ticket_events"])
    refetch = {"ops": {hub.to_python_identifier(): {"config": {"refetch": True}}}}
    site.clock.advance(timedelta(minutes=30))
    both = [hub, dg.AssetKey([SCHEMA, "ticket_events"])]
    site.run(both, f"{second:%Y-%m-%d}", site.day(), refetch)
    assert reconcile(site)["ticket_events"].passed
    assert hub_figures(site)["seconds_from_audits"] == 1
    assert "all_incomplete_seconds" not in hub_figures(site)


def hub_figures(site):
    """Return what Dagster shows of the last sync of ticket events."""
    key = dg.AssetKey([SCHEMA, "hub", "ticket_events"])
    event = site.instance.get_latest_materialization_event(key)
    return figures(event.asset_materialization)


def test_a_collection_that_is_refused_is_a_warning_and_the_others_are_compared(site):
    site.simulator.make_unavailable("groups", "role")
    found = reconcile(site)

    assert (found["groups"].passed, found["groups"].severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "could not be compared" in found["groups"].description
    assert all(each.passed for name, each in found.items() if name != "groups")


def test_a_run_that_loads_asks_nothing_and_says_again_what_was_found(site):
    table = dg.AssetKey([SCHEMA, "groups"])
    assert by_table(site.run([table])) == {}  # there was no comparison yet
    assert site.requests() == []

    change(site, f"update {SCHEMA}.groups set name = 'x'")
    first = reconcile(site)["groups"]
    site.requests()
    again = by_table(site.run([table]))["groups"]
    assert site.requests() == []
    assert (again.passed, again.description) == (False, first.description)
    assert again.metadata["asked_at"] == first.metadata["asked_at"]


SCHEDULED = {"zendesk/layer": "comparison with Zendesk"}


def test_a_comparison_leaves_a_certificate_that_the_hub_keeps_and_the_table_shows(site):
    found = reconcile(site)["tickets"]

    hub = Account(site.sources, site.source).hub
    kept = hub.certificates.all()
    assert set(kept) == set(NAMES)
    assert sentence(kept["tickets"]) in unescape_markdown(found.description)
    assert kept["tickets"].here == figures(found)["rows_here"]
    table = dg.AssetKey([SCHEMA, "tickets"])
    (observed,) = site.instance.fetch_observations(table, limit=1).records
    shown = observed.asset_observation.metadata["compared_with_zendesk"].value
    assert shown == sentence(kept["tickets"])


def test_a_load_shows_on_the_page_of_its_table_what_was_proved(site):
    reconcile(site)
    table = dg.AssetKey([SCHEMA, "groups"])
    site.run([table])
    event = site.instance.get_latest_materialization_event(table)
    shown = figures(event.asset_materialization)["compared_with_zendesk"]
    assert "compared property by property, 0 differ; 0 ids missing" in shown


def test_the_schedule_asks_nothing_about_what_was_compared_since_its_last_tick(site):
    first = reconcile(site)
    site.requests()
    again = reconcile(site, **SCHEDULED)
    assert site.requests() == []
    assert {name: each.description for name, each in again.items()} == {
        name: each.description for name, each in first.items()
    }

    site.clock.advance(timedelta(days=8))
    reconcile(site, **SCHEDULED)
    assert site.requests() != []


def test_a_certificate_of_another_warehouse_on_the_same_hub_counts_for_nothing(site):
    reconcile(site)
    site.requests()
    hub = Account(site.sources, site.source).hub
    for each in hub.certificates.all().values():
        hub.certificates.keep(msgspec.structs.replace(each, warehouse="another"))
    reconcile(site, **SCHEDULED)
    assert site.requests() != []


def test_a_table_is_compared_once_after_its_first_loads_and_not_after_each_load(site):
    """Between two ticks: the first evaluation asks, and no later one, whatever is loaded."""
    now = site.clock.now()
    assert (now.weekday(), now.hour) != (6, 5)
    soon = [now + timedelta(minutes=each) for each in (1, 2)]
    names = [keys.reconciliation_key(SCHEMA, name) for name in NAMES]
    selection = dg.AssetSelection.checks(*names)
    found, cursor = [], None
    for moment in (*soon, now + timedelta(minutes=3)):
        result = dg.evaluate_automation_conditions(
            site.definitions,
            site.instance,
            asset_selection=selection,
            evaluation_time=moment,
            cursor=cursor,
        )
        cursor = result.cursor
        found.append(result.total_requested)
        site.run([dg.AssetKey([SCHEMA, "groups"])])
    assert found == [len(NAMES), 0, 0]


@pytest.mark.parametrize("job", ["sync", "warehouse_sync_job", "source_sync_job"])
def test_the_jobs_that_sync_do_not_have_the_check(unsynced, job):
    found = unsynced.definitions.resolve_job_def(f"{SCHEMA}_{job}").asset_layer.asset_graph
    assert CHECK not in {key.name for key in found.asset_check_keys}


def requested(definitions, instance, times, cursor=None):
    """Return, for each moment, how many checks the schedule asks for."""
    found = []
    names = [keys.reconciliation_key(SCHEMA, name) for name in NAMES]
    for time in times:
        result = dg.evaluate_automation_conditions(
            definitions,
            instance,
            asset_selection=dg.AssetSelection.checks(*names),
            evaluation_time=time,
            cursor=cursor,
        )
        cursor = result.cursor
        found.append(result.total_requested)
    return found


def test_the_schedule_asks_for_all_tables_on_sunday_morning_and_at_no_other_time(unsynced):
    sunday = datetime(2026, 11, 22, 5, tzinfo=UTC)
    around = [sunday + timedelta(minutes=each) for each in (-1500, -60, -1, 1, 2, 600, 6000)]
    found = requested(unsynced.definitions, unsynced.instance, around)
    assert found == [0, 0, 0, len(NAMES), 0, 0, 0]


def sensors(tmp_path, simulator, **changes):
    sources = make_sources(tmp_path, source_settings(simulator, **{**CHOSEN, **changes}))
    return {each.name: each for each in build_definitions(sources).sensors}


@pytest.mark.parametrize("off", [None, False, "off"])
def test_the_schedule_runs_by_default_and_can_be_switched_off_in_the_sources_file(
    unsynced, tmp_path, off
):
    name = f"{SCHEMA}_reconcile"
    running = dg.DefaultSensorStatus.RUNNING
    assert sensors(tmp_path, unsynced.simulator)[name].default_status is running
    found = sensors(tmp_path, unsynced.simulator, reconcile_cron=off)
    assert found.pop(name).default_status is dg.DefaultSensorStatus.STOPPED
    assert {each.default_status for each in found.values()} == {running}


def test_a_cron_of_its_own_is_checked_as_the_others_are(unsynced):
    wrong = source_settings(unsynced.simulator, reconcile_cron="weekly")
    with pytest.raises(ValueError, match="give five fields"):
        Source.model_validate(wrong)


def test_every_table_of_the_catalog_has_the_check(unsynced, tmp_path):
    sources = make_sources(tmp_path, source_settings(unsynced.simulator, collections={}))
    graph = build_definitions(sources).resolve_asset_graph()
    checked = {key.asset_key.path[-1] for key in graph.asset_check_keys if key.name == CHECK}
    assert checked == set(declared().by_default)
