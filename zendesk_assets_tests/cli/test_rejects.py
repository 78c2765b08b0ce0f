"""Rejects are listed with their reasons, and a replay after a fix takes them in."""

import json
from dataclasses import replace

import duckdb
import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.spec import Column, ColumnType

CHOSEN = {"include": ["groups", "tickets"]}


def as_text(monkeypatch, collection, path):
    """Change the catalog: what was typed at `path` becomes a text column of another name."""
    old = declared().collections[collection]
    columns = [each for each in old.columns if each.source_path != path]
    columns.append(Column(f"{path}_text", ColumnType.TEXT, "As Zendesk wrote it.", path))
    monkeypatch.setitem(declared().collections, collection, replace(old, columns=tuple(columns)))


@pytest.fixture
def quarantined(run, write_sources, account):
    """Sync an account of which a group and a ticket have odd values, and one group no key."""
    group = min(row["id"] for row in account.expected("groups"))
    ticket = min(row["id"] for row in account.expected("tickets"))
    account.account.set_raw("groups", group, "is_public", '"perhaps [not]"')
    account.account.set_raw("tickets", ticket, "has_incidents", '"two"')
    account.faults.add("insert", path="/groups", key="groups", body='{"id":"x","name":"none"}')
    write_sources(account, collections=CHOSEN)
    assert run("sync").code == 0
    return group, ticket


def test_rejects_lists_what_was_quarantined_and_why(run, quarantined):
    rows = json.loads(run("rejects", "--json").output)
    found = {row["collection"]: row for row in rows if row["severity"] == "warning"}
    (bad,) = (row for row in rows if row["severity"] == "error")
    assert (len(rows), bad["primary_key"]) == (3, "x")
    assert found["groups"]["primary_key"] == str(quarantined[0])
    assert found["tickets"]["reason"].startswith("has_incidents: found two, not true or false")
    assert found["tickets"]["first_seen"] >= found["tickets"]["received"]
    assert found["tickets"]["batch"].startswith(found["tickets"]["received"][:4])

    shown = run("rejects", "--collection", "groups", "--limit", "1").output
    assert "1 quarantined" in shown
    assert "1 row with a value that does not fit its column" in shown
    assert "perhaps" in shown
    assert "--warehouse-only --replay --source zendesk_test --collection groups" in shown
    assert "has_incidents" not in shown
    assert len(json.loads(run("rejects", "--json", "--limit", "1").output)) == 1


def test_a_replay_after_a_fix_takes_them_in_without_a_request(
    run, account, quarantined, tmp_path, monkeypatch
):
    as_text(monkeypatch, "groups", "is_public")
    as_text(monkeypatch, "tickets", "has_incidents")
    account.requests.clear()
    assert run("sync", "--warehouse-only").code == 0
    assert len(json.loads(run("rejects", "--json").output)) == 3  # they are loaded already

    assert run("sync", "--warehouse-only", "--replay", "--collection", "groups").code == 0
    left = [
        (row["collection"], row["severity"]) for row in json.loads(run("rejects", "--json").output)
    ]
    assert sorted(left) == [("groups", "error"), ("tickets", "warning")]
    assert run("sync", "--warehouse-only", "--replay").code == 0
    assert "does not fit" not in run("rejects").output
    assert account.requests == []
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select is_public_text from zendesk_test.groups where id = $1", [quarantined[0]]
        ).fetchall()
        assert rows == [("perhaps [not]",)]
        count = connection.execute("select count(*) from zendesk_test.tickets").fetchone()[0]
    assert count == len(account.expected("tickets"))


def test_a_replay_is_of_the_warehouse_only_and_of_known_collections(run, write_sources, account):
    write_sources(account)
    assert "--warehouse-only" in run("sync", "--replay").output
    assert "There is no collection tikets" in run("rejects", "--collection", "tikets").output
    assert "no row is quarantined" in run("rejects").output
