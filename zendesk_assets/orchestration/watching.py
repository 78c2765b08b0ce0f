"""Who watches a sync while it goes on: told of each page, each wait and each load as it happens.

Dagster's log is for keeping, and gets a line now and then; a terminal wants to know of every page.
Nobody watches unless told to: what is reported here is nowhere else needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import dagster as dg

from zendesk_assets.hub import Manifest
from zendesk_assets.warehouse import LoadResult

__all__ = ["Relay", "Watcher"]


class Watcher(Protocol):
    """What may be told of an asset, in the thread that works on it; none of it may raise."""

    def landed(self, asset: dg.AssetKey, page: Manifest) -> None:
        """Hear that a page is in the hub."""
        ...

    def waits(self, asset: dg.AssetKey, seconds: float) -> None:
        """Hear that the account's rate limit is waited for from now on, for `seconds`."""
        ...

    def loads(self, asset: dg.AssetKey, batches: int) -> None:
        """Hear that a table begins to take in `batches` of the hub."""
        ...

    def loaded(self, asset: dg.AssetKey, result: LoadResult) -> None:
        """Hear what came of it."""
        ...


class Relay:
    """Passes on what it is told to whoever watches at present; to nobody most of the time."""

    def __init__(self) -> None:
        self._watcher: Watcher | None = None

    @contextmanager
    def to(self, watcher: Watcher) -> Iterator[None]:
        """Let `watcher` hear of everything that happens inside the block."""
        self._watcher = watcher
        try:
            yield
        finally:
            self._watcher = None

    def landed(self, asset: dg.AssetKey, page: Manifest) -> None:
        """Pass on that a page is in the hub."""
        if self._watcher:
            self._watcher.landed(asset, page)

    def waits(self, asset: dg.AssetKey, seconds: float) -> None:
        """Pass on that the rate limit is waited for."""
        if self._watcher:
            self._watcher.waits(asset, seconds)

    def loads(self, asset: dg.AssetKey, batches: int) -> None:
        """Pass on that a load begins."""
        if self._watcher:
            self._watcher.loads(asset, batches)

    def loaded(self, asset: dg.AssetKey, result: LoadResult) -> None:
        """Pass on what a load did."""
        if self._watcher:
            self._watcher.loaded(asset, result)
