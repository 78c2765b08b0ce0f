"""What keeps many sources light: jobs resolved in their own source, and parts that are shared."""

from itertools import chain

import dagster as dg
import pytest
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.build import build_definitions
from zendesk_assets.orchestration.dagster_internals.job_of_source import JobOfSource
from zendesk_assets_tests.account import make_sources

NAMES = ("one", "two")


def source(name):
    return {
        "nickname": name.title(),
        "schema": name,
        "subdomain": name,
        "auth": {"type": "bearer", "token": "x"},
    }


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    return make_sources(tmp_path_factory.mktemp("two"), *map(source, NAMES))


@pytest.fixture(scope="module")
def definitions(sources):
    """Two sources, and an asset of the user's in a group of ours, made from one in none."""

    @dg.asset
    def elsewhere(): ...

    @dg.asset(deps=[elsewhere, dg.AssetKey(["one", "tickets"])], group_name="one")
    def derived(): ...

    return dg.Definitions.merge(build_definitions(sources), dg.Definitions([elsewhere, derived]))


def jobs_of(definitions):
    return [each for each in definitions.jobs if isinstance(each, JobOfSource)]


def test_a_job_is_what_dagster_makes_of_it_among_all_assets(definitions):
    graph = definitions.resolve_asset_graph()
    assert len(jobs_of(definitions)) == 4 * len(NAMES)

    for each in jobs_of(definitions):
        ours = definitions.resolve_job_def(each.name)
        theirs = UnresolvedAssetJobDefinition.resolve(each, graph, ours.executor_def)
        assert ours.graph.node_dict.keys() == theirs.graph.node_dict.keys()
        assert ours.graph.dependencies == theirs.graph.dependencies
        assert ours.resource_defs.keys() == theirs.resource_defs.keys()
        assert content(ours) == content(theirs)
        assert any(content(ours))


def content(job):
    graph = job.asset_layer.asset_graph
    return graph.executable_asset_keys, graph.asset_check_keys, graph.get_all_asset_keys()


def test_a_job_of_one_source_knows_nothing_of_the_others(definitions):
    job = definitions.resolve_job_def("one_sync")

    assert "one_zendesk" in job.resource_defs
    assert "two_zendesk" not in job.resource_defs
    parents = job.asset_layer.asset_graph.source_asset_graph.get_all_asset_keys()
    assert {key.path[0] for key in parents} == {"one", "derived", "elsewhere"}


def test_assets_with_the_same_settings_share_their_parts(definitions):
    ours = [spec for spec in definitions.resolve_all_asset_specs() if spec.key.path[0] in NAMES]
    conditions = {id(spec.automation_condition) for spec in ours if spec.group_name in layers()}
    partitions = {id(spec.partitions_def) for spec in ours if spec.partitions_def}
    # Of hub and tables each: with months, at each tick, once an hour, once a day.
    assert len(conditions) == 8
    assert len(partitions) == 1

    ops = [each.op for each in definitions.assets if each.keys & {spec.key for spec in ours}]
    for layer in ("hub", "table"):
        own = [op for op in ops if layer in op.compute_fn.decorated_fn.__name__]
        assert len({id(op.config_schema) for op in own}) == 1
        assert len({id(op.compute_fn.decorated_fn.__signature__) for op in own}) == 1


def layers():
    return set(chain.from_iterable((name, f"{name}_hub") for name in NAMES))


@pytest.mark.parametrize(("number", "seconds"), [(1, 30), (15, 30), (50, 100)])
def test_the_daemon_evaluates_each_source_more_seldom_if_there_are_many(tmp_path, number, seconds):
    one_table = {"collections": {"include": ["groups"]}}
    every = make_sources(tmp_path, *(source(f"s{place}") | one_table for place in range(number)))
    found = {each.name: each.minimum_interval_seconds for each in build_definitions(every).sensors}
    del found[keys.REPLAYS]  # one for all of them
    compared = {found.pop(name) for name in list(found) if name.endswith("_reconcile")}
    assert set(found.values()) == {seconds}
    assert compared == {2 * seconds}  # what it requests is in no hurry
