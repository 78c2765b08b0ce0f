"""A simulated account and a client on it, both on one clock that tests move."""

from datetime import UTC, datetime

import pytest

from zendesk_assets.clock import ManualClock
from zendesk_assets.simulator import Simulator
from zendesk_assets.zendesk import BearerCredentials, Limits, RateLimiter, ZendeskClient


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
        limiter = RateLimiter(tmp_path / "rate.sqlite", Limits(10**6, 10**6), clock)
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
