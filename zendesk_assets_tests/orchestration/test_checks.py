"""Asset checks: they ride along with each load, find what is amiss, and never fail the load."""

from datetime import timedelta

import dagster as dg
import duckdb
import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.hub import SourceHub, Storage
from zendesk_assets.orchestration import checks
from zendesk_assets.orchestration.build import build_definitions
from zendesk_assets.warehouse import open_duckdb
from zendesk_assets_tests.account import NOW, SCHEMA, make_sources, project

G = f"{SCHEMA}.groups"
GROUPS = dg.AssetKey([SCHEMA, "groups"])
CHOSEN = {
    "history_start": (NOW - timedelta(days=3)).date(),
    "collections": {"include": ["tickets", "groups", "ticket_metrics"]},
}


@pytest.fixture
def site(tmp_path):
    with project(tmp_path, tickets=20, history_days=2, settings=CHOSEN) as each:
        each.clock.advance(timedelta(minutes=30))
        yield each


def evaluations(*results):
    """Return the check results of runs, under (table, check)."""
    return {
        (each.asset_key.path[-1], each.check_name): each
        for result in results
        for each in result.get_asset_check_evaluations()
    }


def change(site, statement):
    with duckdb.connect(str(site.database)) as connection:
        connection.execute(statement)


def look_again(site, check, *tables):
    """Return what a check finds after another load of groups, or of the tickets' tables."""
    keys = [dg.AssetKey([SCHEMA, each]) for each in tables]
    span = {"first": site.day(), "last": site.day()} if tables else {}
    result = site.run(keys or [GROUPS], **span)
    assert result.success
    return evaluations(result)[(tables or ("groups",))[0], check]


def test_every_table_has_its_checks_from_the_catalog(tmp_path):
    source = {"nickname": "A", "schema": "a", "subdomain": "a"}
    source["auth"] = {"type": "bearer", "token": "x"}
    graph = build_definitions(make_sources(tmp_path, source)).resolve_asset_graph()

    for name in declared().by_default:
        collection = declared().collections[name]
        found = {key.name for key in graph.asset_check_keys if key.asset_key.path == ["a", name]}
        found -= {"agrees_with_zendesk"}  # runs apart: see test_reconciliation
        has_history = not declared().stream_of(collection).is_whole
        has_links = any(
            each.references
            and not each.references.listed
            and each.references.collection in declared().by_default
            and not (has_history and declared().collections[each.references.collection].vanishes)
            for each in collection.columns
        )
        assert found == set(checks.CHECKS) - (set() if has_links else {"references_resolve"})


def test_checks_ride_along_with_a_sync_and_pass_on_what_the_account_has(site):
    found = evaluations(*site.sync(days=4))

    assert {key for key in found if not found[key].passed} == set()
    tables = ("tickets", "groups", "ticket_metrics")
    checked = {(table, each) for table in tables for each in checks.CHECKS}
    hub = {(stream, "last_sync_went_well") for stream in ("tickets", "groups")}
    assert set(found) == checked - {("groups", "references_resolve")} | hub
    assert found["tickets", "loads_add_up"].metadata["batches_compared"].value > 0
    assert "each with a unique key" in found["tickets", "primary_key_is_unique"].description


def test_a_repeated_and_a_missing_key_are_errors_and_the_load_stands(site):
    site.sync(days=4)
    change(site, f"insert into {G} select * from {G} order by id limit 1")
    change(site, f"insert into {G} select * replace (null as id) from {G} limit 2")
    found = look_again(site, "primary_key_is_unique")

    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert (found.metadata["repeated"].value, found.metadata["missing"].value) == (1, 2)
    assert len(found.metadata["examples"].value) == 1


def test_ids_that_lead_nowhere_are_counted_and_named_by_column(site):
    site.sync(days=4)
    with duckdb.connect(str(site.database)) as connection:
        gone = connection.execute(
            f"select group_id, count(*) from {SCHEMA}.tickets where not _deleted "
            "and group_id is not null group by 1 order by 1 limit 1"
        ).fetchone()
        connection.execute(f"delete from {SCHEMA}.groups where id = {gone[0]}")
    found = look_again(site, "references_resolve", "tickets")

    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert found.metadata["group_id"].value == {
        "collection": "groups",
        "missing_ids": 1,
        "rows": gone[1],
        "examples": [gone[0]],
    }
    assert found.metadata["problem_id"].value["missing_ids"] == 0
    assert "organization_id" not in found.metadata  # organizations are not synced

    change(site, f"update {SCHEMA}.tickets set _deleted = true")
    assert look_again(site, "references_resolve", "tickets").passed


@pytest.fixture
def long_ago(tmp_path):
    """A project whose history began more than two months ago."""
    settings = CHOSEN | {"history_start": (NOW - timedelta(days=70)).date()}
    with project(tmp_path, tickets=20, history_days=2, settings=settings) as each:
        each.clock.advance(timedelta(minutes=30))
        yield each


def test_a_problem_from_a_month_that_was_not_fetched_is_mentioned_and_no_warning(long_ago):
    site = long_ago
    site.sync(days=4)
    change(site, f"update {SCHEMA}.tickets set problem_id = 987654 where id = 1")
    found = look_again(site, "references_resolve", "tickets")
    assert found.passed
    assert "Perhaps of months that were not fetched: 1 id in problem\\_id." in found.description

    site.sync(days=71)  # all since history_start
    found = look_again(site, "references_resolve", "tickets")
    assert not found.passed
    assert "1 id in problem\\_id not in tickets" in found.description


def test_what_landed_after_the_other_table_was_fed_is_not_judged(site):
    site.sync(days=4)
    site.clock.advance(timedelta(hours=1))
    group = site.simulator.account.create_group("Late")
    site.simulator.account.create_ticket("Hello", "World", group_id=group)
    site.clock.advance(timedelta(minutes=30))
    keys = [dg.AssetKey([SCHEMA, "hub", "tickets"]), dg.AssetKey([SCHEMA, "tickets"])]
    result = site.run(keys, first=site.day(), last=site.day())
    assert evaluations(result)["tickets", "references_resolve"].passed

    site.sync(days=1)
    change(site, f"delete from {G} where id = {group}")
    assert not look_again(site, "references_resolve", "tickets").passed


def test_quarantined_rows_are_an_error_once_and_undeclared_properties_a_warning(site):
    site.sync(days=4)
    odd, other = sorted(row["id"] for row in site.simulator.expected("groups"))[:2]
    site.simulator.account.set_raw("groups", odd, "is_public", '"perhaps"')
    site.simulator.account.set_raw("groups", other, "color", '"blue"')
    body = '{"id":"x","name":"no key"}'
    site.simulator.faults.add("insert", path="/groups", key="groups", body=body)
    site.clock.advance(timedelta(hours=1))
    result = site.run([dg.AssetKey([SCHEMA, "hub", "groups"]), GROUPS])
    assert result.success
    found = evaluations(result)

    quarantine = found["groups", "no_new_quarantined_rows"]
    assert (quarantine.passed, quarantine.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert quarantine.metadata["new"].value == 1
    assert quarantine.metadata["new_warnings"].value == 1
    reasons = sorted(quarantine.metadata["reasons"].value)
    assert [each.split(", not")[0] for each in reasons] == [
        "id: found x",
        "is_public: found perhaps",
    ]
    unknown = found["groups", "no_undeclared_properties"]
    assert (unknown.passed, unknown.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert unknown.metadata["rows_by_property"].value == {"color": 1}
    assert found["groups", "loads_add_up"].passed

    again = look_again(site, "no_new_quarantined_rows")
    assert again.passed
    assert "1 row still quarantined" in again.description
    assert "1 row in the table has a value that does not fit its column" in again.description


def test_a_value_that_does_not_fit_is_a_warning_once_and_never_an_error(site):
    site.sync(days=4)
    odd = min(row["id"] for row in site.simulator.expected("groups"))
    site.simulator.account.set_raw("groups", odd, "is_public", '"perhaps"')
    site.clock.advance(timedelta(hours=1))
    found = evaluations(site.run([dg.AssetKey([SCHEMA, "hub", "groups"]), GROUPS]))
    check = found["groups", "no_new_quarantined_rows"]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert check.description.startswith("No row is quarantined. 1 row in the table has a value")
    assert found["groups", "no_undeclared_properties"].passed
    assert found["groups", "loads_add_up"].passed
    again = look_again(site, "no_new_quarantined_rows")
    assert (again.passed, again.metadata["warnings"].value) == (True, 1)


@pytest.mark.parametrize("column", ["rows_in", "quarantined"])
def test_a_load_log_that_does_not_add_up_is_an_error(site, column):
    site.sync(days=4)
    change(site, f"update {SCHEMA}._loads set {column} = {column} + 1 where collection = 'tickets'")
    found = look_again(site, "loads_add_up", "tickets")

    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "does not add up" in found.description


def test_a_batch_that_loads_have_passed_over_is_a_warning_and_one_that_waits_is_not(site):
    site.sync(days=4)
    site.clock.advance(timedelta(hours=1))
    site.simulator.account.create_ticket("Hello", "World")
    site.sync(days=1)
    with duckdb.connect(str(site.database)) as connection:
        oldest = connection.execute(
            f"select min(batch_id) from {SCHEMA}._loads where collection = 'tickets'"
        ).fetchone()[0]
        connection.execute(f"delete from {SCHEMA}._loads where batch_id = '{oldest}'")
    warehouse = open_duckdb(site.database)
    hub = SourceHub(Storage(str(site.folder / "hub")), SCHEMA)
    subject = checks._Subject(SCHEMA, declared().collections["ticket_metrics"], frozenset(), hub)
    # The loads are stamped by this machine's clock, weeks after the simulated landing.
    found = checks._look(warehouse, subject, {"loads_add_up": None})["loads_add_up"]
    assert (found.outcome, found.figures["overlooked"]) == ("warning", [oldest])

    change(site, f"update {SCHEMA}._loads set loaded_at = timestamptz '{NOW.isoformat()}'")
    found = checks._look(warehouse, subject, {"loads_add_up": None})["loads_add_up"]
    assert (found.outcome, found.figures["batches_waiting"]) == ("passed", 1)


def test_what_cannot_be_looked_at_is_a_warning_with_the_reason(tmp_path):
    (tmp_path / "w.duckdb").write_text("no database")
    hub = SourceHub(Storage(str(tmp_path)), SCHEMA)
    subject = checks._Subject(SCHEMA, declared().collections["tickets"], frozenset(), hub)
    wanted = dict.fromkeys(checks.CHECKS)
    found = checks._look(open_duckdb(tmp_path / "w.duckdb"), subject, wanted)

    assert set(found) == set(checks.CHECKS)
    assert {each.outcome for each in found.values()} == {"warning"}
    assert all("could not be checked" in each.sentence for each in found.values())
