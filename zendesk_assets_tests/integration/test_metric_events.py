"""Ticket metric events through Dagster's own runs: one asset without months, and its checks."""

from contextlib import ExitStack
from datetime import timedelta

import dagster as dg
import pytest

from zendesk_assets_tests.account import SCHEMA, project
from zendesk_assets_tests.postgres import database, new_database

NAME = "ticket_metric_events"
TABLES = ["tickets", "ticket_metrics", "sla_policies", NAME]


@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_all_of_history_is_synced_though_tickets_are_not_and_the_checks_pass(tmp_path, engine):
    with ExitStack() as stack:
        url = ""
        if engine == "postgres":
            url = stack.enter_context(new_database(stack.enter_context(database())))
        settings = {"collections": {"include": TABLES}}
        each = stack.enter_context(
            project(tmp_path, tickets=60, history_days=90, postgres=url, settings=settings)
        )
        account = each.simulator.account
        account.apply_sla(account.create_ticket("Printer on fire"))
        each.clock.advance(timedelta(minutes=30))
        results = each.sync(days=31)
        assert each.differences(collections=[NAME, "sla_policies"]) == []
        assert verdicts_of(results) == {True}

        account.delete_ticket(1)
        each.clock.advance(timedelta(hours=12))
        each.requests()
        results = each.sync(days=2)
        asked = [request for request in each.requests() if NAME in request.path]
        assert len(asked) == 1
        assert each.differences(collections=[NAME]) == []
        assert verdicts_of(results) == {True}

    assert each.definitions.resolve_asset_graph().get(KEY).partitions_def is None


KEY = dg.AssetKey([SCHEMA, NAME])


def verdicts_of(results):
    """Return the outcomes of all checks of the table."""
    found = [check for result in results for check in result.get_asset_check_evaluations()]
    return {check.passed for check in found if check.asset_key == KEY}
