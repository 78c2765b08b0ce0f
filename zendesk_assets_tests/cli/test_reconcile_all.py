"""`reconcile` on all nine collections: the whole way, the stated cost, repairs and gaps."""

import json
import re
from datetime import timedelta

import duckdb
import pytest

from zendesk_assets.clock import SystemClock
from zendesk_assets.simulator import Simulator
from zendesk_assets_tests.account import USUAL
from zendesk_assets_tests.comparison import differences

SCHEMA = "zendesk_test"


@pytest.fixture
def account():
    """An account whose clock begins half an hour ago, for what is younger is not judged."""
    clock = SystemClock(timedelta(minutes=-30))
    with Simulator(tickets=30, history_days=3, clock=clock) as simulator:
        yield simulator


@pytest.fixture
def synced(account, run, write_sources, tmp_path):
    write_sources(account)
    account.account.delete_ticket(7)
    for ticket in (10, 11, 12):
        account.account.rate_ticket(ticket, "good", "Thanks")
        account.account.add_activity(ticket)
        account.account.add_comment(ticket, "See", attachments=[{"file_name": "a.pdf"}])
    account.clock.advance(timedelta(minutes=12))
    assert run("sync").code == 0
    account.requests.clear()
    return tmp_path / "warehouse.duckdb"


def change(database, statement):
    with duckdb.connect(str(database)) as connection:
        connection.execute(statement)


def outcomes(output):
    """Return {table: (compared, differing)} and the sum of the stated costs."""
    names = re.findall(rf"{SCHEMA}\.(\w+): comparing", output)
    found = re.findall(r"([0-9,]+) compared, ([0-9,]+) differ\.", output)
    stated = sum(int(each.replace(",", "")) for each in re.findall(r"most ([0-9,]+) req", output))
    return dict(zip(names, ((int(a), int(b)) for a, b in found), strict=True)), stated


@pytest.mark.long
def test_all_nine_agree_after_a_sync_at_no_more_than_the_stated_cost(account, run, synced):
    outcome = run("reconcile")
    assert outcome.code == 0, outcome.output
    found, stated = outcomes(outcome.output)

    assert set(found) == set(USUAL)
    assert {name: differing for name, (_, differing) in found.items() if differing} == {}
    assert {name for name, (compared, _) in found.items() if not compared} == set()
    assert 0 < len(account.requests) <= stated <= 100


@pytest.mark.long
@pytest.mark.slow
def test_a_repair_brings_back_metrics_events_ratings_and_attachments(account, run, synced):
    change(synced, f"update {SCHEMA}.ticket_metrics set replies = 99 where ticket_id = 12")
    change(synced, f"update {SCHEMA}.satisfaction_ratings set score = 'x'")
    change(synced, f"delete from {SCHEMA}.ticket_events where ticket_id = 12")
    change(synced, f"update {SCHEMA}.ticket_events set ticket_event_id = 1")
    change(synced, f"update {SCHEMA}.attachments set comment_id = 1")
    names = ["ticket_metrics", "satisfaction_ratings", "ticket_events", "attachments"]
    outcome = run(
        "reconcile", "--repair", *(each for name in names for each in ("--collection", name))
    )

    assert outcome.code == 0, outcome.output
    assert differences(synced, SCHEMA, account) == []


def test_a_table_that_is_not_loaded_is_no_success(run, account, write_sources):
    write_sources(account)
    outcome = run("reconcile", "--collection", "groups")
    assert outcome.code == 1
    assert "nothing is loaded that could be compared; sync first" in outcome.output


@pytest.fixture
def flooded(run, account, write_sources):
    """A synced account with a second that Zendesk shows in no way whole."""
    write_sources(account, collections={"include": ["ticket_events"]})
    account.account.set_same_second("truncate")
    account.make_unavailable("tickets/9/audits", "not_found")
    second = account.clock.now()
    account.account.flood_events(1_100)
    account.clock.advance(timedelta(minutes=12))
    account.account.create_ticket("After the flood")
    account.clock.advance(timedelta(minutes=12))
    assert run("sync").code == 1  # it is not whole
    return f"{second:%Y-%m-%dT%H:%M:%S}Z"


@pytest.mark.long
@pytest.mark.slow
def test_an_incomplete_second_is_in_status_and_a_gap_until_a_repair_reads_it_whole(
    run, account, flooded, tmp_path
):
    (row,) = json.loads(run("status", "--json").output)
    assert len(row["incomplete_seconds"]) == 1
    assert row["incomplete_seconds"][0][:17] == flooded[:17]
    assert "1 second may be incomplete" in run("status").output
    found = run("reconcile")
    assert found.code == 1
    assert "1 second may be incomplete" in found.output
    refused = run("reconcile", "--repair")
    assert refused.code == 1
    assert "1 of 1 second may still be incomplete" in refused.output

    account.make_available("tickets/9/audits")
    repaired = run("reconcile", "--repair")
    assert repaired.code == 0, repaired.output
    assert "0 of 1 second may still be incomplete" in repaired.output
    (row,) = json.loads(run("status", "--json").output)
    assert row["incomplete_seconds"] == []
    assert differences(tmp_path / "warehouse.duckdb", SCHEMA, account, ["ticket_events"]) == []
