"""Commands show what an account has of each product area, and what switches an area on."""

import json

import pytest
import yaml

from zendesk_assets.account import chosen_collections
from zendesk_assets.catalog import declared
from zendesk_assets.cli.areas import areas_of
from zendesk_assets.settings.sources import Source

ON_REQUEST = [area for area in declared().areas if area in declared().on_request]


def source_with(choice):
    given = {"nickname": "A", "schema": "a", "subdomain": "a", "auth": {"type": "oauth"}}
    return Source.model_validate(given | ({"collections": choice} if choice else {}))


def streams_of(areas):
    catalog = declared()
    return {catalog.collections[name].stream for area in areas for name in catalog.areas[area]}


@pytest.mark.parametrize("area", ON_REQUEST)
@pytest.mark.parametrize(
    "choice",
    [None, {"include": ["groups"]}, {"exclude": ["people", "activities"]}],
    ids=["default", "include", "exclude"],
)
def test_the_line_that_switches_an_area_on_adds_it_and_nothing_else(choice, area):
    source = source_with(choice)
    (line,) = (each.line for each in areas_of(source) if each.name == area)
    switched = source_with(yaml.safe_load(line)["collections"])

    before, after = ({one.name for one in chosen_collections(each)} for each in (source, switched))
    assert after == before | set(declared().areas[area])
    assert not [each for each in areas_of(switched) if each.name == area and each.line]


def test_check_shows_a_refused_area_as_a_normal_state_with_what_it_needs(
    run, write_sources, account
):
    write_sources(account, collections={"include": ["groups", "sla_policies", "itsm"]})
    for path in ("it_asset_management", "approval_requests", "jira", "slas"):
        account.make_unavailable(path, "not_found")
    checked = run("check")

    assert checked.code == 0, checked.output
    lines = checked.output.splitlines()
    assert f"· itsm: 0 of {len(streams_of(['itsm']))} tables can be read" in lines
    assert (
        "· sla_policies: not in plan, needs a plan with service level agreements, and an admin"
        in (" ".join(checked.output.split()))
    )
    assert "- security: not synced; the account has it (asked for deleted_tickets)" in lines
    assert "{include: [groups, sla_policies, itsm, security]}" in checked.output
    assert max(map(len, lines[1:-1])) <= 100


def test_check_asks_again_for_what_a_sync_knows_only_with_all(run, write_sources, account):
    write_sources(account, collections={"include": ["groups", "locales", "itsm", "security"]})
    account.make_unavailable("it_asset_management", "not_found")
    assert run("sync", "--hub-only").code == 0
    account.requests.clear()
    checked = run("check", "--json")
    asked = {each.path.removeprefix("/api/v2/") for each in account.requests}

    optional = {name for name in streams_of(["itsm", "security"]) if declared().streams[name].needs}
    known = {
        row["collection"]: row["known_since"]
        for row in json.JSONDecoder().raw_decode(checked.output)[0][0]["collections"]
    }
    assert {name for name, since in known.items() if since} == optional
    assert {"groups", "locales", "account/settings"} <= asked
    assert not [path for path in asked if "it_asset" in path or "suspended" in path]

    account.requests.clear()
    run("check", "--all")
    paths = [each.path for each in account.requests]
    for name in streams_of(declared().areas.keys() & declared().on_request):
        if not declared().streams[name].parent:
            assert any(path.endswith(declared().streams[name].path) for path in paths), name


@pytest.mark.parametrize(
    ("ratings", "surveys", "sentence"),
    [
        (True, False, "CSAT: legacy satisfaction ratings, in satisfaction_ratings."),
        (False, True, "CSAT: surveys, in survey_responses and surveys."),
        (False, False, "CSAT: turned off."),
    ],
)
def test_check_says_which_kind_of_csat_an_account_has(
    run, write_sources, account, ratings, surveys, sentence
):
    write_sources(account, collections={"include": ["groups"]})
    account.account.set_csat(ratings=ratings, surveys=surveys)
    assert sentence in run("check").output.splitlines()


def test_check_says_what_to_write_instead_of_the_days_of_older_versions(
    run, write_sources, account
):
    write_sources(account, collections={"include": ["groups"]}, days_per_run=90)
    said = " ".join(run("check").output.split())
    assert "`days_per_run` of zendesk_test is now `months_per_run: 3`, because" in said
    write_sources(account, collections={"include": ["groups"]}, months_per_run=3)
    assert "per_run" not in run("check").output


def test_what_the_settings_turn_off_is_said_and_settings_that_are_refused_stop_nothing(
    run, write_sources, account
):
    write_sources(account, collections={"include": ["groups", "schedules"]})
    account.account.features_off.add("business_hours")
    assert "! schedules: it is turned off in the account's settings" in run("check").output
    account.make_unavailable("account/settings", "scopes")
    checked = run("check")
    assert (checked.code, "CSAT" in checked.output) == (0, False)
    assert "! What its settings turn on is unknown: /account/settings" in checked.output


def test_an_area_that_is_switched_on_says_once_which_tables_hold_personal_data(
    run, write_sources, account
):
    write_sources(account, collections={"include": ["groups", "security"]})
    said = [
        line for line in run("sync", "--hub-only").output.splitlines() if "personal data" in line
    ]
    personal = [
        name for name in declared().areas["security"] if declared().collections[name].is_personal
    ]
    assert len(said) == 1
    assert f"zendesk_test: security: {', '.join(personal[:6])}" in said[0]
    assert "docs/privacy.md" in said[0]
    assert "personal data" not in run("sync", "--hub-only").output
    assert "security: " + ", ".join(personal[:3]) in run("check").output
