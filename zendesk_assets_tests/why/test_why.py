"""Why a row is as it is: each line of its history is as the account had it, whatever happened."""

import json

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.erasing import Person
from zendesk_assets.erasure import erase_from_source
from zendesk_assets.why import Kind, build_page, forget_keys, to_json
from zendesk_assets_tests.account import SCHEMA

SEEN = ("status", "priority", "subject", "assignee_id", "tags", "type")


def seen(values):
    return {name: values[name] for name in SEEN}


def states(history):
    return [each for each in history.steps if each.kind is Kind.STATE]


def retold(history):
    """Return the states as their changes tell them, each from the one before."""
    values, found = dict.fromkeys(SEEN), []
    for step in states(history):
        for change in step.changes:
            if change.difference.path in SEEN:
                assert values[change.difference.path] == change.difference.old
                values[change.difference.path] = change.difference.new
        found.append(dict(values))
    return found


@pytest.mark.slow(seconds=5)
def test_a_life_is_told_state_by_state_as_the_account_had_it(either):
    site, truth = either, []
    ticket = site.desk.create_ticket("Boiler", "It leaks.", tags=["boiler"])
    agent = next(u for u in site.desk.users.values() if u.role == "agent")
    acts = (
        lambda: None,
        lambda: site.desk.update_ticket(
            ticket, status="open", priority="high", author_id=agent.id, tags=["boiler", "vip"]
        ),
        lambda: site.desk.update_ticket(ticket, subject="The boiler", assignee_id=agent.id),
        lambda: site.desk.delete_ticket(ticket, agent.id),
        lambda: site.desk.restore_ticket(ticket),
        lambda: site.desk.scrub_ticket(ticket),
    )
    for act in acts:
        act()
        site.pass_time(minutes=40)
        site.sync("tickets")
        truth.append(site.truth("tickets", ticket))
    assert "Who changed what is not known" in site.why("tickets", ticket).notes[0]
    site.sync("ticket_events", "users")
    history = site.why("tickets", ticket)
    assert history.agrees, history.verdict
    assert (history.winner, history.shown) == (6, 6)
    # Scrubbing a ticket that is not deleted deletes it first: both happened in one second.
    assert retold(history) == [seen(each) for each in truth]
    assert [each.deleted for each in history.steps] == [0, 0, 0, 1, 0, 1]
    assert [each.wiped for each in history.steps] == [False] * 5 + [True]
    assert [each.version.timestamp() for each in history.steps] == [
        each["generated_timestamp"] for each in truth
    ]
    assert_told_as_the_events_are(site, ticket, history, agent)
    assert [len(each.origins) for each in history.steps] == [1] * 6
    landed = [str(each.id) for each in site.hub.batches("tickets")]
    assert [each.origins[0].batch for each in history.steps] == landed
    assert site.simulator.requests
    site.simulator.requests.clear()
    site.why("tickets", ticket)
    assert not site.simulator.requests


def assert_told_as_the_events_are(site, ticket, history, agent):
    """Check who made which change against the account's own events."""
    told = {
        (change.difference.path, change.at.timestamp()): (change.by, change.name)
        for step in history.steps
        for change in step.changes
        if change.at
    }
    happened = {}
    for event in site.simulator.expected("ticket_events"):
        is_change = event["ticket_id"] == ticket and event["child"]["event_type"] == "Change"
        for field in set(SEEN) & event["child"].keys() if is_change else ():
            happened[field, event["timestamp"]] = event["updater_id"]
    assert {place: by for place, (by, _) in told.items()} == happened
    assert (agent.id, agent.name) in told.values()


def test_what_came_late_or_in_one_second_is_in_its_place_and_the_last_received_counts(site):
    ticket = site.desk.create_ticket("Boiler", "It leaks.")
    site.pass_time(minutes=40)
    site.sync("tickets")
    (first,) = site.records("tickets", ticket)
    site.desk.update_ticket(ticket, status="open")
    site.pass_time(minutes=40)
    site.sync("tickets")
    newest = site.records("tickets", ticket)[-1]

    older = {**first, "priority": "low", "generated_timestamp": first["generated_timestamp"] + 60}
    site.land_records("tickets", [older])
    site.pass_time(minutes=1)
    site.land_records("tickets", [newest, {**newest, "priority": "urgent"}, newest])
    history = site.why("tickets", ticket)
    assert [each.values["priority"] for each in history.steps] == [
        None,
        "low",
        None,
        "urgent",
        None,
    ]
    assert [len(each.origins) for each in history.steps] == [1, 1, 2, 1, 1]
    assert (history.winner, history.agrees) == (5, True)
    assert "its line comes last in the batch" in history.verdict[1]
    site.load("tickets")
    assert site.why("tickets", ticket).agrees

    site.pass_time(minutes=1)
    site.land_records("tickets", [{**newest, "priority": "urgent"}])
    history = site.why("tickets", ticket)
    assert (history.winner, history.shown, history.agrees) == (6, 5, False)
    assert "state 6 is not loaded yet" in history.verdict[0]
    site.load("tickets")
    history = site.why("tickets", ticket)
    assert (history.winner, history.shown, history.agrees) == (6, 6, True)
    assert "received last" in history.verdict[1]


def test_values_and_rows_that_could_not_be_read_are_told_with_the_reason(either):
    site = either
    ticket = site.desk.create_ticket("Boiler", "It leaks.")
    site.pass_time(minutes=40)
    site.sync("tickets")
    (record,) = site.records("tickets", ticket)
    later = record["generated_timestamp"] + 100
    misfit = {**record, "generated_timestamp": later, "has_incidents": "two"}
    site.land_records("tickets", [misfit])
    site.pass_time(minutes=1)
    site.land_records("tickets", [{**record, "generated_timestamp": "soon"}])
    site.load("tickets")
    history = site.why("tickets", ticket)
    assert [each.kind for each in history.steps] == [Kind.STATE, Kind.STATE, Kind.QUARANTINED]
    assert history.steps[1].reason.startswith("has_incidents: found two, not true or false")
    assert history.steps[1].values["_unknown"] == {"has_incidents": "two"}
    assert history.steps[2].reason.startswith("generated_timestamp: found soon")
    assert (history.winner, history.agrees) == (2, True)


@pytest.mark.parametrize("setting", ["follow", "keep"])
def test_a_wiped_ticket_shows_what_the_setting_says(make_site, setting):
    site = make_site(on_scrub=setting)
    ticket = site.desk.create_ticket("Boiler", "It leaks.")
    site.pass_time(minutes=40)
    site.sync("tickets")
    site.desk.scrub_ticket(ticket)
    site.pass_time(minutes=40)
    site.sync("tickets")
    history = site.why("tickets", ticket)
    assert [each.wiped for each in history.steps] == [False, True]
    assert (history.winner, history.agrees) == (1 if setting == "keep" else 2, True)
    told = " ".join(history.verdict)
    assert ("on_scrub: keep" in told, "marked as wiped" in told) == (setting == "keep",) * 2


def test_metrics_are_deleted_and_restored_with_their_ticket(site):
    ticket = site.desk.create_ticket("Boiler", "It leaks.")
    site.pass_time(minutes=40)
    site.sync("tickets")
    rows = site.simulator.expected("ticket_metrics")
    (metrics,) = (row["id"] for row in rows if row["ticket_id"] == ticket)
    for act, deleted in ((site.desk.delete_ticket, True), (site.desk.restore_ticket, False)):
        act(ticket)
        site.pass_time(minutes=40)
        site.sync("tickets")
        history = site.why("ticket_metrics", metrics)
        assert history.agrees, history.verdict
        assert ("another record has deleted it" in " ".join(history.verdict)) == deleted
    assert [each.kind for each in history.steps] == [Kind.STATE, Kind.DELETED_BESIDE, Kind.STATE]


def test_an_identity_is_deleted_by_the_user_that_no_longer_has_it(site):
    user = site.desk.create_user("Ann Lee", "ann@example.org")
    identity = site.desk.add_identity(user, "ann.lee@example.org")
    site.pass_time(minutes=40)
    site.sync("users")
    assert site.why("user_identities", identity).agrees
    site.pass_time(minutes=1)
    site.desk.remove_identity(user, identity)
    site.pass_time(minutes=40)
    site.sync("users")
    history = site.why("user_identities", identity)
    assert [each.kind for each in history.steps] == [Kind.STATE, Kind.DELETED_BESIDE]
    assert history.agrees, history.verdict


def test_what_a_list_no_longer_shows_is_absent_until_it_is_there_again(site):
    (macro,) = site.desk.create_row("macros", {"title": "Polite refusal", "active": True})
    acts = (None, None, site.desk.delete_row, None)
    for act in acts:
        if act:
            act("macros", macro)
        site.pass_time(hours=26)
        site.land("macros")
        if act:
            assert "its deletion (2) is not loaded yet" in site.why("macros", macro).verdict[0]
        site.load("macros")
        history = site.why("macros", macro)
        assert history.agrees, history.verdict
    kinds = [each.kind for each in history.steps]
    assert kinds == [Kind.STATE, Kind.ABSENT]
    assert [len(each.origins) for each in history.steps] == [2, 1]
    assert "did not show it" in " ".join(history.verdict)
    site.pass_time(hours=26)
    (last,) = site.records("macros", macro)[-1:]
    site.land_records("macros", [last])
    site.load("macros")
    history = site.why("macros", macro)
    assert [each.kind for each in history.steps] == [*kinds, Kind.STATE]
    assert (history.winner, history.agrees) == (3, True)


def test_an_erased_person_is_gone_from_it_and_the_erasure_is_told(site):
    user = site.desk.create_user("Wilhelmina Featherstone", "w.featherstone@example.org")
    ticket = site.desk.create_ticket("Rosemary", "It leaks.", requester_id=user)
    site.pass_time(minutes=40)
    site.sync("tickets")
    assert site.why("tickets", ticket).steps[0].values["subject"] == "Rosemary"
    site.pass_time(minutes=1)
    person = Person(frozenset({user}))
    erase_from_source(site.hub, site.warehouse, person, site.clock.now, apply=True)
    history = site.why("tickets", ticket)
    assert history.steps[0].values["subject"] == "[erased]"
    assert history.steps[0].erased == site.clock.now()
    assert history.agrees
    assert "Rosemary" not in json.dumps(to_json(history))


def test_a_pruned_batch_and_a_damaged_one_are_said_and_the_table_may_know_more(site):
    ticket = site.desk.create_ticket("Boiler", "It leaks.")
    for status in ("new", "open", "solved"):
        if status != "new":
            site.desk.update_ticket(ticket, status=status)
        site.pass_time(minutes=40)
        site.sync("tickets")
    assert len(site.why("tickets", ticket).steps) == 3
    first, second, third = site.hub.batches("tickets")
    site.hub.prune(first, site.clock.now())
    history = site.why("tickets", ticket)
    assert [each.kind for each in history.steps] == [Kind.PRUNED, Kind.STATE, Kind.STATE]
    assert any(str(first.id) in each for each in history.notes)
    assert history.agrees

    site.hub.damaged.set_aside(third, site.clock.now())
    history = site.why("tickets", ticket)
    assert (history.winner, history.agrees) == (2, False)
    assert "moved aside as damaged" in history.verdict[0]

    (part,) = site.hub.manifest(second).parts
    file = site.folder / "hub" / second.folder / part.name
    file.write_bytes(file.read_bytes()[:-9])
    history = site.why("tickets", ticket)
    assert not states(history)
    assert any("is damaged" in each for each in history.notes)


def test_a_table_that_was_changed_by_hand_is_noticed_and_a_replay_mends_it(site):
    ticket = site.desk.create_ticket("Boiler", "It leaks.")
    site.pass_time(minutes=40)
    site.land("tickets")
    assert "There is no table" in site.why("tickets", ticket).verdict[0]
    site.load("tickets")
    site.change(f"UPDATE {SCHEMA}.tickets SET status = 'odd' WHERE id = {ticket}")
    history = site.why("tickets", ticket)
    assert [(each.path, each.old, each.new) for each in history.differs] == [
        ("status", "new", "odd")
    ]
    assert "changed by something else" in history.verdict[0]
    site.load("tickets", reload=True)
    assert site.why("tickets", ticket).agrees
    site.change(f"DELETE FROM {SCHEMA}.tickets WHERE id = {ticket}")
    assert "removed by something else" in site.why("tickets", ticket).verdict[0]
    assert site.why("tickets", 987654321) is None


def test_every_kind_of_key_finds_its_row(site):
    site.desk.create_ticket(
        "Boiler", "It leaks.", tags=["boiler"], attachments=[{"file_name": "a"}]
    )
    site.pass_time(minutes=40)
    names = ("ticket_events", "tags", "surveys", "custom_object_records")
    site.sync(*names)
    for name in (*names, "attachments"):
        key = declared().collections[name].primary_key
        rows = site.warehouse.rows(SCHEMA, name, key)
        assert rows, name
        for row in rows[:2]:
            history = site.why(name, ",".join(str(value) for value in row.values()))
            assert history.agrees, (name, row)
            assert {each: history.steps[0].values[each] for each in key} == row


def test_an_answer_is_the_same_from_a_hub_of_an_earlier_version(site, tmp_path):
    asked = site_of_all_kinds(site)
    answers = {each: to_json(site.why(*each)) for each in asked}
    assert all(each["table_agrees"] for each in answers.values())
    for share in (2, 1):  # half of the batches are from an earlier version, then all
        for path in sorted((tmp_path / "hub").rglob("manifest.json"))[::share]:
            content = json.loads(path.read_bytes())
            for name in ("checksum", "keys"):
                content.pop(name, None)
            path.write_text(json.dumps(content))
        forget_keys(site.hub)
        assert {each: to_json(site.why(*each)) for each in asked} == answers


def site_of_all_kinds(site):
    """Give a site rows that were deleted, quarantined and restored; return which to ask about."""
    ticket = site.desk.create_ticket("Boiler", "It leaks.", tags=["boiler"])
    (macro,) = site.desk.create_row("macros", {"title": "Polite refusal", "active": True})
    user = site.desk.create_user("Ann Lee", "ann@example.org")
    identity = site.desk.add_identity(user, "ann.lee@example.org")
    for is_gone in (False, True):
        if is_gone:
            site.desk.delete_ticket(ticket)
            site.desk.remove_identity(user, identity)
            site.desk.delete_row("macros", macro)
        site.pass_time(hours=26)
        site.sync("tickets", "users", "macros", "tags", "surveys")
    record = site.records("tickets", ticket)[0]
    site.land_records("tickets", [{**record, "generated_timestamp": "soon"}, {"id": None}])
    site.load("tickets")
    (metrics,) = (
        e["id"] for e in site.simulator.expected("ticket_metrics") if e["ticket_id"] == ticket
    )
    (survey, *_) = site.warehouse.rows(SCHEMA, "surveys", ("id", "version"))
    survey = ",".join(str(each) for each in survey.values())
    rows = {"tickets": ticket, "ticket_metrics": metrics, "macros": macro, "surveys": survey}
    return [*{**rows, "user_identities": identity, "tags": "boiler"}.items()]


def test_a_first_question_reads_no_records_but_those_of_the_row(site, tmp_path):
    first = site.desk.create_ticket("Boiler", "It leaks.")
    site.pass_time(hours=3)
    site.sync("tickets")
    site.desk.create_ticket("Radiator", "It is cold.")
    site.pass_time(minutes=40)
    site.sync("tickets")
    other = site.hub.batches("tickets")[-1]
    for path in (tmp_path / "hub" / other.folder).glob("part-*"):
        path.unlink()
    history = site.why("tickets", first)
    assert history.agrees
    assert not any(other.folder in each for each in history.notes)


def test_the_index_is_made_anew_when_it_is_damaged_and_followed_when_it_cannot_be_kept(
    site, tmp_path, monkeypatch
):
    ticket = site.desk.create_ticket("Boiler", "It leaks.")
    site.pass_time(minutes=40)
    site.sync("tickets")
    before = to_json(site.why("tickets", ticket))
    (index,) = (tmp_path / "state" / "why").rglob("tickets.sqlite")
    index.write_bytes(b"no index" * 1000)
    assert to_json(site.why("tickets", ticket)) == before
    forget_keys(site.hub)
    assert not index.exists()
    assert to_json(site.why("tickets", ticket)) == before
    assert index.exists()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ZENDESK_ASSETS_STATE", str(tmp_path / "file" / "state"))
    assert to_json(site.why("tickets", ticket)) == before


def test_a_page_shows_foreign_text_as_text(site):
    ticket = site.desk.create_ticket("<script>alert(1)</script>", "It leaks.")
    site.pass_time(minutes=40)
    site.sync("tickets")
    page = build_page([site.why("tickets", ticket)], site.clock.now())
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert f"{SCHEMA}.tickets {ticket}" in page
