"""A project on a lake: every command opens it, upkeep tidies it, erasing leaves no snapshot."""

import json
from datetime import UTC, datetime

import pytest

from zendesk_assets.cli.project import open_project
from zendesk_assets.orchestration import keys

pytestmark = pytest.mark.slow(seconds=15)
LAKE = {"type": "ducklake", "catalog": "lake.sqlite", "data": "tables"}


def test_every_command_works_on_a_lake_and_upkeep_tidies_it(run, write_sources, account, tmp_path):
    write_sources(account, warehouse=LAKE, collections={"include": ["groups", "users"]})
    assert "there is nothing to tidy" in run("upkeep").output
    synced = run("sync")
    assert synced.code == 0, synced.output
    rows = json.loads(run("query", "select count(*) as n from groups", "--json").output)
    assert rows[0]["n"] == len(account.expected("groups"))
    group = account.expected("groups")[0]["id"]
    for words in (
        ["status"], ["rejects"], ["check"], ["why", "groups", str(group)], ["reconcile"],
        ["sync"], ["query", "--as-of", str(datetime.now(UTC)), "select count(*) from groups"],
    ):  # fmt: skip
        found = run(*words)
        assert found.code == 0, (words, found.output)

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
