"""What recordings of real accounts have, and a plain support desk would not show."""

from __future__ import annotations

import pytest

from zendesk_assets_tests.simulator.conftest import Site


@pytest.fixture(scope="module")
def site():
    site = Site(tickets=400)
    yield site
    site.simulator.stop()


@pytest.fixture(scope="module")
def tickets(site):
    return {row["id"]: row for row in site.simulator.expected("tickets")}


@pytest.fixture(scope="module")
def children(site):
    return [row["child"] for row in site.simulator.expected("ticket_events")]


def test_tickets_come_by_social_media_and_voicemail_with_who_and_where(tickets):
    ends = {
        (row["via"]["channel"], row["via"]["source"]["rel"]): row["via"]["source"]
        for row in tickets.values()
    }
    assert {("twitter", "mention"), ("facebook", "post"), ("voice", "voicemail")} <= ends.keys()
    assert ends["voice", "voicemail"]["from"].keys() >= {"formatted_phone", "phone", "name"}
    assert ends["twitter", "mention"]["from"].keys() >= {"profile_url", "username", "name"}


def test_tickets_are_private_copied_followed_and_addressed(tickets):
    private = [row for row in tickets.values() if not row["is_public"]]
    assert 0 < len(private) < len(tickets) / 10
    for name in ("collaborator_ids", "follower_ids", "email_cc_ids", "recipient"):
        assert any(row[name] for row in tickets.values()), name
    assert all(row["recipient"] for row in tickets.values() if row["via"]["channel"] == "email"
               and row["subject"] != "SCRUBBED")  # fmt: skip


def test_a_problem_knows_that_it_has_incidents(tickets):
    incidents = [row for row in tickets.values() if row["problem_id"]]
    assert incidents
    assert all(tickets[row["problem_id"]]["has_incidents"] for row in incidents)
    assert all(tickets[row["problem_id"]]["type"] == "problem" for row in incidents)


def test_events_have_the_keys_of_policies_and_ratings_and_null_before(children):
    keys = {name for row in children for name in row}
    assert {"sla_policy", "requester_wait_time", "satisfaction_score"} <= keys
    assert "satisfaction_comment" in keys
    assert any(row.get("previous_value", "") is None for row in children)
    assert {row.get("type") for row in children} >= {"Comment", "VoiceComment", "TpeVoiceComment"}


def test_what_is_done_by_hand_makes_the_same_events(site):
    desk = site.account
    people = [user.id for user in desk.users.values() if user.role == "end-user"][:2]
    ticket = desk.create_ticket("A", "B", public=False, recipient="help@acme.example")
    desk.set_copied(ticket, people)
    desk.apply_sla(ticket)
    desk.rate_ticket(ticket, "bad", "Slow")
    desk.rate_ticket(ticket, "good", "Fine")
    problem = desk.create_ticket("P", "Q", type="problem")
    desk.update_ticket(ticket, problem_id=problem)
    rows = {row["id"]: row for row in site.simulator.expected("tickets")}
    assert rows[problem]["has_incidents"]
    assert (rows[ticket]["is_public"], rows[ticket]["email_cc_ids"]) == (False, people)
    events = [
        each["child"]
        for each in site.simulator.expected("ticket_events")
        if each["ticket_id"] == ticket
    ]
    assert [row["is_public"] for row in events if "is_public" in row] == ["0"]
    (copied,) = [row for row in events if "current_collaborators" in row]
    assert copied["current_collaborators"].count("@") == len(people)
    said = [row for row in events if "satisfaction_comment" in row]
    assert [(row["satisfaction_comment"], row["previous_value"]) for row in said] == [
        ("Slow", None), ("Fine", "Slow"),
    ]  # fmt: skip


def test_fields_have_keys_options_a_default_and_the_types_of_today(site):
    site.account.create_field("Account manager", "lookup")
    rows = {row["type"]: row for row in site.simulator.expected("ticket_fields")}
    assert rows["text"]["key"]
    assert rows["subject"]["key"] is None
    assert rows["text"]["raw_agent_description"] == rows["text"]["agent_description"]
    assert [each["default"] for each in rows["tagger"]["custom_field_options"]].count(True) == 1
    assert rows["custom_status"]["custom_statuses"]
    assert rows["lookup"]["relationship_target_type"] == "zen:user"


def test_the_same_seed_gives_the_same_traits(tickets):
    again = Site(tickets=400)
    try:
        other = {row["id"]: row["via"] for row in again.simulator.expected("tickets")}
        assert {key: row["via"] for key, row in tickets.items() if key in other} == other
    finally:
        again.simulator.stop()


def test_modes_that_an_account_has_as_a_whole(site):
    site.account.set_lists_without_meta()
    page = site.json("groups", **{"page[size]": 2})
    assert page.keys() == {"groups", "links", "count", "next_page", "previous_page"}
    assert (len(page["groups"]), page["links"]["next"]) == (2, page["next_page"])
    site.account.set_lists_without_meta(on=False)
    site.account.set_time_offsets()
    assert site.json("groups")["groups"][0]["created_at"].endswith("+00:00")
    assert site.simulator.expected("groups")[0]["created_at"].endswith("+00:00")
    site.account.set_time_offsets(on=False)
    gone = site.account.create_ticket()
    site.account.delete_ticket(gone)
    site.account.set_metrics_of_deleted()
    site.clock.sleep(120)
    rows = site.json("incremental/tickets/cursor", start_time=0, include="metric_sets")["tickets"]
    assert [row["metric_set"] is not None for row in rows if row["id"] == gone] == [True]
