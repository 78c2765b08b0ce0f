"""`sync` publishes the copy for readers once, and does not fail if it cannot; nor does Dagster."""

import duckdb
import pytest

from zendesk_assets.cli.project import open_project
from zendesk_assets.orchestration import keys

pytestmark = pytest.mark.slow(seconds=6)
COPY = keys.published_key("zendesk_test")


def test_a_sync_ends_with_the_copy_and_one_that_cannot_be_written_is_said(
    run, write_sources, account, tmp_path
):
    place = {"type": "duckdb", "path": "w.duckdb", "published": "out/tables.duckdb"}
    write_sources(account, warehouse=place, collections={"include": ["groups"]})
    synced = run("sync")
    assert (synced.code, synced.output.count("the copy for readers is published")) == (0, 1)
    with (
        duckdb.connect(str(tmp_path / "out/tables.duckdb"), read_only=True) as notebook,
        open_project() as project,
    ):
        assert notebook.execute("select count(*) from zendesk_test.groups").fetchone()[0] > 0
        assert project.instance.get_latest_materialization_event(COPY)
        job = project.definitions.resolve_implicit_global_asset_job_def()
        again = job.execute_in_process(asset_selection=[COPY], instance=project.instance)
        (event,) = again.get_asset_materialization_events()
        assert event.materialization.metadata["copied"].value is False

    (tmp_path / "blocked").write_text("")
    place["published"] = "blocked/tables.duckdb"
    write_sources(account, warehouse=place, collections={"include": ["groups"]})
    refused = run("sync")
    assert refused.code == 0, refused.output
    assert "blocked/tables.duckdb could not be published" in refused.output
