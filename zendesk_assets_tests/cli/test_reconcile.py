"""`reconcile` finds what is not as Zendesk has it, at the cost it states, and repairs just that."""

import re
from datetime import timedelta

import duckdb
import pytest

from zendesk_assets_tests.comparison import differences

SCHEMA = "zendesk_test"
NAMES = ["tickets", "organizations", "groups"]


@pytest.fixture
def synced(account, run, write_sources, tmp_path):
    write_sources(account, collections={"include": NAMES})
    account.account.delete_ticket(7)
    account.clock.advance(timedelta(minutes=2))  # exports hold back the last minute
    assert run("sync").code == 0
    account.requests.clear()
    return tmp_path / "warehouse.duckdb"


def change(database, statement):
    with duckdb.connect(str(database)) as connection:
        connection.execute(statement)


def test_what_is_right_or_newer_is_no_difference_and_costs_what_was_said(account, run, synced):
    account.account.update_ticket(3, status="pending")
    account.account.delete_ticket(4)
    account.account.create_ticket("Newer than the load")
    account.clock.advance(timedelta(minutes=2))
    outcome = run("reconcile")

    assert outcome.code == 0, outcome.output
    stated = [int(each) for each in re.findall(r"at most ([0-9,]+) requests", outcome.output)]
    assert len(stated) == len(NAMES)
    assert 0 < len(account.requests) <= sum(stated)
    assert " 0 differ" in outcome.output


@pytest.mark.slow
def test_lost_changed_and_undeleted_rows_are_found_and_repaired(account, run, synced):
    change(synced, f"delete from {SCHEMA}.tickets where id = 12")
    change(synced, f"update {SCHEMA}.tickets set subject = 'x', tags = '[1]' where id = 13")
    change(synced, f"update {SCHEMA}.tickets set _deleted = true where id = 14")
    change(synced, f"update {SCHEMA}.organizations set name = 'x'")
    change(synced, f"update {SCHEMA}.groups set name = 'x'")

    found = run("reconcile")
    assert found.code == 1
    for sentence in ("12 is not in the table", "13 differs in subject, tags", "14 is marked"):
        assert sentence in found.output, found.output
    assert "By day: " in found.output

    repaired = run("reconcile", "--repair")
    assert repaired.code == 0, repaired.output
    assert differences(synced, SCHEMA, account, collections=NAMES) == []
    assert run("reconcile").code == 0


def test_a_row_that_zendesk_does_not_show_and_the_id_that_it_took_are_found(account, run, synced):
    change(synced, f"update {SCHEMA}.tickets set id = 31 where id = 13")
    outcome = run("reconcile", "--collection", "tickets")
    assert outcome.code == 1
    assert "31 Zendesk does not show it" in outcome.output
    assert "13 is not in the table" in outcome.output
    assert " 2 differ" in outcome.output


def test_a_collection_that_there_is_not_is_refused_in_a_sentence(run, account, write_sources):
    write_sources(account, collections={"include": NAMES})
    outcome = run("reconcile", "--collection", "no_such_list")
    assert outcome.code == 1
    assert "There is no collection no_such_list" in outcome.output


def test_a_text_with_half_a_character_is_a_difference_and_ends_no_reconciliation(
    account, run, synced
):
    account.account.set_raw("tickets", 3, "subject", '"half \\ud83d of it"')
    account.account.set_raw("groups", min(account.account.groups), "description", '"\\ud83d"')
    outcome = run("reconcile")

    assert outcome.code == 1
    assert outcome.output.count(" 1 differ.") == 2, outcome.output
    assert "3 differs in subject" in outcome.output
    assert "differs in description" in outcome.output
