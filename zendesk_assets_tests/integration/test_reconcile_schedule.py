"""A real daemon compares the tables with Zendesk at its cron, in a run of the checks alone."""

from datetime import UTC, datetime, timedelta

import pytest
import yaml

from zendesk_assets.simulator import Simulator
from zendesk_assets.spec import Window, months_in
from zendesk_assets_tests.account import SCHEMA, source_settings
from zendesk_assets_tests.dagster_dev import DagsterDev

SENSORS = (f"{SCHEMA}_source_sync", f"{SCHEMA}_warehouse_sync", f"{SCHEMA}_reconcile")
# Yesterday as well: in the first hours of a month, it has no ticket yet.
YESTERDAY = datetime.now(UTC) - timedelta(days=1)
MONTHS = list(months_in(Window(YESTERDAY, datetime.now(UTC))))
RUN = {"zendesk/layer": "comparison with Zendesk"}
_CHECKS = """query ($key: AssetKeyInput!) {
  assetNodeOrError(assetKey: $key) {
    __typename
    ... on AssetNode {
      assetChecksOrError {
        ... on AssetChecks {
          checks {
            name
            executionForLatestMaterialization { status evaluation { success description } }
          }
        }
      }
    }
  }
}"""


@pytest.fixture
def server(tmp_path):
    with Simulator(tickets=30, history_days=3) as account:
        settings = source_settings(
            account,
            history_start=YESTERDAY.date(),
            collections={"include": ["tickets", "groups"]},
            reconcile_cron="* * * * *",
        )
        (tmp_path / "sources.yaml").write_text(yaml.safe_dump({"sources": [settings]}))
        server = DagsterDev(tmp_path)
        server.account = account
        yield server
        server.kill()


def reconciliation(server, table):
    node = server.graphql(_CHECKS, {"key": {"path": [SCHEMA, table]}})["assetNodeOrError"]
    (found,) = [
        each
        for each in node["assetChecksOrError"]["checks"]
        if each["name"] == "agrees_with_zendesk"
    ]
    return found["executionForLatestMaterialization"]


@pytest.mark.long
@pytest.mark.slow
def test_the_schedule_runs_the_checks_alone_and_a_backfill_asks_zendesk_nothing_more(server):
    server.keep_off(*SENSORS)
    with server:
        server.launch_backfill([f"{SCHEMA}/hub/tickets", f"{SCHEMA}/tickets"], MONTHS)
        server.wait_until(lambda: server.runs(statuses=["SUCCESS"]), 90, "the backfill succeeds")
        assert not [each for each in server.account.requests if "show_many" in each.path]

        server.set_sensor(SENSORS[2], running=True)
        server.wait_until(
            lambda: server.runs(tags=RUN, statuses=["SUCCESS"]), 150, "the tables are compared"
        )
        server.set_sensor(SENSORS[2], running=False)
        found = reconciliation(server, "tickets")
        assert found["status"] == "SUCCEEDED"
        assert "0 differ" in found["evaluation"]["description"]
        assert [each for each in server.account.requests if "show_many" in each.path]
        assert server.materialized_partitions(f"{SCHEMA}/tickets") == {*MONTHS}
