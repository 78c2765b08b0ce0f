"""Clicks in the real Dagster UI: a month is materialized, five years are backfilled."""

import re
from datetime import UTC, datetime

import duckdb
import pytest

from zendesk_assets.spec import month_of
from zendesk_assets_tests.account import SCHEMA
from zendesk_assets_tests.comparison import differences
from zendesk_assets_tests.dagster_graphql import months

pytestmark = pytest.mark.slow(seconds=90)

HUB, TABLE = f"{SCHEMA}/hub/tickets", f"{SCHEMA}/tickets"
EXPORT, WHOSE = "/api/v2/incremental/tickets/cursor", "/api/v2/groups"
COUNT = "/api/v2/search/count"
START, END = "2019-01", "2023-12"
RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")


@pytest.mark.long
def test_a_month_that_the_hub_does_not_cover_is_red_and_what_it_says_to_do_helps(ui, server):
    month = "2025-03"  # no other test here asks for it
    ui.materialize_from_asset_page(TABLE, month)
    ui.follow_launched_run("Failure")
    ui.shows_in_log(
        "Execution of step", f"The hub has nothing of tickets for {month}-01 to {month}-31"
    )
    ui.shows_in_log("Execution of step", f"materialize {HUB} for {month} first")
    assert month not in server.materialized_partitions(TABLE)
    assert ui.partition_counts(TABLE)["Failed"] == 1

    for asset in (HUB, TABLE):
        ui.materialize_from_asset_page(asset, month)
        ui.follow_launched_run()
    assert month in server.materialized_partitions(TABLE)
    assert ui.partition_counts(TABLE)["Failed"] == 0


def test_a_click_on_materialize_fills_the_table_with_the_month(ui, server, account):
    placed = tickets_by_month(account)
    this_month = f"{datetime.now(UTC):%Y-%m}"
    month = max(month for month in placed if END < month < this_month)

    for asset in (HUB, TABLE):
        dialog = ui.materialize_from_asset_page(asset, month)
        assert "1 partition" in dialog
        ui.follow_launched_run()

    assert month in server.materialized_partitions(TABLE)
    assert placed[month] <= tickets_in_table(server)


@pytest.mark.long
def test_a_backfill_of_five_years_shows_on_the_partition_page_and_in_the_table(ui, server, account):
    wanted = months(START, END)
    already = len(account.requests)
    dialog = ui.materialize_with_upstream(TABLE, f"[{START}...{END}]")
    assert "2 assets" in dialog
    assert f"{len(wanted):,} partitions" in dialog
    backfill = ui.launched_backfill()
    # Dagster forgets partitions that land while more runs are being created, if a page of the UI
    # looks at them just then (dagster-io/dagster#27203).
    ui.leave()

    ranges = finished_ranges(server, backfill, wanted)

    assert_few_requests(account, account.requests[already:], ranges)
    counts = ui.partition_counts(TABLE)
    assert counts["Materialized"] >= len(wanted)
    assert counts["Failed"] == counts["Materializing"] == 0
    assert set(wanted) <= server.materialized_partitions(HUB)
    assert set(wanted) <= server.materialized_partitions(TABLE)
    assert_rows_are_the_accounts(server, account, set(wanted))


def finished_ranges(server, backfill, wanted):
    """Wait for the runs of a backfill; return the months of each, from its tags."""

    def all_covered():
        runs = server.runs(tags={"dagster/backfill": backfill})
        assert not [run for run in runs if run["status"] in ("FAILURE", "CANCELED")], runs
        done = [run["tags"] for run in runs if run["status"] == "SUCCESS"]
        ranges = [months(*(tags[name] for name in RANGE)) for tags in done]
        return sum(map(len, ranges)) >= len(wanted) and ranges

    ranges = server.wait_until(all_covered, 480, "every month of the backfill is done")
    assert sorted(month for each in ranges for month in each) == wanted
    assert max(map(len, ranges)) == 12
    return ranges


def assert_few_requests(account, requests, ranges):
    """No request but the export's pages, and of those few: one walk a range, not one a month.

    Each process also asks once whose account it is, and how much there will be to fetch.
    """
    for once in (WHOSE, COUNT):
        assert len([request for request in requests if request.path == once]) <= len(ranges)
    requests = [request for request in requests if request.path not in {WHOSE, COUNT}]
    assert {request.path for request in requests} == {EXPORT}
    placed = tickets_by_month(account)
    records = [sum(len(placed.get(month, ())) for month in each) for each in ranges]
    assert sum(records) > 1_500
    walks = [request for request in requests if "start_time" in request.query]
    assert len(walks) <= len(ranges)
    assert len(requests) <= sum(count // 1000 + 2 for count in records)


def assert_rows_are_the_accounts(server, account, wanted):
    """Every ticket of those months is in the table, and each property is as the account has it."""
    placed = tickets_by_month(account)
    ours = {number for month, numbers in placed.items() if month in wanted for number in numbers}
    assert len(ours) > 1_500
    assert ours <= tickets_in_table(server)
    found = differences(server.folder / "warehouse.duckdb", SCHEMA, account, ["tickets"])
    assert [each for each in found if int(re.search(r"\d+", each)[0]) in ours] == []


def tickets_by_month(account):
    """Return the ids of the account's tickets by the partition they belong to."""
    placed = {}
    for ticket in account.expected("tickets"):
        month = month_of(datetime.fromtimestamp(ticket["generated_timestamp"], UTC))
        placed.setdefault(month, set()).add(ticket["id"])
    return placed


def tickets_in_table(server):
    with duckdb.connect(str(server.folder / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute(f"select id from {SCHEMA}.tickets").fetchall()
    return {number for (number,) in found}
