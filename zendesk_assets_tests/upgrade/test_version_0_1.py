"""Files of version 0.1, as it was before users, identities and business rules had tables.

`version_0_1.tar.zst` is the folder of a project on a simulated account (40 tickets, 20 days, seed
7), synced at `MADE_AT`: hub, warehouse, Dagster home and sources file.
"""

import re
import tarfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import yaml
import zstandard

from zendesk_assets.catalog import declared
from zendesk_assets.cli.project import open_instance
from zendesk_assets.clock import ManualClock
from zendesk_assets.orchestration import keys
from zendesk_assets.simulator import Simulator
from zendesk_assets_tests.account import SCHEMA, USUAL, Project
from zendesk_assets_tests.commands import run_command
from zendesk_assets_tests.comparison import differences

pytestmark = [pytest.mark.long, pytest.mark.slow(seconds=30)]

FILES = Path(__file__).with_name("version_0_1.tar.zst")
MADE_AT = datetime(2026, 11, 28, 14, 48, tzinfo=UTC)
BEFORE = USUAL


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory):
    """The old folder with the account as it was, three hours later, and synced once."""
    folder = tmp_path_factory.mktemp("upgrade")
    with zstandard.open(FILES) as packed, tarfile.open(fileobj=packed, mode="r|") as found:
        # Python 3.11.2, as in Debian 12, has no filters.
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        found.extractall(folder, **safely)
    clock = ManualClock(MADE_AT)
    with Simulator(tickets=40, clock=clock, history_days=20, seed=7) as account:
        settings = yaml.safe_load((folder / "sources.yaml").read_text())["sources"][0]
        settings |= {
            "collections": {},
            "base_url": account.base_url,
            "auth": {"type": "bearer", "token": account.token},
        }
        clock.advance(timedelta(hours=3))
        account.account.update_ticket(3, subject="Changed after the upgrade")
        clock.advance(timedelta(hours=1))
        project = Project(folder, account, clock, settings)
        with _opened(folder) as project.instance:
            before = _rows(folder)
            project.sync(days=21)
            yield project, before, project.requests()


@contextmanager
def _opened(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("DAGSTER_HOME", raising=False)
        with open_instance() as instance:
            yield instance


def _rows(folder):
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        return {
            name: connection.execute(f"select count(*) from {SCHEMA}.{name}").fetchone()[0]
            for name in BEFORE
        }


def _is_choice(difference, simulator):
    """Return whether it is that the account of before was another.

    It had one brand and one form, not two each; its business hours were a share of all, and its SLA
    targets were not in business hours.
    """
    where, value, other = re.split(": | instead of ", difference, maxsplit=2)
    if where.startswith("ticket_metrics") and where.endswith("_business"):
        return True
    if '"in_business_hours":false' in value:
        return value.replace("false", "true") == other
    account = simulator.account
    ids = {str(each) for each in (*account.brand_ids, *account.form_ids)}
    return set(re.findall(r"\d+", difference.partition(": ")[2])) <= ids


def test_the_tables_of_before_keep_their_rows_and_get_what_is_new(upgraded):
    project, before, _ = upgraded

    assert all(_rows(project.folder)[name] >= rows > 0 for name, rows in before.items())
    found = differences(project.database, SCHEMA, project.simulator, BEFORE)
    assert [each for each in found if not _is_choice(each, project.simulator)] == []


def test_the_new_collections_come_with_the_first_sync(upgraded):
    project, *_ = upgraded
    new = sorted(set(declared().by_default) - set(BEFORE))

    assert new
    assert differences(project.database, SCHEMA, project.simulator, new) == []


def test_what_the_hub_had_is_not_asked_for_again(upgraded):
    *_, requests = upgraded
    exports = [each for each in requests if each.path == "/api/v2/incremental/tickets/cursor"]
    since = min(int(each.query["start_time"]) for each in exports if "start_time" in each.query)

    assert MADE_AT - datetime.fromtimestamp(since, UTC) < timedelta(hours=2)


def test_the_days_of_before_are_months_that_are_green_after_the_first_sync(upgraded):
    project, *_ = upgraded
    known = project.instance.get_materialized_partitions(keys.hub_key(SCHEMA, "tickets"))

    assert len([each for each in known if len(each) == len("2026-11-28")]) >= 30
    assert {project.month(20), project.month()} <= known


@pytest.mark.parametrize("command", [("status",), ("hub", "verify"), ("query", "select 1")])
def test_commands_read_the_files_of_before(upgraded, monkeypatch, capfd, command):
    project, *_ = upgraded
    monkeypatch.chdir(project.folder)
    outcome = run_command(monkeypatch, capfd, *command)

    assert outcome.code == 0, outcome.output
