"""What is right on any date. pytest finds it only where it is named: `test_dates` does, twice."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from zendesk_assets.clock import SystemClock
from zendesk_assets.simulator import Simulator
from zendesk_assets_tests.dates import DATES, go_to

SETTLING = timedelta(minutes=15)  # a source looks ten minutes back, and the test takes some


@pytest.mark.parametrize("date", sorted(DATES, key=DATES.get))
def test_a_change_of_this_minute_is_in_the_tables_after_the_next_sync(date, run, write_sources):
    go_to(date)
    there = datetime.fromisoformat(f"{DATES[date][0]}+00:00")
    assert abs(datetime.now(UTC) - there) < timedelta(minutes=1)
    assert_a_change_arrives(run, write_sources)


def assert_a_change_arrives(run, write_sources):
    """As in the demo: the account's clock passes the minute that Zendesk holds back."""
    clock = SystemClock()
    start = (datetime.now(UTC) - timedelta(days=2)).date()
    with Simulator(tickets=20, history_days=1, clock=clock) as account:
        only = {"include": ["tickets"]}
        write_sources(account, collections=only, history_start=start)
        assert run("sync").code == 0
        assert tickets_of(account).keys() == tickets_in_table(run).keys()
        changed = max(account.account.tickets)
        account.account.update_ticket(changed, priority="urgent", tags=["today"])
        clock.advance(timedelta(minutes=3))
        assert run("sync").code == 0
        assert tickets_of(account) == tickets_in_table(run)
    (state,) = json.loads(run("status", "--json").output)
    assert state["batches_to_load"] == 0
    assert timedelta(minutes=state["lag_minutes"]) < SETTLING
    assert datetime.now(UTC) - datetime.fromisoformat(state["last_loaded"]) < SETTLING


def tickets_of(account):
    rows = account.expected("tickets")
    return {str(row["id"]): (row["priority"], row["updated_at"]) for row in rows}


def tickets_in_table(run):
    statement = "select id, priority, updated_at from zendesk_test.tickets"
    rows = json.loads(run("query", "--json", "--limit", "0", statement).output)
    return {
        str(row["id"]): (row["priority"], row["updated_at"].replace("+00:00", "Z")) for row in rows
    }
