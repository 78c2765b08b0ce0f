"""Any history of batches, orders and reloads ends as a dictionary would: one model, one machine."""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import ExitStack, nullcontext
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from zendesk_assets.clock import SystemClock
from zendesk_assets.spec import BatchFiles
from zendesk_assets.warehouse.load_groups import group_batches
from zendesk_assets_tests.machines import run_machine
from zendesk_assets_tests.warehouse.engines import DuckDBEngine, PostgresEngine
from zendesk_assets_tests.warehouse.helpers import T0, THINGS, Hub

RECORD = st.fixed_dictionaries(
    {
        "id": st.one_of(st.integers(1, 4), st.sampled_from(["3", "x", None])),
        "version": st.one_of(st.none(), st.integers(1, 4)),
        "name": st.sampled_from(["a", "b", None, 1]),
        "status": st.sampled_from(["open", "deleted"]),
    },
    optional={"size": st.sampled_from([1, "2", 1.5]), "new": st.integers(0, 1)},
)
BATCHES = st.lists(st.lists(RECORD, max_size=5), min_size=1, max_size=6)


def is_bad(record):
    return record["id"] in ("x", None)


class History(RuleBasedStateMachine):
    """Loads batches in any order, again and again, beside a dictionary."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="history-"))
        self.held = ExitStack()
        self.engine = self.held.enter_context(self.open_engine())
        self.warehouse = self.engine.warehouse(threads=1)
        self.rows: dict[int, tuple] = {}
        self.rejects: dict[str, int] = {}
        self.loaded: set[str] = set()

    def open_engine(self):
        return nullcontext(DuckDBEngine(self.folder / "w.duckdb", SystemClock()))

    @initialize(contents=BATCHES)
    def write_batches(self, contents):
        hub = Hub(self.folder)
        self.contents = contents
        self.batches = [
            BatchFiles(f"b{n}", T0 + timedelta(seconds=n // 2), len(c), (hub.part(c),))
            for n, c in enumerate(contents)
        ]

    @rule(data=st.data(), reload=st.booleans(), size=st.sampled_from([1, 4, 100]))
    def load(self, data, reload, size):
        chosen = data.draw(st.lists(st.integers(0, len(self.batches) - 1), max_size=4))
        given = [self.batches[n] for n in chosen]
        result = self.warehouse.load("s", THINGS, given, reload=reload, rows_per_transaction=size)
        before = set(self.rows)
        groups = [n for n in sorted(set(chosen)) if reload or f"b{n}" not in self.loaded]
        pending = [self.batches[n] for n in groups]
        for group in group_batches(pending, size, None):
            self.apply([self.batches.index(batch) for batch in group.batches])
        assert result.batches == len(groups)
        assert result.inserted == len(set(self.rows) - before)
        assert result.rows_in == sum(len(self.contents[n]) for n in groups)
        counted = result.inserted + result.updated + result.unchanged + result.quarantined
        assert counted == result.rows_in
        assert result.total == len(self.rows)

    def apply(self, group):
        newest: dict[int, tuple] = {}
        for n in group:
            self.loaded.add(f"b{n}")
            self.rejects[f"b{n}"] = 0
            for line, record in enumerate(self.contents[n]):
                if is_bad(record):
                    self.rejects[f"b{n}"] += 1
                    continue
                order, content = self.state(n, record)
                key = int(record["id"])
                newest[key] = max(newest.get(key, ((), 0, ())), (order, line, content))
        for key, (order, _, content) in newest.items():
            here = self.rows.get(key)
            # An identical row stays as it is, with the time it was first received.
            if here is None or (order >= here[0] and content != here[1]):
                self.rows[key] = (order, content)

    @staticmethod
    def state(n, record):
        version = record["version"] or 0
        name = None if record["name"] is None else str(record["name"])
        unknown = {"new": record["new"]} if "new" in record else {}
        size = record.get("size")
        if size == 1.5:
            size, unknown = None, {**unknown, "size": 1.5}
        size = None if size is None else int(size)
        deleted = record["status"] == "deleted"
        content = (version, name, size, deleted, json.dumps(unknown, sort_keys=True))
        return (version, n // 2, f"b{n}"), content

    @invariant()
    def the_table_is_what_the_dictionary_says(self):
        if not self.loaded:
            return
        found = {
            row["id"]: (
                int(row["version"].timestamp()) if row["version"] else 0,
                row["name"],
                row["size"],
                row["_deleted"],
                json.dumps(json.loads(row["_unknown"] or "{}"), sort_keys=True),
            )
            for row in self.engine.query("SELECT * FROM s.things")
        }
        assert found == {key: content for key, (_, content) in self.rows.items()}
        self.every_quarantined_row_is_listed_or_superseded()
        assert self.warehouse.loaded_batches("s", "things") == self.loaded

    def every_quarantined_row_is_listed_or_superseded(self):
        every = self.warehouse.rejects("s")
        odd = {str(key) for key, (_, content) in self.rows.items() if "size" in content[4]}
        assert odd <= {each["primary_key"] for each in every if each["severity"] == "warning"}
        listed = [each for each in every if each["severity"] == "error"]
        superseded = self.engine.query("SELECT batch_id, superseded FROM s._loads")
        accounted = {each["batch_id"]: each["superseded"] for each in superseded}
        for each in listed:
            accounted[each["batch_id"]] += 1
        assert accounted == self.rejects
        keys = {each["primary_key"] for each in listed}
        bad = {str(r["id"]) for n in self.loaded for r in self.contents[int(n[1:])] if is_bad(r)}
        # What is no longer listed has a good row; without a key nothing can be told of it.
        assert bad - {"None"} <= keys | {str(key) for key in self.rows}
        assert keys - {None} <= bad

    def teardown(self):
        self.held.close()
        shutil.rmtree(self.folder)


pytestmark = pytest.mark.long


def test_any_history_in_duckdb():
    run_machine(History, examples=12, steps=5)


def test_any_history_in_postgres(postgres_server):
    class PostgresHistory(History):
        def open_engine(self):
            return PostgresEngine.on(postgres_server, SystemClock())

    run_machine(PostgresHistory, examples=12, steps=5)
