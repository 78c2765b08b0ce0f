"""A person's query reads, and cannot write, on both engines."""

import pandas as pd
import pytest

from zendesk_assets.errors import WarehouseError

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


def test_a_name_without_a_schema_is_that_of_the_first_schema_that_has_it(asked):
    other = pd.DataFrame({"id": [7]})
    asked.upsert_frame("t", "scores", other, primary_key=("id",))
    asked.upsert_frame("t", "more", other, primary_key=("id",))
    find = "select max(id) from scores"
    assert asked.query(find, schemas=["s", "t", "not there"]).rows == ((3,),)
    assert asked.query(find, schemas=["t", "s"]).rows == ((7,),)
    assert asked.query("select id from more", schemas=["s", "t"]).rows == ((7,),)
    assert asked.query("select max(id) from s.scores", schemas=["t"]).rows == ((3,),)
    with pytest.raises(WarehouseError, match="scores"):
        asked.query(find)


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


@pytest.mark.parametrize("word", ["default", "primary"])
def test_a_column_named_by_a_reserved_word_is_said_to_need_quotes(asked, word):
    named = f'(select 1 as "{word}") as named'
    with pytest.raises(WarehouseError, match=f'double quotes: "{word}"'):
        asked.query(f"select {word} from {named}")
    assert asked.query(f'select "{word}" from {named}').rows == ((1,),)
    with pytest.raises(WarehouseError) as other:
        asked.query("select 1 as one from s.scores this is not sql")
    assert "quotes" not in str(other.value)


def test_a_query_does_not_make_a_warehouse(engine):
    if engine.name in {"postgres", "iceberg"}:  # servers are there before anything is in them
        assert engine.warehouse().query("select 1").rows == ((1,),)
    else:
        with pytest.raises(WarehouseError, match="zendesk-assets sync"):
            engine.warehouse().query("select 1")
    assert engine.is_empty()


BEYOND = {
    "duckdb": [
        "select * from read_csv('{secret}', header = false)",
        "select * from read_text('{secret}')",
        "select * from read_blob('{secret}')",
        "select * from read_json('{secret}')",
        "select * from read_ndjson_objects('{secret}')",
        "select * from sniff_csv('{secret}')",
        "select * from '{secret}'",
        "select * from glob('{folder}/*')",
        "select * from read_text('{folder}/*')",
        "select * from query('from read_text(''{secret}'')')",
        "select * from read_csv('http://127.0.0.1:1/x.csv')",
        "select * from parquet_scan('s3://bucket/x')",
        "select * from duckdb_secrets(redact := false)",
        "select getenv('HOME')",
        "copy (select 1) to '{folder}/stolen'",
        "attach '{secret}' as other",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "pragma database_list",
        "call pragma_version()",
        "export database '{folder}/stolen'",
    ],
    "postgres": [
        "select pg_read_file('{secret}')",
        "select pg_read_binary_file('{secret}')",
        "select * from pg_ls_dir('{folder}')",
        "select * from pg_stat_file('{secret}')",
        "select lo_import('{secret}')",
        "select * from pg_ls_logdir()",
        "select * from pg_hba_file_rules",
        "select * from pg_file_settings",
        "copy (select 1) to program 'touch {folder}/stolen'",
        "select set_config('role', 'none', true), pg_read_file('{secret}')",
        "select set_config('role', current_setting('is_superuser'), true)",
        "select set_config('session_authorization', 'default', true), pg_read_file('{secret}')",
        "select set_config('role', session_user, true), query_to_xml({text}, true, true, '')",
        "select query_to_xml({role}, true, true, ''), query_to_xml({text}, true, true, '')",
        "select query_to_xml({text}, true, true, '')",
        "select U&\"\\0070g_read_file\"('{secret}')",
        "select lo_from_bytea(0, 'x')",
        "select pg_terminate_backend(pg_backend_pid())",
        "select set_config('transaction_read_only', 'off', true), nextval('s.numbers')",
        "select nextval('s.numbers')",
        "create function pg_temp.f() returns int language sql as 'select 1'",
        "do $$ begin perform pg_read_file('{secret}'); end $$",
        "select pg_reload_conf()",
        "select rolpassword from pg_authid where rolname = current_user",
        "select passwd from pg_shadow",
        "select umoptions from pg_user_mapping",
        "select subconninfo from pg_subscription",
        "select pg_cancel_backend(pid) from pg_stat_activity",
        "select pg_advisory_lock(1)",
        "select pg_notify('x', 'y')",
        "select public.http_get('{secret}')",
        "select \"http_get\"('{secret}')",
    ],
}
BEYOND["ducklake"] = [
    *BEYOND["duckdb"],
    "select * from sqlite_scan('{catalog}', 'ducklake_metadata')",
    "select * from sqlite_query('__ducklake_metadata_warehouse', 'select 1')",
    "select * from postgres_scan('{catalog}', 'public', 'ducklake_metadata')",
    "select * from postgres_query('__ducklake_metadata_warehouse', 'select 1')",
    "select * from __ducklake_metadata_warehouse.ducklake_metadata",
    "select * from __ducklake_metadata_warehouse.public.ducklake_metadata",
    "select * from (select 1) join lateral (from query_table('{catalog}')) on true",
    "select * from query('from __ducklake_metadata_warehouse.ducklake_metadata')",
    "select * from ducklake_expire_snapshots('warehouse', older_than => now())",
    "with x as (from duckdb_databases()) select * from x",
]
BEYOND["iceberg"] = [
    *BEYOND["duckdb"],
    "select * from iceberg_scan('{secret}')",
    "select * from set_iceberg_table_properties(warehouse.s.scores, {{'comment': 'mine'}})",
]


# As an extension brings it, and everybody may call it.
HTTP_GET = """
CREATE FUNCTION public.http_get(place text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER
AS 'BEGIN RETURN pg_read_file(place); END'
"""
ROLE = "select set_config(''role'', ''none'', true)"


def ask(warehouse, statement):
    """Return what is found; nothing if the query is refused."""
    try:
        return warehouse.query(statement).rows
    except WarehouseError as error:
        return ("hidden",) if "hidden" in str(error) else ()


def test_a_query_reads_nothing_but_the_warehouse(asked, engine, tmp_path):
    """The role of the test server is a superuser's."""
    (tmp_path / "secret.csv").write_text("hidden,words\n")
    if engine.name == "postgres":
        engine.run("CREATE SEQUENCE s.numbers")
        engine.run(HTTP_GET)
    secret = tmp_path / "secret.csv"
    texts = {"text": f"'select pg_read_file(''{secret}'')'", "role": f"'{ROLE}'"}
    for template in BEYOND[engine.name]:
        texts["catalog"] = getattr(engine, "catalog", "")
        statement = template.format(secret=secret, folder=tmp_path, **texts)
        assert ask(asked, statement) == (), statement
        assert asked.query("select count(*) from s.scores").rows == ((3,),), statement
    assert not (tmp_path / "stolen").exists()


def test_times_that_python_has_no_object_for_are_read_as_text(asked):
    found = asked.query(
        "select timestamptz '20266-01-01 00:00:00+00' as late, date '20266-01-01' as day, "
        "timestamp '20266-01-01 00:00:00' as there, 1 as one"
    )
    late, day, there, one = found.rows[0]
    assert (str(late), day, str(there), one) == (
        "20266-01-01 00:00:00+00",
        "20266-01-01",
        "20266-01-01 00:00:00",
        1,
    )
    assert len(asked.query("select timestamp 'infinity', date '-infinity'").rows) == 1


def test_a_frame_has_such_times_as_text_and_the_others_as_times(asked, engine):
    times = pd.to_datetime(["2024-01-01T00:00:00Z"] * 2)
    data = pd.DataFrame({"id": [1, 2], "at": times, "late": times})
    asked.upsert_frame("s", "times", data, primary_key=("id",))
    engine.run("UPDATE s.times SET late = '20266-01-01 00:00:00+00' WHERE id = 1")
    found = asked.read("s", "times").sort_values("id")
    assert found["late"].iloc[0] == "20266-01-01 00:00:00+00"
    assert found["at"].iloc[0] == times[0]


def test_a_frame_has_infinite_times_as_text(asked, engine):
    engine.needs("infinite times")
    times = pd.to_datetime(["2024-01-01T00:00:00Z"] * 2)
    asked.upsert_frame(
        "s", "times", pd.DataFrame({"id": [1, 2], "late": times}), primary_key=("id",)
    )
    engine.run("UPDATE s.times SET late = 'infinity'")
    assert asked.read("s", "times")["late"].tolist() == ["infinity"] * 2
