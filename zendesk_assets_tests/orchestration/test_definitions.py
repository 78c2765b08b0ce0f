"""What a source becomes in Dagster: keys, groups, descriptions, resources without secrets."""

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from zendesk_assets.catalog import COLLECTIONS, STREAMS
from zendesk_assets.orchestration.build import build_definitions
from zendesk_assets_tests.account import make_sources

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

    assert set(found) == {("acme", name) for name in COLLECTIONS} | {
        ("acme", "hub", name) for name in STREAMS
    }
    assert {spec.group_name for spec in found.values()} == {"acme", "acme_hub"}


def test_every_asset_is_described_owned_and_linked(tmp_path):
    for path, spec in specs(tmp_path, SOURCE).items():
        assert len(spec.description) > 100, path
        assert spec.owners
        assert spec.metadata["documentation"].value.startswith("https://developer.zendesk.com")
    table = specs(tmp_path, SOURCE)["acme", "tickets"]
    schema = table.metadata["dagster/column_schema"]
    assert table.metadata["dagster/table_name"] == "acme.tickets"
    assert [column.name for column in schema.columns][-2:] == ["_batch_id", "_scrubbed"]


def test_two_sources_stand_side_by_side(tmp_path):
    other = SOURCE | {"nickname": "Globex", "schema": "globex", "subdomain": "globex"}
    assert len(specs(tmp_path, SOURCE, other)) == 2 * (len(COLLECTIONS) + len(STREAMS))


def test_only_chosen_collections_and_their_streams_are_there(tmp_path):
    found = specs(tmp_path, SOURCE | {"collections": {"include": ["ticket_metrics"]}})
    assert set(found) == {("acme", "ticket_metrics"), ("acme", "hub", "tickets")}


def test_no_resource_holds_a_secret(tmp_path):
    definitions = build_definitions(make_sources(tmp_path, SOURCE))
    for resource in definitions.resources.values():
        assert "s3cret-t0ken" not in repr(resource)
        if isinstance(resource, dg.ConfigurableResource):
            assert "s3cret-t0ken" not in str(resource.model_dump())
        else:
            assert isinstance(resource, dg.IOManager)


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
