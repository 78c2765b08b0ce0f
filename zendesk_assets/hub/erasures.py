"""Erasures that have begun and not ended: small files in the hub, removed when all is done.

What an erasure has learnt of the person, their addresses and tickets, it learnt from records that
it then wipes. If it is killed half-way, the next run reads it here. This module only handles files;
it erases nothing.
"""

from datetime import datetime
from typing import Final

import msgspec

from zendesk_assets.storage.tree import Storage

_FOLDER: Final = "_erasing"


class PendingErasure(msgspec.Struct, frozen=True, kw_only=True):
    """Who is being erased: what was asked for, and what was learnt; since when."""

    begun: datetime
    ids: tuple[int, ...]
    texts: tuple[str, ...]
    requested: tuple[int, ...] = ()
    shared: tuple[int, ...] = ()


class Erasures:
    """The erasures of one source that are not done."""

    def __init__(self, storage: Storage, schema: str) -> None:
        self._storage, self._folder = storage, f"{schema}/{_FOLDER}"

    def pending(self) -> dict[str, PendingErasure]:
        """Return the erasures that have begun, by name; unreadable files are removed."""
        found = {}
        for path in self._storage.find(self._folder):
            name = path.rsplit("/", 1)[-1]
            if name.startswith("."):  # half written by a process that was killed
                self._storage.remove(path)
                continue
            try:
                found[name] = msgspec.json.decode(self._storage.read(path), type=PendingErasure)
            except msgspec.DecodeError:
                self._storage.remove(path)
        return found

    def begin(self, name: str, erasure: PendingErasure) -> None:
        """Write down that an erasure begins."""
        self._storage.write(f"{self._folder}/{name}", msgspec.json.encode(erasure))

    def end(self, name: str) -> None:
        """Forget an erasure that is done."""
        if self._storage.exists(f"{self._folder}/{name}"):
            self._storage.remove(f"{self._folder}/{name}")
