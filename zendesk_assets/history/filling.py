"""Fills the history of a table from the hub: everything that it lacks, in the order of receipt.

A history that is new has the whole past of the hub after its first filling. It is filled anew where
a batch came so late that it changes what was valid before, and where the collection's columns have
changed. What the hub has pruned stays as it is.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from zendesk_assets.account_identity import AccountIdentity
from zendesk_assets.errors import (
    CorruptManifestError,
    CorruptPartError,
    HubError,
    PrunedBatchError,
    ReplacedPartError,
)
from zendesk_assets.hub import Batch, SourceHub, find_pending, walks_ending_in
from zendesk_assets.spec import BatchFiles, Collection
from zendesk_assets.warehouse import (
    Warehouse,
    clear_history,
    is_outdated,
    keep_history,
    name_history,
)

# How often it starts over because an erasure has replaced what it was reading.
_ATTEMPTS: Final = 20


def fill_history(
    hub: SourceHub,
    warehouse: Warehouse,
    collection: Collection,
    account: AccountIdentity | None = None,
    *,
    anew: bool = False,
) -> int:
    """Bring the history of a collection up to date with the hub; return how many states are new.

    Damaged batches are left out, as long as they are: the table's own load tells of them.

    Raises:
        HubError: if the hub cannot be read, or an erasure goes on replacing what is read.
        WarehouseError: if the history cannot be written.
    """
    filling = Filling(hub, warehouse, collection, account)
    for _ in range(_ATTEMPTS):
        with suppress(ReplacedPartError):
            return filling.anew() if anew else filling.go_on()
    return filling.anew() if anew else filling.go_on()


@dataclass(frozen=True)
class Filling:
    """Loads batches of a `hub` into the history of a collection in a `warehouse`."""

    hub: SourceHub
    warehouse: Warehouse
    collection: Collection
    account: AccountIdentity | None = None

    def go_on(self) -> int:
        """Load what the history lacks, or all of it where it cannot go on as it is."""
        if is_outdated(self.warehouse, self.hub.schema, self.collection):
            return self.anew()
        name, known = name_history(self.collection.name), self.hub.look(self.collection.stream)
        pending = find_pending(known, self.warehouse, self.hub.schema, name).batches
        states, is_disordered = self.load(pending) if pending else (0, False)
        return self.anew() if is_disordered else states

    def anew(self) -> int:
        """Forget the states that the hub still has, and load them all."""
        everything = self.hub.batches(self.collection.stream)
        there = [str(each.id) for each in everything if not self._is_pruned(each)]
        clear_history(self.warehouse, self.hub.schema, self.collection, there)
        name = name_history(self.collection.name)
        loaded = self.warehouse.loaded_batches(self.hub.schema, name)
        return self.load([each for each in everything if str(each.id) not in loaded])[0]

    def load(self, pending: Sequence[Batch]) -> tuple[int, bool]:
        """Load batches; return how many states are new, and whether others must be loaded again."""
        walks = []
        if self.collection.vanishes:
            walks = walks_ending_in(self.hub, self.collection.stream, pending)
        batches = dict.fromkeys([*pending, *(each for walk in walks for each in walk.batches)])
        files = {each: opened for each in batches if (opened := self._open(each))}
        found = keep_history(
            self.warehouse,
            self.hub.schema,
            self.collection,
            files.values(),
            walks=[each.as_complete() for each in walks if files.keys() >= set(each.batches)],
            account=self.account,
        )
        return found.states, found.is_disordered

    def _open(self, batch: Batch) -> BatchFiles | None:
        """Return a batch; one that was pruned is without parts, and None is one that is damaged."""
        try:
            return self.hub.files(batch)
        except PrunedBatchError:
            return BatchFiles(str(batch.id), batch.id.landed, 0, covers=batch.window)
        except (CorruptManifestError, CorruptPartError):
            return None

    def _is_pruned(self, batch: Batch) -> bool:
        try:
            return bool(self.hub.manifest(batch).pruned)
        except HubError:
            return True  # it cannot be loaded again
