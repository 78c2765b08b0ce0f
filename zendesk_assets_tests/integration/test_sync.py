"""The main job, end to end: a simulated account, the hub, DuckDB, through real Dagster runs."""

import logging
from contextlib import ExitStack
from datetime import timedelta
from math import ceil

import dagster as dg
import duckdb
import pytest

from zendesk_assets.warehouse_opening import open_warehouse
from zendesk_assets_tests.account import SCHEMA, project
from zendesk_assets_tests.postgres import database, new_database


@pytest.fixture(scope="module")
def synced(tmp_path_factory):
    """A project after its first sync, and after the tests before: each leaves the tables right."""
    folder = tmp_path_factory.mktemp("synced")
    with pytest.MonkeyPatch.context() as patch, project(folder, tickets=300) as each:
        patch.setenv("ZENDESK_ASSETS_STATE", str(folder / "state"))
        each.clock.advance(timedelta(minutes=30))
        each.sync(days=31)
        each.first_requests = each.requests()
        yield each


def test_after_the_first_sync_each_table_equals_the_account(synced):
    assert synced.differences() == []
    with duckdb.connect(str(synced.database), read_only=True) as connection:
        rejects = connection.execute(f"select * from {SCHEMA}._rejects").fetchall()
    assert rejects == []


@pytest.mark.parametrize(
    "engine",
    ["duckdb", *(pytest.param(each, marks=pytest.mark.long) for each in ("postgres", "ducklake"))],
)
def test_an_account_of_another_year_is_synced_alike(tmp_path, engine):
    with ExitStack() as stack:
        url = str(tmp_path / "lake.sqlite") if engine == "ducklake" else ""
        if engine == "postgres":
            url = stack.enter_context(new_database(stack.enter_context(database())))
        each = stack.enter_context(project(tmp_path, tickets=60, groups=130, postgres=url))
        desk = each.simulator.account
        desk.set_lists_without_meta()
        desk.set_time_offsets()
        desk.set_metrics_of_deleted()
        gone = desk.create_ticket()
        desk.delete_ticket(gone)
        each.clock.advance(timedelta(minutes=30))
        each.sync(days=31)
        assert each.differences() == []
        (metrics,) = open_warehouse(each.sources).rows(
            SCHEMA, "ticket_metrics", ["_deleted"], [gone], "ticket_id"
        )
        assert metrics == {"_deleted": True}


def test_the_first_sync_costs_no_more_requests_than_promised(synced):
    sizes = {
        name: len(synced.simulator.expected(name))
        for name in ("tickets", "organizations", "groups", "satisfaction_ratings", "activities")
    }
    events = len({row["ticket_event_id"] for row in synced.simulator.expected("ticket_events")})
    allowed = (
        ceil(sizes["tickets"] / 1000)
        + ceil(events / 1000)
        + ceil(sizes["organizations"] / 1000)
        + ceil(sizes["groups"] / 100)
        + ceil(sizes["satisfaction_ratings"] / 100)
        + ceil(sizes["activities"] / 100)
        + 8
    )

    assert 0 < len(synced.first_requests) <= allowed


def test_a_sync_with_nothing_new_costs_at_most_eight_requests_and_changes_no_row(synced):
    before = rows(synced)
    synced.requests()
    synced.clock.advance(timedelta(hours=1))
    synced.sync(days=1)

    assert len(synced.requests()) <= 8
    assert rows(synced) == before


def test_a_second_sync_changes_only_the_rows_that_changed(synced):
    before = rows(synced)
    ticket = next(
        each["id"] for each in synced.simulator.expected("tickets") if each["status"] == "open"
    )
    synced.simulator.account.update_ticket(ticket, status="solved")
    synced.clock.advance(timedelta(minutes=30))
    synced.sync(days=1)
    after = rows(synced)

    assert synced.differences() == []
    changed = {key for key in after if after[key] != before.get(key)}
    assert {key for key in changed if key[0] == "tickets"} == {("tickets", ticket)}
    assert {key[0] for key in changed} <= {"tickets", "ticket_metrics", "ticket_events"}
    assert set(before) <= set(after)


@pytest.mark.long
def test_a_table_is_rebuilt_from_the_hub_without_a_request(synced):
    before = rows(synced, "tickets", "ticket_events")
    with duckdb.connect(str(synced.database)) as connection:
        connection.execute(f"drop table {SCHEMA}.tickets")
        connection.execute(f"drop table {SCHEMA}.ticket_events")
    synced.requests()
    tables = [[SCHEMA, "tickets"], [SCHEMA, "ticket_events"]]
    synced.run(map(key, tables), first=synced.day(30), last=synced.day())

    assert synced.requests() == []
    assert without_times(rows(synced, "tickets", "ticket_events")) == without_times(before)
    assert synced.differences() == []


def test_a_covered_day_is_not_asked_for_again_unless_a_refetch_is_wanted(synced):
    hub = key([SCHEMA, "hub", "tickets"])
    synced.requests()
    days = (synced.day(20), synced.day(10))
    synced.run([hub], days=days)
    assert synced.requests() == []

    refetch = {"refetch": True, "first_day": days[0], "end_day": days[1]}
    config = {"ops": {hub.to_python_identifier(): {"config": refetch}}}
    synced.run([hub], days=days, run_config=config)
    assert len(synced.requests()) >= 1


def test_one_collection_that_is_refused_never_stops_the_others(tmp_path):
    rest = ("groups", "ticket_events", "tickets")
    settings = {"collections": {"include": ["activities", *rest]}}
    with project(tmp_path, tickets=50, settings=settings) as each:
        each.clock.advance(timedelta(minutes=30))
        each.simulator.make_unavailable("activities", "role")
        results = each.sync(days=31, raise_on_error=False)

        assert [result.success for result in results] == [False, True]
        (failure,) = [
            event
            for event in results[0].all_events
            if event.is_step_failure and "hub__activities" in event.step_key
        ]
        assert "not available" in failure.step_failure_data.user_failure_data.description
        assert each.differences(collections=rest) == []


def test_a_second_that_may_be_incomplete_is_shown_and_warned_of(tmp_path):
    settings = {"collections": {"include": ["ticket_events"]}}
    with project(tmp_path, tickets=20, settings=settings) as each:
        each.simulator.account.set_same_second("truncate")
        each.simulator.account.flood_events(1_100)
        each.simulator.make_unavailable("tickets/1/audits", "not_found")
        each.clock.advance(timedelta(minutes=30))
        hub = key([SCHEMA, "hub", "ticket_events"])
        result = each.run([hub], first=each.day(1), last=each.day())
        shown = [
            event.materialization.metadata["incomplete_seconds"].value
            for event in result.get_asset_materialization_events()
            if "incomplete_seconds" in event.materialization.metadata
        ]
        warnings = [
            line.user_message
            for line in each.instance.all_logs(result.run_id)
            if line.level == logging.WARNING
            and "the hub records it as incomplete" in line.user_message
        ]

        assert set(shown) == {1}
        assert len(warnings) == 1


def key(path):
    return dg.AssetKey(path)


def rows(synced, *tables):
    """Return every row of the tables, under (table, id)."""
    found = {}
    with duckdb.connect(str(synced.database), read_only=True) as connection:
        for (table,) in connection.execute(
            "select table_name from duckdb_tables() where schema_name = ? "
            "and not starts_with(table_name, '_')",
            [SCHEMA],
        ).fetchall():
            if tables and table not in tables:
                continue
            cursor = connection.execute(f"select * from {SCHEMA}.{table}")
            names = [each[0] for each in cursor.description]
            for values in cursor.fetchall():
                row = dict(zip(names, values, strict=True))
                found[table, row["id"]] = row
    return found


def without_times(found):
    return {
        place: {name: value for name, value in row.items() if name != "loaded_at"}
        for place, row in found.items()
    }
