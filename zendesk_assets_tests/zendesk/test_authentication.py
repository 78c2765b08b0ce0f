"""Each kind of credentials against the simulator's own checks."""

import pytest

from zendesk_assets.errors import ConnectionFailedError, CredentialsError
from zendesk_assets.zendesk import (
    ApiTokenCredentials,
    ClientCredentials,
    FileBudgets,
    Limits,
    RateLimiter,
    ZendeskClient,
)


@pytest.fixture
def client_for(account, clock, tmp_path):
    clients = []

    def client_for(credentials):
        limiter = RateLimiter(FileBudgets(tmp_path / "rate.sqlite"), Limits(10**6, 10**6), clock)
        clients.append(ZendeskClient(account.base_url, credentials, limiter, clock=clock))
        return clients[-1]

    yield client_for
    for client in clients:
        client.close()


def test_client_credentials_get_a_token_and_a_new_one_when_it_is_refused(account, client_for):
    account.register_client("warehouse", secret="s3cret")
    credentials = ClientCredentials(account.base_url, "warehouse", lambda: "s3cret")
    client = client_for(credentials)
    assert client.get("/users/me")["user"]["role"] == "admin"

    first = credentials.authorization()
    account.revoke_token(first.removeprefix("Bearer "))
    # /users/me would answer 200 for an anonymous user (trap T21): only this says 401.
    assert client.get("/groups", {"page[size]": "100"})["groups"]
    assert client.get("/users/me")["user"]["role"] == "admin"
    assert credentials.authorization() != first


def test_a_wrong_client_secret_is_refused_with_a_sentence_that_does_not_hold_it(account):
    account.register_client("warehouse", secret="s3cret")
    credentials = ClientCredentials(account.base_url, "warehouse", lambda: "wr0ng-s3cret")
    with pytest.raises(CredentialsError, match="check client_id and client_secret") as raised:
        credentials.authorization()
    assert "wr0ng-s3cret" not in str(raised.value)


def test_client_credentials_of_a_host_that_is_not_there(account):
    url = account.base_url
    account.stop()
    with pytest.raises(ConnectionFailedError, match="cannot be reached"):
        ClientCredentials(url, "warehouse", lambda: "s3cret").authorization()


def test_an_api_token_opens_the_account_for_its_owner(account, client_for):
    token = account.issue_token(is_api_token=True)
    email = next(user.email for user in account.account.users.values() if user.role == "admin")
    client = client_for(ApiTokenCredentials(email, lambda: token))

    assert client.get("/users/me")["user"]["id"]
    assert client.get("/incremental/organizations", {"start_time": "0"})["organizations"]
