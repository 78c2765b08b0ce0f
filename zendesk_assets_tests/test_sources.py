"""The sources file: what it may say, and the one sentence when it says something else."""

from datetime import date

import pytest

from zendesk_assets.errors import SourcesFileError
from zendesk_assets.secret import Secret
from zendesk_assets.sources import BearerAuth
from zendesk_assets.sources_file import load_sources

MINIMAL = """
sources:
  - nickname: Zendesk
    schema: zendesk_prod
    subdomain: acme
    auth: {type: bearer, token: {env: TEST_ZENDESK_TOKEN}}
"""


@pytest.fixture
def load(tmp_path):
    def load(text):
        path = tmp_path / "sources.yaml"
        path.write_text(text)
        return load_sources(path)

    return load


def test_a_minimal_file_gets_the_documented_defaults(load):
    sources = load(MINIMAL)
    source = sources.sources[0]

    assert source.url == "https://acme.zendesk.com"
    assert (source.requests_per_minute, source.export_requests_per_minute) == (200, 10)
    assert source.initial_history_days == 365
    assert source.source_sync_cron == "0 */3 * * *"
    assert source.warehouse_sync_cron == "30 */3 * * *"
    assert sources.resolve(sources.hub.path) == str(sources.folder / "hub")
    assert sources.resolve("s3://bucket/x") == "s3://bucket/x"


def test_the_example_in_the_clone_is_a_valid_file(request, monkeypatch):
    sources = load_sources(request.config.rootpath / "sources.example.yaml")

    assert sources.sources[0].history_start == date(2020, 1, 1)


@pytest.mark.parametrize(
    "typed", ["acme", "acme.zendesk.com", "https://acme.zendesk.com", "https://ACME.zendesk.com/x"]
)
def test_a_subdomain_may_be_typed_in_any_form(load, typed):
    assert load(MINIMAL.replace("acme", typed)).sources[0].subdomain == "acme"


@pytest.mark.parametrize(
    ("change", "to", "sentence"),
    [
        ("type: bearer", "type: bear", "sources[0].auth (in the source zendesk_prod)"),
        ("subdomain: acme", "subdomain: acme.evil.com", "subdomain (in the source zendesk_prod)"),
        ("subdomain: acme", "subdomain: acme@evil", "give the acme of https://acme.zendesk.com"),
        ("    auth", "    base_url: http://acme.zendesk.com\n    auth", "plain http is allowed"),
        ("    auth", "    base_url: https://u:p@a.b\n    auth", "give an address such as"),
        ("    auth", "    reqests_per_minute: 5\n    auth", "allowed are nickname, schema"),
        ("    auth", "    requests_per_minute: 0\n    auth", "requests_per_minute"),
        ("    auth", "    source_sync_cron: hourly\n    auth", "give five fields"),
        ("schema: zendesk_prod", "schema: Zendesk-Prod", "use small letters"),
        ("  - nickname: Zendesk\n    schema", "  - schema", "this key is missing"),
        ("sources:", "sauces:", "allowed are warehouse, hub, tokens, sources"),
        ("sources:", "sources: [", "is not valid YAML"),
        ("\nsources:", "\ntokens: {type: redis}\nsources:", "give {path: folder} or {type: postg"),
        ("\nsources:", "\ntokens: {type: postgres}\nsources:", "url: this key is missing"),
        ("\nsources:", "\ntokens: {folder: x}\nsources:", "allowed are type, path"),
        ("nickname: Zendesk", "nickname: {env: TEST_NOT_SET}", "TEST_NOT_SET is not set"),
    ],
)
def test_a_wrong_file_gets_one_sentence_that_names_the_key(load, change, to, sentence):
    with pytest.raises(SourcesFileError) as raised:
        load(MINIMAL.replace(change, to))
    message = str(raised.value)

    assert sentence in message
    assert "\n" not in message
    assert message.endswith(".")


@pytest.mark.parametrize("key", ["nickname", "schema"])
def test_two_sources_need_their_own_names(load, key):
    second = MINIMAL.removeprefix("\nsources:\n")
    second = second.replace("Zendesk", "Other") if key == "schema" else second
    second = second.replace("zendesk_prod", "other") if key == "nickname" else second
    with pytest.raises(SourcesFileError, match=f"two sources have the {key}"):
        load(MINIMAL + second)


def test_a_missing_file_says_where_one_belongs(tmp_path):
    with pytest.raises(SourcesFileError, match=r"copy sources\.example\.yaml"):
        load_sources(tmp_path / "none.yaml")


def test_secrets_are_read_when_used_and_never_shown(load, monkeypatch):
    auth = load(MINIMAL).sources[0].auth
    assert isinstance(auth, BearerAuth)
    with pytest.raises(SourcesFileError, match="TEST_ZENDESK_TOKEN is not set"):
        auth.token.reveal()

    monkeypatch.setenv("TEST_ZENDESK_TOKEN", "s3cret")
    assert auth.token.reveal() == "s3cret"
    assert "s3cret" not in repr(auth)
    assert "s3cret" not in repr(Secret(literal="s3cret"))


def test_plain_http_is_fine_on_loopback(load):
    text = MINIMAL.replace("    auth", "    base_url: http://127.0.0.1:8090/acme/\n    auth")
    assert load(text).sources[0].url == "http://127.0.0.1:8090/acme"


def test_naming_a_source_that_is_not_there_lists_those_that_are(load):
    sources = load(MINIMAL)
    assert sources.source("Zendesk") is sources.source("zendesk_prod")
    with pytest.raises(SourcesFileError, match="the file has zendesk_prod"):
        sources.source("other")
