"""Turns on a PostgreSQL server: one number for all our locks, one query for their holders."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import conninfo, errors

from zendesk_assets import postgres
from zendesk_assets.clock import SystemClock
from zendesk_assets.spec import Budget
from zendesk_assets.warehouse.engines.postgres.server import PostgresServer
from zendesk_assets.zendesk import Limits
from zendesk_assets.zendesk.postgres_budgets import PostgresBudgets
from zendesk_assets.zendesk.postgres_token_store import PostgresTokenStore
from zendesk_assets_tests.postgres import new_database

OURS = """
SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND classid = 1514491460 AND datname = current_database()
"""


@pytest.fixture
def url(postgres_server):
    with new_database(postgres_server) as url:
        yield url


@pytest.fixture
def turn(monkeypatch):
    """What is called within each turn, when it has been taken."""
    calls = []
    take_turn = postgres.take_turn

    def take_and_look(connection, name, say=None):
        take_turn(connection, name, say)
        for call in calls:
            call(name)

    monkeypatch.setattr(postgres, "take_turn", take_and_look)
    return calls.append


def connected(url):
    return postgres.connect(url, "an observer")


def use_tokens(url):
    with PostgresTokenStore(lambda: url).lock("acme"):
        pass


def use_budget(url):
    budgets = PostgresBudgets(lambda: url, "acme.zendesk.com").open(Limits(), SystemClock())
    assert budgets.try_acquire(Budget.ACCOUNT) == 0
    budgets.close()


def use_warehouse(url):
    server = PostgresServer(url, 5)
    with server.transaction() as connection:
        server.take_turn(connection, "s.things")


@pytest.mark.parametrize(
    ("use", "name", "application"),
    [
        (use_tokens, "tokens acme", "zendesk-assets tokens"),
        (use_budget, "budget acme.zendesk.com core", "zendesk-assets rate limit"),
        (use_warehouse, "warehouse s.things", "zendesk-assets"),
    ],
)
def test_one_number_and_a_name_lead_to_the_holder_of_a_turn(url, turn, use, name, application):
    seen = {}

    def look(taken):
        with connected(url) as observer:
            seen[taken] = observer.execute(OURS).fetchall(), postgres.holder_of(observer, taken)

    turn(look)
    use(url)
    found, holder = seen[name]
    assert found == [(application,)]
    assert f"({application} from " in holder


def test_a_turn_that_is_over_has_no_holder(url):
    with connected(url) as connection:
        with postgres.begin(connection):
            postgres.take_turn(connection, "tokens acme")
            assert "(an observer from " in postgres.holder_of(connection, "tokens acme")
            assert postgres.holder_of(connection, "tokens other") == ""
        assert postgres.holder_of(connection, "tokens acme") == ""


def test_a_turn_in_another_database_neither_blocks_nor_has_its_holder_named(url, postgres_server):
    with (
        new_database(postgres_server) as other,
        connected(other) as there,
        postgres.begin(there),
        connected(url) as here,
        postgres.begin(here),
    ):
        postgres.take_turn(there, "tokens acme")
        assert postgres.holder_of(here, "tokens acme") == ""
        postgres.take_turn(here, "tokens acme", pytest.fail)


def test_the_wait_for_a_turn_is_bounded_and_names_the_holder(url):
    said = []
    with connected(url) as holder, postgres.begin(holder), connected(url) as waiting:
        postgres.take_turn(holder, "tokens acme")
        short = {**postgres.RELIED_ON, "lock_timeout": "10ms"}
        with pytest.raises(errors.LockNotAvailable) as caught, postgres.begin(waiting, short):
            postgres.take_turn(waiting, "tokens acme", said.append)
    assert postgres.describe(caught.value, 20) == "another process has held the lock for 20 s"
    (line,) = said
    assert line.endswith("(an observer from this machine, idle in transaction)")


def test_what_an_address_says_replaces_our_defaults(url):
    address = conninfo.make_conninfo(url, application_name="theirs", connect_timeout=3)
    with connected(address) as connection:
        parameters = connection.info.get_parameters()
    assert (parameters["application_name"], parameters["connect_timeout"]) == ("theirs", "3")
    assert parameters["keepalives_idle"] == "30"


@pytest.mark.parametrize(
    ("change", "passes"),
    [({"dbname": "not_there"}, False), ({"user": "nobody"}, False), ({"host": "/nowhere"}, True)],
)
def test_a_refusal_is_permanent_and_an_unreachable_server_is_not(url, change, passes):
    with pytest.raises(psycopg.OperationalError) as caught:
        postgres.connect(conninfo.make_conninfo(url, **change), "an observer")
    assert postgres.is_passing(caught.value) == passes


def test_a_connection_that_was_lost_while_idle_is_replaced_by_the_token_store(url):
    store = PostgresTokenStore(lambda: url)
    assert store.load("acme") is None
    with connected(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'zendesk-assets tokens' AND datname = current_database()"
        )
    assert store.load("acme") is None
