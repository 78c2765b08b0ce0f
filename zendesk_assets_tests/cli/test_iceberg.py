"""A project on an Iceberg catalog: commands work on it, or say what only the catalog can do."""

import json

import pytest

from zendesk_assets_tests.cli.every_command import assert_every_command_reads_it
from zendesk_assets_tests.iceberg_catalog import iceberg_catalog

pytestmark = [pytest.mark.slow(seconds=15), pytest.mark.long]


@pytest.fixture
def warehouse(tmp_path):
    with iceberg_catalog(tmp_path / "tables", together=False) as catalog:
        yield {
            "type": "iceberg",
            "endpoint": catalog.endpoint,
            "warehouse": "tables",
            "data": "tables",
        }


def test_every_command_works_on_iceberg_or_says_who_else_does_it(
    run, write_sources, account, warehouse
):
    write_sources(account, warehouse=warehouse, collections={"include": ["groups", "users"]})
    assert_every_command_reads_it(run, account)
    assert "can merge its files and expire its snapshots" in " ".join(run("upkeep").output.split())
    erased = run("erase", "--user-id", str(account.expected("users")[0]["id"]), "--apply")
    assert erased.code == 1, erased.output
    assert "until they expire there" in " ".join(erased.output.split())
    assert run("query", "select count(*) from users").code == 0


@pytest.mark.long
def test_a_catalog_keeps_every_promise_and_the_check_says_what_it_lacks(
    run, tmp_path, warehouse, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "160")
    content = json.dumps({"warehouse": warehouse, "sources": []})  # JSON is YAML
    (tmp_path / "sources.yaml").write_text(content)
    checked = run("check-warehouse")
    assert checked.code == 0, checked.output
    assert "Every promise that this engine makes is kept." in checked.output
    assert "Its format lacks views, comments on columns" in checked.output
