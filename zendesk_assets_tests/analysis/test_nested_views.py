"""Views over one table, on tables filled by hand: what becomes of odd values, on both engines."""

import json
from datetime import UTC, datetime

import pytest

from zendesk_assets.analysis import PREFIX, nested_views_for
from zendesk_assets.catalog import declared
from zendesk_assets.errors import WarehouseError
from zendesk_assets.spec import Column, ColumnType, Compute, ListedIn, NestedView
from zendesk_assets.warehouse import put_views
from zendesk_assets.warehouse.engines.postgres.dialect import POSTGRES
from zendesk_assets.warehouse.nested_views import build_nested_view
from zendesk_assets.warehouse.tables import LOAD_LOG
from zendesk_assets.warehouse.views import Surroundings

VIEWS = {view.name: view for view in nested_views_for(declared().collections)}
EVERY = [view.as_view() for view in VIEWS.values()]
MOMENT = "2026-03-01 10:00:00+00"


@pytest.fixture
def put(desk):
    """Fill tables, create the views of them, and return a way to their rows without `_deleted`."""

    def fill(**tables):
        for name, rows in tables.items():
            desk.fill(name, *rows)
        put_views(desk.warehouse, "s", EVERY)

        def rows_of(name):
            key = ", ".join(f'"{each}"' for each in VIEWS[name].grain)
            rows = desk.engine.query(f"SELECT * FROM s.{name} ORDER BY {key}")
            assert not any(row.pop("_deleted") for row in rows)
            return [tuple(row.values()) for row in rows]

        return rows_of

    return fill


def test_declarations_hold_together():
    views = declared().views
    assert set(views) == set(VIEWS)
    assert not set(views) & {*declared().collections, *LOAD_LOG}
    for name, view in views.items():
        assert not name.startswith(PREFIX)
        names = [column.name for column in view.every_column]
        assert len(names) == len(set(names))
        assert {*view.primary_key, *view.required} <= set(names)
        assert view.description.endswith(".")
        assert all(column.description.endswith(".") for column in view.every_column)
        for column in view.every_column:
            sources = declared().made_from(view, column)
            assert sources
            for source in sources:
                table, _, field = source.partition(".")
                assert table in declared().read_by(view)
                known = declared().collections[table]
                assert field in {c.name for c in (*known.columns, *known.system_columns)}
            target = column.references
            if target and target.collection in declared().collections:
                assert declared().collections[target.collection].column(target.column)


def test_a_view_that_needs_a_collection_which_is_left_out_is_not_there():
    assert "ticket_tags" in {view.name for view in nested_views_for(["tickets"])}
    assert "ticket_custom_field_values" not in {view.name for view in nested_views_for(["tickets"])}
    assert nested_views_for(["groups"]) == ()


def test_each_view_has_its_declared_columns_once_its_tables_are_there(desk):
    assert not any(state.fields for state in put_views(desk.warehouse, "s", EVERY).values())
    desk.fill("tickets")
    states = put_views(desk.warehouse, "s", EVERY)
    assert states["ticket_tags"].changed
    assert states["ticket_custom_field_values"].missing == ("ticket_fields",)
    assert not states["ticket_custom_field_values"].fields

    for name in {each for view in VIEWS.values() for each in view.reads} - {"tickets"}:
        desk.fill(name)
    put_views(desk.warehouse, "s", EVERY)
    states = put_views(desk.warehouse, "s", EVERY)
    assert not any(state.changed for state in states.values())
    say = desk.engine.dialect
    columns = COLUMNS["postgres" if say is POSTGRES else "duckdb"]
    types = {row["name"]: row["types"] for row in desk.engine.query(columns)}
    for name, view in VIEWS.items():
        assert desk.engine.query(f"SELECT * FROM s.{name}") == []
        described, of_view = desk.engine.columns(name)
        assert described == [(each.name, each.description) for each in view.columns]
        assert of_view.startswith(view.description)
        assert types[name].split(", ") == [say.type_name(each.sql_type) for each in view.columns]


COLUMNS = {
    "duckdb": "SELECT table_name AS name, "
    "string_agg(data_type, ', ' ORDER BY column_index) AS types "
    "FROM duckdb_columns() WHERE schema_name = 's' GROUP BY 1",
    "postgres": "SELECT relname AS name, string_agg(format_type(atttypid, NULL), ', ' "
    "ORDER BY attnum) AS types FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid "
    "WHERE relnamespace = 's'::regnamespace AND attnum > 0 GROUP BY 1",
}


def test_what_is_not_a_list_gives_no_rows_and_positions_stay_those_of_the_list(put):
    odd = [None, [], {}, {"a": ["b"]}, ["a", None, {"b": 1}, ["c"], "a", 7, True]]
    found = put(tickets=[{"id": at, "tags": each} for at, each in enumerate(odd)])
    assert found("ticket_tags") == [(4, 1, "a"), (4, 5, "a"), (4, 6, "7"), (4, 7, "true")]


@pytest.mark.parametrize("whole", ['"vip"', "5", "null", "true", '{"0": "a"}'])
def test_json_that_is_another_value_gives_no_rows(desk, whole):
    desk.fill("tickets", {"id": 1})
    kind = desk.engine.dialect.type_name("JSON")
    for name in ("tags", "follower_ids", "custom_fields"):
        desk.engine.run(f"UPDATE s.tickets SET {name} = CAST('{whole}' AS {kind})")
    desk.fill("ticket_fields")
    put_views(desk.warehouse, "s", EVERY)
    for name in ("ticket_tags", "ticket_followers", "ticket_custom_field_values"):
        assert desk.engine.query(f"SELECT * FROM s.{name}") == []


def test_members_of_an_object_are_rows_by_their_keys_and_nothing_else_is(put):
    strange = {"a": 1, 'b"c': "x", "d/e~f": [2, "3"], "none": None, "": True, "ü": "é", "o": {}}
    odd = [strange, [], {}, None, ["a"]]
    options = [{"value": "1", "name": "One"}]
    found = put(
        users=[{"id": at, "user_fields": each} for at, each in enumerate(odd)],
        user_fields=[{"id": 7, "key": "a", "title": "A", "custom_field_options": options}],
    )
    assert {row[1:3]: row[3:] for row in found("user_field_values")} == {
        ("a", 1): ("1", 7, "A", "One"),
        ('b"c', 1): ("x", None, None, None),
        ("d/e~f", 1): ("2", None, None, None),
        ("d/e~f", 2): ("3", None, None, None),
        ("", 1): ("true", None, None, None),
        ("ü", 1): ("é", None, None, None),
    }
    assert {row[0] for row in found("user_field_values")} == {0}


def test_an_id_that_is_not_one_is_left_out_and_the_others_stay(put):
    largest = 2**63 - 1
    ids = [1, "22", largest, 2**63, 1.5, "x", "", " 3", None, [4], {"id": 5}, True, -1]
    found = put(tickets=[{"id": 1, "follower_ids": ids}])
    assert found("ticket_followers") == [(1, 1, 1), (1, 2, 22), (1, 3, largest), (1, 13, -1)]


def test_values_that_are_not_of_their_type_are_null_and_the_row_stays(put):
    metrics = [
        {"priority": "high", "metric": "first_reply_time", "target": 60, "business_hours": True},
        {"priority": {"a": 1}, "metric": ["b"], "target": "1h", "business_hours": "yes"},
        {"priority": 3, "target": "90", "target_in_seconds": 5400.5, "business_hours": "false"},
        "not an object",
        None,
    ]
    found = put(sla_policies=[{"id": 9, "policy_metrics": metrics}])
    assert found("sla_policy_metrics") == [
        (9, 1, "high", "first_reply_time", 60, None, True),
        (9, 2, None, None, None, None, None),
        (9, 3, "3", None, 90, None, False),
        (9, 4, None, None, None, None, None),
        (9, 5, None, None, None, None, None),
    ]


def test_conditions_have_a_row_for_each_value_and_one_where_there_is_none(put):
    conditions = {
        "all": [
            {"field": "priority", "operator": "is", "value": "high"},
            {"field": "via_id", "operator": "is_not", "value": [4, "5"]},
            {"field": "assignee_id", "operator": "present"},
            {"field": "brand_id", "operator": "is", "value": []},
        ],
        "any": [{"field": "tags", "operator": "includes", "value": None}],
        "none": [{"field": "x"}],
    }
    rows = [{"id": 1, "filter": conditions}, {"id": 2, "filter": []}, {"id": 3, "filter": {}}]
    assert put(sla_policies=rows)("sla_policy_filters") == [
        (1, "all", 1, 1, "priority", "is", "high"),
        (1, "all", 2, 1, "via_id", "is_not", "4"),
        (1, "all", 2, 2, "via_id", "is_not", "5"),
        (1, "all", 3, 1, "assignee_id", "present", None),
        (1, "all", 4, 1, "brand_id", "is", None),
        (1, "any", 1, 1, "tags", "includes", None),
    ]


def test_custom_fields_that_are_set_have_a_row_for_each_value_with_title_and_option(put):
    options = [{"id": 71, "name": "Blue ", "value": "blue"}, {"id": 72, "value": "red"}]
    fields = [
        {"id": 7, "title": "Colour", "custom_field_options": options},
        {"id": 8, "title": None, "custom_field_options": None},
    ]
    values = [
        {"id": 7, "value": ["blue", "red", None, "gone"]},
        {"id": 8, "value": 12.5},
        {"id": 9, "value": False},
        {"id": 10, "value": None},
        {"id": 11, "value": []},
        {"id": 12, "value": {"a": 1}},
        {"id": 13},
        {"value": "blue"},
    ]
    found = put(ticket_fields=fields, tickets=[{"id": 1, "custom_fields": values}])
    assert found("ticket_custom_field_values") == [
        (1, 1, 1, 7, "blue", "Colour", "Blue "),
        (1, 1, 2, 7, "red", "Colour", None),
        (1, 1, 4, 7, "gone", "Colour", None),
        (1, 2, 1, 8, "12.5", None, None),
        (1, 3, 1, 9, "false", None, None),
    ]
    assert found("ticket_field_options") == [
        (7, 1, 71, "Blue ", None, "blue", None),
        (7, 2, 72, None, None, "red", None),
    ]


def test_comments_and_changes_are_the_rows_of_events_of_their_kind(put):
    common = {"ticket_event_id": 1, "ticket_id": 5, "created_at": MOMENT, "updater_id": -1}
    rule = {"via_reference_id": 33, "rel": "trigger"}
    events = [
        {"id": 1, "event_type": "Comment", "body": "Hello", "public": True, "author_id": 6},
        {"id": 2, "event_type": "Comment", "body": None, "comment_present": True},
        {"id": 3, "event_type": "Comment", "comment_type": "VoiceComment", "body": "Call",
         "data": {"to": "x"}},
        {"id": 4, "event_type": "Change", "field_name": "status", "value": "open", **rule},
        {"id": 5, "event_type": "Create", "field_name": "77", "custom_ticket_field_id": 77},
        {"id": 6, "event_type": "Change", "field_name": None},
        {"id": 7, "event_type": "Notification", "field_name": "status"},
        {"id": 8, "event_type": "Change", "field_name": "tags", "added_tags": ["a", "b"],
         "removed_tags": ["c"], "via_reference_id": 34, "rel": "follow_up"},
        {"id": 9, "event_type": "Change", "added_tags": [], "removed_tags": None},
    ]  # fmt: skip
    found = put(ticket_events=[{**common, **event} for event in events])
    when = datetime(2026, 3, 1, 10, tzinfo=UTC)
    comments = found("ticket_comments")
    assert [(row[0], row[2], row[4], row[5], row[6], row[10]) for row in comments] == [
        (1, 1, 6, True, "Hello", when),
        (3, 1, None, None, "Call", when),
    ]
    assert comments[1][-1].replace(" ", "") == '{"to":"x"}'
    history = found("ticket_field_history")
    assert [(row[0], row[3], row[4], row[5], row[7], row[-1]) for row in history] == [
        (4, "status", None, "open", when, 33),
        (5, "77", 77, None, when, None),
        (8, "tags", None, None, when, None),
    ]
    assert found("ticket_tag_history") == [
        (8, False, 1, 5, "c", when, -1),
        (8, True, 1, 5, "a", when, -1),
        (8, True, 2, 5, "b", when, -1),
    ]


def test_a_target_has_the_first_breach_and_fulfilment_of_its_measurement(put):
    hours = [f"2026-03-01 {hour:02}:00:00+00" for hour in range(10, 16)]
    common = {"ticket_id": 1, "metric": "reply_time", "instance_id": 1, "deleted": False}
    sla = {"target": 60, "business_hours": False, "policy": {"id": 9, "title": "Gold"}}
    events = [
        {"id": 1, "type": "apply_sla", "time": hours[0], "sla_policy_id": 9, "sla": sla},
        {"id": 2, "type": "breach", "time": hours[1], "_deleted": True},
        {"id": 3, "type": "breach", "time": hours[3]},
        {"id": 4, "type": "breach", "time": hours[2]},
        {"id": 5, "type": "fulfill", "time": hours[4]},
        {"id": 6, "type": "apply_sla", "time": hours[5], "instance_id": 2, "sla": None},
        {"id": 7, "type": "fulfill", "time": hours[5], "metric": "resolution_time"},
    ]
    found = put(ticket_metric_events=[{**common, **event} for event in events])
    ten, noon, two, three = (datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (10, 12, 14, 15))
    assert found("ticket_slas") == [
        (1, 1, "reply_time", 1, 9, "Gold", 60, None, False, ten, two, noon),
        (6, 1, "reply_time", 2, None, None, None, None, None, three, None, None),
    ]


def test_surveys_have_rows_for_questions_options_and_answers(put):
    options = [{"rating": 1, "label": {"value": "Bad"}}, {"rating": 5, "label": None}]
    questions = [{"id": "q", "type": "scale", "headline": {"value": "Well?"}, "options": options}]
    answer = {"type": "rating_scale", "question": {"id": "q"}, "rating": 5, "value": None,
              "created_at": "2026-03-01T10:00:00Z", "updated_at": "soon"}  # fmt: skip
    subjects = [{"id": "3", "type": "ticket"}, {"id": "6a1b", "type": "conversation"}]
    found = put(
        surveys=[{"id": "s", "version": 2, "questions": [*questions, {"id": "r"}]}],
        survey_responses=[
            {"id": "a", "answers": [answer], "subjects": subjects},
            {"id": "b", "answers": []},
        ],
    )
    assert found("survey_questions") == [
        ("s", 2, 1, "q", "scale", None, "Well?"),
        ("s", 2, 2, "r", None, None, None),
    ]
    assert found("survey_question_options") == [
        ("s", 2, 1, 1, "q", 1, "Bad"),
        ("s", 2, 1, 2, "q", 5, None),
    ]
    given = datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert found("survey_answers") == [("a", 1, "q", "rating_scale", 5, None, None, given, None)]
    assert found("survey_subjects") == [("a", 1, "ticket", 3), ("a", 2, "conversation", None)]


def test_links_photos_and_hours(put):
    photo = {"id": 4, "file_name": "me.png", "size": 10, "width": "wide"}
    found = put(
        tickets=[{"id": 1, "problem_id": 2}, {"id": 2, "has_incidents": True}],
        users=[{"id": 1, "photo": photo}, {"id": 2, "photo": None}, {"id": 3, "photo": []}],
        schedules=[{"id": 1, "intervals": [{"start_time": 1439, "end_time": 1440}, {}]}],
    )
    assert found("ticket_links") == [(1, 2)]
    assert found("user_photos") == [(1, 4, "me.png", None, None, 10, None, None)]
    assert found("schedule_intervals") == [(1, 1, 1439, 1440, 0), (1, 2, None, None, None)]


def test_rows_carry_whether_their_record_is_deleted(desk):
    desk.fill("tickets", {"id": 1, "tags": ["a"]}, {"id": 2, "tags": ["b"], "_deleted": True})
    put_views(desk.warehouse, "s", EVERY)
    rows = desk.engine.query("SELECT tag, _deleted FROM s.ticket_tags ORDER BY tag")
    assert [tuple(row.values()) for row in rows] == [("a", False), ("b", True)]


MOMENTS = {
    "2026-03-01T10:00:00Z": datetime(2026, 3, 1, 10, tzinfo=UTC),
    "2026-03-01T12:00:00.25+02:00": datetime(2026, 3, 1, 10, 0, 0, 250000, tzinfo=UTC),
    "2024-02-29T00:00:00Z": datetime(2024, 2, 29, tzinfo=UTC),
    "2026-02-29T00:00:00Z": None,
    "2026-03-01T24:00:00Z": None,
    "2026-03-01T10:00:00": None,
    "0000-01-01T00:00:00Z": None,
    "tomorrow": None,
}


def test_moments_numbers_and_json_in_elements_of_elements_are_typed_too(desk):
    """A view that nobody has: what the lists to come need."""
    view = NestedView(
        "made_up",
        "activities",
        "Made up.",
        ("id", "outer", "position"),
        (
            Column("id", ColumnType.INTEGER, "The id.", "../../id"),
            Column("outer", ColumnType.INTEGER, "The outer.", "../", compute=Compute.POSITION),
            Column("position", ColumnType.INTEGER, "The place.", compute=Compute.POSITION),
            Column("kind", ColumnType.TEXT, "Of the outer.", "../kind"),
            Column("at", ColumnType.TIMESTAMP, "When."),
            Column("amount", ColumnType.NUMBER, "How much.", "deep.amount"),
            Column("rest", ColumnType.JSON, "Anything."),
        ),
        lists=(ListedIn(("outer[]", "inner[]")),),
    )
    inner = [{"at": each} for each in MOMENTS]
    inner += [{"deep": {"amount": each}} for each in (1.25, "-3", "1e400", "x", [1])]
    inner += [{"rest": each} for each in ({"a": None}, [1], None)]
    outer = [{"kind": "k", "inner": inner}, {"inner": None}, {"inner": [{}]}]
    reads = (declared().collections["activities"],)
    desk.fill("activities", {"id": 1})
    say = desk.engine.dialect
    around = Surroundings("s", frozenset({"activities"}), reads, say, lambda _: [])
    sql = build_nested_view(view, around, declared())
    desk.engine.run(f'ALTER TABLE s.activities ADD COLUMN "outer" {say.type_name("JSON")}')
    desk.engine.run(f"UPDATE s.activities SET \"outer\" = '{json.dumps(outer)}'")

    rows = desk.engine.query(f'SELECT * FROM ({sql}) AS v ORDER BY "outer", position')
    first = [row for row in rows if row["outer"] == 1]
    assert [row["at"] for row in first][: len(MOMENTS)] == list(MOMENTS.values())
    amounts = [row["amount"] for row in first][len(MOMENTS) :][:5]
    assert amounts == [1.25, -3.0, None, None, None]
    rest = [row["rest"] and json.loads(row["rest"]) for row in first]
    assert rest[-3:] == [{"a": None}, [1], None]
    assert {row["kind"] for row in first} == {"k"}
    assert [(row["outer"], row["position"], row["kind"]) for row in rows[len(first) :]] == [
        (3, 1, None)
    ]


@pytest.mark.parametrize("kind", ["TABLE", "VIEW"])
def test_what_others_made_in_the_place_of_a_view_is_left_alone_and_the_rest_is_made(desk, kind):
    desk.fill("tickets", {"id": 1, "tags": ["a"], "follower_ids": [2]})
    desk.engine.run(f"CREATE {kind} s.ticket_tags AS SELECT 'precious' AS theirs")
    states = put_views(desk.warehouse, "s", EVERY)
    refused = states["ticket_tags"]
    assert isinstance(refused, WarehouseError)
    assert f"s.ticket_tags is a {kind.lower()} that this project did not make" in str(refused)
    assert desk.engine.query("SELECT * FROM s.ticket_tags") == [{"theirs": "precious"}]
    assert desk.engine.query("SELECT user_id FROM s.ticket_followers") == [{"user_id": 2}]


def test_a_view_that_the_engine_refuses_does_not_stop_the_others(desk):
    desk.fill("tickets", {"id": 1, "follower_ids": [2]})
    desk.engine.run("ALTER TABLE s.tickets DROP COLUMN tags")  # another program has had its way
    states = put_views(desk.warehouse, "s", EVERY)
    assert [name for name, each in states.items() if isinstance(each, WarehouseError)] == [
        "ticket_tags"
    ]
    assert "tags" in str(states["ticket_tags"])
    assert desk.engine.query("SELECT user_id FROM s.ticket_followers") == [{"user_id": 2}]
