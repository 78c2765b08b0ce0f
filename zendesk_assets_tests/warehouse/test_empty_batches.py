"""Batches without records: most syncs bring them for most tables, and cost little for it."""

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets.warehouse.memory import open_memory
from zendesk_assets.warehouse.staging import stage
from zendesk_assets_tests.warehouse.helpers import THINGS, thing

# One table of each kind: what its rows are made from, and what deletes or wipes them.
KINDS = {
    (each.records, bool(each.scrub), bool(each.tombstone), len(each.primary_key)): each
    for each in declared().collections.values()
}


@pytest.mark.parametrize("collection", KINDS.values(), ids=lambda each: each.name)
def test_what_is_staged_of_nothing_is_what_records_would_fill(collection, hub):
    def staged(batch):
        with open_memory(1000) as memory:
            stage(memory, collection, [batch])
            query = (
                "SELECT table_name, column_name, data_type FROM duckdb_columns() "
                "WHERE NOT internal AND table_name IN "
                "('incoming', 'tombstones', 'rejects', 'batches') ORDER BY table_name, column_index"
            )
            return memory.execute(query).fetchall()

    nothing = staged(hub.batch())
    assert nothing == staged(hub.batch({}))
    assert {table for table, *_ in nothing} >= {"incoming", "rejects", "batches"}


def test_an_empty_batch_changes_no_row_and_is_in_the_load_log(warehouse, hub, rows):
    warehouse.load("s", THINGS, [hub.batch(thing(1, name="one"))])
    before, empty = rows(), hub.batch()
    result = warehouse.load("s", THINGS, [empty])
    assert (result.batches, result.rows_in, result.total) == (1, 0, 1)
    assert rows() == before
    assert empty.batch_id in warehouse.loaded_batches("s", "things")
