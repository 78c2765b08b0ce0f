"""The sources file: what it may say, and the one sentence when it says something else."""

from datetime import date

import pytest

from zendesk_assets.account import Account
from zendesk_assets.errors import SourcesFileError
from zendesk_assets.settings.auth import BearerAuth
from zendesk_assets.settings.file import load_sources
from zendesk_assets.settings.secret import Secret
from zendesk_assets.zendesk import Limits
from zendesk_assets_tests.secret_search import whole_story

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


COUNTED = "rate_limits: {type: postgres, url: {env: X}, path: y}"


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
        ("    auth", "    owners: [ann]\n    auth", 'teams as in "team:support-data"'),
        ("    auth", "    source_sync_cron: hourly\n    auth", "give five fields"),
        ("schema: zendesk_prod", "schema: Zendesk-Prod", "use lower-case letters"),
        ("  - nickname: Zendesk\n    schema", "  - schema", "this key is missing"),
        ("sources:", "sauces:", "allowed are warehouse, hub, tokens, rate_limits"),
        ("sources:", "sources: [", "is not valid YAML"),
        ("\nsources:", "\ntokens: {type: redis}\nsources:", "give {path: folder} or {type: postg"),
        ("\nsources:", "\ntokens: {type: postgres}\nsources:", "url: this key is missing"),
        ("\nsources:", "\ntokens: {folder: x}\nsources:", "allowed are type, path"),
        ("\nsources:", "\nrate_limits: {type: redis}\nsources:", "one of 'file', 'postgres'"),
        ("\nsources:", "\nrate_limits: {url: x}\nsources:", "rate_limits: it needs a type"),
        ("\nsources:", f"\n{COUNTED}\nsources:", "allowed are type, url."),
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


def test_all_problems_of_a_file_are_told_at_once(load):
    text = MINIMAL.replace("type: bearer", "type: bear") + "    owners: [ann]\n    months: 3\n"
    with pytest.raises(SourcesFileError) as raised:
        load(text + "hubs: {path: x}\n")
    first, *problems = str(raised.value).splitlines()

    assert first.endswith("sources.yaml has 4 problems:")
    named = ("auth", "owners", "months", "hubs")
    assert all(any(key in line for line in problems) for key in named)
    assert all(line.startswith("- ") and line.endswith(".") for line in problems)


def test_names_that_mean_nothing_and_sources_that_clash_are_told_with_all_else(load):
    text = MINIMAL.replace("type: bearer", "type: bear") + "    request_per_minute: 3\n"
    text += "    collections: {include: [tickts, usrs, groups]}\n    history: [tigers]\n"
    text += "    properties: {users: {exclude: [emial]}}\n"
    twin = MINIMAL.removeprefix("\nsources:\n").replace("zendesk_prod", "other")
    third = twin.replace("other", "third")
    with pytest.raises(SourcesFileError) as raised:
        load(text + twin + third)
    first, *problems = str(raised.value).splitlines()

    assert first.endswith("sources.yaml has 8 problems:")
    for told in (
        "tickts (did you mean tickets?), usrs (did you mean users?): use one of the",
        "no collection tigers (did you mean triggers?)",
        "emial is not a property of the collection (did you mean email?)",
        "no such key (did you mean requests_per_minute?); allowed are nickname",
        "(zendesk_prod) and Zendesk (other) have the same nickname",
        "(zendesk_prod) and Zendesk (third) have the same nickname",
        "(other) and Zendesk (third) have the same nickname",
    ):
        assert len([line for line in problems if told in line]) == 1, told


def test_a_variable_that_is_not_set_does_not_hide_what_else_is_wrong(load, monkeypatch):
    monkeypatch.delenv("TEST_NOT_SET", raising=False)
    text = MINIMAL.replace("Zendesk", "{env: TEST_NOT_SET}")
    with pytest.raises(SourcesFileError) as raised:
        load(text + "    requests_per_minute: 0\n    history_start: 2020-13-01\n")
    _first, *problems = str(raised.value).splitlines()
    assert [line for line in problems if "TEST_NOT_SET" in line] == problems[:1]
    assert len(problems) == 3
    assert all(any(key in line for line in problems) for key in ("requests_per", "history_start"))


def test_all_variables_that_are_missing_are_told_at_once(load):
    text = MINIMAL.replace("acme", "{env: TEST_NOT_SET}").replace("Zendesk", "{env: TEST_NEITHER}")
    with pytest.raises(SourcesFileError, match=r"(?s)2 problems.*TEST_NEITHER.*TEST_NOT_SET"):
        load(text)


def with_second(nickname="Other", schema="other", **changes):
    """Return a file with a second source; `changes` are further lines of it."""
    second = MINIMAL.removeprefix("\nsources:\n").replace("acme", "second")
    second = second.replace("zendesk_prod", schema).replace("Zendesk", nickname)
    return MINIMAL + second + "".join(f"    {key}: {value}\n" for key, value in changes.items())


@pytest.mark.parametrize(
    ("nickname", "schema", "sentence"),
    [
        (
            "Other",
            "zendesk_prod",
            "the sources Zendesk and Other have the same schema, zendesk_prod",
        ),
        (
            "zendesk",
            "other",
            "the sources Zendesk (zendesk_prod) and zendesk (other) have the same n",
        ),
        ("zendesk_prod", "other", "would both be called zendesk_prod: change that nickname"),
        ("Other", "zendesk_prod_hub", "Zendesk (zendesk_prod) and Other (zendesk_prod_hub) would"),
        ("Other", "zendesk_prod_source", "would share names in Dagster: rename one schema"),
        ("Other", "ZENDESK_PROD", "schema (in the source ZENDESK_PROD): use lower-case letters"),
    ],
)
def test_two_sources_that_would_be_mixed_up_are_refused_by_their_names(
    load, nickname, schema, sentence
):
    with pytest.raises(SourcesFileError) as raised:
        load(with_second(nickname, schema))
    message = str(raised.value)

    assert sentence in message
    assert ("\n" in message, message.endswith(".")) == (False, True)


def test_the_schema_of_relations_in_fivetrans_shape_is_nobody_elses(load):
    text = with_second("Other", "zendesk_prod_fivetran")
    assert len(load(text).sources) == 2
    with pytest.raises(SourcesFileError, match="would share a schema, because of `fivetran`"):
        load(text.replace("    subdomain: acme\n", "    subdomain: acme\n    fivetran: true\n"))
    file = "\nwarehouse: {type: duckdb, path: zendesk_prod_fivetran.duckdb}"
    with pytest.raises(SourcesFileError, match="DuckDB would confuse zendesk_prod_fivetran"):
        load(file + MINIMAL + "    fivetran: true\n")


@pytest.mark.parametrize(
    "changes",
    [
        {"subdomain": "https://ACME.zendesk.com/agent"},
        {"base_url": "https://acme.zendesk.com/"},
        {"base_url": "HTTPS://Acme.Zendesk.Com:443"},
        {"base_url": "https://acme.zendesk.com."},
    ],
)
def test_two_sources_of_one_account_share_the_smaller_limits_however_it_is_written(load, changes):
    text = with_second(requests_per_minute=700, export_requests_per_minute=3)
    ours, theirs = load(text.replace("subdomain: second", "subdomain: third")).sources
    assert ours.url != theirs.url
    for key, value in changes.items():
        text = text.replace("subdomain: second", f"subdomain: acme\n    {key}: {value}", 1)
    text = text.replace("subdomain: acme\n    subdomain", "subdomain")
    sources = load(text)
    ours, theirs = sources.sources

    assert ours.url == theirs.url == "https://acme.zendesk.com"
    assert limits(sources) == [Limits(200, 3)] * 2


def limits(sources):
    return [Account(sources, each).limits for each in sources.sources]


def test_sources_of_other_accounts_keep_their_own_limits(load):
    sources = load(with_second(requests_per_minute=30))

    assert limits(sources) == [Limits(200, 10), Limits(30, 10)]


SECRET = "5ecretTokenOfForty0Characters/0123456789"


@pytest.mark.parametrize(
    ("change", "to"),
    [
        ("{env: TEST_ZENDESK_TOKEN}", f"{SECRET}\n      wrong: 1}}"),
        ("token: {env: TEST_ZENDESK_TOKEN}", f"token:{SECRET}"),
        ("{env: TEST_ZENDESK_TOKEN}", f"{{env: {SECRET}}}"),
        ("{env: TEST_ZENDESK_TOKEN}", f"{{enw: {SECRET}}}"),
        ("{env: TEST_ZENDESK_TOKEN}", f"[{SECRET}]"),
        ("type: bearer, token: {env: TEST_ZENDESK_TOKEN}", f"type: {SECRET}"),
        ("type: bearer, token: {env: TEST_ZENDESK_TOKEN}", f"bearer: {SECRET}"),
        ("{type: bearer, token: {env: TEST_ZENDESK_TOKEN}}", SECRET),
        ("subdomain: acme", f"subdomain: acme@{SECRET}"),
        ("subdomain: acme", f"subdomain: acme\n    base_url: https://u:{SECRET}@a.b"),
        ("subdomain: acme", f"subdomain: acme\n    base_url: https://:{SECRET}@a.b"),
        ("subdomain: acme", f"subdomain: acme\n    base_url: https://a.b:{SECRET}"),
        ("subdomain: acme", f"subdomain: {{env: {SECRET}}}"),
        ("sources:", f"warehouse: {{type: postgres, url: {SECRET}, a: b}}\nsources:"),
        ("    auth", f"    {SECRET}: 1\n    auth"),
    ],
)
def test_a_wrong_file_never_shows_a_secret_that_stands_in_it(load, change, to):
    with pytest.raises(SourcesFileError) as raised:
        load(MINIMAL.replace(change, to))

    assert whole_story(raised.value).count(SECRET[:12]) == 0
    assert str(raised.value).endswith(".")


def test_a_secret_from_a_file_that_ends_with_a_line_break_is_the_secret(monkeypatch):
    monkeypatch.setenv("TEST_ZENDESK_TOKEN", "s3cret\n")
    assert Secret(env="TEST_ZENDESK_TOKEN").reveal() == "s3cret"


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


@pytest.mark.parametrize("name", ["zendesk_prod", "ZENDESK_PROD", "zendesk", "Acme"])
def test_a_source_is_found_by_schema_nickname_and_subdomain_in_any_case(load, name):
    assert load(with_second()).source(name).schema_name == "zendesk_prod"


def test_a_subdomain_of_several_sources_names_none_of_them(load):
    text = with_second().replace("second", "acme")
    with pytest.raises(SourcesFileError, match="use one of zendesk_prod, other"):
        load(text).source("acme")
