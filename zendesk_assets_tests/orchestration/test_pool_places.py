"""Places in pools: whatever steps claim and free, the tables hold what Dagster's storage writes."""

import random
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from zendesk_assets.orchestration.dagster_internals.sqlite_storage import (
    PooledSqliteEventLogStorage,
)

POOLS = {"narrow": 1, "wide": 3}


def opened(kind, folder):
    storage = kind(str(folder))
    for pool, places in POOLS.items():
        storage.set_concurrency_slots(pool, places)
    return storage


def tables(folder):
    with closing(sqlite3.connect(folder / "index.db")) as connection:
        slots = "select id, concurrency_key, run_id, step_key, deleted from concurrency_slots"
        pending = (
            "select concurrency_key, run_id, step_key, priority, assigned_timestamp is null "
            "from pending_steps"
        )
        return [sorted(connection.execute(each).fetchall(), key=repr) for each in (slots, pending)]


def stop_clock(folder):
    """Let all steps have begun to wait at once: Dagster orders equals by a clock of seconds."""
    with closing(sqlite3.connect(folder / "index.db")) as connection, connection:
        connection.execute("update pending_steps set create_timestamp = '2026-01-01 00:00:00'")


def act(storage, drawn):
    """Do one thing that a run does, or that a person does to a pool; return what it says."""
    what, pool, run, step, number = drawn
    if what == "claim":
        found = storage.claim_concurrency_slot(pool, run, step, number)
        return found.is_claimed, found.is_assigned, found.priority or None
    if what == "free":
        return storage.free_concurrency_slot_for_step(run, step)
    if what == "end":
        return storage.free_concurrency_slots_for_run(run)
    return storage.set_concurrency_slots(pool, number)


@pytest.mark.parametrize("seed", range(3))
def test_claims_and_frees_leave_what_dagsters_own_storage_leaves(tmp_path, seed):
    drawer = random.Random(seed)
    ours = opened(PooledSqliteEventLogStorage, tmp_path / "ours")
    theirs = opened(SqliteEventLogStorage, tmp_path / "theirs")
    for _ in range(60):
        drawn = (
            drawer.choices(["claim", "free", "end", "limit"], [10, 8, 1, 1])[0],
            drawer.choice(list(POOLS)),
            drawer.choice("ab"),
            drawer.choice("xyz"),
            drawer.randrange(1, 4),
        )
        if drawn[0] == "claim":
            drawn = (*drawn[:4], 0)
        assert act(ours, drawn) == act(theirs, drawn), drawn
        assert tables(tmp_path / "ours") == tables(tmp_path / "theirs"), drawn
        stop_clock(tmp_path / "ours")
        stop_clock(tmp_path / "theirs")


def test_the_waiting_step_of_the_highest_priority_is_next(tmp_path):
    storage = opened(PooledSqliteEventLogStorage, tmp_path)
    assert storage.claim_concurrency_slot("narrow", "a", "first").is_claimed
    assert not storage.claim_concurrency_slot("narrow", "a", "late", 1).is_claimed
    assert not storage.claim_concurrency_slot("narrow", "b", "urgent", 2).is_claimed

    storage.free_concurrency_slot_for_step("a", "first")
    assert not storage.claim_concurrency_slot("narrow", "a", "late", 1).is_claimed
    assert storage.claim_concurrency_slot("narrow", "b", "urgent", 2).is_claimed


def test_a_place_is_taken_once_however_many_ask_at_once(tmp_path):
    storages = [opened(PooledSqliteEventLogStorage, tmp_path) for _ in range(4)]
    begin = threading.Barrier(len(storages))

    def claim(number):
        begin.wait()
        run = f"run {number}"
        return storages[number].claim_concurrency_slot("narrow", run, "load").is_claimed

    with ThreadPoolExecutor(len(storages)) as pool:
        assert sorted(pool.map(claim, range(len(storages)))) == [False, False, False, True]
