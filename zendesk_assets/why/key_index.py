"""Which batches of the hub may have a state of a row, by an index in this machine's state folder.

The index is made from the hub and is never the truth. Each question brings it up to date with the
batches that have come since: from their manifests, which have checksums of their keys, and from the
records of those whose manifests have none. It holds no key, only such checksums (`hub/row_keys`): a
few of the batches that it names have nothing of the row, and none that has something is missing.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Final, TypeAlias, TypeVar

from zendesk_assets.errors import HubError
from zendesk_assets.hub import (
    Batch,
    KeyWay,
    Known,
    Manifest,
    RowKeys,
    SourceHub,
    bounds,
    fingerprint,
    may_have,
)
from zendesk_assets.plain_text import counted
from zendesk_assets.spec import Collection
from zendesk_assets.why.key_store import forget_keys, open_in_memory, open_key_store

# So many batches are read before they are written.
_AT_ONCE: Final = 1_000
# So many batches take more than a moment to read whole.
_MANY: Final = 100
# So many files of a store are waited for at once.
_READERS: Final = 16

Say = Callable[[str], None]
# What is kept of a batch: id, fingerprint, start and page of its walk, whether it covers anything,
# is partial, is pruned, and the checksums of its keys.
_Row: TypeAlias = tuple[str, int, str, int, bool, bool, bool, bytes]
_T = TypeVar("_T")


@dataclass(frozen=True)
class Walk:
    """A complete walk of a list: when it began, its last batch, and the batches of all its pages.

    A `partial` one lacks the lists of some parents, which Zendesk refused.
    """

    started: datetime
    last: str
    batches: frozenset[str]
    partial: bool


class KeyIndex:
    """The index of one collection's keys; `troubles` are sentences about unreadable batches."""

    def __init__(
        self, connection: sqlite3.Connection, hub: SourceHub, collection: Collection
    ) -> None:
        self.connection, self._hub, self._collection = connection, hub, collection
        self._reader, self._way = RowKeys((collection,)), KeyWay(collection).name
        self.troubles: list[str] = []

    def find(self, key: str, *, tombstones: bool = False) -> list[Batch]:
        """Return the batches that may have a state of this key (or a tombstone), as they landed."""
        rows = self.connection.execute("SELECT id, keys FROM batches ORDER BY id")
        names = [name for name, keys in rows if may_have(keys, key, tombstones=tombstones)]
        return [self._hub.batch(self._collection.stream, name) for name in names]

    def page(self, manifest: Manifest) -> int:
        """Return which page of its walk a batch is, from 1."""
        if manifest.page:
            return manifest.page
        ((count,),) = self.connection.execute(
            "SELECT count(*) FROM batches WHERE started = ? AND id <= ?",
            [manifest.started.isoformat(), manifest.batch_id],
        )
        return max(int(count), 1)

    def walks(self) -> list[Walk]:
        """Return the complete walks of a list that is read whole, ascending."""
        pages: dict[str, list[tuple[str, int, bool, bool]]] = {}
        for started, *page in self.connection.execute(
            "SELECT started, id, page, covers, partial FROM batches WHERE pruned = 0 "
            "ORDER BY started, page"
        ):
            pages.setdefault(started, []).append((page[0], page[1], page[2], page[3]))
        return [walk for each in pages.items() if (walk := _walk(*each))]

    @property
    def pruned(self) -> int:
        """Return of how many batches the records were gone before they could be indexed."""
        ((count,),) = self.connection.execute("SELECT count(*) FROM batches WHERE pruned = 1")
        return int(count)

    # Bringing it up to date.

    def update(self, say: Say) -> None:
        """Add the batches that have come since, and drop those that are gone. Raises HubError."""
        bare: list[tuple[Batch, Manifest]] = []
        for batches in _in_groups(self._missing(self._hub.look(self._collection.stream))):
            found = self._manifests(batches)
            bare += [each for each in found if self._lacks_keys(each[1])]
            self._write(
                _row(*each, each[1].keys.get(self._way, b""))
                for each in found
                if not self._lacks_keys(each[1])
            )
        if len(bare) > _MANY:
            say(
                f"Reading the keys in {counted(len(bare), 'batch')} of "
                f"{self._collection.stream}, once: "
                "later questions read only what has come since."
            )
        for group in _in_groups(bare):
            self._write(row for each in group if (row := self._read(*each)))

    def _lacks_keys(self, manifest: Manifest) -> bool:
        return bool(manifest.live_parts) and self._way not in manifest.keys

    def _manifests(self, batches: Sequence[Batch]) -> list[tuple[Batch, Manifest]]:
        """Return the batches whose manifests can be read, with these; others, next time."""
        with ThreadPoolExecutor(_READERS) as readers:
            found = list(readers.map(self._manifest, batches))
        return [(batch, each) for batch, each in zip(batches, found, strict=True) if each]

    def _manifest(self, batch: Batch) -> Manifest | None:
        try:
            return self._hub.manifest(batch)
        except HubError as error:
            self.troubles.append(str(error))
            return None

    def _missing(self, known: Known) -> list[Batch]:
        """Return the batches that are not indexed; those that are gone from the hub are dropped.

        As long as the older ones add up to the same, only the recent ones are compared.
        """
        through, opened = bounds(known)
        rows = self.connection.execute("SELECT id, fingerprint FROM batches").fetchall()
        older = {name: number for name, number in rows if name <= through and name not in opened}
        adds_up = (len(older), sum(older.values())) == (
            known.summary.batches,
            known.summary.fingerprint,
        )
        there = list(known.recent) if adds_up else known.everything()
        indexed = {name for name, _ in rows}
        names = {each.name for each in there}
        self._drop((indexed - older.keys() if adds_up else indexed) - names)
        return [each for each in there if each.name not in indexed]

    def _drop(self, names: set[str]) -> None:
        if not names:
            return
        with self.connection:
            self.connection.execute("BEGIN IMMEDIATE")
            self.connection.execute("CREATE TEMP TABLE IF NOT EXISTS gone (id TEXT)")
            self.connection.executemany("INSERT INTO gone VALUES (?)", [(n,) for n in names])
            self.connection.execute("DELETE FROM batches WHERE id IN (SELECT id FROM gone)")
            self.connection.execute("DROP TABLE gone")

    def _read(self, batch: Batch, manifest: Manifest) -> _Row | None:
        """Return a batch by its records; None if these cannot be read, until next time."""
        try:
            parts = [self._hub.read_part(batch, each) for each in manifest.live_parts]
        except HubError as error:
            self.troubles.append(str(error))
            return None
        return _row(batch, manifest, self._reader.sums(chain(*parts))[self._way])

    def _write(self, rows: Iterable[_Row]) -> None:
        with self.connection:
            self.connection.execute("BEGIN IMMEDIATE")
            self.connection.executemany(
                # Another process may have been faster.
                "INSERT OR IGNORE INTO batches VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )


@contextmanager
def open_key_index(hub: SourceHub, collection: Collection, say: Say) -> Iterator[KeyIndex]:
    """Yield the index of a collection's keys, up to date; `say` is told if that takes a while.

    Raises HubError.
    """
    try:
        index = _updated(open_key_store(hub, collection), hub, collection, say)
    except sqlite3.Error:  # a full disk, or damage further inside
        forget_keys(hub, collection)
        index = _updated(open_in_memory(collection), hub, collection, say)
    with closing(index.connection):
        yield index


def _updated(
    connection: sqlite3.Connection, hub: SourceHub, collection: Collection, say: Say
) -> KeyIndex:
    index = KeyIndex(connection, hub, collection)
    try:
        index.update(say)
    except BaseException:
        connection.close()
        raise
    return index


def _row(batch: Batch, manifest: Manifest, keys: bytes) -> _Row:
    return (
        batch.name,
        fingerprint(batch),
        manifest.started.isoformat(),
        manifest.page,
        bool(batch.window),
        bool(manifest.unread_parents),
        bool(manifest.pruned),
        keys,
    )


def _in_groups(batches: Sequence[_T]) -> Iterator[Sequence[_T]]:
    return (batches[start : start + _AT_ONCE] for start in range(0, len(batches), _AT_ONCE))


def _walk(started: str, pages: Sequence[tuple[str, int, bool, bool]]) -> Walk | None:
    """Return the walk that has these pages, if they are all of them."""
    last = [(name, page) for name, page, covers, _ in pages if covers]
    if not last or {page or 1 for _, page, _, _ in pages} != set(range(1, max(last[-1][1], 1) + 1)):
        return None
    return Walk(
        datetime.fromisoformat(started),
        last[-1][0],
        frozenset(name for name, *_ in pages),
        any(partial for *_, partial in pages),
    )
