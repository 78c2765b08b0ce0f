"""Each kind of fault reaches the client as it would on a bad day."""

import time

import pytest
import requests


def orgs(site):
    return site.get("incremental/organizations", start_time=0)


def test_a_status_with_body_and_headers(site):
    site.act("inject_fault", kind="status", path="organizations", after=1, times=2, status=503,
             body="try later", headers={"Retry-After": "7"})  # fmt: skip
    answers = [orgs(site) for _ in range(4)]
    assert [each.status_code for each in answers] == [200, 503, 503, 200]
    assert answers[1].headers["Retry-After"] == "7"
    assert answers[1].text == "try later"
    assert site.simulator.requests[1].status == 503


def test_a_fault_matches_by_regex_and_can_be_cleared(site):
    rule = site.simulator.faults.add("status", regex=r"start_time=0$", times=None, body={"a": 1})
    assert orgs(site).json() == {"a": 1}
    assert site.get("groups").status_code == 200
    assert (rule.seen, rule.struck) == (1, 1)
    site.act("clear_faults")
    assert orgs(site).status_code == 200


def test_a_reset_comes_before_any_answer(site):
    site.simulator.faults.add("reset", path="organizations")
    with pytest.raises(requests.exceptions.ConnectionError):
        orgs(site)
    assert site.simulator.requests[-1].status == 0
    assert orgs(site).status_code == 200


def test_a_truncated_answer_is_shorter_than_it_says(site):
    site.simulator.faults.add("truncate", path="organizations")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        orgs(site)
    assert orgs(site).status_code == 200


def test_html_with_status_200(site):
    site.simulator.faults.add("html", path="organizations")
    answer = orgs(site)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_half_a_json_document_with_the_right_length(site):
    site.simulator.faults.add("bad_json", path="organizations")
    answer = orgs(site)
    assert answer.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_a_slow_answer_is_late_and_whole(site):
    site.simulator.faults.add("slow", path="organizations", seconds=0.3)
    began = time.monotonic()
    assert orgs(site).json()["organizations"]
    assert time.monotonic() - began >= 0.3


def test_big_pages_time_out_until_they_are_small(site):
    site.simulator.faults.add("timeout_unless", path="incremental", per_page=100, times=None)
    answer = orgs(site)
    assert (answer.status_code, answer.text) == (504, "upstream request timeout")
    assert site.get("incremental/organizations", start_time=0, per_page=100).status_code == 200


@pytest.mark.parametrize("kind", ["empty_page", "duplicate_page"])
def test_a_walk_survives_pages_that_lead_to_themselves(site, kind):
    site.simulator.faults.add(kind, path="incremental/tickets/cursor", after=1)
    site.simulator.faults.add(kind, path="/users", after=1)
    rows = list(site.walk_cursor("tickets/cursor", "tickets", per_page=30))
    assert {row["id"] for row in rows} == {
        row["id"] for row in site.simulator.expected("tickets") if row["support_type"] == "agent"
    }
    assert len(rows) == len({row["id"] for row in rows}) + (30 if kind == "duplicate_page" else 0)
    users = list(site.walk_list("users", "users", size=10))
    assert len({row["id"] for row in users}) == site.json("users/count")["count"]["value"]
    assert [rule.struck for rule in site.simulator.faults.rules] == [1, 1]


def test_an_empty_page_is_not_the_last(site):
    site.simulator.faults.add("empty_page", path="incremental")
    page = site.json("incremental/tickets/cursor", start_time=0)
    assert page["tickets"] == []
    assert page["end_of_stream"] is False
    assert site.json("incremental/tickets/cursor", cursor=page["after_cursor"])["tickets"]


def test_records_that_are_none_are_put_into_a_list(site):
    whole = orgs(site).json()
    site.simulator.faults.add("insert", path="organizations", key="organizations", body='5,{"a":1}')
    answer = orgs(site).json()
    assert answer["organizations"] == [5, {"a": 1}, *whole["organizations"]]
    assert orgs(site).json() == whole
