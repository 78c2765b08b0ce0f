"""Which batches of the hub may have a state of a row, by an index in this machine's state folder.

The index is made from the hub and is never the truth. Each question brings it up to date with the
batches that have come since. It holds no key, only a checksum of 32 bits for each: a few of the
batches that it names have nothing of the row, and none that has something is missing.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zlib import crc32

from zendesk_assets.errors import HubError
from zendesk_assets.hub import Batch, Known, Manifest, SourceHub, bounds, fingerprint
from zendesk_assets.spec import Collection
from zendesk_assets.why.key_reading import KeyReader
from zendesk_assets.why.key_store import forget_keys, open_in_memory, open_key_store

# So many keys are written at once.
_AT_ONCE: Final = 100_000
# So many batches take more than a moment to read.
_MANY: Final = 100

Say = Callable[[str], None]


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
        self._reader = KeyReader(collection)
        self.troubles: list[str] = []

    def find(self, key: str, *, tombstones: bool = False) -> list[Batch]:
        """Return the batches that may have a state of this key (or a tombstone), as they landed."""
        rows = self.connection.execute(
            "SELECT id FROM keys JOIN batches ON n = batch WHERE keys.number = ? ORDER BY id",
            [_number(key, tombstones=tombstones)],
        )
        return [self._hub.batch(self._collection.stream, name) for (name,) in rows]

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
        missing = self._missing(self._hub.look(self._collection.stream))
        if len(missing) > _MANY:
            say(
                f"Reading the keys in {len(missing):,} batches of {self._collection.stream}, once: "
                "later questions read only what has come since."
            )
        group, keys = [], 0
        for batch in missing:
            if read := self._read(batch):
                group.append(read)
                keys += len(read[2])
            if keys > _AT_ONCE:
                self._write(group)
                group, keys = [], 0
        self._write(group)

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
        names = {str(each.id) for each in there}
        self._drop((indexed - older.keys() if adds_up else indexed) - names)
        return [each for each in there if str(each.id) not in indexed]

    def _drop(self, names: set[str]) -> None:
        if not names:
            return
        with self.connection:
            self.connection.execute("BEGIN IMMEDIATE")
            self.connection.execute("CREATE TEMP TABLE IF NOT EXISTS gone (id TEXT)")
            self.connection.executemany("INSERT INTO gone VALUES (?)", [(n,) for n in names])
            numbers = "SELECT n FROM batches WHERE id IN (SELECT id FROM gone)"
            self.connection.execute(f"DELETE FROM keys WHERE batch IN ({numbers})")  # noqa: S608 # ours
            self.connection.execute("DELETE FROM batches WHERE id IN (SELECT id FROM gone)")
            self.connection.execute("DROP TABLE gone")

    def _read(self, batch: Batch) -> tuple[Batch, Manifest, set[int]] | None:
        """Return the checksums of a batch's keys; None if it cannot be read, until next time."""
        numbers: set[int] = set()
        try:
            manifest = self._hub.manifest(batch)
            for part in manifest.live_parts:
                for record in self._hub.read_part(batch, part):
                    keys, own = self._reader.read(record)
                    numbers.update(map(_number, keys))
                    numbers.update([_number(own, tombstones=True)] if own else [])
        except HubError as error:
            self.troubles.append(str(error))
            return None
        return batch, manifest, numbers

    def _write(self, group: Sequence[tuple[Batch, Manifest, set[int]]]) -> None:
        with self.connection:
            self.connection.execute("BEGIN IMMEDIATE")
            rows: list[tuple[int, int]] = []
            for batch, manifest, numbers in group:
                added = self.connection.execute(
                    "INSERT OR IGNORE INTO batches VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)",
                    _row(batch, manifest),
                )
                if added.rowcount:  # else another process was faster
                    rows += [(number, added.lastrowid or 0) for number in numbers]
            self.connection.executemany("INSERT INTO keys VALUES (?, ?)", sorted(rows))


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


def _row(batch: Batch, manifest: Manifest) -> tuple[str, int, str, int, bool, bool, bool]:
    return (
        str(batch.id),
        fingerprint(batch),
        manifest.started.isoformat(),
        manifest.page,
        bool(batch.window),
        bool(manifest.unread_parents),
        bool(manifest.pruned),
    )


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


def _number(key: str, *, tombstones: bool = False) -> int:
    """Return the checksum of a key; those of tombstones are apart from those of rows."""
    return crc32(key.encode(errors="replace"), int(tombstones))
