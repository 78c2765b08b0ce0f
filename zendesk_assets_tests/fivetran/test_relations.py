"""Relations over tables filled by hand: what dbt_zendesk stumbles over, on both engines."""

import json
from datetime import datetime
from itertools import count

from zendesk_assets.catalog import declared
from zendesk_assets.errors import WarehouseError
from zendesk_assets.fivetran import RELATIONS
from zendesk_assets.warehouse.tables import fields_of

# The tables that dbt_zendesk 1.7 declares as its sources.
SOURCES = {
    "audit_log", "brand", "daylight_time", "domain_name", "group", "organization",
    "organization_tag", "schedule", "schedule_holiday", "sla_policy_metric_history", "ticket",
    "ticket_chat", "ticket_chat_event", "ticket_comment", "ticket_field_history",
    "ticket_form_history", "ticket_schedule", "ticket_sla_policy", "ticket_tag", "time_zone",
    "user", "user_tag",
}  # fmt: skip
IDS = count(1)
TIME = "TIMESTAMP WITH TIME ZONE"
NOON = "2026-03-01 12:00:00+00"


def change(field, value, moment=NOON, event=None, **more):
    number = next(IDS)
    return {
        "id": number,
        "ticket_event_id": event or number,
        "ticket_id": 1,
        "timestamp": moment,
        "event_type": "Change",
        "field_name": field,
        "value": value,
        "updater_id": 7,
        **more,
    }


def applied(moment, metric, instance, target, **more):
    policy = {"id": 5, "title": "Gold", "description": None}
    return {
        "id": next(IDS),
        "ticket_id": 1,
        "metric": metric,
        "instance_id": instance,
        "type": "apply_sla",
        "time": moment,
        "sla_policy_id": 5,
        "sla": {"target": target, "business_hours": True, "policy": policy},
        **more,
    }


def history(desk, *fields):
    """Return (field, moment, value) of these fields' history."""
    rows = desk.relation("ticket_field_history", "ticket_id, updated, field_name")
    return [
        (row["field_name"], f"{row['updated']:%d %H:%M:%S}", row["value"])
        for row in rows
        if row["field_name"] in fields
    ]


def test_every_source_of_the_package_is_there_as_soon_as_anything_is_loaded(desk):
    assert all(state.fields == () for state in desk.put().values())
    assert "s_fivetran" not in str(desk.engine.query("SELECT * FROM information_schema.schemata"))

    desk.fill("groups", {"id": 1, "name": "Support"})
    states = desk.put()
    assert SOURCES <= set(RELATIONS) == set(states)
    for name, relation in RELATIONS.items():
        rows = desk.engine.query(f'SELECT * FROM s_fivetran."{name}"')
        assert [row["name"] for row in rows] == (["Support"] if name == "group" else [])
        wanted = [each.name for each in relation.columns]
        assert [field.name for field in states[name].fields] == wanted
    for collection in {name for each in RELATIONS.values() for name in each.reads} - {"groups"}:
        desk.fill(collection)
    assert all(state.fields and state.changed for state in desk.put().values() if state.missing)
    assert not any(state.changed for state in desk.put().values())


def test_declarations_hold_together():
    for name, relation in RELATIONS.items():
        columns = {each.name for each in relation.columns}
        assert set(relation.grain) <= columns, name
        assert "_fivetran_synced" in columns, name
        assert not [each for each in relation.columns if "ZONE" in each.sql_type]
        for column in relation.columns:
            assert column.description.endswith(".")
            for source in column.made_from:
                table, _, field = source.partition(".")
                assert table in relation.reads
                fields = fields_of(declared().collections[table])
                assert field in {each.name for each in fields}


def test_of_changes_within_a_second_the_last_counts(desk):
    desk.fill(
        "ticket_events",
        change("status", "pending", event=100),
        change("status", "hold", event=101),
        change("status", "open", event=99),
        change("status", "solved", "2026-03-01 12:00:01+00"),
        change("priority", "low", event=200, id=902),
        change("priority", "high", event=200, id=903),
        change("priority", "urgent", event=200, id=901),
    )
    assert history(desk, "status") == [
        ("status", "01 12:00:00", "hold"),
        ("status", "01 12:00:01", "solved"),
    ]
    assert history(desk, "priority") == [("priority", "01 12:00:00", "high")]


def test_nobody_is_null_and_not_a_zero(desk):
    desk.fill(
        "ticket_events",
        change("assignee_id", "0"),
        change("group_id", ""),
        change("assignee_id", "12", "2026-03-02 12:00:00+00"),
        change("36000", "0"),
    )
    assert history(desk, "assignee_id", "group_id", "36000") == [
        ("36000", "01 12:00:00", "0"),
        ("assignee_id", "01 12:00:00", None),
        ("group_id", "01 12:00:00", None),
        ("assignee_id", "02 12:00:00", "12"),
    ]


def test_targets_come_from_metric_events_where_events_do_not_tell_them(desk):
    desk.fill("ticket_events", change("requester_wait_time", '{"minutes": 9}'))
    desk.fill(
        "ticket_metric_events",
        applied("2026-03-01 12:00:01+00", "requester_wait_time", 1, 480),
        applied(NOON, "reply_time", 1, 60),
        applied("2026-03-02 12:00:00+00", "reply_time", 2, 120),
        applied("2026-03-03 12:00:00+00", "agent_work_time", 1, 30, _deleted=True),
        applied(NOON, "reply_time", 1, 61, ticket_id=2, type="breach"),
    )
    target = '{{"minutes": {}, "in_business_hours": true}}'.format
    assert history(desk, "first_reply_time", "next_reply_time", "agent_work_time") == [
        ("first_reply_time", "01 12:00:00", target(60)),
        ("next_reply_time", "02 12:00:00", target(120)),
    ]
    assert history(desk, "requester_wait_time") == [
        ("requester_wait_time", "01 12:00:00", '{"minutes": 9}')
    ]
    moments = ("01 12:00:00", "01 12:00:01", "02 12:00:00")
    assert history(desk, "sla_policy") == [("sla_policy", each, "Gold") for each in moments]
    rows = desk.relation("ticket_sla_policy", "policy_applied_at")
    assert [f"{row['policy_applied_at']:%d %H:%M:%S}" for row in rows] == list(moments)
    assert {row["sla_policy_id"] for row in rows} == {5}


def test_satisfaction_comes_from_ratings_where_events_do_not_tell_it(desk):
    desk.fill("ticket_events", change("satisfaction_score", "bad", ticket_id=2))

    def rating(ticket, score, moment, **more):
        return {"id": next(IDS), "ticket_id": ticket, "score": score, "created_at": moment, **more}

    desk.fill(
        "satisfaction_ratings",
        rating(1, "offered", NOON),
        rating(1, "good", NOON, comment="Thanks", reason_code=1003),
        rating(2, "bad", "2026-03-01 12:00:03+00"),
        rating(3, "good", NOON, _deleted=True),
    )
    rows = desk.relation("ticket_field_history", "ticket_id, field_name")
    assert [(row["ticket_id"], row["field_name"], row["value"]) for row in rows] == [
        (1, "satisfaction_comment", "Thanks"),
        (1, "satisfaction_reason_code", "1003"),
        (1, "satisfaction_score", "good"),
        (2, "satisfaction_score", "bad"),
    ]


def test_deleted_tickets_and_users_stay(desk):
    desk.fill("tickets", {"id": 1, "status": "deleted", "_deleted": True}, {"id": 2})
    desk.fill("users", {"id": 7, "active": False, "_deleted": True}, {"id": 8, "active": True})
    found = [
        (row["id"], row["status"], row["_fivetran_deleted"]) for row in desk.relation("ticket")
    ]
    assert found == [(1, "deleted", True), (2, None, False)]
    found = [(row["id"], row["active"], row["_fivetran_deleted"]) for row in desk.relation("user")]
    assert found == [(7, False, True), (8, True, False)]


def test_times_are_in_utc_without_a_zone_whoever_asks(desk):
    desk.fill("tickets", {"id": 1, "created_at": "2026-03-01 23:30:00-05"})
    desk.put("ticket")
    query = "SELECT created_at, CAST(created_at AS VARCHAR) FROM s_fivetran.ticket"
    for zone in ("UTC", "America/New_York", "Asia/Kolkata"):
        ((moment, text),) = desk.ask(zone, query)
        assert (moment, text) == (datetime(2026, 3, 2, 4, 30), "2026-03-02 04:30:00")  # noqa: DTZ001


def test_a_call_is_told_by_its_type_and_not_by_its_event(desk):
    def comment(kind, **more):
        return change(None, None, event_type="Comment", comment_type=kind, author_id=7, **more)

    desk.fill(
        "ticket_events",
        comment("VoiceComment", data={"call_duration": 61, "started_at": "2026-03-01T10:00:00Z"}),
        comment("FacebookComment", public=True, comment_created_at=NOON),
        comment("Comment", public=False, via='{"channel": "twitter", "source": {}}'),
        comment(None, comment_public=True),
        change("status", "open"),
    )
    rows = desk.relation("ticket_comment")
    kinds = ("voice_comment", "facebook_comment", "tweet")
    assert [[name for name in kinds if row[name]] for row in rows] == [
        ["voice_comment"], ["facebook_comment"], ["tweet"], []
    ]  # fmt: skip
    assert [row["public"] for row in rows] == [None, True, False, True]
    assert rows[0]["call_duration"] == 61
    assert rows[0]["started_at"] == datetime(2026, 3, 1, 10)  # noqa: DTZ001
    assert {row["created"] for row in rows} == {datetime(2026, 3, 1, 12)}  # noqa: DTZ001
    assert {row["user_id"] for row in rows} == {7}


def test_lists_are_rows_and_each_value_is_one(desk):
    desk.fill("tickets", {"id": 1, "tags": ["vip", "vip", "late"]}, {"id": 2, "tags": []})
    desk.fill("organizations", {"id": 3, "domain_names": ["b.example", "a.example"]})
    desk.fill(
        "schedules",
        {"id": 4, "name": "Office", "time_zone": "London",
         "intervals": [{"start_time": 1980, "end_time": 2460}]},
    )  # fmt: skip
    desk.fill(
        "sla_policies",
        {"id": 5, "updated_at": NOON, "policy_metrics": [
            {"metric": "first_reply_time", "priority": "low", "target": 60, "business_hours": True},
        ]},
    )  # fmt: skip
    tags = desk.relation("ticket_tag", "ticket_id, tag")
    assert [(row["ticket_id"], row["tag"]) for row in tags] == [(1, "late"), (1, "vip")]
    domains = desk.relation("domain_name", "organization_id, index")
    assert [(row["index"], row["domain_name"]) for row in domains] == [
        (0, "b.example"), (1, "a.example")
    ]  # fmt: skip
    ((schedule),) = desk.relation("schedule")
    assert (schedule["start_time"], schedule["end_time"]) == (1980, 2460)
    ((target),) = desk.relation("sla_policy_metric_history")
    assert (target["target"], target["business_hours"], target["index"]) == (60, True, 0)
    assert [row["time_zone"] for row in desk.relation("time_zone")] == ["London"]


def test_a_holiday_that_was_taken_away_does_not_count(desk):
    desk.fill("schedule_holidays", {"id": 1, "name": "Old", "_deleted": True}, {"id": 2})
    assert [row["id"] for row in desk.relation("schedule_holiday")] == [2]


def test_custom_fields_are_columns_named_as_fivetran_does(desk):
    desk.fill(
        "ticket_fields",
        {"id": 1, "type": "text", "title": "Order number"},
        {"id": 2, "type": "integer", "title": "Status"},
        {"id": 3, "type": "subject", "title": "Subject"},
    )
    desk.fill(
        "tickets", {"id": 9, "custom_fields": [{"id": 1, "value": "A-1"}, {"id": 2, "value": 4}]}
    )
    desk.fill(
        "user_fields",
        {"id": 4, "key": "plan", "type": "dropdown", "title": "Old", "_deleted": True},
        {"id": 5, "key": "plan", "type": "checkbox", "title": "Plan"},
    )
    desk.fill("users", {"id": 7, "user_fields": {"plan": True}})
    desk.fill("organization_fields", {"id": 6, "key": "size'", "type": "integer"})
    desk.fill("organizations", {"id": 8, "organization_fields": {"size'": 12}})

    (ticket,) = desk.relation("ticket")
    assert {name: ticket[name] for name in ticket if name.startswith("custom_")} == {
        "custom_order_number": "A-1",
        "custom_status": 4,
    }
    (user,) = desk.relation("user")
    assert user["custom_plan"] is True
    (organization,) = desk.relation("organization")
    assert organization["custom_size"] == 12

    desk.engine.run("UPDATE s.ticket_fields SET title = 'Order' WHERE id = 1")
    (ticket,) = desk.relation("ticket")
    assert ticket["custom_order"] == "A-1"
    assert "custom_order_number" not in ticket


def test_what_others_have_in_the_schema_is_never_touched(desk):
    desk.fill("groups")
    desk.engine.run("CREATE SCHEMA s_fivetran")
    desk.engine.run("CREATE TABLE s_fivetran.ticket AS SELECT 'precious' AS theirs")
    desk.engine.run("CREATE TABLE s_fivetran.survey AS SELECT 'precious' AS theirs")
    states = desk.put()
    refused = {name for name, state in states.items() if isinstance(state, WarehouseError)}
    assert refused == {"ticket"}
    assert "`fivetran: false`" in str(states["ticket"])
    for name in ("ticket", "survey"):
        assert desk.engine.query(f"SELECT * FROM s_fivetran.{name}") == [{"theirs": "precious"}]


def test_two_sources_in_a_warehouse_have_relations_of_their_own(desk):
    desk.fill("groups", {"id": 1, "name": "One"})
    desk.engine.run("CREATE SCHEMA t")
    desk.engine.run("CREATE TABLE t.groups AS SELECT * FROM s.groups")
    desk.engine.run("UPDATE t.groups SET name = 'Two'")
    desk.put("group")
    desk.put("group", schema="t")
    found = [desk.engine.query(f'SELECT name FROM {each}_fivetran."group"') for each in "st"]
    assert found == [[{"name": "One"}], [{"name": "Two"}]]


def test_what_people_built_on_a_relation_stays(desk):
    desk.fill("ticket_fields", {"id": 1, "type": "text", "title": "Plan"})
    desk.fill("tickets", {"id": 9})
    desk.put("ticket")
    desk.engine.run("CREATE VIEW s.theirs AS SELECT id FROM s_fivetran.ticket")
    desk.engine.run(
        "INSERT INTO s.ticket_fields (id, type, title, _deleted) VALUES (2, 'text', 'Size', false)"
    )
    (ticket,) = desk.relation("ticket")
    assert {"custom_plan", "custom_size"} <= set(ticket)
    assert desk.engine.query("SELECT * FROM s.theirs") == [{"id": 9}]


def keep_history(desk, name, more="1 AS _place, 'x' AS _digest"):
    """Make the history of a table, with its present states."""
    validity = f"updated_at AS valid_from, CAST(NULL AS {TIME}) AS valid_to"
    desk.engine.run(f"CREATE TABLE s.{name}_history AS SELECT {validity}, *, {more} FROM s.{name}")


def test_a_table_of_somebody_else_with_the_name_of_a_history_is_not_read(desk):
    desk.fill("ticket_forms", {"id": 6, "updated_at": NOON, "name": "Now"})
    keep_history(desk, "ticket_forms", more="'a' AS dbt_scd_id")
    desk.engine.run("UPDATE s.ticket_forms_history SET updated_at = NULL, name = 'Theirs'")
    assert [row["name"] for row in desk.relation("ticket_form_history")] == ["Now"]


def test_earlier_states_are_those_of_a_history_where_one_is_kept(desk):
    def target(minutes):
        return [{"metric": "first_reply_time", "priority": "low", "target": minutes}]

    later = "2026-04-01 12:00:00+00"
    desk.fill("sla_policies", {"id": 5, "updated_at": later, "policy_metrics": target(30)})
    desk.fill("ticket_forms", {"id": 6, "updated_at": NOON, "received_at": NOON, "name": "Now"})

    def targets():
        rows = desk.relation("sla_policy_metric_history", "sla_policy_updated_at")
        return [(f"{row['sla_policy_updated_at']:%m-%d}", row["target"]) for row in rows]

    assert targets() == [("04-01", 30)]
    for name in ("sla_policies", "ticket_forms"):
        keep_history(desk, name)
    old = """id, received_at, updated_at - INTERVAL '31 days', valid_from - INTERVAL '31 days'"""
    desk.engine.run(
        "INSERT INTO s.sla_policies_history (id, received_at, updated_at, valid_from, "
        f"policy_metrics) SELECT {old}, '{json.dumps(target(60))}' FROM s.sla_policies_history"
    )
    # The same state again, deleted since: one row of each moment counts.
    desk.engine.run(
        "INSERT INTO s.ticket_forms_history (id, updated_at, received_at, valid_from, name, "
        "_deleted) SELECT id, updated_at, received_at + INTERVAL '1 day', "
        "valid_from + INTERVAL '1 day', name, true "
        "FROM s.ticket_forms_history"
    )
    assert targets() == [("03-01", 60), ("04-01", 30)]
    (form,) = desk.relation("ticket_form_history")
    assert (form["name"], form["_fivetran_deleted"]) == ("Now", True)


def test_a_history_that_is_no_longer_kept_freezes_no_relation(desk):
    def form(name, received, **more):
        return {"id": 6, "updated_at": NOON, "received_at": received, "name": name, **more}

    later, last = "2026-04-01 12:00:00+00", "2026-05-01 12:00:00+00"
    desk.fill("ticket_forms", form("First", NOON), {**form("Same", NOON), "id": 7})
    keep_history(desk, "ticket_forms")
    # It has no column that came with a release since.
    desk.engine.run("ALTER TABLE s.ticket_forms_history DROP COLUMN end_user_visible")

    def forms():
        rows = desk.relation("ticket_form_history", "id, updated_at")
        return [(row["id"], row["name"], row["_fivetran_deleted"]) for row in rows]

    assert forms() == [(6, "First", False), (7, "Same", False)]
    # Only the table has what came after: without another time, with one, a new form, a deletion.
    for change in (
        f"name = 'Renamed', received_at = TIMESTAMPTZ '{later}' WHERE id = 6",
        "_deleted = true WHERE id = 7",
    ):
        desk.engine.run(f"UPDATE s.ticket_forms SET {change}")
    assert forms() == [(6, "Renamed", False), (7, "Same", True)]
    changed = f"TIMESTAMPTZ '{last}'"
    desk.engine.run(
        f"UPDATE s.ticket_forms SET name = 'Third', updated_at = {changed}, "
        f"received_at = {changed} WHERE id = 6"
    )
    desk.fill("ticket_forms", {**form("New", last), "id": 8})
    assert forms() == [
        (6, "First", False), (6, "Third", False), (7, "Same", True), (8, "New", False)
    ]  # fmt: skip
