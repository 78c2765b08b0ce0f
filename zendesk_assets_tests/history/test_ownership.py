"""A table that another program made under the name of a history is neither read nor changed."""

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.erasing import Person
from zendesk_assets.erasure import erase_from_source
from zendesk_assets.errors import ForeignHistoryError
from zendesk_assets.warehouse import without_room
from zendesk_assets_tests.history.helpers import macro
from zendesk_assets_tests.warehouse.helpers import T0

_SNAPSHOTS = {
    "with the columns of the table": "SELECT 5 AS day, 'x' AS note, * FROM s.macros",
    "as dbt makes them": "SELECT id, title, received_at AS dbt_valid_from FROM s.macros",
    "as ours, of others": (
        "SELECT id, _batch_id, received_at AS valid_from, received_at AS valid_to, 1 AS _place, "
        "'' AS _digest, _deleted, _unknown FROM s.macros"
    ),
    "of something else": "SELECT 5 AS n",
}


@pytest.mark.parametrize("query", _SNAPSHOTS.values(), ids=_SNAPSHOTS)
def test_what_others_keep_under_the_name_of_a_history_is_left_alone(filled, engine, rows, query):
    filled.land("macros", [macro(number) for number in range(3)], 1)
    filled.load("macros")
    engine.run(f"CREATE TABLE s.macros_history AS {query}")
    before = engine.query("SELECT * FROM s.macros_history")
    for anew in (False, True):
        with pytest.raises(ForeignHistoryError, match=r"rename s\.macros_history"):
            filled.fill("macros", anew=anew)
    jane = Person(frozenset({42}), ("jane@acme.com",))
    done = erase_from_source(filled.hub, filled.warehouse, jane, lambda: T0, apply=True)

    assert engine.besides_snapshots(done.troubles) == []
    assert engine.query("SELECT * FROM s.macros_history") == before
    macros = [declared().collections["macros"]]
    assert without_room(filled.warehouse, "s", macros) == {"macros"}


def test_an_empty_table_with_no_column_but_ours_becomes_the_history(filled, engine):
    filled.land("macros", [macro(1)], 1)
    filled.load("macros")
    engine.run("CREATE TABLE s.macros_history AS SELECT id, title FROM s.macros LIMIT 0")
    assert filled.fill("macros") == 1
    assert filled.states("macros", "id", "title") == [(1, "1")]
