"""Metric events and surveys through Dagster's own runs: assets without months, and their checks."""

from contextlib import ExitStack
from datetime import timedelta

import dagster as dg
import pytest

from zendesk_assets_tests.account import SCHEMA, project
from zendesk_assets_tests.postgres import database, new_database

EVENTS, SURVEYS = "ticket_metric_events", ["survey_responses", "surveys"]
WHOLE = [EVENTS, *SURVEYS, "sla_policies", "users"]


@pytest.mark.parametrize("engine", ["duckdb", pytest.param("postgres", marks=pytest.mark.long)])
def test_all_of_history_is_synced_though_tickets_are_not_and_the_checks_pass(tmp_path, engine):
    with ExitStack() as stack:
        url = ""
        if engine == "postgres":
            url = stack.enter_context(new_database(stack.enter_context(database())))
        settings = {"collections": {"include": ["tickets", "ticket_metrics", *WHOLE]}}
        each = stack.enter_context(
            project(tmp_path, tickets=60, history_days=90, postgres=url, settings=settings)
        )
        account = each.simulator.account
        account.apply_sla(account.create_ticket("Printer on fire"))
        each.clock.advance(timedelta(minutes=30))
        results = each.sync(days=31)
        assert each.differences(collections=WHOLE) == []
        assert failed_checks(results) == []

        account.delete_ticket(1)
        account.set_csat(ratings=True, surveys=False)
        each.clock.advance(timedelta(hours=12))
        each.requests()
        results = each.sync(days=2)
        asked = [request for request in each.requests() if EVENTS in request.path]
        assert len(asked) == 1
        assert each.differences(collections=WHOLE) == []
        assert failed_checks(results) == []  # that surveys are switched off is no failure

    graph = each.definitions.resolve_asset_graph()
    assert not any(graph.get(dg.AssetKey([SCHEMA, name])).partitions_def for name in WHOLE)


def failed_checks(results):
    """Return the checks of the tables that are read whole which did not pass, with the reason."""
    found = [check for result in results for check in result.get_asset_check_evaluations()]
    assert found
    return [
        (check.asset_key.path[-1], check.check_name, check.description)
        for check in found
        if check.asset_key.path[-1] in WHOLE and not check.passed
    ]
