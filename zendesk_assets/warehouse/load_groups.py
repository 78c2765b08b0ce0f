"""Which batches of a load share a transaction. How a group is loaded is in `warehouse`."""

from collections.abc import Iterable, Iterator
from typing import Final

from zendesk_assets.spec import BatchFiles
from zendesk_assets.warehouse.absence import CompleteWalk

# Of events, these make more rows than one row group of DuckDB (122,880): with fewer, it is written
# again by the next transaction.
ROWS_PER_TRANSACTION: Final = 40_000
# What is loaded again is much, and nobody waits for it: more memory, less processor.
ROWS_PER_RELOAD: Final = 100_000


def group_batches(
    batches: Iterable[BatchFiles], size: int, walk: CompleteWalk | None
) -> Iterator[tuple[list[BatchFiles], CompleteWalk | None]]:
    """Yield the batches, oldest first, in groups of about `size` records; those of `walk` last."""
    group: list[BatchFiles] = []
    of_walk: list[BatchFiles] = []
    for batch in sorted(batches, key=lambda each: (each.received_at, each.batch_id)):
        if walk and batch.batch_id in walk.batches:
            of_walk.append(batch)
            continue
        if group and sum(each.records for each in group) + batch.records > size:
            yield group, None
            group = []
        group.append(batch)
    if group:
        yield group, None
    if of_walk:
        yield of_walk, walk
