"""One project for all documents: two simulated accounts, sources, a synced hub, both warehouses.

And one with few tables, for commands that go through all of a project's tables.

The schemas are those that the documents speak of, and the days are the account's own.
"""

import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from zendesk_assets.account import Account
from zendesk_assets.analysis import VIEWS, nested_views_for, object_views_for
from zendesk_assets.catalog import declared
from zendesk_assets.cli.project import write_dagster_yaml
from zendesk_assets.fivetran import RELATIONS
from zendesk_assets.history import fill_history
from zendesk_assets.settings.file import load_sources
from zendesk_assets.simulator import Simulator
from zendesk_assets.warehouse import open_postgres, put_family, put_views
from zendesk_assets_tests.commands import run_in
from zendesk_assets_tests.postgres import database, new_database

SCHEMA = "zendesk_prod"
_DAYS = 4


@dataclass
class DocumentedProject:
    """A folder as a reader of the documents has it."""

    folder: Path
    account: Simulator

    def run(self, *words):
        """Run `zendesk-assets` in this process; return its exit code and what it printed."""
        outcome = run_in(self.folder, *words)
        return outcome.code, outcome.output


def in_our_days(words):
    """Move the dates of a command to days that the account has."""
    today = datetime.now(UTC).date()
    days = iter([today - timedelta(days=2), today])
    return [str(next(days)) if re.fullmatch(r"\d{4}-\d\d-\d\d", word) else word for word in words]


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    areas = ["default", "custom_data", "calls", "articles"]
    with _synced(tmp_path_factory.mktemp("documented"), areas, fivetran=True) as made:
        yield made


@pytest.fixture(scope="session")
def small_project(tmp_path_factory):
    """Return the same with few tables, those that such commands name among them."""
    names = ["group_memberships", "organizations", "ticket_events", "tickets", "users"]
    with _synced(tmp_path_factory.mktemp("small"), names) as made:
        yield made


@contextmanager
def _synced(folder, collections, **more):
    """Write and sync a project in a folder."""
    with (
        pytest.MonkeyPatch.context() as patch,
        Simulator(tickets=60, history_days=_DAYS) as account,
        Simulator(tickets=20, history_days=_DAYS, subdomain="globex", seed=8) as other,
    ):
        for name in ("ZENDESK_SOURCES", "DAGSTER_HOME", "WAREHOUSE_URL"):
            patch.delenv(name, raising=False)
        patch.setenv("ZENDESK_ASSETS_STATE", str(folder / "state"))
        settings = [
            _source("Zendesk", SCHEMA, account, collections={"include": collections}, **more),
            _source("Acme", "zendesk_acme", other, collections={"include": ["groups", "tickets"]}),
        ]
        file = {"type": "duckdb", "path": "warehouse.duckdb", "published": "published.duckdb"}
        content = {"sources": settings, "warehouse": file}
        (folder / "sources.yaml").write_text(yaml.safe_dump(content))
        _let_it_be_the_demo(folder, settings)
        write_dagster_yaml(folder)
        made = DocumentedProject(folder, account)
        code, output = made.run("sync")
        assert code == 0, output
        yield made


def _let_it_be_the_demo(folder, settings):
    """Put a sources file where `make demo` has its own: the same hub and tables."""
    (folder / ".demo").mkdir()
    places = {"hub": {"path": "../hub"},
              "warehouse": {"type": "duckdb", "path": "../warehouse.duckdb"}}  # fmt: skip
    (folder / ".demo/sources.yaml").write_text(yaml.safe_dump({"sources": settings, **places}))


def _source(nickname, schema, account, **more):
    return {
        "nickname": nickname,
        "schema": schema,
        "subdomain": account.subdomain,
        "base_url": account.base_url,
        "auth": {"type": "bearer", "token": account.token},
        "requests_per_minute": 100_000,
        "export_requests_per_minute": 1_000,
        "history_start": (datetime.now(UTC) - timedelta(days=_DAYS)).date(),
        "reconcile_cron": None,
        **more,
    }


@pytest.fixture(scope="session")
def postgres(project):
    """Yield the address of a database with the tables and views that the project has."""
    sources = load_sources(project.folder / "sources.yaml")
    source = sources.source(SCHEMA)
    hub = Account(sources, source).hub
    with database() as server, new_database(server) as url:
        warehouse = open_postgres(url)
        for collection in declared().collections.values():
            batches = [hub.files(each) for each in hub.batches(collection.stream)]
            warehouse.load(SCHEMA, collection, batches)
            if collection.keeps_history:
                fill_history(hub, warehouse, collection)
        put_views(warehouse, SCHEMA, [view.as_view() for view in VIEWS.values()], partly=True)
        nested = nested_views_for(declared().collections)
        put_views(warehouse, SCHEMA, [view.as_view() for view in nested])
        put_family(warehouse, SCHEMA, object_views_for(declared().collections))
        relations = [each.as_view() for each in RELATIONS.values()]
        put_views(warehouse, SCHEMA, relations, partly=True)
        yield url


@pytest.fixture
def in_project(project, monkeypatch):
    """Return the project, with its folder as the working directory."""
    monkeypatch.chdir(project.folder)
    return project
