"""Damage in the hub is found before it is loaded, moved aside, and read from Zendesk again."""

from datetime import timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.hub import RowKeys, SourceHub, Storage, find_damage, find_prunable
from zendesk_assets.warehouse import open_duckdb
from zendesk_assets_tests import long
from zendesk_assets_tests.account import SCHEMA, project

CHOSEN = ["organizations", "satisfaction_ratings", "ticket_events", "ticket_metrics", "tickets"]


@pytest.fixture
def account(tmp_path):
    settings = {"collections": {"include": CHOSEN}}
    with project(tmp_path, tickets=150, settings=settings) as each:
        each.clock.advance(timedelta(minutes=30))
        yield each


def hub_of(account):
    return SourceHub(Storage(account.sources.resolve(account.sources.hub.path)), SCHEMA)


def assets(account, layer):
    keys = account.definitions.resolve_asset_graph().get_all_asset_keys()
    return [key for key in keys if (len(key.path) == 3) == (layer == "hub")]


def sync_layer(account, layer, days=1):
    """Run one layer: what has no days, then the last days; return the results."""
    graph = account.definitions.resolve_asset_graph()
    keys = assets(account, layer)
    daily = [key for key in keys if graph.get(key).partitions_def is not None]
    whole = [key for key in keys if key not in daily]
    span = {"first": account.day(days - 1), "last": account.day()}
    return [
        account.run(whole, raise_on_error=False),
        account.run(daily, **span, raise_on_error=False),
    ]


def largest(hub, stream):
    return max(hub.batches(stream), key=lambda each: hub.manifest(each).records)


def spoil(hub, batch):
    part = Path(hub.files(batch).parts[0])
    part.write_bytes(part.read_bytes()[:-1] + b"\0")
    return part


@pytest.mark.slow
@long.parametrize("stream", ["organizations", "tickets", "satisfaction_ratings"])
def test_a_load_that_meets_damage_fails_and_the_next_sync_heals_the_tables(account, stream):
    sync_layer(account, "hub", days=31)
    hub = hub_of(account)
    batch = largest(hub, stream)
    spoil(hub, batch)

    results = sync_layer(account, "warehouse", days=31)
    assert [result.success for result in results].count(False) == 1
    failures = [e for result in results for e in result.all_events if e.is_step_failure]
    assert any(
        "next source sync reads" in event.step_failure_data.user_failure_data.description
        for event in failures
    )
    assert batch not in hub.batches(stream)
    assert len(hub.damaged.lost(stream)) == 1

    account.clock.advance(timedelta(minutes=30))
    for layer in ("hub", "warehouse"):
        assert all(result.success for result in sync_layer(account, layer))
    assert account.differences() == []

    account.requests()
    account.clock.advance(timedelta(minutes=30))
    sync_layer(account, "hub")
    assert len(account.requests()) <= 8  # it is read again once, not at each sync


@pytest.mark.long
@pytest.mark.slow
def test_the_second_that_a_lost_page_ends_in_is_read_again_too(account):
    account.simulator.account.flood_tickets(1200)
    account.clock.advance(timedelta(minutes=30))
    sync_layer(account, "hub", days=31)
    hub = hub_of(account)
    batch = largest(hub, "tickets")
    hub.damaged.set_aside(batch, account.clock.now())
    account.simulator.account.touch_ticket(1)
    account.clock.advance(timedelta(minutes=30))
    for layer in ("hub", "warehouse"):
        assert all(result.success for result in sync_layer(account, layer))
    assert account.differences() == []


def test_manifests_have_the_checksums_of_the_keys_in_their_batches(account):
    account.run([dg.AssetKey([SCHEMA, "hub", "tickets"])], days=(account.day(2), account.day()))
    hub, keys = hub_of(account), RowKeys(declared().collections_of("tickets"))
    manifests = {each: hub.manifest(each) for each in hub.batches("tickets")}
    assert sum(each.records for each in manifests.values())
    for batch, manifest in manifests.items():
        records = [line for part in manifest.parts for line in hub.read_part(batch, part)]
        assert manifest.keys == keys.sums(records)
        assert len(manifest.keys) == 2


def prunable(account, stream, before):
    warehouse = open_duckdb(account.database)
    names = ("tickets", "ticket_metrics")
    loaded = [warehouse.loaded_batches(SCHEMA, name) for name in names]
    return find_prunable(hub_of(account), stream, before, loaded, set())


@pytest.mark.long
def test_only_what_is_old_and_loaded_is_pruned_stays_covered_and_is_refused_to_a_replay(account):
    sync_layer(account, "hub", days=31)
    later = account.clock.now() + timedelta(days=1)
    assert prunable(account, "tickets", later) == []  # no table has them yet
    sync_layer(account, "warehouse", days=31)
    assert prunable(account, "tickets", account.clock.now() - timedelta(days=1)) == []
    hub = hub_of(account)
    covered = hub.coverage("tickets")
    assert prunable(account, "tickets", later)
    for batch, _manifest in prunable(account, "tickets", later):
        hub.prune(batch, account.clock.now())
        assert find_damage(hub, batch) is None
    assert hub.coverage("tickets") == covered
    assert prunable(account, "tickets", account.clock.now() + timedelta(days=1)) == []

    days = (account.day(20), account.day(10))
    source = dg.AssetKey([SCHEMA, "hub", "tickets"])
    table = dg.AssetKey([SCHEMA, "tickets"])
    account.requests()
    for asset in (source, table):
        account.run([asset], days=days)
    assert account.requests() == []

    settings = {"replay": True, "first_day": days[0], "end_day": days[1]}
    replay = {"ops": {table.to_python_identifier(): {"config": settings}}}
    result = account.run([table], days=days, run_config=replay, raise_on_error=False)
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    description = failure.step_failure_data.user_failure_data.description
    assert "removed by `hub prune`" in description
    assert account.differences() == []


@pytest.mark.long
@pytest.mark.slow
def test_a_dropped_table_comes_back_after_a_refetch_of_what_was_pruned(account):
    account.sync(days=31)
    hub = hub_of(account)
    for batch, _manifest in prunable(account, "tickets", account.clock.now() + timedelta(days=1)):
        hub.prune(batch, account.clock.now())
    with duckdb.connect(str(account.database)) as connection:
        connection.execute(f"drop table {SCHEMA}.tickets")
    source = dg.AssetKey([SCHEMA, "hub", "tickets"])
    table = dg.AssetKey([SCHEMA, "tickets"])
    span = {"first": account.day(30), "last": account.day()}
    assert not account.run([table], **span, raise_on_error=False).success

    refetch = {"ops": {source.to_python_identifier(): {"config": {"refetch": True}}}}
    account.clock.advance(timedelta(minutes=30))
    account.run([source, table], **span, run_config=refetch)
    assert account.differences() == []

    for batch, _manifest in prunable(account, "tickets", account.clock.now() + timedelta(days=1)):
        hub.prune(batch, account.clock.now())
    assert account.run([table], **span).success
    assert account.differences() == []
