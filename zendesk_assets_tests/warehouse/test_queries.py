"""A person's query reads, and cannot write, on both engines."""

import pandas as pd
import pytest

from zendesk_assets.errors import WarehouseError
from zendesk_assets_tests.warehouse.engines import DuckDBEngine

READS = [
    ("select id, name from s.scores order by id desc", [(3, "c"), (2, "b"), (1, "a")]),
    ("with x as (select max(id) as m from s.scores) select m from x;", [(3,)]),
    ("select count(*) as n from s.scores -- all of them", [(3,)]),
    ("SELECT 1 AS one, 2 AS one", [(1, 2)]),
    ("select ';' as semicolon, '$1' as dollar, '%s' as percent", [(";", "$1", "%s")]),
]
WRITES = [
    "delete from s.scores",
    "drop table s.scores",
    "create table s.others as select 1 as id",
    "select 1; drop table s.scores",
    "select 1; commit; drop table s.scores",
    "select 1); drop table s.scores; --",
    "commit; drop table s.scores",
    "copy s.scores to 'stolen.csv'",
    "with gone as (delete from s.scores returning id) select * from gone",
    "set transaction read write",
    "",
]


@pytest.fixture
def asked(warehouse):
    data = pd.DataFrame({"id": [1, 2, 3], "name": ["a", "b", "c"]})
    warehouse.upsert_frame("s", "scores", data, primary_key=("id",))
    return warehouse


def test_a_query_finds_rows_and_says_when_there_are_more(asked):
    for statement, rows in READS:
        assert list(asked.query(statement).rows) == rows, statement
    found = asked.query("select * from s.scores order by id", 2)
    assert (found.columns[:2], len(found.rows), found.more) == (("id", "name"), 2, True)
    assert asked.query("select * from s.scores", 3).more is False
    assert asked.query("select * from s.scores where id = 9").rows == ()


def test_what_writes_is_refused_and_nothing_has_changed(asked, rows, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for statement in WRITES:
        with pytest.raises(WarehouseError):
            asked.query(statement)
    assert len(rows("scores")) == 3
    assert asked.query("select count(*) from s.scores").rows == ((3,),)
    assert not (tmp_path / "stolen.csv").exists()


def test_a_mistake_is_one_sentence_and_the_next_query_works(asked):
    with pytest.raises(WarehouseError, match=r"nmae.*docs/collections\.md"):
        asked.query("select nmae from s.scores")
    assert asked.query("select 1 as one").rows == ((1,),)


def test_a_query_does_not_make_a_warehouse(engine):
    if isinstance(engine, DuckDBEngine):
        with pytest.raises(WarehouseError, match="zendesk-assets sync"):
            engine.warehouse().query("select 1")
    assert engine.is_empty()
