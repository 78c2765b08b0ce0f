"""A project on a lake: every command opens it, upkeep tidies it, erasing leaves no snapshot."""

import json

import pytest

from zendesk_assets.cli.project import open_project
from zendesk_assets.orchestration import keys
from zendesk_assets_tests.cli.every_command import assert_every_command_reads_it
from zendesk_assets_tests.warehouse.engines import DuckLakeEngine

pytestmark = [pytest.mark.slow(seconds=15), pytest.mark.long]
LAKE = {"type": "ducklake", "catalog": "lake.sqlite", "data": "tables"}


def test_histories_fivetrans_names_and_a_copy_to_compare_with_are_in_a_lake(
    run, write_sources, account, tmp_path
):
    chosen = {"include": ["users", "organizations"]}
    write_sources(account, warehouse=LAKE, collections=chosen, history=["users"], fivetran=True)
    synced = run("sync")
    assert synced.code == 0, synced.output
    everybody = len(account.expected("users"))
    for table in ("users_history", "zendesk_test_fivetran.user"):
        counted = run("query", f"select count(*) as n from {table}", "--json")
        assert json.loads(counted.output) == [{"n": everybody}], table
    lake = DuckLakeEngine(tmp_path / "tables", None, tmp_path / "lake.sqlite")
    lake.run(
        "CREATE SCHEMA copied; CREATE TABLE copied.user AS SELECT CAST(id AS VARCHAR) AS id, name, "
        "upper(email) AS email, created_at, updated_at FROM zendesk_test.users"
    )
    compared = run("compare", "--with", "copied.user")
    assert f"{everybody} on both sides" in " ".join(compared.output.split()), compared.output
    assert (compared.code, "email" in compared.output) == (1, True)


def test_every_command_works_on_a_lake_and_upkeep_tidies_it(run, write_sources, account, tmp_path):
    write_sources(account, warehouse=LAKE, collections={"include": ["groups", "users"]})
    assert "there is nothing to tidy" in run("upkeep").output
    assert_every_command_reads_it(run, account)

    files = len(list((tmp_path / "tables").rglob("*.parquet")))
    kept = run("upkeep")
    assert "0 snapshots expired" in kept.output, kept.output
    tidied = json.loads(run("upkeep", "--keep-days", "0", "--json").output)
    assert tidied["expired"] > 0
    assert len(list((tmp_path / "tables").rglob("*.parquet"))) < files
    with open_project() as project:
        job = project.definitions.resolve_implicit_global_asset_job_def()
        ran = job.execute_in_process(asset_selection=[keys.UPKEEP], instance=project.instance)
        (event,) = ran.get_asset_materialization_events()
        assert event.materialization.metadata["expired"].value == 0
        assert [each.name for each in project.definitions.schedules] == ["lake_upkeep"]

    erased = run("erase", "--user-id", str(account.expected("users")[0]["id"]), "--apply")
    assert erased.code == 0, erased.output
    assert "snapshots of the lake had it until" in " ".join(erased.output.split())
    assert run("query", "select count(*) from users").code == 0
