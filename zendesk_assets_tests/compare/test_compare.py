"""A copy of another tool beside our table: differences are counted, and explained if possible."""

from datetime import UTC, datetime

import pytest

from zendesk_assets.compare import compare, find_ours
from zendesk_assets.compare.report import describe, month_rows
from zendesk_assets.compare.results import UNEXPLAINED
from zendesk_assets.errors import WarehouseError, ZendeskAssetsError
from zendesk_assets.spec import Window
from zendesk_assets.warehouse.load_log import ensure_load_log
from zendesk_assets_tests.analysis.conftest import (
    Desk,
    clock,
    engine,
    path,
    postgres_server,
    warehouse,
)

__all__ = ["clock", "desk", "engine", "path", "postgres_server", "warehouse"]
COVERED = [Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))]


def ticket(number, day="2026-02-01", **more):
    time = f"{day} 10:00:00+00"
    said = {"subject": f"Ticket {number}", "status": "open", "priority": "high", "group_id": 7,
            "tags": ["a", "b"], "has_incidents": False, "is_public": True}  # fmt: skip
    times = {"created_at": time, "updated_at": time, "generated_timestamp": time}
    return {"id": number, **times, **said, **more}


@pytest.fixture
def desk(engine, warehouse):
    return Desk(engine, warehouse)


@pytest.fixture
def beside(desk, warehouse):
    """Fill our tickets, copy them as another tool has them, and compare."""

    def fill(rows, columns, *changes, table="ticket", key="id", name=""):
        with warehouse.changing("s", "log") as session:
            ensure_load_log(session, "s")
        desk.engine.run(
            "INSERT INTO s._loads (collection, batch_id, received_at) "
            "VALUES ('tickets', 'b', TIMESTAMPTZ '2026-03-20 00:00:00+00')"
        )
        desk.fill("tickets", *rows)
        desk.engine.run("CREATE SCHEMA theirs")
        desk.engine.run(f"CREATE TABLE theirs.{table} AS SELECT {columns} FROM s.tickets")
        for change in changes:
            desk.engine.run(change)
        ours = find_ours(table, name)
        return compare(warehouse, "s", ours, ("theirs", table), COVERED)

    return fill


FIVETRAN = (
    "id, created_at AT TIME ZONE 'UTC' AS created_at, updated_at AT TIME ZONE 'UTC' AS updated_at, "
    "subject, status, group_id, is_public, CAST(tags AS TEXT) AS tags, 'web' AS via_channel, "
    "false AS _fivetran_deleted, TIMESTAMPTZ '2026-03-10 00:00:00+00' AS _fivetran_synced"
)
SEGMENT = (
    "CAST(id AS TEXT) AS id, CAST(group_id AS TEXT) AS group_id, "
    "CASE WHEN is_public THEN 1 ELSE 0 END AS is_public, subject, status, "
    "replace(CAST(created_at AT TIME ZONE 'UTC' AS TEXT), ' ', 'T') || 'Z' AS created_at, "
    'updated_at, \'["b",  "a"]\' AS tags, '
    "TIMESTAMPTZ '2026-03-10 00:00:00+00' AS uuid_ts, 'x' AS uuid"
)


def test_a_copy_of_other_types_that_says_the_same_has_no_difference(beside):
    same = beside([ticket(1), ticket(2, "2026-03-01")], SEGMENT, table="tickets")
    assert (same.tool, same.rows_here, same.rows_there, same.both) == ("Segment", 2, 2, 2)
    assert (same.fields, same.only_here.reasons, same.only_there.reasons) == ((), {}, {})
    assert same.is_explained
    assert dict(same.other_types).keys() >= {"id", "group_id", "is_public", "created_at"}
    assert [each[:4] for each in month_rows(same)] == [
        ("2026-02", "1", "0", "1"), ("2026-03", "1", "0", "1"),
    ]  # fmt: skip
    assert "assignee_id" in same.columns_only_here
    assert same.columns_only_there == ()


def test_ids_of_one_side_are_counted_by_what_explains_them(beside):
    ours = [
        ticket(1),
        ticket(2, _deleted=True),
        ticket(3, "2026-03-15"),  # after the copy's last sync
        ticket(4, "2026-01-05"),  # before the copy's first record
        ticket(5),
    ]
    late, old = "2026-03-25 00:00:00", "2019-01-01 00:00:00"
    row = "INSERT INTO theirs.ticket (id, created_at, updated_at, _fivetran_deleted) VALUES"
    found = beside(
        ours,
        FIVETRAN,
        "DELETE FROM theirs.ticket WHERE id IN (2, 3, 4, 5)",
        f"{row} (10, '2026-02-03 00:00:00', '2026-02-03 00:00:00', true)",
        f"{row} (11, '{late}', '{late}', false)",
        f"{row} (12, '2026-02-02 00:00:00', '2026-02-02 00:00:00', false)",
        f"{row} (13, '2026-02-04 00:00:00', '{old}', NULL)",
        f"{row} (14, '2026-02-04 00:00:00', '2026-02-04 00:00:00', false)",
        "INSERT INTO s._rejects (collection, primary_key, severity) "
        "VALUES ('tickets', '14', 'error'), ('tickets', '12', 'warning')",
        f"{row} (NULL, '2026-02-04 00:00:00', '{old}', true)",
    )
    assert found.tool == "Fivetran"
    assert found.only_here.reasons == {
        "deleted at Zendesk, kept here": 1,
        "newer than the copy's last sync": 1,
        "older than the copy's first record": 1,
        UNEXPLAINED: 1,
    }
    assert found.only_there.reasons == {
        "deleted in the copy": 2,
        "quarantined here (`zendesk-assets rejects`)": 1,
        "newer than our last sync": 1,
        "on days that our hub does not have": 1,
        UNEXPLAINED: 1,
    }
    assert found.only_here.examples[UNEXPLAINED] == ("5",)
    assert found.only_there.examples[UNEXPLAINED] == ("12",)
    assert not found.is_explained
    assert found.columns_only_there == ("via_channel",)


def test_fields_that_differ_are_counted_by_what_explains_them(beside):
    ours = [ticket(number) for number in range(1, 9)]
    ours[3] |= {"_deleted": True}
    ours[5] |= {"subject": "[erased]"}
    set_ = "UPDATE theirs.ticket SET"
    hour = "INTERVAL '2 hours'"
    found = beside(
        ours,
        FIVETRAN,
        f"{set_} status = 'solved', updated_at = updated_at + {hour} WHERE id = 1",
        f"{set_} status = 'new', updated_at = updated_at - INTERVAL '1 day' WHERE id = 2",
        f"{set_} status = 'hold' WHERE id = 3",
        f"{set_} created_at = created_at + {hour} WHERE id = 4",
        f'{set_} tags = \'["b", "a"]\' WHERE id = 5',
        f'{set_} tags = \'["b", "c"]\' WHERE id = 7',
        f"{set_} subject = 'Jane asks' WHERE id = 6",
        f"{set_} subject = NULL WHERE id = 8",
    )
    fields = {each.column: each for each in found.fields}
    assert (found.newer_here, found.newer_there) == (1, 1)
    assert fields["status"].reasons == {"newer here": 1, "newer there": 1, UNEXPLAINED: 1}
    assert fields["status"].examples == (("3", "open", "hold"),)
    assert fields["created_at"].reasons == {"shifted by a time zone": 1}
    assert fields["tags"].reasons == {UNEXPLAINED: 1}
    assert fields["tags"].examples[0][0] == "7"
    assert fields["subject"].reasons == {"erased here": 1, UNEXPLAINED: 1}
    assert fields.keys() == {"status", "created_at", "updated_at", "tags", "subject"}
    said = "\n".join(describe(found))
    assert "✗ status differs in 1 row: unexplained\n    3: open here, hold there" in said
    assert "reconcile" in said


def test_a_state_appended_by_each_sync_is_compared_by_the_newest(beside):
    found = beside(
        [ticket(1), ticket(2)],
        FIVETRAN,
        "INSERT INTO theirs.ticket (id, status, _fivetran_synced) "
        "VALUES (1, 'new', TIMESTAMPTZ '2026-02-01 00:00:00+00')",
    )
    assert (found.repeated, found.rows_there, found.both) == (1, 2, 2)
    assert found.is_explained


def test_a_field_that_the_other_tool_never_fills_is_said_and_no_riddle(beside):
    found = beside([ticket(1), ticket(2)], FIVETRAN, "UPDATE theirs.ticket SET subject = NULL")
    (subject,) = found.fields
    assert subject.reasons == {"never filled there": 2}
    assert found.is_explained


def test_what_cannot_be_compared_is_one_sentence(beside, warehouse):
    with pytest.raises(WarehouseError, match="no column id, by which"):
        beside([ticket(1)], "subject")
    with pytest.raises(WarehouseError, match=r"no table theirs\.gone"):
        compare(warehouse, "s", find_ours("tickets"), ("theirs", "gone"), None)
    with pytest.raises(ZendeskAssetsError, match="--table"):
        find_ours("nonsense")
    with pytest.raises(ZendeskAssetsError, match="did you mean tickets"):
        find_ours("nonsense", "ticketz")


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("ticket", "tickets"), ("TICKETS", "tickets"), ("user_identity", "user_identities"),
     ("ticket_comment", "ticket_comments"), ("ticket_activities", "activities"),
     ("satisfaction_rating", "satisfaction_ratings")],
)  # fmt: skip
def test_our_table_is_guessed_from_the_name_of_theirs(theirs, ours):
    assert find_ours(theirs).name == ours


def test_readings_of_a_series_are_matched_by_when_they_were_received(desk, warehouse):
    times = [f"2026-02-01 1{hour}:00:00+00" for hour in range(3)]
    with warehouse.changing("s", "log") as session:
        ensure_load_log(session, "s")
    desk.fill(
        "agents_activity",
        *({"agent_id": 1, "received_at": time, "calls_accepted": 4} for time in times),
    )
    desk.engine.run("CREATE SCHEMA theirs")
    desk.engine.run("CREATE TABLE theirs.agents_activity AS SELECT * FROM s.agents_activity")
    desk.engine.run("UPDATE theirs.agents_activity SET calls_accepted = 5 WHERE received_at = "
                    f"TIMESTAMPTZ '{times[0]}'")  # fmt: skip
    ours = find_ours("agents_activity")
    found = compare(warehouse, "s", ours, ("theirs", "agents_activity"), None)
    assert (found.both, [each.column for each in found.fields]) == (3, ["calls_accepted"])
