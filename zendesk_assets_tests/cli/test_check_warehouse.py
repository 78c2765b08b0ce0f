"""`check-warehouse`, on either engine, and on databases that break what is promised."""

import json

import duckdb
import psycopg
import pytest
from psycopg import conninfo

from zendesk_assets.check_warehouse import PROMISES
from zendesk_assets_tests.postgres import database, new_database

pytestmark = pytest.mark.slow(seconds=60)

NAMES = [each.name for each in PROMISES]


@pytest.fixture
def url():
    with database() as server, new_database(server) as url:
        yield url


@pytest.fixture
def use_postgres(tmp_path, monkeypatch):
    """Return a function that makes a database the warehouse, here and for other processes."""

    def use(url):
        monkeypatch.setenv("WAREHOUSE_URL", url)
        warehouse = "warehouse: {type: postgres, url: {env: WAREHOUSE_URL}}\nsources: []\n"
        (tmp_path / "sources.yaml").write_text(warehouse)

    return use


def results_of(outcome):
    content, _ = json.JSONDecoder().raw_decode(outcome.output)
    assert [each["name"] for each in content["promises"]] == NAMES
    return content, {each["name"]: each["result"] for each in content["promises"]}


def schemas_of(url):
    query = (
        "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' "
        "AND nspname <> 'information_schema'"
    )
    with psycopg.connect(url) as connection:
        return {name for (name,) in connection.execute(query)}


def test_a_duckdb_file_keeps_every_promise_it_makes_and_is_as_before(run, tmp_path):
    file = tmp_path / "warehouse.duckdb"
    (tmp_path / "sources.yaml").write_text("warehouse: {type: duckdb}\nsources: []\n")
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE TABLE others AS SELECT 7 AS n")
    checked = run("check-warehouse", "--json")
    content, results = results_of(checked)
    wanted = {name: "not promised" if name == "readers" else "kept" for name in NAMES}
    assert (results, content["is_kept"], checked.code) == (wanted, True, 0)
    with duckdb.connect(str(file)) as connection:
        tables = connection.execute("SELECT schema_name, table_name FROM duckdb_tables()")
        assert tables.fetchall() == [("main", "others")]
        schemas = "SELECT 1 FROM duckdb_schemas() WHERE schema_name LIKE 'zendesk%'"
        assert connection.execute(schemas).fetchall() == []


@pytest.mark.long
def test_a_postgres_database_keeps_every_promise_and_the_table_of_results_says_so(
    run, use_postgres, url, monkeypatch
):
    use_postgres(url)
    monkeypatch.setenv("COLUMNS", "160")
    checked = run("check-warehouse")
    assert checked.code == 0, checked.output
    lines = [line for line in checked.output.splitlines() if " kept " in line]
    assert len(lines) == len(PROMISES)
    assert "Every promise that this engine makes is kept." in checked.output
    assert schemas_of(url) == {"public"}


@pytest.mark.long
@pytest.mark.parametrize("catalog", ["postgres", "sqlite"])
def test_a_lake_keeps_every_promise_and_is_as_before(run, tmp_path, monkeypatch, request, catalog):
    place = "lake.sqlite"
    if catalog == "postgres":
        monkeypatch.setenv("LAKE_CATALOG", request.getfixturevalue("url"))
        place = "{env: LAKE_CATALOG}"
    warehouse = f"warehouse: {{type: ducklake, catalog: {place}, data: lake}}"
    (tmp_path / "sources.yaml").write_text(f"{warehouse}\nsources: []\n")
    checked = run("check-warehouse", "--json")
    content, results = results_of(checked)
    assert (results, checked.code) == (dict.fromkeys(NAMES, "kept"), 0)
    assert content["is_kept"]
    tables = json.loads(run("query", "select * from information_schema.tables", "--json").output)
    assert tables == []


# Each table of the check gets a trigger that breaks one of the promises, as it is created.
BREAKING = {
    "upserted": ("UPDATE", "RETURN NULL"),
    "ordered": ("INSERT", "NEW.updated_at := '2020-01-01'; RETURN NEW"),
    "repeated": ("UPDATE OR INSERT", "NEW.size := NEW.size + 1; RETURN NEW"),
    "killed": ("INSERT", "IF NEW.id = 2050 THEN RETURN NULL; END IF; RETURN NEW"),
    "written_by_two": ("INSERT", "IF NEW.id = 7 THEN RETURN NULL; END IF; RETURN NEW"),
    "read_meanwhile": ("UPDATE", "IF NEW.id = 7 THEN RETURN OLD; END IF; RETURN NEW"),
    "evolving": ("INSERT", "NEW._unknown := NULL; RETURN NEW"),
    "deleted": ("UPDATE", "NEW._deleted := false; RETURN NEW"),
    "texts": ("INSERT", "NEW.name := left(NEW.name, 255); RETURN NEW"),
    "numbers": ("INSERT", "NEW.size := NEW.size::float8::numeric; RETURN NEW"),
    "times": ("INSERT", "NEW.made_at := date_trunc('year', NEW.made_at); RETURN NEW"),
    "nested": ("INSERT", "NEW.details := to_jsonb(NEW.details #>> '{}'); RETURN NEW"),
}


def break_every_promise(url):
    with psycopg.connect(url, autocommit=True) as connection:
        cases = []
        for table, (event, body) in BREAKING.items():
            connection.execute(
                f"CREATE FUNCTION break_{table}() RETURNS trigger LANGUAGE plpgsql "
                f"AS $$ BEGIN {body}; END $$"
            )
            cases.append(
                f"IF made.object_identity LIKE '%.{table}' THEN EXECUTE format('CREATE TRIGGER t "
                f"BEFORE {event} ON %s FOR EACH ROW EXECUTE FUNCTION public.break_{table}()', "
                "made.object_identity); END IF;"
            )
        connection.execute(
            "CREATE FUNCTION break_all() RETURNS event_trigger LANGUAGE plpgsql AS $$ "
            "DECLARE made record; BEGIN FOR made IN SELECT * FROM pg_event_trigger_ddl_commands() "
            f"LOOP {' '.join(cases)} END LOOP; END $$"
        )
        connection.execute(
            "CREATE EVENT TRIGGER break_all ON ddl_command_end WHEN TAG IN ('CREATE TABLE') "
            "EXECUTE FUNCTION break_all()"
        )


@pytest.mark.long
def test_each_promise_that_a_database_breaks_is_found_broken_and_the_exit_code_says_so(
    run, use_postgres, url
):
    break_every_promise(url)
    use_postgres(url)
    checked = run("check-warehouse", "--json")
    content, results = results_of(checked)
    assert results == dict.fromkeys(NAMES, "broken")
    assert (content["is_kept"], checked.code) == (False, 1)
    assert schemas_of(url) == {"public"}


def test_a_user_without_the_right_to_create_a_schema_is_told_what_to_do(run, use_postgres, url):
    name = conninfo.conninfo_to_dict(url)["dbname"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE USER {name}_reader")
        try:
            use_postgres(conninfo.make_conninfo(url, user=f"{name}_reader"))
            refused = run("check-warehouse")
        finally:
            connection.execute(f"DROP USER {name}_reader")
    assert refused.code == 1
    assert refused.output.count("\n") == 1, refused.output
    assert "permission denied for database" in refused.output
    assert "GRANT CREATE ON DATABASE" in refused.output
    assert schemas_of(url) == {"public"}
