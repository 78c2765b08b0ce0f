"""`why` on the command line: what it prints, and what it says when there is nothing to say."""

import json

import pytest
import yaml

from zendesk_assets_tests.account import SCHEMA, source_settings
from zendesk_assets_tests.commands import run_in


@pytest.fixture
def ask(site, tmp_path):
    """Return a function that runs the command in the site's project."""
    settings = source_settings(site.simulator)
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump({"sources": [settings]}))
    return lambda *words: run_in(tmp_path, "why", *words)


def test_it_prints_each_state_or_only_those_of_a_column_and_writes_both_as_json_and_page(
    site, ask, tmp_path
):
    ticket = site.desk.create_ticket("Boiler", "It leaks.")
    for change in ({}, {"status": "open"}, {"priority": "high"}):
        if change:
            site.desk.update_ticket(ticket, **change)
        site.pass_time(minutes=40)
        site.sync("tickets")
    found = ask("tickets", str(ticket))
    assert (found.code, found.output.count("sync of 2024-06-20")) == (0, 3)
    assert f"{SCHEMA}.tickets {ticket}: 3 states landed." in found.output
    assert "status: new → open" in found.output
    assert "priority: - → high" in found.output
    assert "State 3 counts because its generated_timestamp, 2024-06-20 13:20:00" in found.output

    assert ask(f"{SCHEMA}.tickets", str(ticket)).output == found.output
    assert ask("tickets_history", str(ticket)).output == found.output

    some = ask("tickets", str(ticket), "status", "--html", "page.html").output
    assert "The page is in page.html." in some
    assert "status: new → open" in some
    assert "priority" not in some
    assert "3 states landed. Only changes of status are shown." in some
    assert "new → open" in (tmp_path / "page.html").read_text()
    nowhere = ask("tickets", str(ticket), "--html", "nowhere/page.html")
    assert (nowhere.code, "give --html another file" in nowhere.output) == (1, True)
    (whole,) = json.loads(ask("tickets", str(ticket), "--json").output)
    assert [each["state"] for each in whole["states"]] == [1, 2, 3]
    assert (whole["state_that_counts"], whole["table_agrees"]) == (3, True)
    landed = [str(each.id) for each in site.hub.batches("tickets")]
    assert [each["landed"][0]["batch"] for each in whole["states"]] == landed
    assert {each["landed"][0]["page"] for each in whole["states"]} == {1}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("tikets", "1"), "There is no table tikets (did you mean tickets?)"),
        (("zendesk_prod.tickets", "1"), "There is no source called zendesk_prod"),
        (("tickets", "1", "statu"), "tickets has no column statu (did you mean status?)"),
        (("tickets", "one"), "'one' is not a key of tickets: its rows are identified by id (a"),
        (("tickets", "9" * 30), "is not a key of tickets"),
        (("surveys", "a"), "id (a text) and version (a whole number), with a comma between them"),
        (("ticket_followers", "1"), "a view that shows rows of tickets: ask `zendesk-assets why"),
        (("analysis_tickets", "1"), "is a view over"),
        (("agents_activity", "1,x"), '"SELECT * FROM agents_activity WHERE agent_id = … ORDER BY'),
        (("agents_overview", "1"), '"SELECT * FROM agents_overview ORDER BY received_at"'),
        (("tickets", "77"), "The hub of zendesk_test has never received tickets 77"),
    ],
)
def test_what_cannot_be_answered_is_said_with_what_to_do(ask, words, said):
    found = ask(*words)
    assert found.code == 1
    assert said in found.output
