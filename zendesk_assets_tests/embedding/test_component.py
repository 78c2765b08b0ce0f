"""The component in a project that `dg` made: examples/component, and what `dg` says of ours."""

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
import yaml

from zendesk_assets import ZendeskAccount
from zendesk_assets.settings.file import load_sources
from zendesk_assets.simulator import Simulator
from zendesk_assets.warehouse_opening import open_warehouse
from zendesk_assets_tests.account import source_settings
from zendesk_assets_tests.docs.markdown import ROOT

EXAMPLE = ROOT / "examples" / "component"
DEFS = EXAMPLE / "support" / "defs" / "zendesk" / "defs.yaml"
DG = Path(sys.executable).parent / "dg"


def run_dg(folder, *words, home):
    """Run `dg` in a folder; return what it printed."""
    home.mkdir(exist_ok=True)
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    given = {
        "DAGSTER_HOME": str(home),
        "ZENDESK_TOKEN": "x",
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "200",
    }
    ran = subprocess.run(
        [DG, *words],
        cwd=folder,
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture
def example(tmp_path):
    """Return a copy of the example."""
    folder = tmp_path / "component"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", "data"))
    return folder


@pytest.mark.long
@pytest.mark.slow(seconds=30)
def test_dg_finds_nothing_wrong_with_the_example_and_lists_what_it_has(example, tmp_path):
    home = tmp_path / "home"
    assert "loaded successfully" in run_dg(example, "check", "defs", home=home)
    listed = json.loads(run_dg(example, "list", "defs", "--json", home=home))
    keys = {each["asset_key"]: each for each in listed["assets"]}
    assert {"support/zendesk_prod/tickets", "support/zendesk_prod/hub/tickets"} <= keys.keys()
    assert keys["open_tickets"]["dependency_keys"] == ["support/zendesk_prod/tickets"]
    assert keys["support/zendesk_prod/tickets"]["group_name"] == "zendesk"


@pytest.mark.long
@pytest.mark.slow(seconds=30)
def test_dg_lists_the_component_and_scaffolds_one_that_loads(example, tmp_path):
    home = tmp_path / "home"
    listed = json.loads(run_dg(example, "list", "components", "--json", home=home))
    assert "zendesk_assets.ZendeskAccount" in {each["key"] for each in listed["items"]}
    (example / "sources.yaml").unlink()
    shutil.rmtree(example / "support" / "defs" / "zendesk")
    (example / "support" / "defs" / "open_tickets.py").unlink()
    run_dg(example, "scaffold", "defs", "zendesk_assets.ZendeskAccount", "desk", home=home)
    sources = (example / "sources.yaml").read_text()
    assert sources == (ROOT / "sources.example.yaml").read_text()
    run_dg(example, "check", "defs", home=home)


@pytest.mark.slow(seconds=20)
@pytest.mark.long
@pytest.mark.parametrize("text", ["", "example"])
def test_dg_finds_nothing_wrong_with_ours(tmp_path, monkeypatch, text):
    sources = ROOT / "sources.example.yaml" if text else tmp_path / "none.yaml"
    monkeypatch.setenv("ZENDESK_SOURCES", str(sources))
    assert "loaded successfully" in run_dg(ROOT, "check", "defs", home=tmp_path / "home")


@pytest.mark.long
@pytest.mark.slow(seconds=60)
def test_the_example_loads_tables_and_its_own_asset_with_the_projects_executor(example, tmp_path):
    home, file = tmp_path / "home", example / "sources.yaml"
    with Simulator(tickets=30, history_days=5) as account:
        content = yaml.safe_load(file.read_text())
        start = {"history_start": (datetime.now(UTC) - timedelta(days=5)).date()}
        ours = source_settings(account, schema="zendesk_prod", **start)
        content["sources"] = [content["sources"][0] | {
            name: ours[name] for name in ("base_url", "auth", "history_start")
        }]  # fmt: skip
        file.write_text(yaml.safe_dump(content))
        month = f"{datetime.now(UTC):%Y-%m}"
        tables = "key:support/zendesk_prod/hub/tickets or key:support/zendesk_prod/tickets"
        run_dg(example, "launch", "--assets", tables, "--partition", month, home=home)
        run_dg(example, "launch", "--assets", "key:open_tickets", home=home)
    warehouse = open_warehouse(load_sources(file))
    tickets = warehouse.read("zendesk_prod", "tickets")
    own = warehouse.read("support", "open_tickets")
    open_ones = tickets[~tickets["status"].isin(["solved", "closed"]) & ~tickets["_deleted"]]
    assert own["tickets"].sum() == len(open_ones)
    assert len(tickets)


def test_a_scaffolded_component_leaves_a_sources_file_as_it_is(tmp_path):
    scaffolder = ZendeskAccount.__scaffolder_cls__()
    (tmp_path / "sources.yaml").write_text("sources: []\n")
    folder = tmp_path / "defs" / "zendesk"
    folder.mkdir(parents=True)
    for form, file in (("yaml", "defs.yaml"), ("python", "component.py")):
        request = dg.ScaffoldRequest(
            type_name="zendesk_assets.ZendeskAccount",
            target_path=folder,
            scaffold_format=form,
            project_root=tmp_path,
            params=scaffolder.get_scaffold_params()(),
        )
        scaffolder.scaffold(request)
        assert "ZendeskAccount" in (folder / file).read_text()
    assert (tmp_path / "sources.yaml").read_text() == "sources: []\n"


def test_each_field_of_the_component_says_what_it_is_for():
    fields = ZendeskAccount.model().model_json_schema()["properties"]
    assert set(fields) == {"sources", "key_prefix", "group", "tags", "automation", "io_manager"}
    assert [name for name, each in fields.items() if not each.get("description")] == []


def test_the_page_shows_the_examples_component():
    page = (ROOT / "docs" / "extend.md").read_text()
    assert f"```text\n{DEFS.read_text()}```" in page
    options = set(ZendeskAccount.model_fields) - {"sources"}
    assert [name for name in options if f"| `{name}` |" not in page] == []


def test_the_package_offers_both_ways_and_imports_nothing_until_one_is_asked_for():
    asked = (
        "import sys, zendesk_assets; assert {'ZendeskAccount', 'definitions_for'} <= "
        "set(dir(zendesk_assets)); assert not {'dagster', 'pydantic'} & sys.modules.keys(); "
        "from zendesk_assets import definitions_for; assert 'dagster' in sys.modules; "
        "assert not hasattr(zendesk_assets, 'definitions_fro')"
    )
    subprocess.run([sys.executable, "-c", asked], check=True)
