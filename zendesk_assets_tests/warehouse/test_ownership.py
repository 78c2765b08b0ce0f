"""What another program made is refused by name and left as it is, on both engines."""

from __future__ import annotations

import pandas as pd
import pytest

from zendesk_assets.account_identity import AccountIdentity
from zendesk_assets.errors import WarehouseError
from zendesk_assets_tests.warehouse.helpers import METRICS, THINGS, thing

ACME = AccountIdentity(subdomain="acme", url="https://acme.zendesk.com")
THEIRS = (
    "CREATE TABLE s.things (id BIGINT, name VARCHAR(9), version TIMESTAMPTZ, _dlt_id VARCHAR(9))"
)
REFUSED = r"s\.things is a {} that this project did not make.*choose another schema"


def put(warehouse, table="things"):
    data = pd.DataFrame({"id": [1], "name": ["a"]})
    return warehouse.upsert_frame("s", table, data, primary_key=("id",))


def refuses(warehouse, hub, kind):
    for write in (
        lambda: warehouse.load("s", THINGS, [hub.batch(thing(1))]),
        lambda: put(warehouse),
    ):
        with pytest.raises(WarehouseError, match=REFUSED.format(kind)) as caught:
            write()
        assert "drop" not in str(caught.value)


@pytest.fixture
def schema(warehouse, engine):
    """A schema of somebody's, in a database that is there."""
    warehouse.upsert_frame("other", "x", pd.DataFrame({"id": [1]}), primary_key=("id",))
    engine.run("CREATE SCHEMA s")


@pytest.mark.parametrize("filled", [True, False])
def test_a_table_of_another_program_is_refused_and_stays(
    warehouse, hub, engine, rows, schema, filled
):
    engine.run(THEIRS)
    if filled:
        engine.run("INSERT INTO s.things VALUES (1, 'x', '2024-01-01T00:00:00Z', 'd')")
    before = rows()
    refuses(warehouse, hub, "table")
    assert rows() == before
    assert len(engine.columns("things")[0]) == 4


def test_a_filled_table_with_only_our_columns_is_not_ours_either(warehouse, hub, engine, schema):
    engine.run(f"CREATE TABLE s.things (id BIGINT{engine.key}, name VARCHAR(9))")
    engine.run("INSERT INTO s.things VALUES (9, 'x')")
    refuses(warehouse, hub, "table")


def test_an_empty_table_with_columns_of_ours_is_used(warehouse, engine, schema):
    engine.run(f"CREATE TABLE s.things (id BIGINT{engine.key})")
    assert put(warehouse).inserted == 1


def test_a_view_of_that_name_is_refused(warehouse, hub, engine, schema):
    engine.needs("views")
    engine.run(f"CREATE TABLE s.base (id BIGINT{engine.key}, name VARCHAR(9))")
    engine.run("CREATE VIEW s.things AS SELECT * FROM s.base")
    refuses(warehouse, hub, "view")
    assert engine.query("SELECT * FROM s.base") == []


@pytest.mark.parametrize(
    ("log", "column"),
    [("_loads", "collection"), ("_rejects", "batch_id"), ("_tombstones", "collection"),
     ("_account", "subdomain")],
)  # fmt: skip
def test_a_load_log_of_another_program_with_a_column_like_ours_is_refused_too(
    warehouse, hub, engine, schema, log, column
):
    engine.run(f"CREATE TABLE s.{log} ({column} VARCHAR(9), status BIGINT)")
    engine.run(f"INSERT INTO s.{log} VALUES ('acme', 1)")
    with pytest.raises(WarehouseError, match=rf"s\.{log} is a table .*choose another schema"):
        warehouse.load("s", THINGS, [hub.batch(thing(1))], account=ACME)
    assert engine.query(f"SELECT * FROM s.{log}") == [{column: "acme", "status": 1}]


@pytest.mark.parametrize("log", ["_loads", "_rejects", "_tombstones"])
def test_a_load_log_of_another_program_is_refused(warehouse, hub, engine, schema, log):
    engine.run(f"CREATE TABLE s.{log} (load_id VARCHAR(9), status BIGINT)")
    engine.run(f"INSERT INTO s.{log} VALUES ('x', 1)")
    for write in (
        lambda: warehouse.load("s", THINGS, [hub.batch(thing(1))]),
        lambda: put(warehouse),
    ):
        with pytest.raises(WarehouseError, match=rf"s\.{log} is a table .*choose another schema"):
            write()
    assert engine.query(f"SELECT * FROM s.{log}") == [{"load_id": "x", "status": 1}]


def test_a_table_of_the_source_and_one_of_an_asset_are_not_the_same(warehouse, hub, rows):
    warehouse.load("s", THINGS, [hub.batch(thing(1))])
    with pytest.raises(WarehouseError, match="is a table of the source"):
        put(warehouse)
    put(warehouse, "metrics")
    with pytest.raises(WarehouseError, match="is the table of an asset of yours"):
        warehouse.load("s", METRICS, [hub.batch(thing(1))])
    assert len(rows()) == 1


def test_our_table_is_known_without_its_lines_in_the_load_log(warehouse, hub, engine, rows):
    warehouse.load("s", THINGS, [hub.batch(thing(1), name="b")])
    engine.run("DELETE FROM s._loads")
    assert warehouse.load("s", THINGS, [hub.batch(thing(2))]).inserted == 1
    engine.run("DROP TABLE s._loads")
    assert warehouse.load("s", THINGS, [hub.batch(thing(3))]).inserted == 1
    assert len(rows()) == 3


def test_a_table_that_others_make_after_ours_was_dropped_is_theirs(warehouse, hub, engine):
    warehouse.load("s", THINGS, [hub.batch(thing(1))])
    engine.run("DROP TABLE s.things")
    engine.run(THEIRS)
    engine.run("INSERT INTO s.things VALUES (1, 'x', '2020-01-01T00:00:00Z', 'd')")
    with pytest.raises(WarehouseError, match=REFUSED.format("table")):
        warehouse.load("s", THINGS, [hub.batch(thing(1, 2), at=1)])
    assert [row["name"] for row in engine.query("SELECT * FROM s.things")] == ["x"]


def test_a_dropped_table_is_made_again_and_not_mistaken_for_anothers(warehouse, engine):
    put(warehouse)
    engine.run("DROP TABLE s.things")
    assert put(warehouse).inserted == 1
    engine.run("DROP TABLE s.things")
    engine.run(THEIRS)
    assert put(warehouse, "more").inserted == 1


def test_what_is_missing_in_a_row_is_older_than_any_value(warehouse, hub, engine, rows):
    """As an earlier version left rows of another program's table that it had taken over."""
    warehouse.load("s", THINGS, [hub.batch(thing(1, name="a"), thing(2, name="b"), name="first")])
    lost = "received_at = NULL, _batch_id = NULL"
    if engine.name == "postgres":
        engine.run("ALTER TABLE s.things ALTER COLUMN _deleted DROP NOT NULL")
        lost += ", _deleted = NULL"
    engine.run(f"UPDATE s.things SET name = 'stale', {lost}")
    again = hub.batch(thing(1, name="A"), thing(2, status="deleted"), name="second", at=1)
    result = warehouse.load("s", THINGS, [again])
    assert result.updated == 2
    found = [(row["id"], row["name"], row["_deleted"], row["_batch_id"]) for row in rows()]
    assert found == [(1, "A", False, "second"), (2, None, True, "second")]


def test_an_asset_whose_key_has_changed_loses_no_row(warehouse, engine):
    data = pd.DataFrame({"id": [1, 1, 2], "day": ["a", "b", "a"], "x": [1, 2, 3]})
    warehouse.upsert_frame("s", "k", data, primary_key=("id", "day"))
    with pytest.raises(WarehouseError):
        warehouse.upsert_frame("s", "k", data.iloc[:1], primary_key=("id",))
    assert len(engine.query("SELECT * FROM s.k")) == 3
    assert warehouse.upsert_frame("s", "k", data, primary_key=("id", "day")).unchanged == 3
