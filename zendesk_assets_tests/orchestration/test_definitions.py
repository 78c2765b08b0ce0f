"""What a source becomes in Dagster: keys, groups, descriptions, resources without secrets."""

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
from dagster._config.pythonic_config.resource import get_resource_type_name

from zendesk_assets.analysis import OBJECT_VIEWS_READ, VIEWS, nested_views_for
from zendesk_assets.catalog import declared
from zendesk_assets.orchestration.build import build_definitions
from zendesk_assets.orchestration.describe import in_words
from zendesk_assets_tests.account import make_sources

CATALOG = declared()
SOURCE = {
    "nickname": "Acme",
    "schema": "acme",
    "subdomain": "acme",
    "auth": {"type": "bearer", "token": "s3cret-t0ken"},
}


def specs(folder, *sources):
    definitions = build_definitions(make_sources(folder, *sources))
    return {tuple(spec.key.path): spec for spec in definitions.resolve_all_asset_specs()}


def test_keys_are_schema_and_table_and_hub_stream(tmp_path):
    found = specs(tmp_path, SOURCE)

    nested = [view.name for view in nested_views_for(CATALOG.by_default)]
    assert set(found) == {
        *(("acme", name) for name in CATALOG.by_default),
        *(("acme", "hub", CATALOG.collections[name].stream) for name in CATALOG.by_default),
        *(("acme", name) for name in (*VIEWS, *nested)),
        ("acme", "analysis", "report"),
    }
    assert {spec.group_name for spec in found.values()} == {"acme", "acme_hub", "acme_analysis"}


def test_every_asset_is_described_owned_and_linked(tmp_path):
    for path, spec in specs(tmp_path, SOURCE | {"owners": ["ann@acme.com"]}).items():
        assert tuple(spec.owners) == ("ann@acme.com",)
        if spec.group_name == "acme_analysis":
            continue
        assert "**From**: the Zendesk account **Acme** (https://acme.zendesk.com)" in (
            spec.description
        ), path
        assert "very 3 hours (UTC)" in spec.description
        (declared,) = spec.metadata["dagster/code_references"].code_references
        assert f'"{path[-1]}"' in Path(declared.file_path).read_text()
        assert spec.metadata["documentation"].value.startswith("https://developer.zendesk.com")
    table = specs(tmp_path, SOURCE)["acme", "tickets"]
    schema = table.metadata["dagster/column_schema"]
    assert table.metadata["dagster/table_name"] == "acme.tickets"
    assert [column.name for column in schema.columns][-2:] == ["_batch_id", "_scrubbed"]
    for wanted in ("one row per `id`", "`generated_timestamp`", "select * from acme.tickets"):
        assert wanted in table.description
    columns = {each.name: each for each in schema.columns}
    assert columns["group_id"].description.endswith("→ groups.id")


def test_a_column_says_where_in_the_hubs_record_its_value_is(tmp_path):
    metrics = specs(tmp_path, SOURCE)["acme", "ticket_metrics"].metadata["dagster/column_schema"]
    (reopens,) = [each for each in metrics.columns if each.name == "reopens"]
    assert "From `metric_set.reopens`." in reopens.description


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 */3 * * *", "Every 3 hours (UTC)"),
        ("15 2,14 * * *", "At 02:15 and 14:15 (UTC)"),
        ("0 8 * * 1-5", "At 08:00, Monday through Friday (UTC)"),
        ("0 8 * * nonsense", "`0 8 * * nonsense` (UTC)"),
    ],
)
def test_a_schedule_is_said_in_words(cron, words):
    assert in_words(cron) == words


def test_two_sources_stand_side_by_side(tmp_path):
    other = SOURCE | {"nickname": "Globex", "schema": "globex", "subdomain": "globex"}
    assert len(specs(tmp_path, SOURCE, other)) == 2 * len(specs(tmp_path, SOURCE))


def test_only_chosen_collections_and_their_streams_are_there(tmp_path):
    found = specs(tmp_path, SOURCE | {"collections": {"include": ["ticket_metrics"]}})
    assert set(found) == {("acme", "ticket_metrics"), ("acme", "hub", "tickets")}


def test_areas_that_hold_personal_data_are_synced_only_when_named(tmp_path):
    named = SOURCE | {"collections": {"include": ["default", "security"]}}
    more = specs(tmp_path, named).keys() - specs(tmp_path, SOURCE).keys()
    assert {path[-1] for path in more} == set(CATALOG.areas["security"])
    assert CATALOG.areas["security"]


def test_views_are_there_where_their_tables_are_unless_switched_off(tmp_path):
    off = specs(tmp_path, SOURCE | {"analysis": False})
    assert not [path for path in off if "analysis" in "/".join(path)]
    assert not {path[1] for path in off} & set(declared().views)
    sensors = build_definitions(make_sources(tmp_path, SOURCE | {"analysis": False})).sensors
    assert not [each.name for each in sensors if each.name.endswith("_analysis")]

    some = specs(tmp_path, SOURCE | {"collections": {"include": ["tickets", "ticket_events"]}})
    assert ("acme", "analysis", "report") in some
    assert {path[1] for path in some if path[1] in VIEWS} == {
        "analysis_backlog_by_day",
        "analysis_requesters",
        "analysis_tags",
    }
    requesters = some["acme", "analysis_requesters"]
    # neither users nor organizations, which it would take names from
    assert {dep.asset_key.path[1] for dep in requesters.deps} == {"tickets", "ticket_events"}
    nested = {path[1] for path in some} & set(declared().views)
    assert nested >= {"ticket_tags", "ticket_comments"}
    assert not nested & {"ticket_custom_field_values", "user_tags"}


def test_a_view_says_what_it_is_and_how_it_is_asked(tmp_path):
    everything = ["default", *(CATALOG.on_request & CATALOG.areas.keys())]
    found = specs(tmp_path, SOURCE | {"collections": {"include": everything}})
    nested = {view.name: view for view in nested_views_for(declared().collections)}
    for name, view in {**VIEWS, **nested}.items():
        spec = found["acme", name]
        assert spec.kinds == {"duckdb", "view"}
        tables = {*view.reads, *view.reads_if_there}
        assert {key.path[1] for key in (dep.asset_key for dep in spec.deps)} == tables
        assert f"from acme.{name}" in spec.description
        assert all(f"`{column}`" in spec.description for column in view.grain)
        assert spec.metadata["dagster/table_name"] == f"acme.{name}"
        (code,) = spec.metadata["dagster/code_references"].code_references
        assert f'"{name}"' in Path(code.file_path).read_text()
    of_objects = found["acme", "custom_object_views"]
    assert {dep.asset_key.path[1] for dep in of_objects.deps} == set(OBJECT_VIEWS_READ)
    assert "`acme.object_` and the key of the object" in of_objects.description
    assert of_objects.freshness_policy == found["acme", "custom_objects"].freshness_policy
    assert of_objects.automation_condition == found["acme", "analysis_csat"].automation_condition


def test_no_resource_holds_a_secret(tmp_path):
    definitions = build_definitions(make_sources(tmp_path, SOURCE))
    for resource in definitions.resources.values():
        assert "s3cret-t0ken" not in repr(resource)
        if isinstance(resource, dg.ConfigurableResource):
            assert "s3cret-t0ken" not in str(resource.model_dump())
        else:
            assert isinstance(resource, dg.IOManagerDefinition)


def test_resources_and_the_pool_of_a_file_have_names_that_people_read(tmp_path):
    definitions = build_definitions(make_sources(tmp_path, SOURCE))
    for resource in definitions.get_repository_def().get_top_level_resources().values():
        assert resource.description
        assert "<" not in get_resource_type_name(resource)
    hub = definitions.resources["hub"]
    assert all(field.description for field in type(hub).model_fields.values())
    (pool,) = definitions.resolve_asset_graph().get(dg.AssetKey(["acme", "groups"])).pools
    place = "_".join(tmp_path.parts[1:]).replace("-", "_")
    assert pool == f"writers_of_{place}_warehouse_duckdb"


def test_a_hub_asset_names_the_tables_that_are_made_from_it(tmp_path):
    description = specs(tmp_path, SOURCE)["acme", "hub", "tickets"].description
    assert "**Tables made from it**: `tickets`, `ticket_metrics`" in description


def test_a_postgres_warehouse_is_named_and_never_shown_with_its_password(tmp_path):
    target = {"type": "postgres", "url": "postgresql://me:s3cret-t0ken@127.0.0.1:1/x"}
    definitions = build_definitions(make_sources(tmp_path, SOURCE, warehouse=target))
    key = dg.AssetKey(["acme", "tickets"])
    node = definitions.resolve_asset_graph().get(key)
    assert node.kinds == {"postgres", "table"}
    assert node.pools == set()
    everything = [*definitions.resources.values(), definitions.get_repository_def()]
    assert all("s3cret-t0ken" not in repr(vars(each)) for each in everything)


@pytest.mark.slow
def test_the_code_location_loads_with_and_without_a_sources_file(tmp_path):
    command = [str(Path(sys.executable).with_name("dagster")), "definitions", "validate", "-m"]

    def validate():
        return subprocess.run(
            [*command, "zendesk_assets.definitions"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    empty = validate()
    assert empty.returncode == 0, empty.stderr
    assert "copy sources.example.yaml there" in empty.stderr + empty.stdout

    (tmp_path / "sources.yaml").write_text("sources: [{nickname: A}]")
    wrong = validate()
    assert wrong.returncode != 0
    assert "this key is missing" in wrong.stderr + wrong.stdout


def test_importing_does_nothing():
    script = (
        "import builtins, os, pkgutil, socket, importlib, sys\n"
        "import dagster, pandas, requests, duckdb, pyarrow, fsspec, pyrate_limiter, typer, rich\n"
        "import zendesk_assets\n"
        "def refuse(*a, **k): raise SystemExit('the network was used')\n"
        "socket.socket.connect = refuse\n"
        "found = pkgutil.walk_packages(zendesk_assets.__path__, 'zendesk_assets.')\n"
        "names = [each.name for each in found]\n"
        "before = set(os.listdir('.'))\n"
        "for name in names:\n"
        "    if name != 'zendesk_assets.definitions': importlib.import_module(name)\n"
        "assert set(os.listdir('.')) == before\n"
        "print(len(names))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) > 60
