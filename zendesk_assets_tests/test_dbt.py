"""dbt beside Dagster: `sources.yml`, what `zendesk_assets.dagster` tells, and examples/dbt."""

import ast
import importlib.util
import re
import shutil

import dagster as dg
import jinja2
import pytest
import yaml

from zendesk_assets.catalog import declared
from zendesk_assets.dagster import asset_key, writers_pool
from zendesk_assets.errors import SourcesFileError
from zendesk_assets.orchestration.build import build_definitions
from zendesk_assets.warehouse.tables import LOAD_LOG
from zendesk_assets_tests.account import make_sources
from zendesk_assets_tests.analysis.conftest import (
    clock,
    desk,
    engine,
    path,
    postgres_server,
    warehouse,
)
from zendesk_assets_tests.commands import run_in
from zendesk_assets_tests.docs.markdown import ROOT

__all__ = ["clock", "desk", "engine", "path", "postgres_server", "warehouse"]
EXAMPLE = ROOT / "examples" / "dbt"
SOURCE = {
    "nickname": "Acme",
    "schema": "zendesk_prod",
    "subdomain": "acme",
    "auth": {"type": "oauth"},
    "warehouse_sync_cron": "0 */2 * * *",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Return a folder with a sources file, and the graph of its assets."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "sources.yaml").write_text(yaml.safe_dump({"sources": [SOURCE]}))
    return folder, build_definitions(make_sources(folder, SOURCE)).resolve_asset_graph()


@pytest.fixture(scope="module")
def written(project):
    folder, _ = project
    assert run_in(folder, "schema", "--output", "models.yml").code == 0
    (source,) = yaml.safe_load((folder / "models.yml").read_text())["sources"]
    return {each["name"]: each for each in source["tables"]}


def names_of(tests):
    return {name for each in tests for name in ([each] if isinstance(each, str) else each)}


def test_every_table_and_view_is_there_with_its_meaning_and_its_key_in_dagster(written, project):
    _, graph = project
    keys = {key for key in graph.get_all_asset_keys() if len(key.path) == 2}
    meta = {name: table.get("config", {}).get("meta") for name, table in written.items()}
    assert {dg.AssetKey(each["dagster"]["asset_key"]) for each in meta.values() if each} == keys
    assert written.keys() - {key.path[1] for key in keys} == LOAD_LOG.keys()
    for name, table in written.items():
        for each in (table, *table["columns"]):
            bare = re.sub(r"{% raw %}.*{% endraw %}", "x", each["description"])
            assert bare, (name, each)
            assert not re.search("{[{%#]", bare), (name, each)


def test_keys_and_links_are_tested_and_freshness_is_that_of_the_loads(written):
    tickets, tags = written["tickets"], written["ticket_tags"]
    columns = {each["name"]: each for each in tickets["columns"]}
    assert columns["id"]["data_tests"] == ["unique", "not_null"]
    (link,) = columns["group_id"]["data_tests"]
    assert link["relationships"]["arguments"] == {
        "to": "source('zendesk_prod', 'groups')", "field": "id",
    }  # fmt: skip
    assert link["relationships"]["config"]["where"] == 'not _deleted and "group_id" > 0'
    (together,) = tags["data_tests"]
    named = together["unique"]["arguments"]["column_name"]
    assert named == """concat("ticket_id", '-', "position")"""
    assert tickets["config"]["freshness"] == {
        "warn_after": {"count": 4, "period": "hour"},
        "error_after": {"count": 24, "period": "hour"},
    }
    daily = declared().streams["macros"].cadence.total_seconds() / 3600
    assert written["macros"]["config"]["freshness"]["warn_after"]["count"] == 2 * (2 + daily)
    assert "collection = 'tickets'" in tickets["config"]["loaded_at_query"]
    assert written["_loads"]["loaded_at_field"] == "loaded_at"


def test_only_what_there_is_and_what_is_synced_can_be_written(project):
    folder, _ = project
    few = ("--format", "dbt", "--collection", "groups", "--output", "few.txt")
    assert run_in(folder, "schema", *few).code == 0
    tables = yaml.safe_load((folder / "few.txt").read_text())["sources"][0]["tables"]
    assert {each["name"] for each in tables} == {"groups", *LOAD_LOG}
    for words, said in (
        (("--format", "dbt", "--collection", "calls"), "does not sync calls"),
        (("--format", "dbt", "--source", "globex"), "no source called globex"),
        (("--format", "svg", "--collection", "groups"), "for --format dbt"),
    ):
        refused = run_in(folder, "schema", *words, "--output", "x")
        assert refused.code != 0
        assert said in refused.output


def test_assets_of_others_learn_our_keys_and_wait_for_the_writer_of_a_file(tmp_path):
    file = make_sources(tmp_path, SOURCE)
    node = build_definitions(file).resolve_asset_graph().get(asset_key("zendesk_prod", "tickets"))
    assert node.pools == {writers_pool("zendesk_prod", file)}
    server = {"type": "postgres", "url": "postgresql://h/d"}
    assert writers_pool("zendesk_prod", make_sources(tmp_path, SOURCE, warehouse=server)) is None
    with pytest.raises(SourcesFileError, match="zendesk_prdo"):
        writers_pool("zendesk_prdo", file)


def test_the_examples_sources_are_what_the_command_writes_and_assets_of_ours(tmp_path, project):
    path = EXAMPLE / "models" / "sources.yml"
    names = ("tickets", "groups", "ticket_events")
    chosen = [word for name in names for word in ("--collection", name)]
    words = ("schema", "--format", "dbt", *chosen, "--output", "sources.yml")
    assert run_in(tmp_path, *words).code == 0
    written = (tmp_path / "sources.yml").read_text()
    assert written == path.read_text(), f"write it again: {' '.join(words)}"
    (source,) = yaml.safe_load(path.read_text())["sources"]
    keys = [each["config"]["meta"]["dagster"]["asset_key"] for each in source["tables"]
            if "meta" in each.get("config", {})]  # fmt: skip
    assert all(project[1].has(dg.AssetKey(key)) for key in keys)


def test_the_examples_models_run_on_the_tables_that_they_name(desk):
    for collection in ("tickets", "groups", "ticket_events"):
        desk.fill(collection)
    described = yaml.safe_load((EXAMPLE / "models" / "models.yml").read_text())["models"]
    models = {each.stem: each.read_text() for each in (EXAMPLE / "models").glob("*.sql")}
    assert {each["name"] for each in described} == models.keys()
    for name, text in models.items():
        for again in (False, True):
            sql = jinja2.Template(text).render(
                source=lambda schema, table: f"s.{table}" if schema == "zendesk_prod" else "",
                config=lambda **_: "",
                is_incremental=lambda again=again: again,
                this="(select current_date as day) as this",
            )
            desk.engine.run(f"create or replace view s.model as {sql}")
        columns = {column for column, _ in desk.engine.columns("model")[0]}
        (model,) = (each for each in described if each["name"] == name)
        assert {each["name"] for each in model["columns"]} == columns
        desk.engine.run("drop view s.model")


def test_the_example_uses_what_there_is_of_ours_and_of_dagster():
    tree = ast.parse((EXAMPLE / "definitions.py").read_text())
    ours = [each for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)
            and (each.module or "").startswith("zendesk_assets")]  # fmt: skip
    modules = {"zendesk_assets.dagster", "zendesk_assets.definitions"}
    assert {each.module for each in ours} == modules
    for each in ours:
        assert all(hasattr(importlib.import_module(each.module), one.name) for one in each.names)
    of_dagster = {each.attr for each in ast.walk(tree) if isinstance(each, ast.Attribute)
                  and isinstance(each.value, ast.Name) and each.value.id == "dg"}  # fmt: skip
    assert "AutomationCondition" in of_dagster
    assert [name for name in of_dagster if not hasattr(dg, name)] == []
    (bound,) = (each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)
                and each.name == "get_automation_condition")  # fmt: skip
    assert isinstance(_run(bound, {"dg": dg})(None, {}), dg.AutomationCondition)


def _run(function, names):
    """Return a function of the example, which needs nothing of dagster-dbt."""
    module = ast.Module([function], type_ignores=[])
    exec(compile(module, "definitions.py", "exec"), names)
    return names[function.name]


@pytest.mark.slow(seconds=40)
@pytest.mark.skipif(not shutil.which("dbt"), reason="dbt is not installed: see docs/dbt.md")
def test_the_example_loads_with_its_models_after_our_tables(project, tmp_path, monkeypatch):
    pytest.importorskip("dagster_dbt")
    folder = tmp_path / "dbt"
    shutil.copytree(EXAMPLE, folder)
    monkeypatch.setenv("ZENDESK_SOURCES", str(project[0] / "sources.yaml"))
    monkeypatch.setenv("DAGSTER_IS_DEV_CLI", "1")
    spec = importlib.util.spec_from_file_location("dbt_example", folder / "definitions.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    graph = module.defs.resolve_asset_graph()
    tables = {asset_key("zendesk_prod", name) for name in ("tickets", "groups")}
    assert graph.get(dg.AssetKey("open_tickets_by_group")).parent_keys == tables
