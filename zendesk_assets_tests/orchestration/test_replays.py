"""A replay of everything is planned once, and becomes a run for each large table."""

import json

import dagster as dg
import duckdb
import pytest

from zendesk_assets.account import Account
from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.replays import count_records, runs_planned
from zendesk_assets_tests.account import SCHEMA, project

LARGE = ["tickets", "ticket_events", "users"]
SMALL = ["groups", "organizations"]


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    settings = {"collections": {"include": [*LARGE, *SMALL]}}
    with project(tmp_path_factory.mktemp("here"), tickets=60, settings=settings) as here:
        here.sync(days=31)
        yield here


@pytest.fixture
def instance(here):
    """Dagster's instance on a machine that knows nothing of the others."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def plan(here, instance, **config):
    """Plan a replay as the UI does; return the run."""
    result = here.definitions.resolve_job_def(f"{SCHEMA}_replay_job").execute_in_process(
        instance=instance, run_config={"ops": {keys.replay_step(SCHEMA): {"config": config}}}
    )
    return instance.get_run_by_id(result.run_id)


def tick(here, instance, cursor=None):
    """Return what the sensor asks for, and its next cursor."""
    sensor = here.definitions.resolve_sensor_def("zendesk_replays")
    with dg.build_sensor_context(instance, cursor=cursor) as context:
        found = sensor.evaluate_tick(context)
    return found.run_requests, found.cursor


def test_a_table_that_is_worth_a_run_has_one_and_the_others_share_one(here, instance):
    hub = Account(here.sources, here.source, here.clock).hub
    sizes = {name: count_records(hub, name) for name in (*LARGE, *SMALL)}
    assert sizes["tickets"] == 60
    assert min(sizes[name] for name in LARGE) > max(sizes[name] for name in SMALL) > 0

    runs = runs_planned(plan(here, instance, together=1 + max(sizes[name] for name in SMALL)))

    assert sorted(map(sorted, runs)) == sorted([*([name] for name in LARGE), SMALL])
    # Tables with months and tables without cannot share a run.
    few = runs_planned(plan(here, instance))
    assert sorted(map(sorted, few)) == [["groups", "organizations", "users"], sorted(LARGE[:2])]


def test_the_runs_of_a_replay_load_everything_again_without_a_request(here, instance):
    replay = plan(here, instance, together=1)
    with duckdb.connect(str(here.database)) as connection:
        for name in (*LARGE, *SMALL):
            connection.execute(f"DELETE FROM {SCHEMA}.{name}")
    here.requests()

    requests, cursor = tick(here, instance)

    for each in requests:
        assert (
            here.definitions.resolve_job_def(each.job_name)
            .execute_in_process(
                asset_selection=each.asset_selection,
                instance=instance,
                run_config=each.run_config,
                tags=each.tags,
            )
            .success
        )
    assert sorted(each.asset_selection[0].path[-1] for each in requests) == sorted(LARGE + SMALL)
    assert {each.tags["zendesk/replay"] for each in requests} == {replay.run_id}
    assert here.differences() == []
    assert here.requests() == []
    # Once asked for, never again; and Dagster knows a run that it has by its key.
    again, _ = tick(here, instance, cursor)
    assert {each.run_key for each in again} <= {each.run_key for each in requests}
    assert len({each.run_key for each in requests}) == len(requests)


def test_a_replay_of_some_tables_asks_for_these_alone_and_refuses_others(here, instance):
    assert runs_planned(plan(here, instance, collections=["tickets"])) == [["tickets"]]
    with pytest.raises(dg.Failure, match="no table brands"):
        plan(here, instance, collections=["brands"])


def test_a_replay_of_a_source_that_is_gone_asks_for_nothing(here, instance):
    run = plan(here, instance)
    name, runs = json.loads(run.tags["zendesk/replay_tables"])
    instance.add_run_tags(run.run_id, {"zendesk/replay_tables": json.dumps([f"{name}_x", runs])})
    assert tick(here, instance)[0] == []


def test_what_never_landed_is_in_no_run(tmp_path):
    settings = {"collections": {"include": SMALL}}
    with project(tmp_path, tickets=1, settings=settings) as empty:
        assert runs_planned(plan(empty, empty.instance)) == []
        assert tick(empty, empty.instance)[0] == []
