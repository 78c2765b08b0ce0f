"""What settings may say: a value that means nothing gets a sentence that names its key."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from dagster._utils.schedules import cron_string_iterator, is_valid_cron_string

from zendesk_assets.account import open_token_store
from zendesk_assets.catalog import declared
from zendesk_assets.errors import SourcesFileError
from zendesk_assets.orchestration.build import build_definitions
from zendesk_assets.settings.alerts import DAGSTER_URL, Alerts
from zendesk_assets.settings.crons import cron_expression
from zendesk_assets.settings.file import load_sources, sources_path
from zendesk_assets.settings.state_folder import state_folder

POSTGRES = "{type: postgres, url: {env: X}}"
ICEBERG = "warehouse: {type: iceberg, warehouse: w, endpoint: %s}"
TOMORROW = datetime.now(UTC).date() + timedelta(days=1)


def text_of(*, whole="", **changes):
    """Return a sources file with one source; `whole` are further lines of the file."""
    lines = {
        "nickname": "Zendesk",
        "schema": "zendesk_prod",
        "subdomain": "acme",
        "auth": "{type: bearer, token: {env: TEST_ZENDESK_TOKEN}}",
        **changes,
    }
    entry = "\n    ".join(f"{key}: {value}" for key, value in lines.items() if value is not None)
    return f"{whole}\nsources:\n  - {entry}\n"


@pytest.fixture
def load(tmp_path):
    def load(text):
        path = tmp_path / "sources.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_sources(path)

    return load


@pytest.fixture
def refused(load):
    """Return a function that loads a file and returns the one sentence why it is refused."""

    def refused(text):
        with pytest.raises(SourcesFileError) as raised:
            load(text)
        message = str(raised.value)
        assert message.endswith(".")
        assert "\n" not in message
        assert "Input should" not in message or "Input should be " in message
        return message

    return refused


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("source_sync_cron", '"0 25 * * *"', "the hour must be from 0 to 23"),
        ("source_sync_cron", '"60 * * * *"', "the minute must be from 0 to 59"),
        ("source_sync_cron", '"H * * * *"', "the minute may have numbers"),
        ("source_sync_cron", '"R * * * *"', "the minute may have numbers"),
        ("source_sync_cron", '"0 0 31 2 *"', "it would never be due"),
        ("source_sync_cron", '"0 0 31 4,6,9,11 *"', "it would never be due"),
        ("source_sync_cron", '"0 0 30 feb mon"', "it would never be due"),
        ("source_sync_cron", '"0 0 0 * *"', "the day of the month must be from 1 to 31"),
        ("source_sync_cron", '"0 0 * 13 *"', "the month must be from 1 to 12"),
        ("source_sync_cron", '"0 0 * * 8"', "the day of the week must be from 0 to 7"),
        ("source_sync_cron", '"0 0 * * mun"', "the day of the week must be from 0 to 7"),
        ("source_sync_cron", '"*/0 * * * *"', "a step of the minute must be 1 or more"),
        ("source_sync_cron", '"1,,2 * * * *"', "the minute may have numbers"),
        ("source_sync_cron", '"-1 * * * *"', "the minute may have numbers"),
        ("source_sync_cron", '"\uff10 * * * *"', "the minute may have numbers"),
        ("source_sync_cron", '"0 0 1 * 5#1"', "the day of the month must be *"),
        ("source_sync_cron", '"0 0 * * 5#6"', "the day of the week may have numbers"),
        ("source_sync_cron", '"0 */3 * * * *"', "give five fields"),
        ("source_sync_cron", "'@hourly'", "give five fields"),
        ("source_sync_cron", '""', "give a text that is not empty"),
        ("source_sync_cron", "off", "give text"),
        ("warehouse_sync_cron", '"0 25 * * *"', "the hour must be from 0 to 23"),
        ("reconcile_cron", '"0 5 32 * *"', "the day of the month must be from 1 to 31"),
        ("reconcile_cron", "true", "give text"),
        ("report_cron", '"0 5 32 * *"', "the day of the month must be from 1 to 31"),
        ("initial_history_days", "1000000000", "less than or equal to 100000"),
        ("initial_history_days", "9" * 400, "initial_history_days"),
        ("initial_history_days", "-1", "give 0 or more"),
        ("initial_history_days", "yes", "give a whole number"),
        ("initial_history_days", "1.5", "give a whole number"),
        ("initial_history_days", ".nan", "give a whole number"),
        ("initial_history_days", ".inf", "give a whole number"),
        ("initial_history_days", "~", "give a whole number"),
        ("initial_history_days", "many", "give a whole number"),
        ("initial_history_days", "[1]", "give a whole number"),
        ("initial_history_days", "030", "line 7, has a number that YAML reads differently"),
        ("initial_history_days", "1:30", "line 7, has a number that YAML reads differently"),
        ("days_per_run", "1000000000", "less than or equal to"),
        ("days_per_run", "0", "give 1 or more"),
        ("days_per_run", "true", "give a whole number"),
        ("settle_minutes", "1", "give 2 or more"),
        ("settle_minutes", "1441", "less than or equal to 1440"),
        ("requests_per_minute", "on", "give a whole number"),
        ("export_requests_per_minute", "1001", "less than or equal to 1000"),
        ("history_start", "0001-01-01", "give a date from 1970-01-01 to today"),
        ("history_start", "1969-12-31", "give a date from 1970-01-01 to today"),
        ("history_start", TOMORROW, "give a date from 1970-01-01 to today"),
        ("history_start", "9999-12-31", "give a date from 1970-01-01 to today"),
        ("history_start", "2026-13-01", "give an existing date as YYYY-MM-DD"),
        ("history_start", "2023-02-29", "give an existing date as YYYY-MM-DD"),
        ("history_start", "20200101", "give an existing date as YYYY-MM-DD"),
        ("history_start", '"20200101"', "give an existing date as YYYY-MM-DD"),
        ("history_start", "2020", "give an existing date as YYYY-MM-DD"),
        ("history_start", "2020-01-01 10:00:00", "give an existing date as YYYY-MM-DD"),
        ("history_start", "2020-01-01T00:00:00+02:00", "give an existing date as YYYY-MM-DD"),
        ("history_start", "01.02.2020", "give an existing date as YYYY-MM-DD"),
        ("history_start", "yes", "give an existing date as YYYY-MM-DD"),
        ("history_start", "1.5", "give an existing date as YYYY-MM-DD"),
        ("history_start", "~", "give an existing date as YYYY-MM-DD"),
        ("nickname", '"  "', "give a text"),
        ("nickname", '"a\\nb"', "on one line"),
        ("nickname", '"a\\0b"', "without control characters"),
        ("nickname", "123", "give text, in quotes"),
        ("nickname", "no", "give text, in quotes"),
        ("nickname", "x" * 201, "nickname"),
        ("schema", "null", "give text"),
        ("schema", "zendesk_pr\u043ed", "use lower-case letters"),  # a Cyrillic letter
        ("subdomain", "\u212aafe", "give the acme of"),  # the sign for Kelvin
        ("subdomain", "12345", "give text, in quotes"),
        ("subdomain", '""', "give a text"),
        ("base_url", "https://\u0430cme.zendesk.com", "in ASCII letters"),  # a Cyrillic letter
        ("base_url", '"https://ac me.zendesk.com"', "in ASCII letters"),
        ("base_url", "https://acme.zendesk.com/api/v2/", "without /api/v2"),
        ("base_url", "ftp://acme.zendesk.com", "begins with https://"),
        ("owners", "ann@acme.com", "give a list"),
        ("analysis", "perhaps", "give true or false"),
        ("fivetran", "perhaps", "give true or false"),
        ("history", "tickets", "give a list"),
        ("history", "[1]", "give text"),
        ("on_scrub", "forget", "'follow' or 'keep'"),
        ("collections", "[tickets]", "give keys and values"),
        ("collections", "{include: []}", "include names no collection"),
        ("collections", "{include: tickets}", "give a list"),
        ("collections", '{include: [""]}', "give a text"),
        ("properties", "[tickets]", "give keys and values"),
        ("auth", "{type: bearer, token: '  '}", "must be a text or {env: NAME}"),
        ("auth", "{type: bearer, token: 12345}", "must be a text or {env: NAME}"),
        ("auth", "{type: bearer, token: {env: ''}}", "the name of a variable"),
        ("auth", "{type: api_token, email: '', token: x}", "give a text"),
        ("auth", "{type: client_credentials, client_id: 5, client_secret: x}", "give text"),
        ("auth", "oauth", "give keys and values"),
    ],
)
def test_a_setting_that_means_nothing_is_refused_by_its_key(refused, key, value, sentence):
    message = refused(text_of(**{key: value}))

    assert sentence in message
    assert key in message or "line 7" in message


PLACES = [
    ("warehouse: {type: duckdb, path: 'md:analytics'}", "md: begins a remote address"),
    ("warehouse: {type: duckdb, path: 'motherduck:x'}", "motherduck: begins a remote address"),
    ("warehouse: {type: duckdb, path: 's3://bucket/wh.duckdb'}", "s3: begins a remote address"),
    ("warehouse: {type: duckdb, path: 's3:/bucket/wh.duckdb'}", "s3: begins a remote address"),
    ("warehouse: {type: duckdb, path: 'https://x/wh.duckdb'}", "https: begins a remote address"),
    ("warehouse: {type: duckdb, path: 'file:///tmp/wh.duckdb'}", "file: begins a remote address"),
    ("warehouse: {type: duckdb, path: 'mysql://u:s3cret@h/d'}", "mysql: begins a remote address"),
    ("warehouse: {type: duckdb, path: 'postgresql://u:s3cret@h/d'}", "give {type: postgres, url:"),
    ("warehouse: {type: duckdb, path: 'ducklake:x.ducklake'}", "ducklake: begins a remote address"),
    ("warehouse: {type: duckdb, path: ':memory:'}", "a database in memory is lost"),
    ("warehouse: {type: duckdb, path: ' :MEMORY: '}", "a database in memory is lost"),
    ("warehouse: {type: duckdb, path: ':memory:x'}", "a database in memory is lost"),
    ("warehouse: {type: duckdb, path: ''}", "give a text"),
    ("warehouse: {type: duckdb, path: '  '}", "give a text"),
    ("warehouse: {type: duckdb, path: 'data/'}", "give a file such as warehouse.duckdb"),
    ("warehouse: {type: duckdb, path: '.'}", "give a file such as warehouse.duckdb"),
    ("warehouse: {type: duckdb, path: '~'}", "give a file such as warehouse.duckdb"),
    ("warehouse: {type: duckdb, path: '~nobody-of-that-name/x'}", "there is no such user"),
    ("warehouse: {type: duckdb, path: '$HOME/wh.duckdb'}", "a variable is not expanded"),
    ("warehouse: {type: duckdb, path: '%USERPROFILE%/x'}", "a variable is not expanded"),
    ('warehouse: {type: duckdb, path: "a\\0b"}', "without control characters"),
    ("warehouse: {type: duckdb, path: folder}", "which is a folder: give a file"),
    ("warehouse: {type: duckdb, lock_timeout: .nan}", "give a number of seconds"),
    ("warehouse: {type: duckdb, lock_timeout: .inf}", "give a number of seconds"),
    ("warehouse: {type: duckdb, lock_timeout: yes}", "give a number of seconds"),
    ("warehouse: {type: duckdb, lock_timeout: 1e12}", "less than or equal to"),
    ("warehouse: {type: duckdb, lock_timeout: -1}", "give 0 or more"),
    ("warehouse: {type: mysql, url: x}", "type must be one of"),
    ("warehouse: {path: x.duckdb}", "it needs a type"),
    ("warehouse: warehouse.duckdb", "give keys and values"),
    ("warehouse: {type: duckdb, url: x}", "allowed are type, path"),
    ("warehouse: {type: duckdb, path: hub/zendesk_prod/x.duckdb}", "inside the hub"),
    ("warehouse: {type: duckdb, path: hub}", "inside the hub"),
    ("warehouse: {type: duckdb, published: warehouse.duckdb}", "give another file"),
    ("warehouse: {type: duckdb, published: hub/zendesk_prod/x.duckdb}", "inside the hub"),
    ("warehouse: {type: duckdb, published: sources.yaml}", "which is the sources file"),
    ("warehouse: {type: duckdb, published: ./.env}", "which is where secrets are"),
    ("warehouse: {type: duckdb, published: t/x}\ntokens: {path: t}", "inside tokens.path"),
    ("warehouse: {type: duckdb, published: folder}", "which is a folder: give a file"),
    ("warehouse: {type: duckdb, published: 's3://b/x.duckdb'}", "s3: begins a remote address"),
    ("warehouse: {type: postgres, url: x, published: x.duckdb}", "allowed are type, url"),
    ("warehouse: {type: ducklake, published: x.duckdb}", "allowed are type, catalog, data"),
    ("warehouse: {type: ducklake, catalog: 'mysql://u:s3cret@h/d'}", "mysql: begins a remote"),
    ("warehouse: {type: ducklake, catalog: lake/}", "give a file such as lake.sqlite"),
    ("warehouse: {type: ducklake, catalog: folder}", "which is a folder: give a file"),
    ("warehouse: {type: ducklake, catalog: [1]}", "must be a text or {env: NAME}"),
    ("warehouse: {type: ducklake, data: 'gs://b/x'}", "give a folder, or s3://bucket/prefix"),
    ("warehouse: {type: ducklake, data: 's3://'}", "give a folder, or s3://bucket/prefix"),
    ("warehouse: {type: ducklake, data: hub}", "keep tables and raw pages apart"),
    ("warehouse: {type: ducklake, snapshot_days: 0}", "give 1 or more"),
    (ICEBERG % "catalog.acme.com", "give an address such as https://"),
    (ICEBERG % "https://u:s3cret@catalog.acme.com", "goes into token, or into client_id"),
    (ICEBERG % "'https://catalog.acme.com?token=s3cret'", "goes into token, or into client_id"),
    (ICEBERG % "http://catalog.acme.com", "because a token would be readable on the way"),
    (ICEBERG % "https://c, client_id: s3cret", "give both client_id and client_secret"),
    (ICEBERG % "https://c, token: s3cret, client_id: a, client_secret: b", "give either a token"),
    (ICEBERG % "https://c, scope: x", "token_url and scope go with client_id"),
    (ICEBERG % "https://c, commits: never", "'together', 'by_table' or 'by_statement'"),
    (ICEBERG % "https://c, snapshot_days: 7", "allowed are type, endpoint, warehouse, token"),
    ("warehouse: {type: iceberg, endpoint: https://c}", "warehouse: this key is missing"),
    ("hub: {path: 's3:/bucket'}", "with two slashes (s3://"),
    ("hub: {path: 's3:bucket'}", "with two slashes (s3://"),
    ("hub: {path: 's3://'}", "name a place at s3://"),
    ("hub: {path: 'gs:///'}", "name a place at gs://"),
    ("hub: {path: 'file://'}", "name a place at file://"),
    ("hub: {path: 'redis://x/y'}", "nothing can be stored at redis://"),
    ("hub: {path: 'https://x/y'}", "nothing can be stored at https://"),
    ("hub: {path: ''}", "give a text"),
    ("hub: {path: '${DATA}/hub'}", "a variable is not expanded"),
    ("hub: {path: file}", "which is a file: give a folder"),
    ("hub: hub", "give keys and values"),
    ("hub: {path: 5}", "give text"),
    ("tokens: {path: 's3://bucket/tokens'}", "s3: begins a remote address"),
    ("tokens: {path: 'postgres://x'}", "postgres: begins a remote address"),
    ("tokens: {path: hub}", "keep secrets and data apart"),
    ("tokens: {path: hub/zendesk_prod/tokens}", "keep secrets and data apart"),
    ("tokens: {path: secrets}\nhub: {path: secrets/hub}", "keep secrets and data apart"),
    ("tokens: {path: file}", "which is a file: give a folder"),
]


@pytest.mark.parametrize(("lines", "sentence"), PLACES)
def test_a_place_that_is_none_is_refused_by_its_key(refused, tmp_path, lines, sentence):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x")
    message = refused(text_of(whole=lines))

    assert sentence in message
    assert "s3cret" not in message
    assert lines.split(":")[0] in message
    assert {each.name for each in tmp_path.iterdir()} == {"folder", "file", "sources.yaml"}


@pytest.mark.parametrize(
    ("schema", "path", "is_fine"),
    [
        ("warehouse", "warehouse.duckdb", False),
        ("warehouse", "acme.duckdb", False),  # what our own sessions call the file
        ("acme", "acme.duckdb", False),
        ("acme", "data/ACME.v2.duckdb", False),
        ("acme", "acme", False),
        ("acme", "acme_2.duckdb", True),
        ("acme", "v2.acme.duckdb", True),
        ("memory", "x.duckdb", False),
        ("temp", "x.duckdb", False),
        ("system", "x.duckdb", False),
        ("main", "x.duckdb", True),
        ("public", "x.duckdb", True),
        ("information_schema", "x.duckdb", False),
        ("pg_catalog", "x.duckdb", False),
        ("order", "x.duckdb", False),
        ("config", "x.duckdb", True),
        ("warehouse", "lake", False),
        ("describe", "lake", False),
        ("acme", "lake", True),
        ("warehouse", None, True),
        ("acme", None, True),
        ("public", None, True),
        ("temp", None, True),
        ("pg_temp", None, False),
        ("information_schema", None, False),
        ("order", None, False),
    ],
)
def test_a_schema_is_judged_by_what_its_name_means_on_the_engine(
    load, refused, monkeypatch, schema, path, is_fine
):
    monkeypatch.setenv("X", "postgresql://u@h/d")
    warehouse = f"{{type: duckdb, path: {path}}}" if path else POSTGRES
    if path == "lake":
        warehouse = "{type: ducklake}"
    text = text_of(whole=f"warehouse: {warehouse}", schema=schema)
    if is_fine:
        assert load(text).sources[0].schema_name == schema
    else:
        assert schema in refused(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (text_of() + text_of(), "line 8, repeats the key sources of line 2"),
        (text_of(whole="hub: {path: a}\nhub: {path: b}"), "line 2, repeats the key hub of line"),
        (text_of(whole="hub: {path: a, path: b}"), "line 1, repeats the key path of line"),
        (text_of(schema="a\n    schema: b"), "repeats the key schema of line"),
        (text_of(schema='a\n    "schema": b'), "repeats the key schema of line"),
        (text_of(collections="{exclude: [a], exclude: [b]}"), "repeats the key exclude of line"),
        (text_of(auth="{type: oauth, type: oauth}"), "repeats the key type of line"),
        (text_of(properties="{tickets: {}, tickets: {}}"), "repeats the key tickets of line"),
        (text_of() + "---\n" + text_of(), "begins a second document"),
        (text_of().replace("    schema", "\tschema"), "indent with spaces"),
        ("1: 2\n" + text_of(), "line 1, has a key that is not text"),
        ("yes: 2\n" + text_of(), "line 1, has a key that is not text"),
        (text_of(properties="{5: {}}"), "has a key that is not text"),
        (text_of(auth="&a {type: oauth, x: *a}"), "is nested in itself"),
        (text_of(auth="*nobody"), "has no anchor"),
        ("hub: " + "[" * 5_000, "sources.yaml"),
        ("hub: " + "[" * 200 + "]" * 200, "too deeply"),
        (text_of(auth="!!python/object:os.system x"), "is not valid YAML"),
        (text_of(days_per_run="!!int x"), "without a tag"),
        (text_of(analysis="!!bool x"), "without a tag"),
        ("", "has no `sources:` list"),
        ("- a\n", "has no `sources:` list"),
        ("just text", "has no `sources:` list"),
        (text_of().encode("utf-16"), "is not UTF-8 text"),
    ],
)
def test_yaml_that_says_something_else_than_it_seems_is_refused_by_its_line(
    refused, text, sentence
):
    assert sentence in refused(text)


def test_a_file_that_would_grow_to_gigabytes_is_refused_at_once(refused):
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]")

    assert "expand to too much" in refused("\n".join(lines))


@pytest.mark.parametrize(
    "text",
    [
        text_of(),
        "\ufeff" + text_of(),
        "---\n" + text_of() + "...\n",
        text_of().replace("\n", "\r\n"),
        text_of(history_start="'2020-01-01'", days_per_run="'30'", analysis="off"),
        text_of(history_start="2020-01-01 00:00:00", requests_per_minute="200.0"),
        text_of(history_start="1970-01-01", initial_history_days="99999"),
        text_of(auth="&x {type: oauth}") + "  - {nickname: b, schema: b, subdomain: b, auth: *x}\n",
        text_of() + "  - &b {nickname: b, schema: b, subdomain: b, auth: {type: oauth}}\n"
        "  - {<<: *b, nickname: c, schema: c}\n",
        text_of(whole="warehouse: {type: duckdb, path: ./md:analytics}"),
        text_of(whole="warehouse: {type: duckdb, path: data/2024:01.duckdb}"),
        text_of(whole="hub: {path: 'memory://x'}"),
        text_of(whole="hub: {path: 's3://bucket'}"),
        text_of(whole="hub: {path: .}\nwarehouse: {type: duckdb, path: w.duckdb}"),
    ],
)
def test_files_that_mean_something_go_on_working(load, text):
    sources = load(text)

    assert (sources.sources[0].schema_name, sources.sources[0].url) == (
        "zendesk_prod",
        "https://acme.zendesk.com",
    )
    if "2020" in text:
        assert sources.sources[0].history_start == date(2020, 1, 1)


@pytest.mark.parametrize(
    "cron",
    [
        "0 */3 * * *", "  0   5 * *   0 ", "0 22-2 * * fri-mon", "*/60 * * * *", "0 0 29 2 *",
        "0 0 L * *", "0 0 * * L5", "0 0 * * MON#1", "15,45 8-18/2 1,15 jan,jul ?", "0 0 31 * *",
        "0 0 1-31/7 */3 1-5",
    ],
)  # fmt: skip
def test_a_cron_that_is_accepted_comes_due_in_dagster_too(load, cron):
    written = cron_expression(cron)
    assert is_valid_cron_string(written)
    ticks = cron_string_iterator(datetime(2024, 1, 1, tzinfo=UTC).timestamp(), written, "UTC")
    assert next(ticks) < next(ticks)
    assert load(text_of(source_sync_cron=f'"{cron}"')).sources[0].source_sync_cron == written


def test_words_of_sql_are_refused_where_the_engine_refuses_them(refused):
    with duckdb.connect() as connection:
        words = connection.execute("SELECT keyword_name FROM duckdb_keywords()").fetchall()
        for (word,) in words:
            try:
                connection.extract_statements(f"SELECT count(*) FROM {word}.tickets")
            except duckdb.ParserException:
                assert "is a reserved word" in refused(text_of(schema=f'"{word}"'))


def test_words_of_sql_are_those_of_the_engine_at_hand(load, refused):
    on_postgres = f"warehouse: {POSTGRES}"
    assert "is a reserved word" in refused(text_of(whole=on_postgres, schema="user"))
    assert load(text_of(schema="user")).sources[0].schema_name == "user"
    assert "is a reserved word" in refused(text_of(schema="show"))
    assert load(text_of(whole=on_postgres, schema="show")).sources[0].schema_name == "show"


def test_the_widest_settings_can_be_built_and_evaluated(load):
    sources = load(
        text_of(
            history_start="1970-01-01", initial_history_days="100000", days_per_run="100000",
            source_sync_cron='"0 0 29 2 *"', schema="public",
        )
    )  # fmt: skip
    definitions = build_definitions(sources)
    result = dg.evaluate_automation_conditions(definitions, dg.DagsterInstance.ephemeral())

    assert result.get_num_requested(dg.AssetKey(["public", "hub", "tickets"])) == 1


def test_a_tilde_is_the_home_wherever_a_path_is_written(load, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    sources = load(
        text_of(
            whole="warehouse: {type: duckdb, path: ~/wh.duckdb}\n"
            "hub: {path: ~/data/hub}\ntokens: {path: ~/tokens}"
        )
    )

    assert sources.resolve(sources.warehouse.path) == str(tmp_path / "wh.duckdb")
    assert sources.resolve(sources.hub.path) == str(tmp_path / "data" / "hub")
    assert open_token_store(sources)._folder == tmp_path / "tokens"
    monkeypatch.setenv("ZENDESK_ASSETS_STATE", "~/state")
    assert state_folder() == tmp_path / "state"
    monkeypatch.setenv("ZENDESK_SOURCES", "~/sources.yaml")
    assert sources_path() == tmp_path / "sources.yaml"
    monkeypatch.setenv("ZENDESK_SOURCES", "~nobody-of-that-name/sources.yaml")
    with pytest.raises(SourcesFileError, match="ZENDESK_SOURCES is"):
        sources_path()
    assert not Path("~").exists()


def test_the_account_is_that_of_the_address_where_it_is_one_of_zendesks(load):
    names = {
        url: load(text_of(base_url=url)).sources[0].identity.subdomain
        for url in ("https://other.zendesk.com", "http://127.0.0.1:1/x", "https://proxy.example")
    }

    assert list(names.values()) == ["other", "acme", "acme"]


def test_a_source_without_any_collection_is_refused(load):
    names = ", ".join(declared().collections)
    with pytest.raises(SourcesFileError, match="every collection is excluded: keep at least one"):
        load(text_of(collections=f"{{exclude: [{names}]}}"))


@pytest.mark.parametrize("value", ["", "   ", None])
def test_a_variable_that_is_unset_or_empty_is_named(load, monkeypatch, value):
    if value is not None:
        monkeypatch.setenv("TEST_DAYS", value)
    with pytest.raises(
        SourcesFileError, match=r"sources\[0\]\.days_per_run .*TEST_DAYS is not set"
    ):
        load(text_of(days_per_run="{env: TEST_DAYS}"))


def test_a_variable_has_the_same_meaning_as_the_value_itself(load, monkeypatch):
    monkeypatch.setenv("TEST_VALUE", "7\n")
    assert load(text_of(days_per_run="{env: TEST_VALUE}")).sources[0].days_per_run == 7
    monkeypatch.setenv("TEST_VALUE", "nan")
    with pytest.raises(SourcesFileError, match="give a whole number"):
        load(text_of(days_per_run="{env: TEST_VALUE}"))


@pytest.mark.parametrize(("one", "other"), [("Acme", "\uff21cme"), ("Acme Ltd", "acme  ltd")])
def test_nicknames_that_look_the_same_are_refused(refused, one, other):
    entry = f"  - {{nickname: {other}, schema: b, subdomain: b, auth: {{type: oauth}}}}\n"

    assert "have the same nickname" in refused(text_of(nickname=one) + entry)


def test_links_in_alerts_lead_to_the_dagster_that_sends_them_unless_told_otherwise(monkeypatch):
    assert Alerts().dagster_url == "http://127.0.0.1:3000"
    monkeypatch.setenv(DAGSTER_URL, "http://127.0.0.1:3057")
    assert Alerts().dagster_url == "http://127.0.0.1:3057"
    assert Alerts(dagster_url="https://dagster.acme.com").dagster_url == "https://dagster.acme.com"
