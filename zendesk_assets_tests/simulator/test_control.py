"""Over HTTP and in-process the same things can be done, by several accounts on one port."""

import json
import socket
import threading
from datetime import timedelta

import pytest
import requests

from zendesk_assets.clock import ManualClock, SystemClock
from zendesk_assets.errors import SimulatorError
from zendesk_assets.simulator import Simulator, SimulatorServer

from .conftest import NOON


def test_a_life_of_changes_over_http(site):
    ticket = site.act("create_ticket", subject="Lost parcel", body="Where is it?", via="email")
    site.act("update_ticket", ticket_id=ticket, comment="Looking", status="pending", tags=["vip"])
    site.act("add_comment", ticket_id=ticket, body="File", attachments=[{"file_name": "a.pdf"}])
    site.act("rate_ticket", ticket_id=ticket, score="good", comment="Thanks")
    group = site.act("create_group", name="Night shift")
    site.act("update_group", group_id=group, name="Late shift")
    site.act("delete_group", group_id=group)
    organization = site.act("create_organization", name="Fernhill", tags=["new"])
    site.act("delete_organization", organization_id=organization)
    user = site.act("create_user", name="Ines Duarte", email="ines@fernhill.example")
    site.act("delete_user", user_id=user)
    site.act("add_activity", ticket_id=ticket)
    row = next(row for row in site.simulator.expected("tickets") if row["id"] == ticket)
    assert row["subject"] == "Lost parcel"
    assert row["status"] == "pending"
    assert row["tags"] == ["vip"]
    assert row["satisfaction_rating"]["score"] == "good"
    assert row["via"]["channel"] == "email"
    [deleted] = [r for r in site.simulator.expected("groups") if r["id"] == group]
    assert (deleted["name"], deleted["deleted"]) == ("Late shift", True)


def test_a_ticket_can_be_deleted_restored_scrubbed_and_touched(site):
    for action in ("delete_ticket", "restore_ticket", "touch_ticket", "scrub_ticket"):
        site.act(action, ticket_id=7)
    rows = site.session.get(site.url("/_simulator/expected/tickets"), timeout=5).json()["rows"]
    assert next(row for row in rows if row["id"] == 7)["subject"] == "SCRUBBED"


@pytest.mark.parametrize(
    "name",
    [
        "activities",
        "attachments",
        "groups",
        "organizations",
        "satisfaction_ratings",
        "ticket_events",
        "ticket_fields",
        "ticket_metrics",
        "tickets",
        "users",
    ],
)
def test_expected_rows_are_the_same_over_http(site, name):
    answer = site.session.get(site.url(f"/_simulator/expected/{name}"), timeout=5)
    assert answer.json()["rows"] == site.simulator.expected(name)


def test_the_clock_is_advanced_and_the_date_follows(site):
    site.act("advance_clock", days=1, hours=2)
    assert site.clock.now() == NOON + timedelta(days=1, hours=2)
    assert site.get("groups").headers["Date"].startswith("Mon, 02 Mar 2026 14:00")


def test_a_running_clock_can_be_advanced_too():
    with Simulator(tickets=3, clock=SystemClock()) as simulator:
        before = simulator.clock.now()
        requests.post(f"{simulator.base_url}/_simulator/advance_clock", json={"days": 3}, timeout=5)
        assert simulator.clock.now() - before >= timedelta(days=3)


def test_the_state_and_the_log_can_be_read(site):
    site.get("groups")
    site.clock.advance(timedelta(seconds=5))
    site.get("users")
    address = site.url("/_simulator/requests")
    log = site.session.get(
        address, params={"since": site.clock.now().timestamp()}, timeout=5
    ).json()
    assert [each["path"] for each in log["requests"]] == ["/api/v2/users"]
    state = site.session.get(site.url("/_simulator/state"), timeout=5).json()
    assert state["counts"]["tickets"] == 120
    assert state["token"] == site.simulator.token
    assert state["requests"] == 2


@pytest.mark.parametrize(
    ("action", "arguments"),
    [
        ("nothing", {}),
        ("create_ticket", {"colour": "red"}),
        ("touch_ticket", {"ticket_id": 10**6}),
        ("inject_fault", {"kind": "fire"}),
        ("set_same_second", {"mode": "maybe"}),
        ("update_group", {"group_id": 1}),
        ("make_unavailable", {"path": "x", "reason": "y"}),
    ],
)
def test_a_wrong_action_is_refused_with_a_sentence(site, action, arguments):
    answer = site.session.post(site.url(f"/_simulator/{action}"), json=arguments, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_raw_properties_are_served_as_they_are(site):
    site.act("set_raw", kind="tickets", record_id=7, name="brand_new", raw='{"x": 1}')
    site.act("set_raw", kind="tickets", record_id=7, name="subject", raw='"half \\ud83d"')
    site.act("set_raw", kind="tickets", record_id=7, name="created_at", raw="17")
    site.act("set_raw", kind="tickets", record_id=7, name="priority", raw=None)
    text = site.get("tickets/7").text
    assert '"subject":"half \\ud83d"' in text
    ticket = json.loads(text)["ticket"]
    assert ticket["brand_new"] == {"x": 1}
    assert ticket["created_at"] == 17
    assert "priority" not in ticket
    assert next(row for row in site.simulator.expected("tickets") if row["id"] == 7) == ticket
    site.act("clear_raw", kind="tickets", record_id=7)
    assert site.json("tickets/7")["ticket"]["priority"] != "brand_new"


def test_raw_properties_reach_children_and_groups(site):
    row = site.simulator.expected("ticket_events")[0]
    site.account.set_raw("child_events", row["child"]["id"], "extra", "[1]")
    assert site.simulator.expected("ticket_events")[0]["child"]["extra"] == [1]
    group = site.simulator.expected("groups")[0]["id"]
    site.account.set_raw("groups", group, "id", '"text"')
    assert "text" in {row["id"] for row in site.json("groups")["groups"]}


def test_two_accounts_share_a_port_and_nothing_else():
    acme = Simulator(tickets=20, clock=ManualClock(NOON))
    globex = Simulator(tickets=30, seed=8, subdomain="globex", clock=ManualClock(NOON))
    with SimulatorServer({"acme": acme, "globex": globex}) as server:
        assert acme.base_url == f"{server.base_url}/acme"
        for simulator, count in ((acme, 20), (globex, 30)):
            page = requests.get(
                f"{simulator.base_url}/api/v2/incremental/tickets/cursor",
                params={"start_time": 0, "support_type_scope": "all"},
                headers={"Authorization": f"Bearer {simulator.token}"}, timeout=5,
            ).json()  # fmt: skip
            assert len(page["tickets"]) == count
            assert page["after_url"].startswith(simulator.base_url)
        strange = {"Authorization": f"Bearer {acme.token}"}
        answer = requests.get(f"{globex.base_url}/api/v2/groups", headers=strange, timeout=5)
        assert answer.status_code == 401
        nobody = requests.get(f"{server.base_url}/other/api/v2/groups", timeout=5)
        assert nobody.status_code == 404
        assert nobody.json()["error"]["title"].startswith("No help desk at")


def test_the_same_seed_gives_the_same_account():
    one, two, other = (
        Simulator(tickets=50, seed=seed, clock=ManualClock(NOON)) for seed in (7, 7, 8)
    )
    assert one.expected("ticket_events") == two.expected("ticket_events")
    assert one.expected("tickets") != other.expected("tickets")
    assert one.token == two.token != other.token


def test_a_taken_port_is_said_in_a_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SimulatorError, match="give another --port"):
            Simulator(tickets=1, port=taken.getsockname()[1]).start()


def test_many_clients_at_once_get_whole_answers(site):
    results = []

    def ask():
        answer = requests.get(
            site.url("incremental/ticket_events"), params={"start_time": 0},
            headers=dict(site.session.headers), timeout=20,
        )  # fmt: skip
        results.append(answer.json()["count"])

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 20
    assert len(set(results)) == 1


def test_the_demo_data_looks_like_a_support_desk(make_site):
    site = make_site(tickets=400, events_per_ticket=5)
    tickets = site.simulator.expected("tickets")
    assert {row["status"] for row in tickets} >= {
        "new", "pending", "open", "hold", "solved", "closed", "deleted"}  # fmt: skip
    assert len({row["subject"] for row in tickets}) > 100
    values = {type(f["value"]).__name__ for row in tickets for f in row["custom_fields"]}
    assert values == {"str", "bool", "int", "float", "list", "NoneType"}
    assert any(row["subject"] == "SCRUBBED" for row in tickets)
    names = {row["name"] for row in site.simulator.expected("users")}
    assert all(" " in name for name in names)
    assert any(row["deleted_at"] for row in site.simulator.expected("organizations"))
    events = site.simulator.expected("ticket_events")
    assert len({row["ticket_event_id"] for row in events}) == pytest.approx(2000, rel=0.2)
    assert any(row["child"].get("type") == "VoiceComment" for row in events)


def test_merges_over_http(site):
    target, source = (site.act("create_ticket", subject=name) for name in ("Kept", "Twin"))
    winner, loser = (site.act("create_organization", name=name) for name in ("Oak", "Elm"))
    site.act("update_ticket", ticket_id=target, organization_id=loser)
    site.act("merge_tickets", target_id=target, source_ids=[source])
    site.act("merge_organizations", winner_id=winner, loser_id=loser)
    tickets = {row["id"]: row for row in site.simulator.expected("tickets")}
    assert (tickets[source]["status"], tickets[source]["tags"]) == ("closed", ["closed_by_merge"])
    assert tickets[target]["organization_id"] == winner
    organizations = {row["id"]: row for row in site.simulator.expected("organizations")}
    assert organizations[loser]["deleted_at"]
    assert organizations[winner]["deleted_at"] is None
