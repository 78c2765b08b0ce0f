"""Incremental exports: paging is complete, and each documented trap is really there."""

import base64
import itertools
from datetime import timedelta

import pytest

ALL = {"support_type_scope": "all"}


def ids(rows):
    return [row["id"] for row in rows]


@pytest.mark.parametrize("per_page", [1, 7, 50, 1000])
def test_the_ticket_export_gives_every_ticket_once_and_in_order(site, per_page):
    rows = list(site.walk_cursor("tickets/cursor", "tickets", per_page=per_page, **ALL))
    assert sorted(ids(rows)) == sorted(ids(site.simulator.expected("tickets")))
    order = [(row["generated_timestamp"], row["id"]) for row in rows]
    assert order == sorted(order)
    assert rows == sorted(site.simulator.expected("tickets"), key=lambda row: order.index(
        (row["generated_timestamp"], row["id"])))  # fmt: skip


@pytest.mark.parametrize("per_page", [1, 13, 1000])
@pytest.mark.parametrize(
    ("path", "key"),
    [("tickets", "tickets"), ("ticket_events", "ticket_events"),
     ("organizations", "organizations"), ("users", "users")],
)  # fmt: skip
def test_time_exports_give_everything(site, path, key, per_page):
    site.account.flood_organizations(20)
    site.account.flood_events(20)
    site.clock.advance(timedelta(minutes=2))
    found = set(ids(site.walk_time(path, key, per_page=per_page, **ALL)))
    column = "ticket_event_id" if key == "ticket_events" else "id"
    assert found == {row[column] for row in site.simulator.expected(key)}


def test_event_children_are_the_expected_ones(site):
    found = {
        child["id"]: child
        for event in site.walk_time(
            "ticket_events", "ticket_events", include="comment_events", **ALL
        )
        for child in event["child_events"]
    }
    assert found == {
        row["child"]["id"]: row["child"] for row in site.simulator.expected("ticket_events")
    }


def test_cursors_and_links_stay_at_the_end_of_the_stream(site):
    page = site.json("incremental/tickets/cursor", start_time=0, **ALL)
    assert page["end_of_stream"]
    assert page["after_url"].startswith(site.simulator.base_url)
    assert page["before_url"] is None
    assert page["before_cursor"] is None
    again = site.json("incremental/tickets/cursor", cursor=page["after_cursor"], **ALL)
    assert again["tickets"] == []
    assert again["end_of_stream"]
    assert again["after_cursor"] == page["after_cursor"]
    assert site.json("incremental/ticket_events", start_time=0)["next_page"]


def test_a_cursor_is_the_base64_of_second_and_id(site):
    page = site.json("incremental/tickets/cursor", start_time=0, per_page=5)
    last = page["tickets"][-1]
    text = base64.b64decode(page["after_cursor"]).decode()
    assert text == f"{last['generated_timestamp']}.0||{last['id']}|"


def test_a_cursor_found_later_gives_exactly_what_changed(site):
    cursor = site.json("incremental/tickets/cursor", start_time=0, **ALL)["after_cursor"]
    site.account.update_ticket(3, priority="urgent")
    site.account.touch_ticket(4)
    site.clock.advance(timedelta(minutes=2))
    page = site.json("incremental/tickets/cursor", cursor=cursor, **ALL)
    assert ids(page["tickets"]) == [3, 4]


def test_start_time_beside_a_cursor_loses_rows(site):
    site.account.flood_tickets(5)
    site.clock.advance(timedelta(minutes=2))
    new = set(range(121, 126))
    cursor = site.json("incremental/tickets/cursor", start_time=0, per_page=122, **ALL)[
        "after_cursor"
    ]
    right = site.json("incremental/tickets/cursor", cursor=cursor, **ALL)
    wrong = site.json("incremental/tickets/cursor", cursor=cursor, start_time=0, **ALL)
    assert set(ids(right["tickets"])) < new
    assert len(wrong["tickets"]) < len(right["tickets"])


def test_the_last_minute_is_held_back(site):
    ticket = site.account.create_ticket("Just now")
    event = site.account.tickets[ticket].events[0].id
    assert ticket not in ids(site.walk_cursor("tickets/cursor", "tickets", **ALL))
    assert event not in ids(site.walk_time("ticket_events", "ticket_events", **ALL))
    site.clock.advance(timedelta(seconds=61))
    assert ticket in ids(site.walk_cursor("tickets/cursor", "tickets", **ALL))
    assert event in ids(site.walk_time("ticket_events", "ticket_events", **ALL))


@pytest.mark.parametrize("path", ["tickets/cursor", "ticket_events", "organizations"])
def test_a_start_time_within_the_last_minute_is_refused(site, path):
    now = int(site.clock.now().timestamp())
    answer = site.get(f"incremental/{path}", start_time=now - 59)
    assert answer.status_code == 400
    assert answer.json()["error"] == "StartTimeTooRecent"
    assert site.get(f"incremental/{path}", start_time=now - 60).status_code == 200


def test_a_system_change_moves_only_the_generated_timestamp(site):
    before = site.json("tickets/7")["ticket"]
    site.account.touch_ticket(7)
    after = site.json("tickets/7")["ticket"]
    assert after["generated_timestamp"] > before["generated_timestamp"]
    assert after | {"generated_timestamp": 0} == before | {"generated_timestamp": 0}


def test_the_boundary_second_repeats_on_every_time_page(site):
    first = site.json("incremental/ticket_events", start_time=0, per_page=50, **ALL)
    then = site.json("incremental/ticket_events", start_time=first["end_time"], per_page=50, **ALL)
    last = first["ticket_events"][-1]
    assert first["end_time"] == last["timestamp"]
    assert last in then["ticket_events"]


def test_a_full_second_makes_a_page_larger_than_asked(site):
    site.account.flood_events(30)
    site.clock.advance(timedelta(minutes=2))
    start = max(row["timestamp"] for row in site.simulator.expected("ticket_events"))
    page = site.json("incremental/ticket_events", start_time=start, per_page=10, **ALL)
    assert page["count"] == len(page["ticket_events"]) == 30


@pytest.mark.parametrize(
    ("path", "flood"), [("ticket_events", "flood_events"), ("organizations", "flood_organizations")]
)
def test_a_truncating_account_never_gets_past_a_full_second(site, path, flood):
    site.act("set_same_second", mode="truncate")
    site.act(flood, count=30)
    site.clock.advance(timedelta(minutes=2))
    start = 0
    for _ in range(60):
        page = site.json(f"incremental/{path}", start_time=start, per_page=10, **ALL)
        assert page["count"] <= 10
        if page["end_time"] == start:
            break
        start = page["end_time"]
    assert not page["end_of_stream"]
    assert site.json(f"incremental/{path}", start_time=start, per_page=10, **ALL) == page


def test_an_account_can_truncate_large_pages_and_overflow_tiny_ones(site):
    site.act("set_same_second", mode="overflow_tiny")
    site.act("flood_events", count=30)
    site.clock.advance(timedelta(minutes=2))
    start = max(row["timestamp"] for row in site.simulator.expected("ticket_events"))
    large = site.json("incremental/ticket_events", start_time=start, per_page=20, **ALL)
    tiny = site.json("incremental/ticket_events", start_time=start, per_page=1, **ALL)
    assert (large["count"], large["end_time"]) == (20, start)
    assert tiny["count"] == 30


def test_metric_sets_come_only_when_they_are_asked_for_again(site):
    first = site.json("incremental/tickets/cursor", start_time=0, per_page=5, include="metric_sets")
    assert all("metric_set" in row for row in first["tickets"])
    then = site.json("incremental/tickets/cursor", cursor=first["after_cursor"], per_page=5)
    assert not any("metric_set" in row for row in then["tickets"])


def test_metric_sets_are_the_expected_ones_and_null_on_deleted_tickets(site):
    site.account.delete_ticket(9)
    site.clock.advance(timedelta(minutes=2))
    rows = list(site.walk_cursor("tickets/cursor", "tickets", include="metric_sets", **ALL))
    by_status = {row["id"]: row["metric_set"] for row in rows}
    assert by_status[9] is None
    expected = site.simulator.expected("ticket_metrics")
    live = [row for row in expected if not row.get("ticket_deleted")]
    assert sorted(ids(filter(None, by_status.values()))) == sorted(ids(live))
    assert len(expected) == len(rows)


def test_the_time_export_gives_metric_sets_on_top_too(site):
    page = site.json("incremental/tickets", start_time=0, include="metric_sets", **ALL)
    embedded = [row["metric_set"] for row in page["tickets"] if row["metric_set"]]
    assert page["metric_sets"] == embedded


def test_people_are_side_loaded(site):
    page = site.json(
        "incremental/tickets/cursor", start_time=0, include="users,organizations,groups"
    )
    assert {row["requester_id"] for row in page["tickets"]} <= set(ids(page["users"]))
    assert {row["group_id"] for row in page["tickets"]} - {None} == set(ids(page["groups"]))


def test_ai_agent_tickets_come_only_when_all_are_asked_for(site):
    agent = {
        row["id"] for row in site.simulator.expected("tickets") if row["support_type"] == "agent"
    }
    everything = set(ids(site.simulator.expected("tickets")))
    assert set(ids(site.walk_cursor("tickets/cursor", "tickets"))) == agent < everything
    events = {row["ticket_id"] for row in site.walk_time("ticket_events", "ticket_events")}
    assert events == agent
    only = site.walk_cursor("tickets/cursor", "tickets", support_type_scope="ai_agent")
    assert set(ids(only)) == everything - agent


def test_a_deleted_ticket_stays_and_is_scrubbed_after_thirty_days(site):
    site.account.delete_ticket(5)
    deleted = site.clock.now()
    site.clock.advance(timedelta(minutes=2))
    page = site.json("incremental/tickets/cursor", start_time=0, **ALL)
    row = next(row for row in page["tickets"] if row["id"] == 5)
    assert row["status"] == "deleted"
    assert row["subject"] != "SCRUBBED"
    site.clock.advance(timedelta(days=31))
    page = site.json("incremental/tickets/cursor", cursor=page["after_cursor"], **ALL)
    again = next(row for row in page["tickets"] if row["id"] == 5)
    assert again["generated_timestamp"] == int((deleted + timedelta(days=30)).timestamp())
    assert again["updated_at"] == row["updated_at"]
    assert (again["subject"], again["raw_subject"], again["description"]) == (
        "SCRUBBED", "SCRUBBED", "X")  # fmt: skip
    assert again["tags"] == again["custom_fields"] == again["fields"] == []
    assert again["assignee_id"] is again["group_id"] is again["organization_id"] is None


def test_a_restored_ticket_is_not_scrubbed(site):
    site.account.delete_ticket(5)
    site.account.restore_ticket(5)
    site.clock.advance(timedelta(days=31))
    row = next(row for row in site.simulator.expected("tickets") if row["id"] == 5)
    assert row["status"] != "deleted"
    assert row["subject"] != "SCRUBBED"


def test_deleted_tickets_can_be_left_out(site):
    statuses = {row["status"] for row in site.walk_cursor("tickets/cursor", "tickets", **ALL)}
    assert "deleted" in statuses
    kept = site.walk_cursor("tickets/cursor", "tickets", exclude_deleted="true", **ALL)
    assert {row["status"] for row in kept} == statuses - {"deleted"}


def test_a_deleted_organization_stays_under_another_name(site):
    organization = site.account.create_organization("Fernhill Foods")
    site.account.delete_organization(organization)
    row = next(
        row for row in site.walk_time("organizations", "organizations") if row["id"] == organization
    )
    assert row["name"] == f"{organization}_deleted_Fernhill Foods"
    assert row["deleted_at"] == row["updated_at"]


def test_an_event_has_its_tickets_time(site):
    event = site.account.update_ticket(8, comment="On its way", status="hold")
    site.clock.advance(timedelta(minutes=2))
    rows = {row["id"]: row for row in site.walk_time("ticket_events", "ticket_events", **ALL)}
    assert rows[event]["created_at"] == site.json("tickets/8")["ticket"]["updated_at"]
    assert rows[event]["event_type"] == "Audit"
    assert isinstance(rows[event]["via"], str)


def test_children_have_dynamic_keys_and_colliding_types(site):
    group = site.account.create_group("Escalations")
    field = site.account.fields[3].id
    site.account.update_ticket(
        8, comment="Look", status="hold", group_id=group, organization_id=77, type="task",
        tags=["vip"], custom_fields=[{"id": field, "value": 12}],
        attachments=[{"file_name": "log.txt"}],
    )  # fmt: skip
    site.clock.advance(timedelta(minutes=2))
    rows = list(site.walk_time("ticket_events", "ticket_events", include="comment_events", **ALL))
    children = rows[-1]["child_events"]
    found = {key: child for child in children for key in child}
    assert found["group_id"]["group_id"] == group
    assert found["organization_id"]["organization_id"] == "77"
    assert found["custom_ticket_fields"]["custom_ticket_fields"] == {str(field): 12}
    assert found["tags"]["added_tags"] == ["vip"]
    assert found["tags"]["removed_tags"]
    assert found["status"]["previous_value"] != "hold"
    assert {child["type"] for child in children if "type" in child} == {"task", "Comment"}
    comment = found["body"]
    assert comment["via"]["channel"] == "web"
    assert comment["attachments"][0]["file_name"] == "log.txt"
    assert comment["event_type"] == "Comment"
    assert isinstance(found["status"]["via"], str)


def test_without_the_side_load_a_comment_is_a_stub(site):
    stubs = [
        child for event in site.walk_time("ticket_events", "ticket_events", **ALL)
        for child in event["child_events"] if child["event_type"] == "Comment"
    ]  # fmt: skip
    assert stubs
    assert all("body" not in stub and stub["comment_present"] for stub in stubs)


def test_attachments_are_found_in_the_comments_of_the_events(site):
    found = {
        file["id"]: (event["ticket_id"], event["id"], child["id"])
        for event in site.walk_time(
            "ticket_events", "ticket_events", include="comment_events", **ALL
        )
        for child in event["child_events"] for file in child.get("attachments", ())
    }  # fmt: skip
    expected = site.simulator.expected("attachments")
    assert found == {
        row["id"]: (row["ticket_id"], row["ticket_event_id"], row["comment_id"]) for row in expected
    }
    assert found


@pytest.mark.parametrize(
    "query",
    [{"start_time": "yesterday"}, {}, {"cursor": "nonsense"}, {"start_time": 0, "per_page": -1}],
)
def test_bad_parameters_are_refused(site, query):
    assert site.get("incremental/tickets/cursor", **query).status_code == 400


def test_an_unknown_parameter_such_as_end_time_is_ignored(site):
    plain, odd = (
        site.json("incremental/organizations", start_time=0, **extra)["organizations"]
        for extra in ({}, {"end_time": 5})
    )
    assert plain == odd


def test_a_walk_that_meets_changes_still_ends_with_everything(site):
    seen = {}
    cursor = {"start_time": 0}
    for step in itertools.count():
        page = site.json("incremental/tickets/cursor", per_page=20, **cursor, **ALL)
        seen |= {row["id"]: row for row in page["tickets"]}
        cursor = {"cursor": page["after_cursor"]}
        if page["end_of_stream"]:
            break
        site.account.update_ticket(1 + step * 13 % 100, subject=f"Changed {step}")
        site.clock.advance(timedelta(seconds=40))
    site.clock.advance(timedelta(minutes=2))
    for row in site.json("incremental/tickets/cursor", **cursor, **ALL)["tickets"]:
        seen[row["id"]] = row
    assert seen == {row["id"]: row for row in site.simulator.expected("tickets")}
