"""Loads into tables what a long walk has landed already, while it fetches the next pages.

A run loads its tables after its walks; at ten exports a minute these take hours, in which nothing
else would use this process. A table is looked at again once its stream has landed more. What is
loaded ahead is added to the figures of the table's own load, which finds only the rest, as the load
log knows what is there. Troubles are left to it as well.
"""

import threading
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from zendesk_assets.account import Account, chosen_collections
from zendesk_assets.catalog import declared
from zendesk_assets.cli.planned_run import PlannedRun
from zendesk_assets.errors import HubError, ZendeskAssetsError
from zendesk_assets.hub import find_pending
from zendesk_assets.orchestration import keys
from zendesk_assets.orchestration.progress_listener import ProgressRelay
from zendesk_assets.properties import as_chosen
from zendesk_assets.settings.sources import Sources
from zendesk_assets.spec import Collection, Completion
from zendesk_assets.warehouse import LoadResult

_EVERY_SECONDS: Final = 20.0
_LAST_LOAD_SECONDS: Final = 60.0


class LoadingAhead:
    """While a block runs, loads the tables of a run whose streams it walks page by page."""

    def __init__(self, sources: Sources, run: PlannedRun, relay: ProgressRelay) -> None:
        self._account, self._relay = Account(sources, run.source), relay
        self._collections = list(_tables_that_wait(run))
        self._looked: Counter[str] = Counter()  # of each table, after how many pages
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        self._relay.ahead.clear()  # of a run that ended before a table's own step
        self._relay.pages.clear()
        if self._collections:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_over.set()
        if self._collections:
            self._thread.join(_LAST_LOAD_SECONDS)

    def _work(self) -> None:
        while not self._is_over.wait(_EVERY_SECONDS):
            for each in self._collections:
                if self._has_more(each) and not self._is_over.is_set():
                    with suppress(ZendeskAssetsError):
                        self._load(each)

    def _has_more(self, collection: Collection) -> bool:
        """Return whether its stream has landed more since the table was last looked at."""
        hub = keys.hub_key(self._account.source.schema_name, collection.stream)
        before, pages = self._looked[collection.name], self._relay.pages[hub]
        self._looked[collection.name] = pages
        return pages > before

    def _load(self, collection: Collection) -> None:
        table = keys.table_key(self._account.source.schema_name, collection.name)
        with self._relay.turn(table):
            if result := self._loaded(collection):
                self._relay.add_ahead(table, result)

    def _loaded(self, collection: Collection) -> LoadResult | None:
        """Load what its table lacks; return the figures, or None if it lacks nothing."""
        account, schema = self._account, self._account.source.schema_name
        hub, warehouse = account.hub, account.warehouse()
        whose = hub.account.refuse_other(account.source.identity) or account.source.identity
        pending = find_pending(hub.look(collection.stream), warehouse, schema, collection.name)
        if not pending.batches:
            return None
        files = []
        for batch in pending.batches:
            with suppress(HubError):  # the table's own step tells, and moves a damaged one aside
                files.append(hub.files(batch))
        chosen = as_chosen(account.source, collection)
        return warehouse.load(schema, chosen, files, loaded=pending.loaded, account=whose)


def _tables_that_wait(run: PlannedRun) -> Iterable[Collection]:
    """Return the collections whose table a run loads after a walk of which each page counts."""
    schema = run.source.schema_name
    for each in chosen_collections(run.source):
        stream = declared().stream_of(each)
        hub, table = keys.hub_key(schema, stream.name), keys.table_key(schema, each.name)
        if stream.completion is Completion.CONTINUE and {hub, table} <= {*run.assets}:
            yield each
