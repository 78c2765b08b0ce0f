"""A simulated account and a client on it, both on one clock that tests move; token stores."""

from datetime import UTC, datetime

import pytest

from zendesk_assets.clock import ManualClock
from zendesk_assets.simulator import Simulator
from zendesk_assets.zendesk import (
    BearerCredentials,
    FileBudgets,
    FileTokenStore,
    Limits,
    RateLimiter,
    ZendeskClient,
)
from zendesk_assets.zendesk.postgres_token_store import PostgresTokenStore
from zendesk_assets_tests.postgres import database, new_database


@pytest.fixture
def clock():
    return ManualClock(datetime(2024, 6, 1, 12, tzinfo=UTC))


@pytest.fixture
def account(clock):
    with Simulator(tickets=60, history_days=30, clock=clock) as simulator:
        yield simulator


@pytest.fixture
def connect(account, clock, tmp_path):
    """Return a function that makes a client; `lines` of it get what it logs."""
    clients = []

    def connect(token=None, lines=None, **options):
        limiter = RateLimiter(FileBudgets(tmp_path / "rate.sqlite"), Limits(10**6, 10**6), clock)
        credentials = BearerCredentials(lambda: token or account.token)
        log = (lines if lines is not None else []).append
        client = ZendeskClient(
            account.base_url, credentials, limiter, clock=clock, log=log, **options
        )
        clients.append(client)
        return client

    yield connect
    for client in clients:
        client.close()


@pytest.fixture(scope="session")
def postgres_url():
    """A PostgreSQL of this worker's own."""
    with database() as url:
        yield url


@pytest.fixture
def fresh_database(postgres_url):
    """An empty database, which is dropped afterwards."""
    with new_database(postgres_url) as url:
        yield url


@pytest.fixture(params=["file", "postgres"])
def store_at(request, tmp_path):
    """How a token store is reached from any process: `file:<folder>` or an address."""
    if request.param == "file":
        return f"file:{tmp_path / 'zendesk_tokens'}"
    url = request.getfixturevalue("postgres_url")
    PostgresTokenStore(lambda: url).forget("zendesk_test")
    return url


@pytest.fixture
def store(store_at, tmp_path):
    if store_at.startswith("file:"):
        return FileTokenStore(tmp_path / "zendesk_tokens")
    return PostgresTokenStore(lambda: store_at)
