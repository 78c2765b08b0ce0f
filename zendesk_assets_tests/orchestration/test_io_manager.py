"""DataFrames in and out: what a user's own asset reads from our tables, and writes beside them."""

from datetime import timedelta

import dagster as dg
import pandas as pd
import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.orchestration.build import build_definitions
from zendesk_assets_tests.account import SCHEMA, project

TICKETS, GROUPS = dg.AssetKey([SCHEMA, "tickets"]), dg.AssetKey([SCHEMA, "groups"])
SEEN = {}


@dg.asset(
    key=[SCHEMA, "backlog"],
    ins={
        "tickets": dg.AssetIn(TICKETS, metadata={"columns": ["id", "group_id", "status"]}),
        "groups": dg.AssetIn(GROUPS),
    },
    metadata={"primary_key": ["name"]},
    io_manager_key="warehouse_io_manager",
)
def backlog(tickets: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    SEEN["columns"] = list(tickets.columns)
    joined = tickets[tickets["status"] == "open"].merge(
        groups, left_on="group_id", right_on="id", how="inner"
    )
    return joined.groupby("name", as_index=False).agg(tickets=("id_x", "count"))


@dg.asset(
    key=[SCHEMA, "keyless"],
    ins={"groups": dg.AssetIn(GROUPS)},
    io_manager_key="warehouse_io_manager",
)
def keyless(groups: pd.DataFrame) -> pd.DataFrame:
    return groups


@dg.asset(
    key=[SCHEMA, "of_a_day"],
    ins={"tickets": dg.AssetIn(TICKETS)},
    partitions_def=dg.DailyPartitionsDefinition("2020-01-01"),
)
def of_a_day(tickets: pd.DataFrame) -> None:
    SEEN["days"] = set(tickets[declared().collections["tickets"].version].dt.date)


@pytest.fixture(scope="module")
def synced(tmp_path_factory):
    folder = tmp_path_factory.mktemp("synced")
    settings = {"collections": {"include": ["groups", "tickets"]}}
    with (
        pytest.MonkeyPatch.context() as patch,
        project(folder, tickets=120, settings=settings) as each,
    ):
        patch.setenv("ZENDESK_ASSETS_STATE", str(folder / "state"))
        each.clock.advance(timedelta(minutes=30))
        each.sync(days=31)
        ours = build_definitions(each.sources, each.clock)
        each.definitions = dg.Definitions.merge(
            ours, dg.Definitions(assets=[backlog, keyless, of_a_day])
        )
        yield each


def run(synced, name, day=None):
    return dg.materialize(
        [*synced.definitions.assets],
        selection=[dg.AssetKey([SCHEMA, name])],
        resources=dict(synced.definitions.resources),
        instance=synced.instance,
        raise_on_error=False,
        partition_key=day,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )


def test_a_downstream_asset_reads_tables_and_its_frame_is_upserted(synced):
    for _ in range(2):
        assert run(synced, "backlog").success
    assert SEEN["columns"] == ["id", "group_id", "status"]

    io_manager = synced.definitions.resources["warehouse_io_manager"].resource_fn(None)
    frame = io_manager.warehouse().read(SCHEMA, "backlog")
    opened = [row for row in synced.simulator.expected("tickets") if row["status"] == "open"]
    assert frame["name"].is_unique
    assert frame["tickets"].sum() == len([row for row in opened if row["group_id"]])


def test_a_reader_of_days_gets_the_rows_of_its_day(synced):
    day = synced.clock.now().date()
    for ago in range(1, 20):
        wanted = day - timedelta(days=ago)
        assert run(synced, "of_a_day", wanted.isoformat()).success
        if SEEN["days"]:
            break
    assert SEEN["days"] == {wanted}


def test_a_frame_without_a_primary_key_is_refused_with_a_sentence(synced):
    result = run(synced, "keyless")
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert "without declaring a primary key" in str(failure.step_failure_data.error)


def test_figures_are_on_the_materialization_and_on_one_month_of_a_range(synced):
    records = synced.instance.fetch_materializations(TICKETS, limit=100).records
    figures = {record.partition_key: record.asset_materialization.metadata for record in records}
    counted = [month for month, found in figures.items() if "rows_inserted" in found]

    assert counted == [synced.month()]
    assert figures[synced.month()]["dagster/row_count"].value == 120
    lineage = figures[synced.month()]["dagster/column_lineage"].value
    (source,) = lineage.deps_by_column["subject"]
    assert source.asset_key == dg.AssetKey([SCHEMA, "hub", "tickets"])


def test_each_month_of_the_hub_has_its_own_figures_and_they_add_up(synced):
    hub = dg.AssetKey([SCHEMA, "hub", "tickets"])
    months = {}
    for record in synced.instance.fetch_materializations(hub, limit=200).records:
        months.setdefault(record.partition_key, record.asset_materialization.metadata)

    assert sum(found["records"].value for found in months.values()) == 120
    assert len({found["records"].value for found in months.values()}) > 1
    assert sum(found["requests"].value for found in months.values()) == 1
