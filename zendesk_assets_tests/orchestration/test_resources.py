"""Which credentials a source has, and where its tokens are kept."""

import pytest

from zendesk_assets.account import Account, open_token_store
from zendesk_assets.orchestration.build import build_definitions
from zendesk_assets.settings.sources import Sources
from zendesk_assets.zendesk import (
    ApiTokenCredentials,
    BearerCredentials,
    ClientCredentials,
    FileBudgets,
    FileTokenStore,
    OAuthCredentials,
)
from zendesk_assets.zendesk.postgres_budgets import PostgresBudgets
from zendesk_assets.zendesk.postgres_token_store import PostgresTokenStore
from zendesk_assets_tests.zendesk.test_token_store import TOKENS

SOURCE = {"nickname": "Acme", "schema": "acme", "subdomain": "acme"}


def sources(folder, **settings):
    return Sources.model_validate({"folder": folder, **settings})


@pytest.mark.parametrize(
    ("auth", "kind"),
    [
        ({"type": "oauth"}, OAuthCredentials),
        ({"type": "client_credentials", "client_id": "x", "client_secret": "y"}, ClientCredentials),
        ({"type": "bearer", "token": "x"}, BearerCredentials),
    ],
)
def test_each_type_of_auth_has_its_credentials_without_a_word(tmp_path, auth, kind):
    file = sources(tmp_path, sources=[SOURCE | {"auth": auth}])
    lines = []
    assert isinstance(Account(file, file.sources[0]).credentials(lines.append), kind)
    assert lines == []
    assert list(tmp_path.iterdir()) == []  # nothing is opened before it is used


def test_an_api_token_works_and_warns_with_the_date_on_which_it_ends(tmp_path):
    auth = {"type": "api_token", "email": "amy@acme.example", "token": "s3cret"}
    file = sources(tmp_path, sources=[SOURCE | {"auth": auth}])
    lines = []
    credentials = Account(file, file.sources[0]).credentials(lines.append)

    assert isinstance(credentials, ApiTokenCredentials)
    assert len(lines) == 1
    assert "2027-04-30" in lines[0]
    assert "zendesk-assets connect" in lines[0]
    assert "s3cret" not in lines[0]


def kept_in(store, folder):
    """Return the files of a token that is kept, relative to `folder`."""
    store.save("acme", TOKENS)
    return {str(path.relative_to(folder)) for path in folder.rglob("acme.json")}


def test_tokens_are_beside_the_sources_file_where_dagster_has_no_home(tmp_path):
    store = open_token_store(sources(tmp_path))
    assert kept_in(store, tmp_path) == {".dagster/zendesk_tokens/acme.json"}


def test_tokens_are_in_the_home_that_dagster_has(tmp_path, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    store = open_token_store(sources(tmp_path / "project"))
    assert kept_in(store, tmp_path) == {"home/zendesk_tokens/acme.json"}


def test_tokens_are_where_the_sources_file_says(tmp_path, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    store = open_token_store(sources(tmp_path, tokens={"path": "kept"}))
    assert isinstance(store, FileTokenStore)
    assert kept_in(store, tmp_path) == {"kept/acme.json"}


def test_tokens_may_be_in_a_database_whose_address_is_a_secret(tmp_path, monkeypatch):
    file = sources(tmp_path, tokens={"type": "postgres", "url": {"env": "TEST_TOKENS_URL"}})
    assert isinstance(open_token_store(file), PostgresTokenStore)

    monkeypatch.setenv("TEST_TOKENS_URL", "postgresql://me:s3cret@127.0.0.1/x")
    assert "s3cret" not in repr(file)
    assert "s3cret" not in repr(open_token_store(file).__dict__)


def test_requests_are_counted_on_this_machine_where_nothing_is_said(tmp_path):
    file = sources(tmp_path, sources=[SOURCE | {"auth": {"type": "oauth"}}])
    assert isinstance(Account(file, file.sources[0]).budgets, FileBudgets)
    assert list(tmp_path.iterdir()) == []


def test_requests_may_be_counted_in_a_database_whose_address_dagster_never_has(
    tmp_path, monkeypatch
):
    shared = {"type": "postgres", "url": {"env": "TEST_SHARED_URL"}}
    file = sources(tmp_path, sources=[SOURCE | {"auth": {"type": "oauth"}}], rate_limits=shared)
    budgets = Account(file, file.sources[0]).budgets
    assert isinstance(budgets, PostgresBudgets)

    monkeypatch.setenv("TEST_SHARED_URL", "postgresql://me:s3cret@127.0.0.1/x")
    resources = build_definitions(file).resources
    config = {name: getattr(each, "_resolved_config_dict", {}) for name, each in resources.items()}
    assert config["acme_zendesk"]["base_url"] == "https://acme.zendesk.com"
    for held in (file, budgets.__dict__, config, resources):
        assert "s3cret" not in repr(held)
