"""A newer catalog meets tables of an older one: no value is lost, whatever the hub still has."""

from dataclasses import replace

import pytest

from zendesk_assets.errors import WarehouseError
from zendesk_assets.spec import ColumnType
from zendesk_assets_tests.warehouse.helpers import THINGS, column, thing

FIRST = thing(
    1, name="12", size=5, weight=2.0, open=True, made_at="2024-01-02T03:04:05Z", tags=["x"]
)
OTHER = thing(2, name="n/a", size=2**60, weight=1.5, tags="plain")


def retyped(**kinds):
    columns = tuple(replace(each, type=kinds.get(each.name, each.type)) for each in THINGS.columns)
    return replace(THINGS, columns=columns)


@pytest.fixture
def loaded(warehouse, hub):
    """Return the batch that an earlier version has loaded."""
    batch = hub.batch(FIRST, OTHER, name="b")
    warehouse.load("s", THINGS, [batch])
    return batch


@pytest.mark.parametrize(
    ("name", "kind", "carried"),
    [
        ("size", ColumnType.TEXT, ["5", str(2**60)]),
        ("size", ColumnType.NUMBER, [5.0, None]),
        ("weight", ColumnType.INTEGER, [2, None]),
        ("name", ColumnType.INTEGER, [12, None]),
        ("name", ColumnType.NUMBER, [12.0, None]),
        ("name", ColumnType.BOOLEAN, [None, None]),
        ("open", ColumnType.TEXT, ["true", None]),
        ("tags", ColumnType.TEXT, None),
        ("made_at", ColumnType.TEXT, None),
        ("size", ColumnType.JSON, [None, None]),
        ("name", ColumnType.TIMESTAMP, [None, None]),
    ],
)
def test_a_retyped_column_carries_what_fits_and_the_old_one_stays(
    warehouse, engine, hub, rows, loaded, name, kind, carried
):
    if (name, kind) == ("tags", ColumnType.TEXT):
        engine.needs("a type for JSON")
    before = [row[name] for row in rows()]
    warehouse.load("s", retyped(**{name: kind}), [hub.batch(name="later", at=1)])
    assert [row[f"{name}__old"] for row in rows()] == before
    now = [row[name] for row in rows()]
    if carried is None:
        assert [value is None for value in now] == [value is None for value in before]
    else:
        assert now == carried
    assert warehouse.loaded_batches("s", "things") == {loaded.batch_id, "later"}


def test_a_replay_fills_a_retyped_column_and_a_second_change_keeps_both(
    warehouse, engine, hub, rows, loaded
):
    engine.needs("a type for JSON")
    warehouse.load("s", retyped(size=ColumnType.JSON), [loaded], reload=True)
    warehouse.load("s", retyped(size=ColumnType.TEXT), [loaded], reload=True)
    assert [row["size"] for row in rows()] == ["5", str(2**60)]
    assert [row["size__old"] for row in rows()] == [5, 2**60]
    assert [str(row["size__old2"]) for row in rows()] == ["5", str(2**60)]


def test_rows_that_only_the_table_has_take_later_states(warehouse, hub, rows, loaded):
    later = hub.batch(thing(1, 2, size="six"), name="later", at=1)
    warehouse.load("s", retyped(size=ColumnType.TEXT), [later])
    assert [(row["size"], row["size__old"]) for row in rows()] == [
        ("six", 5),
        (str(2**60), 2**60),
    ]


def test_a_removed_and_a_renamed_column_keep_what_they_had(warehouse, hub, rows, loaded):
    columns = tuple(
        replace(each, name="title", path="name") if each.name == "name" else each
        for each in THINGS.columns
        if each.name != "weight"
    )
    newer = replace(THINGS, columns=columns)
    warehouse.load("s", newer, [hub.batch(thing(3, name="c"), name="later", at=1)])
    assert [(row["name"], row["weight"], row["title"]) for row in rows()] == [
        ("12", 2.0, None),
        ("n/a", 1.5, None),
        (None, None, "c"),
    ]
    warehouse.load("s", newer, [loaded], reload=True)  # what the hub still has fills the new one
    assert [(row["name"], row["weight"], row["title"]) for row in rows()][:2] == [
        ("12", 2.0, "12"),
        ("n/a", 1.5, "n/a"),
    ]


def test_a_key_can_become_text_in_place(warehouse, hub, rows, loaded):
    warehouse.load("s", retyped(id=ColumnType.TEXT), [hub.batch(thing("x"), name="l", at=1)])
    assert [row["id"] for row in rows()] == ["1", "2", "x"]
    assert "id__old" not in rows()[0]


def test_a_key_that_does_not_fit_is_refused_and_nothing_is_changed(warehouse, hub, rows, loaded):
    with pytest.raises(WarehouseError, match="id is"):
        warehouse.load("s", retyped(id=ColumnType.BOOLEAN, size=ColumnType.TEXT), [hub.batch()])
    assert [(row["id"], row["size"]) for row in rows()] == [(1, 5), (2, 2**60)]


def test_views_that_people_built_on_a_retyped_column_go_on(warehouse, hub, engine, loaded):
    engine.needs("views")
    engine.run("CREATE VIEW s.theirs AS SELECT id, size FROM s.things")
    warehouse.load("s", retyped(size=ColumnType.TEXT), [hub.batch(name="later", at=1)])
    if engine.name == "postgres":
        assert engine.query("SELECT size FROM s.theirs ORDER BY id")[0]["size"] == 5


def test_an_added_column_is_null_until_a_replay(warehouse, hub, rows, loaded):
    newer = replace(THINGS, columns=(*THINGS.columns, column("again", path="name")))
    warehouse.load("s", newer, [hub.batch(name="later", at=1)])
    assert [row["again"] for row in rows()] == [None, None]
    warehouse.load("s", newer, [loaded], reload=True)
    assert [row["again"] for row in rows()] == ["12", "n/a"]


def test_a_load_log_without_keys_and_with_a_line_twice_goes_on(warehouse, hub, engine, loaded):
    """As earlier versions made it."""
    newer = hub.batch(thing(1, 9), thing("x"), name="c", at=1)
    warehouse.load("s", THINGS, [newer])
    if engine.name == "postgres":
        for log in ("_loads", "_tombstones"):
            engine.run(f"ALTER TABLE s.{log} DROP CONSTRAINT {log}_pkey")
    engine.run("INSERT INTO s._loads SELECT * FROM s._loads WHERE batch_id = 'b'")
    again = warehouse.load("s", THINGS, [loaded, newer], reload=True)
    assert (again.batches, again.inserted, again.updated, again.quarantined) == (2, 0, 0, 1)
    found = engine.query("SELECT DISTINCT batch_id, rows_in, unchanged FROM s._loads ORDER BY 1")
    assert [tuple(row.values()) for row in found] == [("b", 2, 2), ("c", 2, 1)]
    assert warehouse.loaded_batches("s", "things") == {"b", "c"}
