"""Settings of a database or a role change nothing of what is read, written or counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import psycopg
import pytest
from psycopg import conninfo

from zendesk_assets.clock import SystemClock
from zendesk_assets.errors import WarehouseError
from zendesk_assets.spec import Budget
from zendesk_assets.warehouse import summarize
from zendesk_assets.zendesk.budgets import Limits
from zendesk_assets.zendesk.oauth_tokens import OAuthTokens
from zendesk_assets.zendesk.postgres_budgets import PostgresBudgets
from zendesk_assets.zendesk.postgres_token_store import PostgresTokenStore
from zendesk_assets_tests.warehouse.engines import PostgresEngine
from zendesk_assets_tests.warehouse.helpers import THINGS, thing

HOSTILE = {
    "datestyle": "'German, DMY'",
    "intervalstyle": "'iso_8601'",
    "timezone": "'Asia/Kathmandu'",
    "bytea_output": "'escape'",
    "extra_float_digits": "-15",
    "standard_conforming_strings": "off",
    "client_encoding": "'LATIN1'",
    "search_path": "'evil', 'pg_catalog'",
    "default_transaction_isolation": "'serializable'",
    "default_transaction_deferrable": "on",
    "row_security": "off",
    "array_nulls": "off",
    "transform_null_equals": "on",
    "quote_all_identifiers": "on",
    "transaction_timeout": "'900ms'",
    "statement_timeout": "'900ms'",
    "idle_in_transaction_session_timeout": "'2s'",
}
EVIL = """
CREATE SCHEMA evil;
CREATE FUNCTION evil.count() RETURNS bigint LANGUAGE sql AS 'SELECT 7::bigint';
CREATE FUNCTION evil.md5(text) RETURNS text LANGUAGE sql AS 'SELECT ''x''::text';
CREATE FUNCTION evil.lower(text) RETURNS text LANGUAGE sql AS 'SELECT ''x''::text';
"""


@pytest.fixture
def engine(postgres_server, clock):
    with PostgresEngine.on(postgres_server, clock) as engine:
        engine.run(EVIL)
        name = conninfo.conninfo_to_dict(engine.url)["dbname"]
        with psycopg.connect(engine.url, autocommit=True) as connection:
            for setting, value in HOSTILE.items():
                connection.execute(f"ALTER DATABASE {name} SET {setting} TO {value}")
        yield engine


def test_loads_and_reads_are_as_ever(warehouse, hub):
    moment = datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
    record = thing(1, name="back\\slash 'ü'", weight=0.1, made_at=moment.isoformat(), tags=[None])
    assert warehouse.load("s", THINGS, [hub.batch(record)]).inserted == 1
    assert warehouse.load("s", THINGS, [hub.batch(thing(1, 2, weight=0.3), at=1)]).updated == 1
    data = pd.DataFrame(
        {"id": [1], "span": [timedelta(days=2, hours=3)], "bytes": [b"\x00\\"], "at": [moment]}
    )
    assert warehouse.upsert_frame("s", "scores", data, primary_key=("id",)).inserted == 1
    assert warehouse.upsert_frame("s", "scores", data, primary_key=("id",)).unchanged == 1
    (row,) = warehouse.rows("s", "scores", ["span", "bytes", "at"])
    assert row == {"span": timedelta(days=2, hours=3), "bytes": b"\x00\\", "at": moment}
    assert warehouse.read("s", "things")["weight"].tolist() == [0.3]
    assert warehouse.read("s", "scores")["at"].iloc[0] == moment
    assert warehouse.query("select at, 0.1::float8 from s.scores").rows == ((moment, 0.1),)
    limits = "select current_setting('statement_timeout'), current_setting('lock_timeout')"
    assert warehouse.query(limits).rows == (("0", "5s"),)
    assert len(summarize(warehouse, "s", [THINGS])) == 2


def test_tokens_and_counted_requests_are_as_ever(engine):
    store = PostgresTokenStore(lambda: engine.url)
    tokens = OAuthTokens("access", "refresh", None, None, "read", "client", None)
    with store.lock("a"):
        store.prepare("a")
        store.save("a", tokens)
        assert store.load("a") == tokens
    store.forget("a")
    budgets = PostgresBudgets(lambda: engine.url, "acme")
    counter = budgets.open(Limits(core=2, exports=1), SystemClock())
    assert [counter.try_acquire(Budget.ACCOUNT) == 0 for _ in range(3)] == [True, True, False]
    assert budgets.used(SystemClock())[Budget.ACCOUNT] == 2
    counter.close()


def test_a_role_that_could_read_files_but_is_no_superuser_runs_no_query(warehouse, engine):
    warehouse.upsert_frame("s", "t", pd.DataFrame({"id": [1]}), primary_key=("id",))
    name = f"reader_{conninfo.conninfo_to_dict(engine.url)['dbname']}"
    with psycopg.connect(engine.url, autocommit=True) as connection:
        connection.execute("SET statement_timeout TO 0")
        connection.execute(f"CREATE ROLE {name} LOGIN")
        try:
            connection.execute(f"GRANT USAGE ON SCHEMA s TO {name}")
            connection.execute(f"GRANT SELECT ON s.t TO {name}")
            url = conninfo.make_conninfo(engine.url, user=name)
            reader = PostgresEngine(url, engine.clock).warehouse()
            assert reader.query("select * from s.t").rows == ((1,),)
            connection.execute(f"GRANT pg_read_server_files TO {name}")
            with pytest.raises(WarehouseError, match="could read files"):
                reader.query("select * from s.t")
        finally:
            connection.execute(f"DROP OWNED BY {name}")
            connection.execute(f"DROP ROLE {name}")


def test_a_database_that_is_set_to_read_only_stays_so_and_is_read(warehouse, engine):
    data = pd.DataFrame({"id": [1]})
    warehouse.upsert_frame("s", "t", data, primary_key=("id",))
    name = conninfo.conninfo_to_dict(engine.url)["dbname"]
    with psycopg.connect(engine.url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only TO on")
    assert warehouse.query("select id from s.t").rows == ((1,),)
    assert warehouse.row_count("s", "t") == 1
    with pytest.raises(WarehouseError, match="read-only transaction"):
        warehouse.upsert_frame("s", "t", data, primary_key=("id",))
