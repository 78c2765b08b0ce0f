"""Which batches of a load share a transaction, and what is done with them in it.

How a group is staged, and in which order groups are written, is in `warehouse`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from zendesk_assets.warehouse import transaction
from zendesk_assets.warehouse.parts import check_unchanged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from zendesk_assets.account_identity import AccountIdentity
    from zendesk_assets.spec import BatchFiles, Collection
    from zendesk_assets.warehouse.absence import CompleteWalk
    from zendesk_assets.warehouse.engines.engine import Session
    from zendesk_assets.warehouse.results import LoadResult

# Of events, these make more rows than one row group of DuckDB (122,880): with fewer, it is written
# again by the next transaction.
ROWS_PER_TRANSACTION: Final = 40_000
# What is loaded again is much, and nobody waits for it: more memory, less processor.
ROWS_PER_RELOAD: Final = 100_000


@dataclass(frozen=True)
class Group:
    """Batches that share a transaction: all of a complete `walk`, where one is given."""

    batches: list[BatchFiles]
    walk: CompleteWalk | None = None

    def upsert(
        self,
        session: Session,
        schema: str,
        collection: Collection,
        now: datetime,
        *,
        reload: bool,
        whose: AccountIdentity | None,
    ) -> LoadResult:
        """Upsert what is staged of them; `whose` batches they are is checked first.

        Raises:
            OtherAccountError: if another account fills the schema.
            ReplacedPartError: if a part was replaced meanwhile; nothing is to be committed then.
        """
        result = transaction.run(
            session,
            schema,
            collection,
            now,
            reload=reload or self.walk is not None,
            whose=whose,
            walk=self.walk,
            covered=[batch.covers for batch in self.batches],
        )
        check_unchanged(self.batches)
        return result


def group_batches(
    batches: Iterable[BatchFiles], size: int, walk: CompleteWalk | None
) -> Iterator[Group]:
    """Yield the batches, oldest first, in groups of about `size` records; those of `walk` last."""
    group: list[BatchFiles] = []
    of_walk: list[BatchFiles] = []
    for batch in sorted(batches, key=lambda each: (each.received_at, each.batch_id)):
        if walk and batch.batch_id in walk.batches:
            of_walk.append(batch)
            continue
        if group and sum(each.records for each in group) + batch.records > size:
            yield Group(group)
            group = []
        group.append(batch)
    if group:
        yield Group(group)
    if of_walk:
        yield Group(of_walk, walk)
