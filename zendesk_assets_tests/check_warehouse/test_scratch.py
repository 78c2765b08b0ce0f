"""The scratch schema is dropped whatever happens, and nothing that is not ours ever is."""

import pytest

from zendesk_assets.check_warehouse import scratch_schema
from zendesk_assets.check_warehouse.things import records, things
from zendesk_assets.errors import WarehouseError

THINGS = things("things")
SCHEMAS = "SELECT schema_name AS name FROM information_schema.schemata"


@pytest.fixture
def schemas(engine):
    return lambda: {row["name"] for row in engine.query(SCHEMAS)}


def scratch_of(warehouse, name=""):
    return scratch_schema(warehouse, readers_meanwhile=True, name=name)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_the_schema_is_dropped_after_a_failure_too(warehouse, schemas, error):
    made = []

    def fail(scratch):
        scratch.load(THINGS, scratch.batch(records(range(3), 1)))
        made.append(scratch.schema)
        assert scratch.schema in schemas()
        raise error

    with pytest.raises(error), scratch_of(warehouse) as scratch:
        fail(scratch)
    assert not {*made} & schemas()


def test_two_checks_at_once_have_a_schema_each(warehouse, schemas):
    with scratch_of(warehouse) as one, scratch_of(warehouse) as other:
        assert one.schema != other.schema
        assert {one.schema, other.schema} <= schemas()


def test_a_schema_that_exists_is_refused_and_stays_as_it_is(warehouse, engine, schemas):
    with scratch_of(warehouse):  # a file is there from then on
        pass
    engine.run("CREATE SCHEMA taken")
    engine.run("CREATE TABLE taken.others AS SELECT 7 AS n")
    with pytest.raises(WarehouseError, match="already exists"), scratch_of(warehouse, "taken"):
        pytest.fail("it was taken")
    assert engine.query("SELECT n FROM taken.others") == [{"n": 7}]


def test_what_somebody_else_put_into_the_schema_is_not_dropped_and_the_command_to_drop_it_is_said(
    warehouse, engine
):
    def use(scratch):
        scratch.load(THINGS, scratch.batch(records(range(3), 1)))
        engine.run("CREATE TABLE mine.others AS SELECT 7 AS n")

    words = 'drop it by hand: DROP SCHEMA "mine" CASCADE'
    with pytest.raises(WarehouseError, match=words), scratch_of(warehouse, "mine") as scratch:
        use(scratch)
    assert engine.query("SELECT n FROM mine.others") == [{"n": 7}]
    left = "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'mine'"
    assert engine.query(left) == [{"name": "others"}]
