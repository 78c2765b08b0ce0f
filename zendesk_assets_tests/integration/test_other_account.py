"""A schema belongs to the account that filled it: another one's data never get beside its own."""

import json
import shutil
from datetime import timedelta
from functools import partial
from pathlib import Path

import duckdb
import psycopg
import pytest
import yaml

from zendesk_assets.account_identity import AccountIdentity
from zendesk_assets.clock import ManualClock
from zendesk_assets.errors import OtherAccountError
from zendesk_assets.hub import AccountMark, Storage
from zendesk_assets.simulator import Simulator
from zendesk_assets_tests.account import NOW, SCHEMA, Project, source_settings
from zendesk_assets_tests.commands import run_command
from zendesk_assets_tests.postgres import database, new_database

FEW = {"collections": {"include": ["organizations"]}}  # groups are asked for all the same
OTHER = "confirm it with `zendesk-assets check --source zendesk_test --same-account`"


@pytest.fixture
def clock():
    return ManualClock(NOW)


@pytest.fixture
def acme(clock):
    with Simulator(tickets=3, clock=clock, history_days=3) as simulator:
        yield simulator


@pytest.fixture
def globex(clock):
    with Simulator(tickets=3, clock=clock, history_days=3, seed=8) as simulator:
        yield simulator


@pytest.fixture
def live():
    """Return an account whose clock is the machine's: `check` asks for the last hour."""
    with Simulator(tickets=3, history_days=3) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def server():
    with database() as url:
        yield url


@pytest.fixture(params=["duckdb", pytest.param("postgres", marks=pytest.mark.long)])
def url(request):
    """Return an empty PostgreSQL database's address, or nothing for a DuckDB file."""
    if request.param == "duckdb":
        yield ""
        return
    with new_database(request.getfixturevalue("server")) as url:
        yield url


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return a function that runs a command here and gives its exit code and its output."""
    monkeypatch.chdir(tmp_path)

    return partial(run_command, monkeypatch, capsys)


def sync(folder, simulator, url="", hub="hub", **settings):
    """Sync in a new process, as it were; return why steps failed, each reason once."""
    simulator.clock.advance(timedelta(minutes=30))
    project = Project(folder, simulator, simulator.clock, {**FEW, **settings}, url, hub)
    keys = project.definitions.resolve_asset_graph().get_all_asset_keys()
    result = project.run(keys, raise_on_error=False)
    failures = [
        event.step_failure_data.user_failure_data
        for event in result.all_events
        if event.is_step_failure
    ]
    return {each.description for each in failures if each}


def hub_files(folder, hub="hub"):
    return {each: each.read_bytes() for each in (folder / hub).rglob("*") if each.is_file()}


def ask(folder, url, query):
    if url:
        with psycopg.connect(url) as connection:
            return connection.execute(query).fetchall()
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        return connection.execute(query).fetchall()


def change(folder, url, statement):
    place = url or str(folder / "warehouse.duckdb")
    with (psycopg if url else duckdb).connect(place) as connection:
        connection.execute(statement)


def ids(folder, url):
    return {row[0] for row in ask(folder, url, f"select id from {SCHEMA}.organizations")}


def wanted(simulator):
    return {row["id"] for row in simulator.expected("organizations")}


def test_another_subdomain_is_refused_before_a_request_and_before_anything_is_written(
    tmp_path, acme, globex, url
):
    assert sync(tmp_path, acme, url) == set()
    before, rows = hub_files(tmp_path), ids(tmp_path, url)
    (reason,) = sync(tmp_path, globex, url, subdomain="globex")

    assert f"acme ({acme.base_url}" in reason
    assert f"globex ({globex.base_url})" in reason
    assert OTHER in reason
    assert globex.requests == []
    assert (hub_files(tmp_path), ids(tmp_path, url)) == (before, rows)
    assert rows == wanted(acme)


def test_another_account_behind_the_same_subdomain_is_refused_before_anything_lands(
    tmp_path, acme, globex, url
):
    assert sync(tmp_path, acme, url) == set()
    before, rows = hub_files(tmp_path), ids(tmp_path, url)
    (reason,) = sync(tmp_path, globex, url)

    assert "with none of its groups" in reason
    assert acme.base_url in reason
    assert globex.base_url in reason
    assert (hub_files(tmp_path), ids(tmp_path, url)) == (before, rows)
    assert not rows & wanted(globex)
    assert sync(tmp_path, acme, url) == set()


def test_the_same_ids_under_another_address_are_another_account(tmp_path, acme, globex):
    assert sync(tmp_path, acme) == set()
    globex.account.groups.clear()
    globex.account.groups.update(acme.account.groups)
    globex.account.url = "https://globex.zendesk.com"
    (reason,) = sync(tmp_path, globex)

    assert "with the host globex.zendesk.com" in reason
    assert "with another address in its records" in reason


def test_an_account_that_answers_on_another_port_is_the_same(tmp_path, acme, clock):
    assert sync(tmp_path, acme) == set()
    with Simulator(tickets=3, clock=clock, history_days=3) as again:
        assert again.base_url != acme.base_url
        assert sync(tmp_path, again) == set()


def test_a_project_from_before_adopts_the_account_at_the_next_sync(tmp_path, acme, globex, url):
    assert sync(tmp_path, acme, url) == set()
    mark = tmp_path / "hub" / SCHEMA / "account.json"
    mark.unlink()
    change(tmp_path, url, f"drop table {SCHEMA}._account")
    acme.account.create_organization("New")
    assert sync(tmp_path, acme, url) == set()

    assert json.loads(mark.read_text())["subdomain"] == "acme"
    rows = ask(tmp_path, url, f"select subdomain, url from {SCHEMA}._account")
    assert rows == [("acme", acme.base_url)]
    assert sync(tmp_path, globex, url) != set()


def test_tables_of_another_account_are_not_loaded_into(tmp_path, acme, globex, url):
    assert sync(tmp_path, acme, url) == set()
    (reason,) = sync(tmp_path, globex, url, hub="other hub")  # another project, the same warehouse

    assert reason.startswith(f"The schema {SCHEMA} of the warehouse was filled by the account acme")
    assert ids(tmp_path, url) == wanted(acme)
    assert sync(tmp_path, acme, url) == set()


def test_a_hub_that_was_copied_to_another_source_is_refused(tmp_path, acme, globex):
    assert sync(tmp_path, globex, hub="theirs", subdomain="globex") == set()
    shutil.copytree(tmp_path / "theirs", tmp_path / "hub")
    before = hub_files(tmp_path)
    (reason,) = sync(tmp_path, acme)

    assert reason.startswith(f"The hub of {SCHEMA} was filled by the account globex")
    assert hub_files(tmp_path) == before


def test_groups_that_are_refused_leave_the_subdomain_to_judge_by(tmp_path, acme, globex):
    acme.make_unavailable("groups", "role")
    assert sync(tmp_path, acme) == set()
    assert sync(tmp_path, globex, subdomain="globex") != set()


def test_a_hundred_new_groups_before_the_known_ones_are_no_other_account(tmp_path, acme):
    assert sync(tmp_path, acme) == set()
    mark = AccountMark(Storage(str(tmp_path / "hub")), SCHEMA)
    known = mark.read().groups
    assert known == tuple(sorted(acme.account.groups))
    for number in range(120):
        acme.account.create_group(f" {number:03}")
    acme.requests.clear()
    assert sync(tmp_path, acme) == set()

    groups = [each for each in acme.requests if "/groups" in each.path]
    assert len(groups) <= 3


@pytest.mark.long
def test_a_process_asks_once_whose_account_it_is(tmp_path, acme):
    project = Project(tmp_path, acme, acme.clock, {"collections": {"exclude": ["groups"]}})
    acme.clock.advance(timedelta(minutes=30))
    project.sync()

    assert len([each for each in acme.requests if "/groups" in each.path]) == 1


@pytest.mark.parametrize("root", ["folder", "memory://marks"])
def test_a_damaged_mark_is_written_anew(tmp_path, root):
    place = str(tmp_path) if root == "folder" else f"{root}/{tmp_path.name}"
    storage = Storage(place)
    mark, ours = AccountMark(storage, "s"), AccountIdentity(subdomain="a", url="u", groups=(1, 2))
    assert mark.read() is None
    mark.write(ours)
    assert AccountMark(Storage(place), "s").read() == ours
    with pytest.raises(OtherAccountError, match="with another subdomain"):
        mark.refuse_other(AccountIdentity(subdomain="b", url="u"))
    for damage in (b"", b"{", b'{"subdomain": 5}', b"\xff"):
        storage.write("s/account.json", damage)
        assert mark.read() is None


def write(folder: Path, simulator, **settings):
    source = source_settings(simulator, **{**FEW, **settings})
    (folder / "sources.yaml").write_text(yaml.safe_dump({"sources": [source]}))


COMMANDS = [
    ("sync", "--collection", "organizations"),
    ("sync", "--warehouse-only", "--replay"),
    ("reconcile", "--collection", "organizations"),
    ("erase", "--text", "nobody at all"),
    ("erase", "--text", "nobody at all", "--apply"),
    ("hub", "prune", "--older-than", "1d"),
    ("hub", "verify", "--repair"),
    ("check",),
]


def test_every_command_that_would_write_says_so_in_one_sentence_and_status_shows_it(
    tmp_path, acme, globex, run
):
    write(tmp_path, acme)
    assert run("sync").code == 0
    before = hub_files(tmp_path)
    write(tmp_path, globex, subdomain="globex")
    for command in COMMANDS:
        outcome = run(*command)
        assert outcome.code == 1, command
        assert outcome.output.count(OTHER) in {1, 2}, outcome.output  # as it fails, and at the end
        assert "Traceback" not in outcome.output
        assert hub_files(tmp_path) == before
    shown = run("status")
    assert shown.code == 0
    assert OTHER in " ".join(shown.output.split())
    assert {row["other_account"] is not None for row in status(run)} == {True}


def status(run):
    return json.loads(run("status", "--json").output)


def test_an_account_with_a_new_subdomain_goes_on_once_that_is_said(tmp_path, live, run):
    write(tmp_path, live)
    assert run("sync").code == 0
    write(tmp_path, live, subdomain="acme-support")
    assert run("sync").code == 1
    told = run("check", "--same-account")
    assert told.code == 0, told.output
    assert "From now on the data in zendesk_test belongs to acme-support" in told.output

    assert run("sync").code == 0
    assert run("check").code == 0
    assert {row["other_account"] for row in status(run)} == {None}
    write(tmp_path, live)
    assert run("sync").code == 1
