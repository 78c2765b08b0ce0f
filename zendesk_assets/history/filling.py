"""Fills the history of a table from the hub: everything that it lacks, in the order of receipt.

A history that is new has the whole past of the hub after its first filling. It is filled anew where
a batch came so late that it changes what was valid before, and where the collection's columns have
changed. What the hub cannot give again stays as it is, also where a filling was interrupted: the
next one goes on with it.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from zendesk_assets.account_identity import AccountIdentity
from zendesk_assets.errors import (
    CorruptManifestError,
    CorruptPartError,
    ForeignBatchError,
    MissingFileError,
    PrunedBatchError,
    ReplacedPartError,
)
from zendesk_assets.hub import (
    Batch,
    SourceHub,
    WholeWalk,
    find_pending,
    is_replaced,
    newest_walk,
    walks_ending_in,
)
from zendesk_assets.spec import BatchFiles, Collection
from zendesk_assets.warehouse import (
    HistoryResult,
    Progress,
    Refill,
    Warehouse,
    find_progress,
    keep_history,
    name_history,
)

# How often it starts over because an erasure has replaced what it was reading.
_ATTEMPTS: Final = 20
# What is wrong with a batch that others need not wait for.
_UNREADABLE: Final = (CorruptManifestError, CorruptPartError, ForeignBatchError, MissingFileError)


def fill_history(
    hub: SourceHub,
    warehouse: Warehouse,
    collection: Collection,
    account: AccountIdentity | None = None,
    *,
    anew: bool = False,
    confirmed: bool = False,
) -> int:
    """Bring the history of a collection up to date with the hub; return how many states are new.

    Batches that cannot be read are left out, as long as they are: the table's own load tells of
    them. `confirmed` says that a person has accepted the deletions of the newest walk.

    Raises:
        ForeignHistoryError: if what has the name of the history is not ours.
        HubError: if the hub cannot be read, or an erasure goes on replacing what is read.
        WarehouseError: if the history cannot be written.
    """
    filling = Filling(hub, warehouse, collection, account, confirmed=confirmed)
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
    confirmed: bool = False

    def go_on(self) -> int:
        """Load what the history lacks, or all of it where it cannot go on as it is."""
        progress = find_progress(self.warehouse, self.hub.schema, self.collection)
        if progress is Progress.OUTDATED:
            return self.anew()
        name, known = name_history(self.collection.name), self.hub.look(self.collection.stream)
        pending = find_pending(known, self.warehouse, self.hub.schema, name).batches
        if self.confirmed and self.collection.vanishes:
            # It was loaded when nobody had confirmed it yet.
            walk = newest_walk(self.hub, self.collection.stream)
            pending = list(dict.fromkeys([*pending, *(walk.batches if walk else ())]))
        if progress is Progress.REFILLING:
            return self._go_on_refilling(pending)
        states, is_disordered = self.load(pending) if pending else (0, False)
        return self.anew() if is_disordered else states

    def anew(self) -> int:
        """Load all that the hub still has again, instead of the states that came with it."""
        everything = self.hub.batches(self.collection.stream)
        loaded = self.warehouse.loaded_batches(self.hub.schema, name_history(self.collection.name))
        whole = {each: found for each in everything if (found := self._read(each))}
        more = [each for each in everything if each not in whole and each.name not in loaded]
        files = whole | self._open(more)
        progress = find_progress(self.warehouse, self.hub.schema, self.collection)
        if not files and progress is Progress.UP_TO_DATE:
            return 0
        walks = _whole(self._walks(everything), files)
        return self._keep(files, walks, _refill(whole, walks)).states

    def _go_on_refilling(self, pending: Sequence[Batch]) -> int:
        """Load what a refill that was interrupted has not loaded; what it had to keep stays."""
        everything = self.hub.batches(self.collection.stream)
        whole = [each for each in everything if self._read(each)]
        walks = _whole(self._walks(everything), {*whole, *pending})
        refill = _refill(whole, walks, goes_on=True)
        return self._load(pending, refill).states

    def load(self, pending: Sequence[Batch]) -> tuple[int, bool]:
        """Load batches; return how many states are new, and whether others must be loaded again."""
        found = self._load(pending)
        return found.states, found.is_disordered

    def _load(self, pending: Sequence[Batch], refill: Refill | None = None) -> HistoryResult:
        walks = self._walks(pending)
        batches = dict.fromkeys([*pending, *(each for walk in walks for each in walk.batches)])
        files = self._open(batches)
        return self._keep(files, _whole(walks, files), refill)

    def _walks(self, ends: Sequence[Batch]) -> list[WholeWalk]:
        """Return the complete walks that end with one of the batches."""
        is_followed = self.collection.vanishes
        return walks_ending_in(self.hub, self.collection.stream, ends) if is_followed else []

    def _keep(
        self,
        files: Mapping[Batch, BatchFiles],
        walks: Iterable[WholeWalk],
        refill: Refill | None = None,
    ) -> HistoryResult:
        """Bring opened batches into the history, and walks of which every batch is opened.

        Raises ReplacedPartError if it must be done again, for an erasure has replaced a part.
        """
        try:
            return keep_history(
                self.warehouse,
                self.hub.schema,
                self.collection,
                files.values(),
                walks=[each.as_complete() for each in walks],
                refill=refill,
                account=self.account,
            )
        except CorruptPartError as error:
            if is_replaced(self.hub, files):
                raise ReplacedPartError(str(error)) from error
            raise

    def _open(self, batches: Iterable[Batch]) -> dict[Batch, BatchFiles]:
        """Return the batches that can be read; one that was pruned is without parts."""
        found = {}
        for batch in batches:
            with suppress(*_UNREADABLE):
                try:
                    found[batch] = self.hub.files(batch)
                except PrunedBatchError:
                    nothing = BatchFiles(batch.name, batch.id.landed, 0, covers=batch.window)
                    found[batch] = nothing
        return found

    def _read(self, batch: Batch) -> BatchFiles | None:
        """Return a batch whose records are there, else None."""
        try:
            return self.hub.files(batch)
        except (PrunedBatchError, *_UNREADABLE):
            return None


def _whole(walks: Iterable[WholeWalk], batches: Iterable[Batch]) -> list[WholeWalk]:
    """Return the walks of which every batch is one of `batches`."""
    known = set(batches)
    return [each for each in walks if known.issuperset(each.batches)]


def _refill(whole: Iterable[Batch], walks: Iterable[WholeWalk], *, goes_on: bool = False) -> Refill:
    ids = frozenset(each.name for each in whole)
    return Refill(ids, frozenset(each.batches[-1].name for each in walks), goes_on=goes_on)
