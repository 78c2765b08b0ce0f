"""`query` shows rows as a table, as JSON and as CSV, and says when there are more."""

import csv
import io
import json

import duckdb
import pytest

ROWS = """
    create schema z;
    create table z.t as
    select i as id, 'a, "b" [red]' as name, timestamptz '2026-01-02 03:04:05+00' as at,
        case when i = 1 then null else i / 4 end as share, [1, 2] as list,
        2.50::decimal(9, 2) as sum
    from range(1, 151) as r(i)
"""


@pytest.fixture
def ask(run, tmp_path):
    (tmp_path / "sources.yaml").write_text("sources: []\n")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute(ROWS)
    return lambda *words: run("query", *words)


def test_a_table_has_a_line_for_each_row_and_texts_as_they_are(ask):
    outcome = ask("select * from z.t order by id limit 2")
    assert outcome.code == 0
    head, *rows = outcome.output.splitlines()
    assert head.split() == ["id", "name", "at", "share", "list", "sum"]
    assert len(rows) == 2
    assert 'a, "b" [red]' in rows[0]
    assert "2026-01-02 03:04:05" in rows[0]


def test_many_columns_are_shown_one_below_the_other_and_whole(ask):
    wide = ", ".join(f"{number} as column_{number}" for number in range(40))
    outcome = ask(f"select {wide}, repeat('long ', 60) as text from z.t limit 2")
    lines = [line.split() for line in outcome.output.splitlines()]
    assert lines.count(["column_39", "39"]) == 2
    assert outcome.output.count("long") == 120
    assert "…" not in outcome.output


def test_in_a_pipe_no_line_is_wrapped(ask):
    text = "not one word of this breaks " * 5
    lines = ask(f"select id, '{text}' as a, '{text}' as b from z.t order by id limit 2").output
    assert [line.split()[0] for line in lines.splitlines()] == ["id", "1", "2"]
    assert lines.count(text) == 4


def test_machines_get_json_and_csv(ask):
    query = "select * from z.t order by id limit 2"
    first, second = json.loads(ask(query, "--json").output)
    assert first["share"] is None
    assert second == {"id": 2, "name": 'a, "b" [red]', "at": "2026-01-02T03:04:05+00:00",
                      "share": 0.5, "list": [1, 2], "sum": 2.5}  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(ask(query, "--csv").output)))
    assert rows[0]["name"] == 'a, "b" [red]'
    assert rows[0]["share"] == ""
    assert len(rows) == 2
    assert ask(query, "--json", "--csv").code == 2


def test_no_more_than_a_hundred_rows_are_shown_unless_asked_for(ask):
    few = ask("select id from z.t")
    assert few.output.count("\n") == 102
    assert "Only the first 100 rows; --limit 0 shows all." in few.output
    assert ask("select id from z.t", "--limit", "0").output.count("\n") == 151


def test_a_source_needs_not_be_named_and_another_one_can_be(run, tmp_path):
    source = "{nickname: %s, schema: %s, subdomain: x, auth: {type: oauth}}"
    sources = ", ".join(source % (name.upper(), name) for name in ("z", "y"))
    (tmp_path / "sources.yaml").write_text(f"sources: [{sources}]\n")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute(f"{ROWS}; create schema y; create table y.t as select 5 as id")
    *rows, note = run("query", "select count(*) as n from t", "--csv").output.splitlines()
    assert note.startswith("Tables without a schema are those of z, before y: `--source` chooses")
    assert rows == ["n", "150"]
    for unmistakable in ("select count(*) as n from z.t", 'select count(*) as n from "z".t'):
        assert run("query", unmistakable, "--csv").output == "n\n150\n"
    assert run("query", "select 150 as n", "--csv").output == "n\n150\n"
    assert run("query", "select id from t", "--csv", "--source", "Y").output == "id\n5\n"


def test_what_is_no_select_is_refused_with_a_sentence(ask):
    refused = ask("delete from z.t")
    assert (refused.code, "SELECT" in refused.output) == (1, True)
    assert ask("select count(*) as n from z.t", "--csv").output == "n\n150\n"
