"""Two of everything at once, in processes of their own: nothing twice, nothing lost."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import yaml

from zendesk_assets.cli.project import write_dagster_yaml
from zendesk_assets.simulator import Simulator
from zendesk_assets_tests.account import SCHEMA, source_settings
from zendesk_assets_tests.comparison import differences

pytestmark = [pytest.mark.slow(seconds=90), pytest.mark.long]
COMMAND = str(Path(sys.executable).with_name("zendesk-assets"))
CHOSEN = ["tickets", "ticket_metrics", "ticket_events", "groups"]
DAYS = 10


@pytest.fixture
def account():
    with Simulator(tickets=500, history_days=DAYS - 1) as simulator:
        simulator.faults.add("timeout_unless", path="/incremental/", per_page=70, times=None)
        yield simulator


@pytest.fixture
def folder(tmp_path, account):
    start = (datetime.now(UTC) - timedelta(days=DAYS)).date()
    settings = source_settings(
        account, history_start=start, months_per_run=1, collections={"include": CHOSEN}
    )
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump({"sources": [settings]}))
    write_dagster_yaml(tmp_path)
    return tmp_path


def run_at_once(folder, *syncs):
    """Run syncs with these arguments, all at the same time; fail unless all go well."""
    processes = [
        subprocess.Popen(
            [COMMAND, "sync", *arguments],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for arguments in syncs
    ]
    for process in processes:
        output, _ = process.communicate(timeout=400)
        assert process.returncode == 0, output


def books(folder, query):
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(query.format(schema=SCHEMA)).fetchall()


def test_two_syncs_at_once_lose_nothing_and_two_loads_at_once_load_each_batch_once(folder, account):
    run_at_once(folder, [], [])

    database = folder / "warehouse.duckdb"
    assert differences(database, SCHEMA, account, CHOSEN) == []
    assert books(folder, "select id from {schema}.tickets group by id having count(*) > 1") == []

    # Both have everything to load, and nothing else to do.
    database.unlink()
    run_at_once(folder, *[["--warehouse-only"]] * 2)

    assert differences(database, SCHEMA, account, CHOSEN) == []
    twice = "select batch_id from {schema}._loads group by batch_id, collection having count(*) > 1"
    assert books(folder, twice) == []
    ((inserted,),) = books(
        folder, "select sum(inserted) from {schema}._loads where collection = 'tickets'"
    )
    assert inserted == len(account.expected("tickets"))
