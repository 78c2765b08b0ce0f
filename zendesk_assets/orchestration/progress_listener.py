"""Events of the runs of this process for a listener: each page, wait and load as it happens.

Dagster's log is permanent and gets a line now and then; a terminal needs to know about every page.
Mostly nothing listens, and nothing else depends on these events.
https://docs.dagster.io/guides/log-debug/logging
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

import dagster as dg

from zendesk_assets.hub import Manifest
from zendesk_assets.warehouse import LoadResult


class ProgressListener:
    """Receives events in the thread that works on an asset; its methods must not raise."""

    def on_page(self, asset: dg.AssetKey, page: Manifest) -> None:
        """Handle a page that is in the hub."""

    def on_nothing_asked(self, asset: dg.AssetKey, why: str, *, is_skipped: bool = False) -> None:
        """Handle a sync that did not ask Zendesk, and why in a few words.

        It `is_skipped` if there was a reason to ask.
        """

    def on_wait(self, asset: dg.AssetKey, seconds: float) -> None:
        """Handle a wait for the account's rate limit, which begins now and takes `seconds`."""

    def on_load(self, asset: dg.AssetKey, batches: int) -> None:
        """Handle the beginning of a load of `batches` batches."""

    def on_loaded(self, asset: dg.AssetKey, result: LoadResult) -> None:
        """Handle the end of a load."""


@dataclass
class ProgressRelay:
    """The listener of this process at present: definitions are built before anything listens.

    `ahead` has what was loaded into tables of a run before their own steps, for their figures, and
    `pages` how many pages have landed in each asset of a hub.
    """

    listener: ProgressListener = field(default_factory=ProgressListener)
    ahead: dict[dg.AssetKey, LoadResult] = field(default_factory=dict)
    pages: Counter[dg.AssetKey] = field(default_factory=Counter)
    _turns: dict[dg.AssetKey, Lock] = field(default_factory=dict)
    _guard: Lock = field(default_factory=Lock)

    def on_page(self, asset: dg.AssetKey, page: Manifest) -> None:
        """Count a page that is in the hub, and tell the listener."""
        self.pages[asset] += 1
        self.listener.on_page(asset, page)

    @contextmanager
    def turn(self, asset: dg.AssetKey) -> Iterator[None]:
        """Let one thread load into a table, and note or take its figures, in the block."""
        with self._guard:
            turn = self._turns.setdefault(asset, Lock())
        with turn:
            yield

    def add_ahead(self, asset: dg.AssetKey, result: LoadResult) -> None:
        """Note what was loaded into a table before its own step."""
        self.ahead[asset] = self.ahead.get(asset, LoadResult()) + result

    def take_ahead(self, asset: dg.AssetKey) -> LoadResult:
        """Return what was loaded before, once."""
        return self.ahead.pop(asset, LoadResult())

    @contextmanager
    def to(self, listener: ProgressListener) -> Iterator[None]:
        """Let `listener` receive the events of all runs in the block."""
        before, self.listener = self.listener, listener
        try:
            yield
        finally:
            self.listener = before
