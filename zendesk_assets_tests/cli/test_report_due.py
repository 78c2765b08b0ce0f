"""A sync writes the report once a day, or when it is asked to; views always show what is loaded."""

import shutil
from contextlib import closing
from datetime import timedelta

import duckdb
import pytest

from zendesk_assets.errors import WarehouseError
from zendesk_assets.simulator import Simulator
from zendesk_assets_tests.cli.conftest import write_sources_file
from zendesk_assets_tests.commands import run_in

pytestmark = pytest.mark.slow

LISTS = ["groups", "tickets", "ticket_events", "ticket_fields", "ticket_metrics", "users"]


@pytest.fixture(scope="module")
def account():
    with Simulator(tickets=30, history_days=3) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def made(tmp_path_factory, account):
    """A folder whose account was synced; each test has a copy."""
    folder = tmp_path_factory.mktemp("made")
    write_sources_file(folder, account, collections={"include": LISTS}, analysis=True)
    first = run_in(folder, "sync")
    assert (first.code, "charts in" in first.output) == (0, True), first.output
    return folder


@pytest.fixture
def synced(run, made, tmp_path, within_a_day):
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return run


def ask(folder, query):
    with closing(duckdb.connect(folder / "warehouse.duckdb", read_only=True)) as connection:
        return connection.execute(query).fetchall()


def page(folder):
    return (folder / "reports" / "zendesk_test.html").read_bytes()


def change(account):
    account.account.update_ticket(1, subject="Anew")
    account.clock.advance(timedelta(minutes=2))  # exports hold back the last minute


def test_a_sync_soon_after_leaves_the_report_and_says_when_it_is_due(synced, account, tmp_path):
    before = page(tmp_path)
    change(account)
    again = synced("sync")

    assert (again.code, "charts in" in again.output) == (0, False)
    assert "the report and the figures of the views are due when the tables reach" in again.output
    assert page(tmp_path) == before
    subject = "SELECT subject FROM zendesk_test.analysis_tickets WHERE id = 1"
    assert ask(tmp_path, subject) == [("Anew",)]  # a view waits for nothing


@pytest.mark.parametrize(
    "option",
    [
        ["--report"],
        pytest.param(["--refetch"], marks=pytest.mark.long),
        pytest.param(["--collection", "tickets"], marks=pytest.mark.long),
    ],
)
def test_what_is_asked_for_is_written_at_once(synced, account, tmp_path, option):
    before = page(tmp_path)
    change(account)
    again = synced("sync", *option)
    assert (again.code, "charts in" in again.output) == (0, True)
    assert page(tmp_path) != before


@pytest.mark.long
def test_a_new_field_is_a_column_at_the_next_load_and_is_measured(
    run, write_sources, tmp_path, monkeypatch, within_a_day
):
    with Simulator(tickets=30, history_days=3) as account:
        write_sources(account, collections={"include": LISTS}, analysis=True)
        assert run("sync").code == 0
        account.account.create_field("Shelf")
        change(account)
        with monkeypatch.context() as patched:
            patched.setattr("zendesk_assets.orchestration.view_step.measure_views", fail)
            assert run("sync", "--refetch").code == 1
        assert ask(tmp_path, "SELECT count(shelf) FROM zendesk_test.analysis_tickets") == [(0,)]
        assert "charts in" in run("sync").output
        assert "charts in" not in run("sync").output


def fail(*_):
    raise WarehouseError("There is no room.")


@pytest.mark.long
def test_a_report_that_was_deleted_is_written_by_the_next_sync(synced, tmp_path):
    (tmp_path / "reports" / "zendesk_test.html").unlink()
    assert "charts in" in synced("sync").output
    assert page(tmp_path)


@pytest.mark.long
def test_an_erasure_deletes_the_report_which_names_people(synced, tmp_path):
    assert synced("erase", "--text", "Nobody of this name").code == 0
    assert page(tmp_path)
    assert synced("erase", "--text", "Nobody of this name", "--apply").code == 0
    assert not (tmp_path / "reports" / "zendesk_test.html").exists()


@pytest.mark.parametrize("option", ["--hub-only", "--warehouse-only --replay --launch"])
def test_the_report_needs_tables(run, write_sources, account, option):
    write_sources(account)
    outcome = run("sync", "--report", *option.split())
    wanted = f"--report needs tables that are loaded: omit {option.split()[-1]}"
    assert (outcome.code, wanted in " ".join(outcome.output.split())) == (2, True)
