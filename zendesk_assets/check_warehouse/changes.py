"""What rows become when batches come in any order, again, with new columns, and with deletions."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from zendesk_assets.check_warehouse.proof import expect, expect_rows
from zendesk_assets.check_warehouse.scratch import Scratch
from zendesk_assets.check_warehouse.things import (
    COLOR,
    moment,
    newest,
    record,
    records,
    sets,
    things,
)
from zendesk_assets.warehouse import CompleteWalk

_ALL = ("name", "size", "_deleted", "updated_at", "received_at", "loaded_at", "_batch_id")


def prove_upsert(scratch: Scratch) -> str:
    """Load new rows, then newer states of half of them with some more that are new."""
    table = things("upserted")
    first, second = records(range(100), 1), records(range(50, 150), 2)
    scratch.load(table, scratch.batch(first))
    scratch.load(table, scratch.batch(second))
    expect_rows(scratch.states(table.name), newest(first, second), "two loads")
    return "100 rows inserted, then 50 replaced and 50 inserted"


def prove_order(scratch: Scratch) -> str:
    """Load a newer state first and an older one later."""
    table = things("ordered")
    newer, older = records(range(100), 2), records(range(100), 1)
    late, early = scratch.batch(older), scratch.batch(newer)
    scratch.load(table, early)
    before = scratch.rows(table.name, *_ALL)
    scratch.load(table, late, scratch.batch(older))
    expect_rows(scratch.states(table.name), newest(newer), "an older state that came later")
    expect_rows(scratch.rows(table.name, *_ALL), before, "an older state that came later")
    return "100 older states came twice, and no row changed"


def prove_repetition(scratch: Scratch) -> str:
    """Load a batch three times, once by force."""
    table = things("repeated")
    batch = scratch.batch(records(range(100), 1))
    scratch.load(table, batch)
    before = scratch.rows(table.name, *_ALL)
    scratch.load(table, batch)
    scratch.load(table, batch, reload=True)
    expect_rows(scratch.rows(table.name, *_ALL), before, "the same batch again")
    times = scratch.loaded(table.name)[batch.batch_id]
    expect(holds=times == 1, otherwise=f"the batch is {times} times in _loads")
    return "loaded 3 times: no row changed, once in _loads"


def prove_evolution(scratch: Scratch) -> str:
    """Load with one more column, a value of another type, an undeclared property, and a bad key."""
    table = things("evolving")
    wider = replace(table, columns=(*table.columns, COLOR))
    scratch.load(table, scratch.batch(records(range(10), 1)))
    odd: list[dict[str, Any]] = [
        record(20, 1, size="huge"), record(21, 1, shape="round"), record(22, 1, id="no number"),
    ]  # fmt: skip
    loaded = scratch.load(wider, scratch.batch([*records(range(5), 2, color="red"), *odd]))
    found = scratch.rows(table.name, "color", "size", "_unknown")
    wanted: dict[int, tuple[Any, ...]] = {
        **{number: ("red" if number < 5 else None, 1 + (number < 5), None) for number in range(10)},  # noqa: PLR2004 # of the five
        20: (None, None, '{"size":"huge"}'),
        21: (None, 1, '{"shape":"round"}'),
    }
    found = {key: (*row[:2], row[2] and row[2].replace(": ", ":")) for key, row in found.items()}
    expect_rows(found, wanted, "a load with another column")
    counts = (loaded.quarantined, loaded.warnings)
    expect(holds=counts == (1, 1), otherwise=f"_rejects has {counts} rows and values, not (1, 1)")
    return "a column was added; a value of another type is in _unknown, a row without a key apart"


def prove_deletions(scratch: Scratch) -> str:
    """Delete by a property, with the row around, and by absence from a complete walk."""
    _delete_by_property(scratch)
    _delete_with_another(scratch)
    _delete_by_absence(scratch)
    return "by a property and back, with the record around, by absence; none came back by itself"


def _delete_by_property(scratch: Scratch) -> None:
    table = things("deleted")
    live, gone = records(range(10), 1), records(range(5), 2, status="deleted")
    back = records(range(2), 3)
    first = scratch.batch(live)
    scratch.load(table, first, scratch.batch(gone), rows_per_transaction=1)
    scratch.load(table, scratch.batch(live))
    expect_rows(scratch.states(table.name), newest(live, gone), "a deletion and an older state")
    scratch.load(table, scratch.batch(back))
    expect_rows(scratch.states(table.name), newest(live, gone, back), "a newer state of two")


def _delete_with_another(scratch: Scratch) -> None:
    table = sets("deleted_with_another")
    live = [record(number, 1, set={"id": 50 + number, "thing_id": number}) for number in range(4)]
    gone = [record(0, 2, status="deleted", set=None)]
    scratch.load(table, scratch.batch(gone))
    scratch.load(table, scratch.batch(live))
    found = scratch.rows(table.name, "_deleted")
    wanted = {50 + number: (number == 0,) for number in range(4)}
    expect_rows(found, wanted, "the deletion of the record around")


def _delete_by_absence(scratch: Scratch) -> None:
    table = replace(things("absent"), vanishes=True)
    scratch.load(table, scratch.batch(records(range(10), 1)))
    shown = scratch.batch(records(range(6), 1))
    began = shown.received_at - timedelta(seconds=1)
    walk = CompleteWalk(frozenset({shown.batch_id}), shown.batch_id, began)
    scratch.load(table, shown, walk=walk)
    wanted = {number: (moment(1)[:4], number > 5) for number in range(10)}  # noqa: PLR2004 # the last that is shown
    found = {
        number: (str(at)[:4], gone)
        for number, (at, gone) in scratch.rows(table.name, "updated_at", "_deleted").items()
    }
    expect_rows(found, wanted, "a complete walk that shows six of ten rows")
