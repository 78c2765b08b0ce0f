"""A long walk: its tables are loaded meanwhile, and their figures are whole."""

import threading
import time

import duckdb
import pytest

from zendesk_assets.cli import loading_ahead
from zendesk_assets.hub import SourceHub
from zendesk_assets.orchestration.progress_listener import ProgressRelay
from zendesk_assets.simulator.wire import exports


@pytest.fixture
def loaded(monkeypatch):
    """Make walks of many pages, and return an event of loads ahead of the tables' own."""
    monkeypatch.setattr(exports, "MAX_PAGE", 3)
    monkeypatch.setattr(loading_ahead, "_EVERY_SECONDS", 0.01)
    event, note = threading.Event(), ProgressRelay.add_ahead

    def add(self, asset, result):
        time.sleep(0.2)  # the table's own step has time to overtake it
        note(self, asset, result)
        if result.inserted:
            event.set()

    monkeypatch.setattr(ProgressRelay, "add_ahead", add)
    return event


def wait_at_page(monkeypatch, stream, number, event):
    """Let the walk of a stream wait at one of its pages; return how the waits ended."""
    land, pages, ended = SourceHub.land, [], []

    def land_and_wait(self, manifest, records):
        landed = land(self, manifest, records)
        if manifest.stream == stream:
            pages.append(manifest)
            if len(pages) == number:
                ended.append(event.wait(120))
        return landed

    monkeypatch.setattr(SourceHub, "land", land_and_wait)
    return ended


@pytest.mark.parametrize("name", ["tickets", "users"])
def test_rows_are_in_the_table_before_the_walk_is_over(
    run, write_sources, account, loaded, tmp_path, monkeypatch, name
):
    write_sources(account, collections={"include": [name]})
    ended = wait_at_page(monkeypatch, name, 4, loaded)
    outcome = run("sync")
    assert outcome.code == 0, outcome.output
    assert ended == [True]
    wanted = len(account.expected(name))
    assert wanted > 12
    assert f"{wanted:,} rows: {wanted:,} inserted, 0 updated" in outcome.output
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        ((rows, batches),) = connection.execute(
            f"SELECT (SELECT count(DISTINCT id) FROM zendesk_test.{name}), "
            "(SELECT count(*) - count(DISTINCT batch_id) FROM zendesk_test._loads)"
        ).fetchall()
    assert (rows, batches) == (wanted, 0)


def test_only_tables_whose_stream_has_landed_more_are_looked_at(
    run, write_sources, account, loaded, monkeypatch
):
    write_sources(account, collections={"include": ["tickets", "ticket_metrics", "users"]})
    load, looks = loading_ahead.LoadingAhead._load, []

    def note(self, collection):
        looks.append((collection.name, self._looked[collection.name]))
        load(self, collection)

    monkeypatch.setattr(loading_ahead.LoadingAhead, "_load", note)
    ended = wait_at_page(monkeypatch, "tickets", 4, loaded)
    assert run("sync").code == 0
    assert ended == [True]
    assert {"tickets", "ticket_metrics"} <= {name for name, _ in looks}
    assert len(looks) == len({*looks})

    looks.clear()
    assert run("sync", "--warehouse-only", "--replay").code == 0
    assert looks == []


def test_what_cannot_be_loaded_ahead_is_told_by_the_table_alone(
    run, write_sources, account, loaded, tmp_path, monkeypatch
):
    write_sources(account, collections={"include": ["tickets"]})
    land, load = SourceHub.land, loading_ahead.LoadingAhead._load
    pages, damaged, tried = [], threading.Event(), threading.Event()

    def land_and_damage(self, manifest, records):
        landed = land(self, manifest, records)
        if manifest.stream == "tickets":
            pages.append(landed)
        if len(pages) == 2 and not damaged.is_set():  # the first has been told of
            folder = self._folder(pages[0])
            self._storage.write(f"{folder}/{pages[0].parts[0].name}", b"damaged")
            damaged.set()
            assert tried.wait(120)
        return landed

    def load_what_is_damaged(self, collection):
        assert damaged.wait(120)  # a batch that is loaded before would be no trouble
        try:
            load(self, collection)
        finally:
            tried.set()

    monkeypatch.setattr(SourceHub, "land", land_and_damage)
    monkeypatch.setattr(loading_ahead.LoadingAhead, "_load", load_what_is_damaged)
    outcome = run("sync")
    assert outcome.code == 1
    assert "moved aside" in outcome.output
    assert run("sync").code == 0
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM zendesk_test.tickets").fetchone() == (30,)
