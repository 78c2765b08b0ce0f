"""Our definitions within another project: its choices hold in all runs, and nothing clashes."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import duckdb
import pytest

import zendesk_assets
from zendesk_assets.errors import SourcesFileError
from zendesk_assets.orchestration import alerts, keys
from zendesk_assets.orchestration.build import build_definitions
from zendesk_assets.orchestration.embedding import embed
from zendesk_assets.orchestration.placement import Placement
from zendesk_assets_tests.account import NOW, SCHEMA, make_sources, project
from zendesk_assets_tests.kinds import USUAL

PLACE = ["support", SCHEMA]
NAME = f"support__{SCHEMA}"
SOURCE = {
    "nickname": "Acme",
    "schema": "acme",
    "subdomain": "acme",
    "auth": {"type": "bearer", "token": "x"},
    "fivetran": True,
}


@dg.asset(group_name="zendesk", automation_condition=dg.AutomationCondition.eager())
def of_the_project(): ...


def theirs():
    """Return a project that has what ours has: an executor, loggers, resources of our names."""
    names = ("hub", "warehouse_io_manager", "zendesk")
    return dg.Definitions(
        assets=[of_the_project],
        executor=dg.multiprocess_executor,
        loggers={"console": dg.colored_console_logger},
        resources=dict.fromkeys(names, dg.ResourceDefinition.hardcoded_resource(1)),
    )


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    """An account within a project, with a prefix before its keys and one group for all, synced."""
    folder = tmp_path_factory.mktemp("embedded")
    some = {"include": ["groups", "tickets", "ticket_events", "ticket_metrics"]}
    start = (NOW - timedelta(days=90)).date()
    settings = {
        "analysis": True, "fivetran": True, "collections": some, "history_start": start,
    }  # fmt: skip
    with (
        pytest.MonkeyPatch.context() as patch,
        project(folder, tickets=60, settings=settings) as each,
    ):
        patch.setenv("ZENDESK_ASSETS_STATE", str(folder / "state"))
        groups = dict.fromkeys(("hub", "tables", "views"), "zendesk")
        placed = Placement(("support",), groups, {"domain": "support"})
        each.definitions = dg.Definitions.merge(theirs(), embed(each.sources, placed, each.clock))
        each.job = each.definitions.resolve_job_def(f"{NAME}_sync")
        each.clock.advance(timedelta(minutes=30))
        each.results = [*sync(each), *sync(each)]  # views come after what they read
        yield each


def keys_of(definitions):
    return {spec.key for spec in definitions.resolve_all_asset_specs()} - {of_the_project.key}


def sync(embedded):
    """Sync all of a month and a bit, as a person would in the UI."""
    graph = embedded.definitions.resolve_asset_graph()
    ours = keys_of(embedded.definitions)
    monthly = {key for key in ours if graph.get(key).partitions_def}
    yield embedded.run(monthly, first=embedded.day(30), last=embedded.day())
    yield embedded.run(ours - monthly)


def test_a_sync_of_prefixed_assets_loads_tables_views_and_report(embedded):
    events = [each.get_asset_materialization_events() for each in embedded.results]
    done = {event.asset_key for each in events for event in each}
    assert done == keys_of(embedded.definitions)
    assert {key.path[0] for key in done} == {"support"}
    assert embedded.differences() == []


def test_every_check_of_prefixed_assets_runs_in_the_run_that_loads_them(embedded):
    graph = embedded.definitions.resolve_asset_graph()
    found = [each for one in embedded.results for each in one.get_asset_check_evaluations()]
    compared = {key for key in graph.asset_check_keys if key.name == "agrees_with_zendesk"}
    ran = {dg.AssetCheckKey(each.asset_key, each.check_name) for each in found}
    assert ran == graph.asset_check_keys - compared
    assert [each for each in found if not each.passed] == []
    job = embedded.definitions.resolve_job_def(f"{NAME}_reconcile_job")
    result = job.execute_in_process(instance=embedded.instance)
    assert {each.asset_key for each in result.get_asset_check_evaluations()} == {
        key.asset_key for key in compared
    }
    assert all(each.passed for each in result.get_asset_check_evaluations())


def test_a_column_of_a_prefixed_table_comes_from_its_prefixed_hub_asset(embedded):
    table = dg.AssetKey([*PLACE, "tickets"])
    events = embedded.results[0].get_asset_materialization_events()
    found = [each.materialization.metadata for each in events if each.asset_key == table]
    (lineage,) = (
        each["dagster/column_lineage"].value for each in found if "dagster/column_lineage" in each
    )
    (origin,) = lineage.deps_by_column["subject"]
    assert origin.asset_key == dg.AssetKey([*PLACE, "hub", "tickets"])


def test_a_table_names_the_prefixed_hub_asset_that_has_to_come_first(embedded):
    table = dg.AssetKey([*PLACE, "ticket_events"])
    early = embedded.day(60)
    result = embedded.run([table], first=early, last=early, raise_on_error=False)
    assert not result.success
    (failure,) = (each for each in result.all_events if each.is_step_failure)
    said = failure.step_failure_data.user_failure_data.description
    assert f"materialize support/{SCHEMA}/hub/ticket_events for" in said
    reader = alerts._Reader(embedded.instance, {tuple(PLACE)}, "", warnings=False)
    found = {
        each.subject: each for each in reader.new(alerts._Cursor(datetime(2000, 1, 1, tzinfo=UTC)))
    }
    assert said in found[f"support.{SCHEMA}.ticket_events"].sentence
    assert f"support.{SCHEMA}: a run" in found


def test_sensors_and_jobs_have_what_they_have_alone_in_whatever_group_it_is(embedded):
    alone = build_definitions(embedded.sources, embedded.clock)
    ours, theirs = (each.resolve_asset_graph() for each in (alone, embedded.definitions))
    inside = {each.name: each for each in embedded.definitions.sensors}
    assert inside.pop(f"support__{SCHEMA}_replays").jobs
    assert len(inside) == len(alone.sensors) - 1
    for sensor in (each for each in alone.sensors if each.name != keys.REPLAYS):
        placed = inside[f"support__{sensor.name}"]
        assert {
            dg.AssetKey(["support", *key.path]) for key in sensor.asset_selection.resolve(ours)
        } == placed.asset_selection.resolve(theirs)
        assert {
            (dg.AssetKey(["support", *key.asset_key.path]), key.name)
            for key in sensor.asset_selection.resolve_checks(ours)
        } == {(key.asset_key, key.name) for key in placed.asset_selection.resolve_checks(theirs)}
    for job in alone.jobs:
        before = alone.resolve_job_def(job.name)
        after = embedded.definitions.resolve_job_def(f"support__{job.name}")
        assert {dg.AssetKey(["support", *key.path]) for key in content(before)} == content(after)


def content(job):
    return job.asset_layer.asset_graph.executable_asset_keys


def test_conditions_of_prefixed_assets_ask_for_what_they_ask_for_alone(embedded):
    """One evaluation on a new instance, and those that follow a load of a table."""
    view = dg.AssetKey([*PLACE, "analysis_reopen_rate"])
    instance, cursor, asked = dg.DagsterInstance.ephemeral(), None, []
    for loaded in ((), ("tickets", "groups"), ()):
        for name in loaded:
            month = embedded.month() if name == "tickets" else None
            key = dg.AssetKey([*PLACE, name])
            instance.report_runless_asset_event(dg.AssetMaterialization(key, partition=month))
        result = dg.evaluate_automation_conditions(
            embedded.definitions,
            instance,
            asset_selection=dg.AssetSelection.groups("zendesk"),
            evaluation_time=embedded.clock.now(),
            cursor=cursor,
        )
        cursor = result.cursor
        asked.append(result)
    hub = [key for key in keys_of(embedded.definitions) if key.path[2] == "hub"]
    assert all(asked[0].get_num_requested(key) for key in hub)
    assert [each.get_num_requested(view) for each in asked] == [0, 0, 1]


def test_every_asset_has_the_group_and_the_tags_that_a_project_chooses(embedded):
    specs = [each for each in embedded.definitions.resolve_all_asset_specs()
             if each.key != of_the_project.key]  # fmt: skip
    assert {each.group_name for each in specs} == {"zendesk"}
    assert {each.tags["domain"] for each in specs} == {"support"}
    assert all(each.kinds for each in specs)


def test_two_files_and_what_a_project_calls_like_ours_do_not_clash(tmp_path):
    folders = [tmp_path / name for name in ("one", "two")]
    alert = {"alerts": {"slack": "https://hooks.slack.com/services/x"}}
    files = [make_sources(each, SOURCE, **alert) for each in folders]
    merged = dg.Definitions.merge(
        theirs(),
        zendesk_assets.definitions_for(files[0], key_prefix="one"),
        zendesk_assets.definitions_for(files[1], key_prefix=["two", "deep"], automation=False),
    )
    dg.Definitions.validate_loadable(merged)
    names = [each.name for each in (*merged.sensors, *merged.jobs)]
    assert len(names) == len(set(names))
    assert {"one__acme_alerts", "two__deep__acme_alerts", "one__acme_sync"} <= set(names)
    assert "two__deep__acme_source_sync" not in names


def test_without_automation_nothing_is_asked_for_and_nothing_is_too_old(tmp_path):
    found = zendesk_assets.definitions_for(
        make_sources(tmp_path, SOURCE), automation=False, group={"views": "derived"}
    )
    specs = found.resolve_all_asset_specs()
    assert {(each.automation_condition, each.freshness_policy) for each in specs} == {(None, None)}
    graph = found.resolve_asset_graph()
    checks = [graph.get(key) for key in graph.asset_check_keys]
    assert {each.automation_condition for each in checks} == {None}
    # It starts only what somebody has asked for, with the job of replays.
    assert [each.name for each in found.sensors] == ["acme_replays"]
    assert {each.group_name for each in specs} == {"acme_hub", "acme", "derived"}
    tables = [each for each in specs if each.group_name in {"acme", "acme_hub"}]
    assert [
        each.key for each in tables if "hours" in each.description.split("**Fresh**")[1][:80]
    ] == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"key_prefix": "a/b"}, "key_prefix has 'a/b': use letters"),
        ({"key_prefix": ["a__b"]}, "single underscores"),
        ({"group": {"tabels": "x"}}, "group has tabels: name groups for hub, tables, views"),
    ],
)
def test_an_option_without_meaning_is_refused_in_a_sentence(tmp_path, options, said):
    with pytest.raises(SourcesFileError, match=said):
        zendesk_assets.definitions_for(make_sources(tmp_path, SOURCE), **options)


def test_a_file_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourcesFileError, match=r"no sources file at sources\.yaml"):
        zendesk_assets.definitions_for("sources.yaml")


class Shelf(dg.IOManager):
    """An IO manager of the project's, which knows nothing of ours."""

    def __init__(self):
        self.frames = {}

    def handle_output(self, context, obj):
        assert not context.has_asset_partitions
        self.frames[context.asset_key.path[-1]] = obj

    def load_input(self, context):
        return self.frames[context.upstream_output.asset_key.path[-1]]


@pytest.fixture
def shelved(tmp_path, monkeypatch):
    """An account whose tables an IO manager of the project stores."""
    monkeypatch.setenv("ZENDESK_ASSETS_STATE", str(tmp_path / "state"))
    shelf = Shelf()
    with project(tmp_path, tickets=40, settings={"analysis": True}) as each:
        ours = embed(each.sources, Placement(io_manager="shelf"), each.clock)
        own = dg.Definitions(assets=[of_the_project], resources={"shelf": shelf})
        each.definitions, each.shelf = dg.Definitions.merge(own, ours), shelf
        each.job = each.definitions.resolve_job_def(f"{SCHEMA}_sync")
        each.clock.advance(timedelta(minutes=30))
        yield each


def test_a_table_without_anything_in_the_hub_says_what_comes_first(shelved):
    table = dg.AssetKey([SCHEMA, "activities"])
    result = shelved.run([table], raise_on_error=False)
    (failure,) = (each for each in result.all_events if each.is_step_failure)
    said = failure.step_failure_data.user_failure_data.description
    assert said == f"The hub has nothing yet: materialize {SCHEMA}/hub/activities first."


def test_an_io_manager_of_the_project_gets_whole_tables_in_the_newest_state(shelved):
    for _ in range(2):
        list(sync(shelved))
        with duckdb.connect(shelved.database) as connection:
            connection.execute(f"create schema if not exists {SCHEMA}")
            for name, frame in shelved.shelf.frames.items():
                connection.register("frame", frame)
                connection.execute(f"create or replace table {SCHEMA}.{name} as from frame")
        assert set(shelved.shelf.frames) == set(USUAL)
        assert shelved.differences() == []
        shelved.simulator.account.create_ticket("Later", "Still here?")
        shelved.clock.advance(timedelta(hours=1))


def test_an_io_manager_of_the_project_leaves_out_what_reads_our_warehouse(shelved):
    graph = shelved.definitions.resolve_asset_graph()
    assert {key.name for key in graph.asset_check_keys} == {"last_sync_went_well"}
    assert f"{SCHEMA}_warehouse_io_manager" not in shelved.definitions.resources
    assert not [key for key in keys_of(shelved.definitions) if "analysis" in str(key)]
    names = [each.name for each in (*shelved.definitions.sensors, *shelved.definitions.jobs)]
    assert [name for name in names if "reconcile" in name] == []
