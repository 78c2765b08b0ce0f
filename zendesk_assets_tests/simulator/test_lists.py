"""Lists: both paginations are complete, and what Zendesk leaves out is left out."""

import base64
import json
from datetime import timedelta

import pytest

LISTS = [
    "groups", "organizations", "users", "activities", "tickets", "ticket_metrics",
    "deleted_tickets", "satisfaction_ratings", "ticket_fields", "tags", "brands",
]  # fmt: skip


def ids(rows):
    return [row["id"] for row in rows]


@pytest.mark.parametrize("name", LISTS)
def test_both_paginations_give_the_same_rows(site, name):
    by_cursor = list(site.walk_list(name, name, size=3))
    by_offset, page = [], site.json(name, per_page=4)
    total = page["count"]
    while True:
        by_offset += page[name]
        if page["next_page"] is None:
            break
        page = site.session.get(page["next_page"], timeout=10).json()
    assert by_cursor == by_offset
    assert len(by_offset) == total
    assert len({json.dumps(row) for row in by_offset}) == total


def test_groups_come_by_name_and_deleted_ones_only_when_asked_for(site):
    shown = list(site.walk_list("groups", "groups"))
    assert [row["name"] for row in shown] == sorted(row["name"] for row in shown)
    everything = list(site.walk_list("groups", "groups", exclude_deleted="false"))
    assert {row["id"]: row for row in everything} == {
        row["id"]: row for row in site.simulator.expected("groups")
    }
    assert {row["id"] for row in everything if not row["deleted"]} == set(ids(shown))
    assert len(everything) > len(shown)


def test_only_has_more_ends_a_list(site):
    size = len(site.json("groups")["groups"])
    page = site.json("groups", **{"page[size]": size})
    assert page["meta"]["has_more"] is False
    assert page["meta"]["after_cursor"]
    assert page["links"]["next"]
    empty = site.session.get(page["links"]["next"], timeout=10).json()
    assert empty["groups"] == []
    assert empty["meta"]["after_cursor"] is None
    assert empty["links"]["next"] is None


def test_a_page_can_be_walked_back(site):
    first = site.json("users", **{"page[size]": 5})
    second = site.session.get(first["links"]["next"], timeout=10).json()
    assert site.session.get(second["links"]["prev"], timeout=10).json()["users"] == first["users"]


def test_pages_are_at_most_a_hundred(site):
    answer = site.get("users", **{"page[size]": 101})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "InvalidPaginationParameter"
    assert len(site.json("tickets", per_page=500)["tickets"]) <= 100


def test_offset_pagination_stops_at_ten_thousand_rows(site):
    answer = site.get("users", page=101, per_page=100)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "InvalidPaginationDepth"
    assert site.get("users", page=100, per_page=100).status_code == 200


def test_sort_by_is_dropped_beside_a_page_size(site):
    plain = site.json("tickets", **{"page[size]": 20})["tickets"]
    sorted_by = {"sort_by": "updated_at", "sort_order": "desc"}
    assert site.json("tickets", **{"page[size]": 20}, **sorted_by)["tickets"] == plain
    assert site.json("tickets", per_page=20, **sorted_by)["tickets"] != plain


def test_a_list_is_sorted_when_it_knows_the_order(site):
    rows = list(site.walk_list("organizations", "organizations", sort="-updated_at"))
    times = [row["updated_at"] for row in rows]
    assert times == sorted(times, reverse=True)
    answer = site.get("tickets", **{"page[size]": 5, "sort": "subject"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "InvalidPaginationParameter"


def test_a_cursor_of_another_order_is_refused(site):
    cursor = site.json("organizations", **{"page[size]": 2})["meta"]["after_cursor"]
    assert json.loads(base64.b64decode(cursor))["o"] == "id"
    query = {"page[size]": 2, "page[after]": cursor, "sort": "updated_at"}
    assert site.get("organizations", **query).status_code == 400


def test_archived_and_deleted_tickets_are_not_listed(site):
    site.account.delete_ticket(118)
    listed = set(ids(site.walk_list("tickets", "tickets", support_type_scope="all")))
    archived = {t.id for t in site.account.tickets.values() if site.account.is_archived(t)}
    assert archived
    assert 118 not in listed
    assert not listed & archived
    metrics = {row["ticket_id"] for row in site.walk_list("ticket_metrics", "ticket_metrics",
                                                          support_type_scope="all")}  # fmt: skip
    assert metrics == listed
    assert 118 in ids(site.walk_list("deleted_tickets", "deleted_tickets"))


def test_activities_are_the_callers_own_newest_first(site):
    rows = list(site.walk_list("activities", "activities"))
    assert rows
    assert {row["user_id"] for row in rows} == {site.account.admin_id}
    times = [row["created_at"] for row in rows]
    assert times == sorted(times, reverse=True)
    assert sorted(ids(rows)) == sorted(ids(site.simulator.expected("activities")))
    page = site.json("activities", since=times[2])
    assert [row["created_at"] for row in page["activities"]] == [t for t in times if t >= times[2]]
    assert {"actors", "users"} <= set(page)


def test_activities_age_out_after_thirty_days(site):
    new = site.account.add_activity(7)
    assert new in ids(site.walk_list("activities", "activities"))
    site.clock.advance(timedelta(days=31))
    assert list(site.walk_list("activities", "activities")) == []
    assert new in ids(site.simulator.expected("activities"))


def test_ratings_are_filtered_by_score_and_creation(site):
    everything = list(site.walk_list("satisfaction_ratings", "satisfaction_ratings"))
    assert everything == sorted(
        site.simulator.expected("satisfaction_ratings"), key=lambda row: row["id"]
    )
    good = list(site.walk_list("satisfaction_ratings", "satisfaction_ratings", score="good"))
    assert {row["score"] for row in good} == {"good"}
    rating = site.account.rate_ticket(7, "bad", "Too slow")
    now = int(site.clock.now().timestamp())
    assert ids(site.json("satisfaction_ratings", start_time=now)["satisfaction_ratings"]) == [
        rating
    ]
    rows = site.json("satisfaction_ratings", end_time=now - 1)["satisfaction_ratings"]
    assert rating not in ids(rows)


def test_an_edited_rating_is_a_new_row(site):
    first, second = site.account.rate_ticket(7, "bad"), site.account.rate_ticket(7, "good")
    rows = {row["id"]: row["score"] for row in site.simulator.expected("satisfaction_ratings")}
    assert (rows[first], rows[second]) == ("bad", "good")
    assert site.json("tickets/7")["ticket"]["satisfaction_rating"]["id"] == second


def test_what_belongs_to_a_deleted_ticket_is_not_found(site):
    site.account.delete_ticket(7)
    for path in ("tickets/7", "tickets/7/comments", "tickets/7/audits"):
        answer = site.get(path)
        assert answer.status_code == 404
        assert answer.json() == {"error": "RecordNotFound", "description": "Not found"}


def test_comments_and_audits_tell_what_the_export_tells(site):
    site.account.add_comment(7, "See the file", attachments=[{"file_name": "a.pdf"}])
    expected = [r for r in site.simulator.expected("ticket_events") if r["ticket_id"] == 7]
    comments = site.json("tickets/7/comments")["comments"]
    children = [r["child"] for r in expected if r["child"]["event_type"] == "Comment"]
    assert [c["id"] for c in comments] == [c["id"] for c in children]
    assert comments[-1]["attachments"] == children[-1]["attachments"] != []
    audits = site.json("tickets/7/audits")["audits"]
    assert {e["id"] for audit in audits for e in audit["events"]} == {
        r["child"]["id"] for r in expected
    }


def test_many_are_shown_by_id_up_to_a_hundred(site):
    site.account.delete_ticket(2)
    assert ids(site.json("tickets/show_many", ids="1,2,3,999")["tickets"]) == [1, 3]
    answer = site.get("tickets/show_many", ids=",".join(map(str, range(101))))
    assert answer.status_code == 400
    assert answer.json()["error"] == "TooManyValues"
    users = list(site.account.users)[:2]
    assert ids(site.json("users/show_many", ids=f"{users[0]},{users[1]}")["users"]) == users


def test_an_attachment_is_shown_without_where_it_belongs(site):
    row = site.simulator.expected("attachments")[0]
    shown = site.json(f"attachments/{row['id']}")["attachment"]
    assert row.items() >= shown.items()
    assert "ticket_id" not in shown
    assert site.get("attachments/1").status_code == 404


@pytest.mark.parametrize("name", ["tickets", "organizations", "users", "groups", "activities"])
def test_counts_count_the_list(site, name):
    assert site.json(f"{name}/count")["count"]["value"] == len(list(site.walk_list(name, name)))


def test_unknown_paths_are_invalid_endpoints(site):
    for path in ("nothings", "tickets/7/nothing", "incremental/nothing", "groups/x"):
        answer = site.get(path)
        assert answer.status_code == 404
        assert answer.json() == {"error": "InvalidEndpoint", "description": "Not found"}


def test_the_json_suffix_changes_nothing(site):
    assert site.json("groups.json") == site.json("groups")
