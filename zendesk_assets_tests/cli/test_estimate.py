"""What `estimate` says is what the sync then costs; where a count is missing it says so."""

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.estimate import Assumptions, Count, estimate_costs, minutes_for
from zendesk_assets.simulator import Simulator
from zendesk_assets.zendesk import Limits
from zendesk_assets_tests.account import NOW, SCHEMA, USUAL
from zendesk_assets_tests.account import project as account_project
from zendesk_assets_tests.cli.conftest import WEEKLY

PAGE = 50
STREAM_OF = {
    "/incremental/tickets/cursor": "tickets",
    "/incremental/ticket_events": "ticket_events",
    "/incremental/organizations": "organizations",
}


@pytest.fixture(scope="module")
def busy():
    """Return an account whose pages are many; those who use it only read."""
    with Simulator(tickets=900, history_days=45, organizations=130) as simulator:
        yield simulator


@pytest.fixture
def small_pages(monkeypatch):
    for name, stream in declared().streams.items():
        monkeypatch.setitem(declared().streams, name, replace(stream, page_size=PAGE))


@pytest.fixture
def project(busy, write_sources, small_pages):
    busy.requests.clear()
    day = datetime.now(UTC).date()
    write_sources(
        busy,
        history_start=day - timedelta(days=44),
        initial_history_days=0,  # this month
        days_per_run=10,
        export_requests_per_minute=10,
    )


def asked(account):
    """Return how many requests the account has seen, by stream."""
    paths = [each.path.removeprefix("/api/v2") for each in account.requests]
    return Counter(STREAM_OF.get(path, path.strip("/")) for path in paths)


def estimated(run, *options):
    outcome = run("estimate", "--json", *options)
    assert outcome.code == 0, outcome.output
    (report,) = json.loads(outcome.output)
    return report


@pytest.mark.parametrize(
    ("known_days", "initial_days"),
    [
        (44, 42),
        # From the middle of last month on.
        pytest.param(400, datetime.now(UTC).day + 14, id="days are rounded up to whole months"),
    ],
)
def test_a_first_sync_costs_the_requests_that_were_estimated(
    run, busy, project, write_sources, known_days, initial_days
):
    """Within a tenth, or three requests, for each stream: docs/limits.md says so."""
    spans = {
        "history_start": datetime.now(UTC).date() - timedelta(days=known_days),
        "initial_history_days": initial_days,
        "days_per_run": 10,
    }
    write_sources(busy, export_requests_per_minute=10, **spans)
    tickets = [each for each in busy.account.tickets.values() if each.deleted_at is None]
    ratio = len(busy.account.events) / len(tickets)
    report = estimated(run, "--events-per-ticket", str(ratio))
    streams = {declared().collections[name].stream for name in USUAL}
    others = sum(not declared().streams[name].partitioned for name in streams)
    assert sum(asked(busy).values()) == report["requests_asked"] == 2 + others
    first = {each["stream"]: each for each in report["estimates"]["first_sync"]["streams"]}
    busy.requests.clear()
    # The limits of the estimate are not waited for.
    write_sources(busy, **spans)
    assert run("sync", "--hub-only").code == 0

    cost = asked(busy)
    assert cost["ticket_events"] > 40
    for name, each in first.items():
        assert abs(cost[name] - each["requests"]) <= max(3, 0.1 * cost[name]), (name, cost, each)
    total = report["estimates"]["first_sync"]["requests"]
    assert abs(sum(cost.values()) - total) <= 0.1 * total

    knows = estimated(run)
    assert knows["origins"]["events_per_ticket"] == "the hub's average"
    assert knows["assumptions"]["events_per_ticket"] == pytest.approx(ratio, rel=0.1)
    assert knows["assumptions"]["hub_bytes_of"]["tickets"] > 50


def test_the_comparison_after_a_first_sync_is_announced_and_costs_about_that(
    run, account, write_sources
):
    write_sources(account, reconcile_cron=WEEKLY)
    said = estimated(run)["comparison_requests"]
    assert f"compared with Zendesk once: about {said} requests more" in run("estimate").output
    synced = run("sync").output
    took = int(re.search(r"It took (\d+) requests?", synced)[1])
    assert said / 2 <= took <= said * 2.5, (said, took)

    write_sources(account)
    assert estimated(run)["comparison_requests"] == 0


def test_the_minutes_are_those_of_the_exports(run, project):
    report = estimated(run)
    first, whole = (report["estimates"][name] for name in ("first_sync", "whole_history"))

    assert first["minutes"] == pytest.approx(first["export_requests"] / 10, abs=0.1)
    assert whole["export_requests"] > first["export_requests"]
    halved = estimated(run, "--exports-per-minute", "5")["estimates"]["first_sync"]
    assert halved["minutes"] == pytest.approx(2 * first["minutes"], rel=0.02)


def test_a_count_that_cannot_be_had_is_named_and_the_others_are_there(run, busy, project):
    busy.make_unavailable("satisfaction_ratings", "role")
    busy.make_unavailable("search", "role")
    busy.account.counted_at_once, busy.account.is_counting = 100, True
    try:
        report, shown = estimated(run), run("estimate").output
    finally:
        busy.make_available("satisfaction_ratings")
        busy.make_available("search")
        busy.account.counted_at_once, busy.account.is_counting = 100_000, False

    streams = {each["stream"]: each for each in report["estimates"]["first_sync"]["streams"]}
    assert streams["satisfaction_ratings"]["records"] is None
    assert streams["organizations"]["at_least"] is True
    assert streams["groups"]["records"] > 0
    assert streams["tickets"]["records"] == 100
    assert "/satisfaction_ratings/count could not be read" in shown
    assert "it lacks archived tickets" in shown
    assert "organizations/count: Zendesk is still counting" in shown


def test_the_room_is_that_of_the_engine_and_of_the_options(run, busy, write_sources):
    write_sources(busy, warehouse={"type": "postgres", "url": "postgresql://nobody@127.0.0.1/none"})
    postgres = estimated(run)
    assert postgres["origins"]["warehouse_bytes"] == "the default for postgres"
    assert postgres["assumptions"]["warehouse_bytes"] == 5300
    given = estimated(run, "--warehouse-bytes", "10", "--hub-bytes", "20")
    first = given["estimates"]["first_sync"]
    assert first["hub_bytes"] == 2 * first["warehouse_bytes"]
    assert set(given["origins"].values()) == {"the default", "as given"}


def test_refused_credentials_are_an_error(run, busy, write_sources):
    write_sources(busy, auth={"type": "bearer", "token": "wrong"})
    assert run("estimate").code == 1


def test_without_an_account_nothing_is_asked_and_no_file_is_needed(run, busy):
    busy.requests.clear()
    (report,) = json.loads(run("estimate", "--tickets", "1000000", "--json").output)
    found = report["estimates"]["tickets"]

    assert found["export_requests"] == 1_001 + 8_010
    assert found["minutes"] == pytest.approx(901, abs=1)
    shown = run("estimate", "--tickets", "1000000", "--events-per-ticket", "4").output
    assert "4,000,000" in shown
    assert "as given" in shown
    assert busy.requests == []


def test_all_areas_are_counted_with_lists_of_lists_and_what_the_hub_has_of_them(
    run, account, write_sources
):
    areas = sorted(declared().on_request & declared().areas.keys())
    write_sources(account, collections={"include": ["default", *areas]})
    before = estimated(run)["estimates"]["first_sync"]
    account.requests.clear()
    assert run("sync", "--hub-only").code == 0
    cost = len(account.requests)
    knows = estimated(run)["estimates"]["first_sync"]
    # Beforehand, nothing says how many parents have lists.
    unknown = sum(1 for each in declared().streams.values() if each.parent)
    nested = [each.parent for each in declared().streams.values() if each.parent]
    nested = [each for each in nested if each.parent]
    below = sum(len(account.expected(each.records_key)) for each in nested)
    assert -5 <= cost - before["requests"] - below <= 5 + 2 * unknown, (before["requests"], cost)
    assert abs(knows["requests"] - cost) <= max(5, 0.1 * cost), (knows["requests"], cost)

    streams = {each["stream"]: each for each in knows["streams"]}
    whole = [name for name, each in declared().streams.items() if each.is_whole]
    assert not [name for name in whole if streams[name]["records"] is None]
    children = [name for name in whole if declared().streams[name].parent]
    assert children
    assert all(streams[name]["requests"] >= 2 for name in children)
    lines = run("estimate").output.splitlines()
    assert len(lines) < 50 + 2 * len(nested)  # those of many requests are not among the others
    assert any(re.match(r"\d+ lists of few pages ", line) for line in lines)


def test_a_list_of_each_article_costs_as_many_requests_as_the_hub_has_articles(
    run, account, write_sources
):
    names = ["articles", "posts", "article_comments", "article_attachments", "post_comments"]
    write_sources(account, collections={"include": names[:2]})
    assert run("sync", "--hub-only").code == 0
    write_sources(account, collections={"include": names})
    found = {each["stream"]: each for each in estimated(run)["estimates"]["first_sync"]["streams"]}
    account.requests.clear()
    assert run("sync", "--hub-only").code == 0

    for name in names[2:]:
        first, last = (f"/{each}" for each in declared().streams[name].path.split("{}"))
        paths = [each.path.partition("/api/v2/")[2] for each in account.requests]
        asked = sum(f"/{path}".startswith(first[1:]) and path.endswith(last[1:]) for path in paths)
        assert found[name]["records"] is None
        # For those above: all brands, and the list of each.
        assert asked <= found[name]["requests"] - 3 <= asked + ("post" in name)
    assert asked


def test_what_has_a_limit_of_its_own_is_not_slowed_down_by_exports():
    streams = [
        declared().streams[name] for name in ("tickets", "users", "organization_memberships")
    ]
    counts = {"tickets": Count(50_000), "users": Count(60_000)}
    counts["organization_memberships"] = Count(150_000)
    found = estimate_costs(streams, counts, Assumptions(), Limits(200, 10), parts=1)
    tickets, users, memberships = found.costs

    assert minutes_for([tickets], found.limits) == 5  # 50 pages, 10 a minute
    assert minutes_for([users], found.limits) == 3  # 60 pages, 20 a minute
    assert minutes_for([memberships], found.limits) == 7.5  # 1,500 pages, 200 a minute
    assert found.minutes == (50 + 60 + 1_500) / 200  # the account's limit is for all of them


def test_what_zendesk_forgets_is_estimated_for_the_days_that_it_keeps(run, write_sources):
    with Simulator(tickets=300, history_days=300) as account:
        start = datetime.now(UTC).date() - timedelta(days=300)
        chosen = {"include": ["tickets", "engagements"]}
        write_sources(account, history_start=start, collections=chosen)
        found = estimated(run)["estimates"]["whole_history"]["streams"]
        wanted = len(account.expected("engagements"))
    forgotten, tickets = sorted(found, key=lambda each: each["stream"])
    assert 0.7 * wanted < forgotten["records"] < 1.6 * wanted < tickets["records"]
    assert forgotten["requests"] == -(-forgotten["records"] // 10)


def test_the_tightest_limit_decides_and_the_help_centers_is_apart():
    def minutes(**records):
        streams = [declared().streams[name] for name in records]
        counts = {name: Count(value) for name, value in records.items()}
        return estimate_costs(streams, counts, Assumptions(), Limits(200, 10), parts=1).minutes

    assert minutes(users=100_000) == 5  # 20 pages of 1,000 a minute
    assert minutes(organizations=99_900) == 10
    assert minutes(groups=20_000, macros=20_000) == 2
    assert minutes(groups=20_000, articles=19_900) == 1  # with a request for brands


def test_a_dry_run_says_the_requests_of_each_run_and_fetches_nothing(
    run, busy, project, write_sources, tmp_path
):
    write_sources(
        busy,
        collections={"include": ["tickets", "organizations", "users", "groups"]},
        history_start=datetime.now(UTC).date() - timedelta(days=44),
        initial_history_days=42,
    )
    outcome = run("sync", "--dry-run")
    assert outcome.code == 0, outcome.output
    paths = {each.path for each in busy.requests}
    assert all(each.endswith("/count") for each in paths), paths
    assert not (tmp_path / "hub").exists()
    assert not (tmp_path / "warehouse.duckdb").exists()
    assert f"Counted with {len(busy.requests)} requests." in outcome.output
    lines = re.findall(r"^Run of .*: (\d+) requests?", outcome.output, re.MULTILINE)
    stated = sum(map(int, lines))
    busy.requests.clear()
    assert run("sync", "--hub-only").code == 0
    took = sum(not path.endswith("count") for path in asked(busy).elements())
    assert abs(took - stated) <= max(6, 0.15 * took), (took, stated)

    begin, end = (datetime.now(UTC) - timedelta(days=days) for days in (20, 10))
    covered = run("sync", "--dry-run", "--from", f"{begin:%Y-%m-%d}", "--to", f"{end:%Y-%m-%d}")
    assert "0 requests, 0 s." in covered.output, covered.output
    loads = run("sync", "--dry-run", "--warehouse-only").output
    assert "without a request to Zendesk" in loads
    assert loads.endswith("Nothing was fetched or loaded.\n")


def test_a_backfill_that_somebody_starts_begins_with_what_it_will_cost(tmp_path):
    """In the log of its runs; what is fetched without being asked for spends no request on it."""
    start = (NOW - timedelta(days=90)).date()
    settings = {"collections": {"include": ["tickets"]}, "history_start": start}
    with account_project(tmp_path, history_days=90, settings=settings) as each:
        said, counted = [], []
        for days_ago, tag in ((31, {"dagster/backfill": "b"}), (62, {})):
            each.requests()
            said.append(said_by_run(each, days_ago, tag))
            counted.append([one for one in each.requests() if one.path.endswith("/count")])
    line = next(one for one in said[0] if one.startswith("About "))
    assert re.match(
        r"About \d+ requests?, \d+ s at [\d,]+ a minute: \d+ tickets? changed last", line
    )
    assert said[0].index(line) < next(n for n, one in enumerate(said[0]) if "records" in one)
    assert [one for one in said[1] if one.startswith("About ")] == []
    assert any("records" in one and not one.startswith("0 ") for one in said[1])
    assert list(map(len, counted)) == [1, 0]


def said_by_run(project, days_ago, tags):
    """Return what a run of the month of a day logs."""
    month = project.month(days_ago)
    ends = {f"dagster/asset_partition_range_{end}": month for end in ("start", "end")}
    found = project.job.execute_in_process(
        asset_selection=[dg.AssetKey([SCHEMA, "hub", "tickets"])],
        instance=project.instance,
        tags={**ends, **tags},
    )
    return [each.user_message for each in project.instance.all_logs(found.run_id)]
