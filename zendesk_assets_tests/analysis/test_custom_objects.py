"""A view for each custom object: which there are, what is in them, and what others own is left."""

from datetime import date

import pytest

from zendesk_assets.analysis import OBJECT_PREFIX, object_views_for
from zendesk_assets.analysis._custom_objects import name_objects
from zendesk_assets.catalog import declared
from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse import put_family

FAMILY = object_views_for(declared().collections)
OWN = ["id", "name", "external_id", "created_at", "updated_at", "created_by_user_id",
       "updated_by_user_id"]  # fmt: skip
NAME = {"id": 1, "key": "standard::name", "type": "text", "title": "Name"}


def field(number, key, kind="text", **more):
    return {"id": number, "key": key, "type": kind, "title": key.title(), "active": True, **more}


def put(desk):
    return put_family(desk.warehouse, "s", FAMILY)


def fill(desk, fields, *records, others=()):
    """Fill the tables with the object `car`, `others`, and the records of `car`."""
    desk.fill("custom_objects", {"key": "car", "title": "Car"}, *others)
    desk.fill("custom_object_fields", *({"custom_object_key": "car", **each} for each in fields))
    desk.fill(
        "custom_object_records",
        *({"id": str(at), "custom_object_key": "car", **each} for at, each in enumerate(records)),
    )


def add_field(desk, number, key, kind="text"):
    desk.engine.run(
        "INSERT INTO s.custom_object_fields (id, custom_object_key, key, type, active, _deleted) "
        f"VALUES ({number}, 'car', '{key}', '{kind}', true, false)"
    )


def names_in(desk, view):
    return [name for name, _ in desk.engine.columns(view)[0]]


def views_in(desk):
    found = desk.engine.query(
        "SELECT table_name AS name FROM information_schema.tables "
        "WHERE table_schema = 's' AND table_type = 'VIEW'"
    )
    return {each["name"] for each in found}


def test_the_names_of_views_say_the_key_are_each_used_once_and_stay():
    keys = ["car", "Car", "c-a-r", "records", "2nd", "顧客", "x" * 70, "x" * 71, "select", "_"]
    names = name_objects(keys)
    assert names["car"] == "object_car"
    assert names["records"] == "object_records"
    assert len(set(names.values())) == len(keys)
    assert all(name.startswith(OBJECT_PREFIX) and len(name) <= 63 for name in names.values())
    assert {key: name_objects([*keys, "CAR", "x" * 72])[key] for key in keys} == names


def test_nothing_else_has_a_name_that_begins_like_those_of_these_views():
    every = {*declared().collections, *declared().views}
    assert not [name for name in every if name.startswith(OBJECT_PREFIX)]
    assert object_views_for(every - {"custom_object_fields"}) is None


def test_each_object_has_a_view_with_the_values_of_its_fields_in_their_types(desk):
    assert put(desk).missing == tuple(each.name for each in FAMILY.reads)
    fields = (
        NAME, field(2, "plate"), field(3, "seats", "integer"), field(4, "price", "decimal"),
        field(5, "sold", "checkbox"), field(6, "bought_on", "date"),
        field(7, "colours", "multiselect"), field(8, "owner", "lookup", active=False),
    )  # fmt: skip
    good = {"plate": "B-1", "seats": "5", "price": 1.5, "sold": True, "colours": ["red", "blue"],
            "bought_on": "2026-02-28T00:00:00+00:00", "owner": 12345678901234,
            "standard::name": "x"}  # fmt: skip
    bad = {"plate": {"a": 1}, "seats": "many", "price": "1,2,3", "sold": "perhaps",
           "bought_on": "2026-02-31", "colours": None, "owner": None}  # fmt: skip
    fill(
        desk,
        fields,
        {"name": "Beetle", "created_by_user_id": 7, "custom_object_fields": good},
        {"custom_object_fields": bad},
        {"custom_object_fields": None},
        {"custom_object_fields": ["no", "object"]},
        {"_deleted": True, "name": "[DELETED]"},
        {"custom_object_key": "house"},
        others=[{"key": "house", "title": "House's\n| [x](y)"}],
    )
    assert set(put(desk).views) == {"object_car", "object_house"}
    assert names_in(desk, "object_house") == OWN
    rows = desk.engine.query("SELECT * FROM s.object_car ORDER BY id")
    assert list(rows[0]) == [
        *OWN, "plate", "seats", "price", "sold", "bought_on", "colours", "owner",
    ]  # fmt: skip
    assert (rows[0]["name"], rows[0]["created_by_user_id"]) == ("Beetle", 7)
    values = [[str(value) for value in list(row.values())[7:]] for row in rows]
    assert values[0][:5] == ["B-1", "5", "1.5", "True", str(date(2026, 2, 28))]
    assert [each.replace(" ", "") for each in values[0][5:]] == ['["red","blue"]', "12345678901234"]
    assert values[1][0].replace(" ", "") == '{"a":1}'
    assert values[1][1:] == ["None"] * 6
    assert values[2] == values[3] == ["None"] * 7
    assert len(rows) == 4
    assert [row["id"] for row in desk.engine.query("SELECT id FROM s.object_house")] == ["5"]
    again = put(desk)
    assert not any(each.changed for each in again.views.values())


HOSTILE = ["id", "select", "ctid", "Plate", "plate", "a/b", "~1", "$.a", "it's \"so\"", "{0}", "",
           "x" * 70, "x" * 69 + "y", "updated_at", "2nd", "größe", "$"]  # fmt: skip


def test_keys_that_are_no_names_are_columns_too_and_have_the_right_values(desk):
    keys = dict(enumerate(HOSTILE, start=10))
    values = {key: f"value of {number}" for number, key in keys.items()}
    fill(desk, [field(*each) for each in keys.items()], {"custom_object_fields": values})
    put(desk)
    (row,) = desk.engine.query("SELECT * FROM s.object_car")
    found = dict(list(row.items())[len(OWN) :])
    assert list(found.values()) == list(values.values())
    assert list(found) == [
        "id_10", "select_field", "ctid_field", "plate", "plate_14", "a_b", "field_1", "a",
        "it_s_so", "field_0", "field_20", "x" * 56, "x" * 56 + "_22", "updated_at_23",
        "field_2nd", "grosse", "field_26",
    ]  # fmt: skip


def test_a_field_that_comes_or_has_another_title_is_followed_and_grants_stay(desk):
    fill(desk, [field(5, "plate")], {"custom_object_fields": {"plate": "B-1", "seats": "5"}})
    put(desk)
    postgres = desk.engine.name == "postgres"
    if postgres:
        desk.engine.run("GRANT SELECT ON s.object_car TO PUBLIC")
    desk.engine.run("CREATE VIEW s.mine AS SELECT plate FROM s.object_car")
    desk.engine.run("UPDATE s.custom_object_fields SET title = 'Number'")
    add_field(desk, 4, "seats", "integer")
    state = put(desk).views["object_car"]
    assert (state.changed, state.remark) == (True, "")
    (row,) = desk.engine.query("SELECT plate, seats FROM s.object_car")
    assert row == {"plate": "B-1", "seats": 5}
    assert desk.engine.query("SELECT * FROM s.mine") == [{"plate": "B-1"}]
    assert "Number" in dict(desk.engine.columns("object_car")[0])["plate"]
    assert not postgres or may_be_read(desk)


def may_be_read(desk):
    query = "SELECT has_table_privilege('pg_monitor', 's.object_car', 'SELECT') AS may"
    return desk.engine.query(query) == [{"may": True}]


def test_a_field_that_was_deleted_and_made_again_with_another_type_has_one_column(desk):
    fill(desk, [field(5, "seats", "integer")], {"custom_object_fields": {"seats": "5 or 6"}})
    put(desk)
    assert desk.engine.query("SELECT seats FROM s.object_car") == [{"seats": None}]
    postgres = desk.engine.name == "postgres"
    if postgres:
        desk.engine.run("GRANT SELECT ON s.object_car TO PUBLIC")
    desk.engine.run("UPDATE s.custom_object_fields SET _deleted = true")
    put(desk)
    assert names_in(desk, "object_car") == [*OWN, "seats"]  # its values are still there
    add_field(desk, 3, "seats")
    put(desk)
    assert desk.engine.query("SELECT seats FROM s.object_car") == [{"seats": "5 or 6"}]
    assert names_in(desk, "object_car") == [*OWN, "seats"]
    assert not postgres or may_be_read(desk)


def test_the_view_of_a_deleted_object_goes_unless_others_read_it_and_comes_back_with_it(desk):
    younger = {"key": "House", "created_at": "2026-03-01 10:00:00+00"}
    fill(desk, [], {}, others=[{"key": "house"}, younger])
    put(desk)
    desk.engine.run("CREATE VIEW s.mine AS SELECT id FROM s.object_car")
    desk.engine.run("CREATE VIEW s.object_mine AS SELECT 1 AS theirs")
    desk.engine.run("UPDATE s.custom_objects SET _deleted = true WHERE key <> 'House'")
    state = put(desk)
    (younger,) = state.views
    assert younger.startswith("object_house_")
    if desk.engine.name == "postgres":
        assert state.dropped == ("object_house",)
        assert "is left as it was, because s.mine depends on it" in state.kept["object_car"]
        assert desk.engine.query("SELECT count(*) AS n FROM s.mine") == [{"n": 1}]
        desk.engine.run("DROP VIEW s.mine")
        assert put(desk).dropped == ("object_car",)
    else:
        assert state.dropped == ("object_car", "object_house")
    assert views_in(desk) - {"mine"} == {younger, "object_mine"}
    desk.engine.run("UPDATE s.custom_objects SET _deleted = false")
    assert set(put(desk).views) == {"object_car", "object_house", younger}
    assert desk.engine.query("SELECT id FROM s.object_car") == [{"id": "0"}]


def test_without_the_list_of_objects_no_view_is_dropped(desk):
    fill(desk, [], {})
    put(desk)
    desk.engine.run("DROP TABLE s.custom_objects")
    state = put(desk)
    assert (state.missing, state.dropped) == (("custom_objects",), ())
    assert views_in(desk) == {"object_car"}


@pytest.mark.parametrize("kind", ["TABLE", "VIEW"])
def test_what_others_have_under_the_name_of_a_view_is_left_alone_and_the_rest_is_made(desk, kind):
    fill(desk, [], {}, others=[{"key": "house"}, {"key": "boat", "_deleted": True}])
    for name in ("object_car", "object_boat"):
        desk.engine.run(f"CREATE {kind} s.{name} AS SELECT 'precious' AS theirs")
    state = put(desk)
    refused = state.views["object_car"]
    assert isinstance(refused, WarehouseError)
    assert f"s.object_car is a {kind.lower()} that this project did not make" in str(refused)
    assert (state.views["object_house"].changed, state.dropped) == (True, ())
    for name in ("object_car", "object_boat"):
        assert desk.engine.query(f"SELECT * FROM s.{name}") == [{"theirs": "precious"}]
