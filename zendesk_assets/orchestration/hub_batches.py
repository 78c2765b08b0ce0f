"""Which of the hub's batches a table is to load: handed from a table's asset to the IO manager.

Loading them is `io_managers`'; whether the hub has all that a run asks for is `hub_coverage`'s.
https://docs.dagster.io/guides/build/io-managers/defining-a-custom-io-manager
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from zendesk_assets.account_identity import AccountIdentity
from zendesk_assets.history import fill_history
from zendesk_assets.hub import Batch, Known, SourceHub, WholeWalk, find_pending, newest_walk
from zendesk_assets.spec import Collection, Window
from zendesk_assets.warehouse import View, Warehouse


@dataclass(frozen=True)
class HubBatches:
    """Which batches of a stream a table is to load: those of a `window`, or all if it is None.

    Iterating lists them, which is only done where it has to be: `known` is what one look at the
    hub has shown. `account` owns them. `replay` loads them even if the warehouse already has them;
    `accept_deletions` lets a complete walk mark more than half of the rows as deleted. `whole` are
    the months of the run that the hub has; if all batches are loaded, other months that become
    complete are reported to Dagster too, as far as they are in `history`. `views` show parts of the
    table: they are gone when it was dropped, and come back with it. With `keeps_history`, all
    states of its rows are kept beside the table.
    """

    hub: SourceHub
    collection: Collection
    known: Known
    window: Window | None
    now: datetime
    account: AccountIdentity | None = None
    replay: bool = False
    accept_deletions: bool = False
    history: Window | None = None
    whole: tuple[str, ...] = ()
    views: tuple[View, ...] = ()
    keeps_history: bool = False

    def __iter__(self) -> Iterator[Batch]:
        """List the batches. Raises HubError."""
        window = self.window
        wanted = None if window is None else lambda batch: _concerns(batch, window)
        yield from self.known.everything(wanted)

    def pending(self, warehouse: Warehouse) -> tuple[list[Batch], set[str]]:
        """Return the batches to load, and ids of those that are loaded.

        Raises:
            HubError: if the hub cannot be read.
            WarehouseError: if the warehouse cannot be read.
        """
        if self.replay:
            return list(self), set()
        schema, name = self.hub.schema, self.collection.name
        if self.window is None:
            found = find_pending(self.known, warehouse, schema, name)
            return found.batches, found.loaded
        loaded = warehouse.loaded_batches(schema, name)
        return [batch for batch in self if batch.name not in loaded], loaded

    def fill_history(self, warehouse: Warehouse) -> int:
        """Bring the history of the table up to date; return how many states are new.

        It takes everything that the hub has, whatever the run is about: a history has an order.
        Raises HubError or WarehouseError.
        """
        anew = self.replay and self.window is None
        return fill_history(
            self.hub,
            warehouse,
            self.collection,
            self.account,
            anew=anew,
            confirmed=self.accept_deletions,
        )

    def walk(self, pending: list[Batch]) -> WholeWalk | None:
        """Return the newest complete walk where the table follows it and has not seen all of it."""
        if not self.collection.vanishes or not pending:
            return None
        walk = newest_walk(self.hub, self.collection.stream)
        return walk if walk and set(walk.batches) & set(pending) else None


def _concerns(batch: Batch, window: Window) -> bool:
    """Return whether a batch may hold records of the window."""
    return bool(batch.window.intersect(window)) or (window.start <= batch.window.start < window.end)
