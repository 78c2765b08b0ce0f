"""The whole way into PostgreSQL: from the account through the assets into tables and checks."""

from datetime import timedelta

import dagster as dg
import psycopg
import pytest

from zendesk_assets_tests.account import SCHEMA, project
from zendesk_assets_tests.integration.test_state_machine import SyncMachine
from zendesk_assets_tests.machines import run_machine
from zendesk_assets_tests.postgres import database, new_database

pytestmark = pytest.mark.slow(seconds=60)


@pytest.fixture(scope="module")
def server():
    with database() as url:
        yield url


def test_every_table_equals_the_account_and_a_dropped_one_is_replayed_without_a_request(
    tmp_path, server
):
    some = {"collections": {"include": ["attachments", "groups", "ticket_events", "tickets"]}}
    with (
        new_database(server) as url,
        project(tmp_path, tickets=80, postgres=url, settings=some) as here,
    ):
        here.sync(days=31)
        here.clock.advance(timedelta(hours=3))
        ticket = here.simulator.expected("tickets")[-1]["id"]
        here.simulator.account.update_ticket(ticket, priority="urgent")
        here.clock.advance(timedelta(minutes=3))
        here.sync()
        assert here.differences() == []

        here.requests()
        with psycopg.connect(url) as connection:
            connection.execute(f"DROP TABLE {SCHEMA}.tickets")
        here.run([dg.AssetKey([SCHEMA, "tickets"])], first=here.day(30), last=here.day())
        assert here.differences() == []
        assert here.requests() == []


@pytest.mark.long
def test_the_checks_of_every_table_pass_and_find_what_is_wrong(tmp_path, server):
    with new_database(server) as url, project(tmp_path, tickets=40, postgres=url) as here:
        assert failed_checks(here.sync(days=31)) == set()
        with psycopg.connect(url) as connection:
            connection.execute(f"SET search_path TO {SCHEMA}")
            connection.execute(
                "UPDATE tickets SET group_id = 99, _unknown = '{\"new\": 1}';"
                "UPDATE _loads SET inserted = inserted + 1 WHERE collection = 'tickets'"
            )
        assert failed_checks(here.sync()) == {
            ("tickets", "references_resolve"),
            ("tickets", "no_undeclared_properties"),
            ("tickets", "loads_add_up"),
        }


def failed_checks(results):
    """Return the (table, check) of all that did not pass."""
    return {
        (each.asset_key.path[-1], each.check_name)
        for result in results
        for each in result.get_asset_check_evaluations()
        if not each.passed
    }


@pytest.mark.long
def test_after_any_sequence_of_changes_and_syncs_the_postgres_tables_equal_the_account(server):
    class PostgresMachine(SyncMachine):
        def open_database(self):
            return self.held.enter_context(new_database(server))

    run_machine(PostgresMachine, examples=2, steps=12)
