"""What a load or a look at the warehouse returns: frozen values, no behaviour beyond adding up.

Nothing here knows an engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from zendesk_assets.plain_text import counted


@dataclass(frozen=True)
class LoadResult:
    """What one load did.

    `rows_in` are all rows that came out of the batches, bad ones included, and
    `rows_in == inserted + updated + unchanged + quarantined`: `unchanged` are the rows that left
    the table as it was (identical, older than what is there, superseded within the same load).
    `warnings` are the rows among the good ones that lack a value: it does not fit its column.
    `deleted` are rows newly marked; those a tombstone marked are in no other count. `withheld` are
    rows that a complete walk does not show and that were not marked, because they are too many.
    `total` are the rows of the table afterwards. `lock_seconds` is how long the load
    needed the write lock, `lock_wait_seconds` how long it waited for it.
    """

    batches: int = 0
    rows_in: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    quarantined: int = 0
    total: int = 0
    warnings: int = 0
    withheld: int = 0
    seconds: float = 0.0
    lock_seconds: float = 0.0
    lock_wait_seconds: float = 0.0

    @property
    def sentence(self) -> str:
        """Return what was done, for a log."""
        rare = {
            "marked as deleted": self.deleted,
            "quarantined": self.quarantined,
            "with a value that does not fit": self.warnings,
        }
        others = "".join(f", {rows:,} {what}" for what, rows in rare.items() if rows)
        return (
            f"{counted(self.total, 'row')}: {self.inserted:,} inserted, {self.updated:,} updated, "
            f"{self.unchanged:,} unchanged{others}; batches: {self.batches:,}; locked for "
            f"{self.lock_seconds:.2f} s"
        )

    def __add__(self, later: LoadResult) -> LoadResult:
        """Return both together; `total` is the later one's, it is not a sum."""
        sums: dict[str, Any] = {
            each.name: getattr(self, each.name) + getattr(later, each.name)
            for each in fields(self)
            if each.name != "total"
        }
        return LoadResult(**sums, total=later.total)


@dataclass(frozen=True)
class Tidied:
    """What upkeep did to a lake: files `merged`, snapshots `expired`, files `removed`."""

    merged: int
    expired: int
    removed: int
    seconds: float

    @property
    def sentence(self) -> str:
        """Return it in words."""
        return (
            f"{counted(self.merged, 'file')} merged, {counted(self.expired, 'snapshot')} expired, "
            f"{counted(self.removed, 'file')} removed, in {self.seconds:.1f} s"
        )


@dataclass(frozen=True)
class Published:
    """A copy for readers: where it is, its size, and whether it was `changed` just now."""

    path: Path
    bytes: int
    changed: bool
    seconds: float

    @property
    def sentence(self) -> str:
        """Return it in words."""
        size = f"{self.bytes / 1e6:,.1f} MB"
        done = f"published in {self.seconds:.1f} s" if self.changed else "up to date"
        return f"{self.path} ({size}): the copy for readers is {done}."


@dataclass(frozen=True)
class TableSummary:
    """One table at a glance; `newest` is the largest value of the version column, if asked for.

    `warnings` are the rows that lack a value because it does not fit its column; `changed`, if
    `newest` is asked for, those that the newest sync wrote, which began to load at `synced_from`.
    """

    table: str
    rows: int
    loaded_at: datetime | None
    newest: datetime | None
    quarantined: int
    warnings: int = 0
    changed: int = 0
    synced_from: datetime | None = None


@dataclass(frozen=True)
class KeyFaults:
    """How unique a table's keys are: rows, rows without a key, keys that repeat, some of those."""

    rows: int = 0
    missing: int = 0
    repeated: int = 0
    examples: Sequence[str] = ()


@dataclass(frozen=True)
class Link:
    """A column whose ids are in the `target` column of another collection's table.

    `oldest` is that table's version column where it need not hold all there is, only what changed
    since some day: rows older than its oldest are not asked about.
    """

    column: str
    collection: str
    target: str = "id"
    oldest: str | None = None


@dataclass(frozen=True)
class Dangling:
    """Ids in a column that the other table does not have: how many, in how many rows, some."""

    column: str
    collection: str
    ids: int
    rows: int
    examples: Sequence[int | str]


@dataclass(frozen=True)
class Quarantined:
    """Rows that were rejected for one reason; `new` are those since the last look.

    They are quarantined, or (`is_warning`) in the table without the value that is the reason.
    """

    reason: str
    rows: int
    new: int
    last: datetime
    is_warning: bool = False


@dataclass(frozen=True)
class LoadRecord:
    """What the load log says of one batch in one table.

    `rejects` are the quarantined rows that are kept of it, or that a newer state has superseded.
    """

    batch_id: str
    rows_in: int
    inserted: int
    updated: int
    unchanged: int
    quarantined: int
    rejects: int
    loaded_at: datetime


@dataclass(frozen=True)
class LoadedUpTo:
    """The batches up to one of them that a table has: how many, and the sum of their fingerprints.

    `last` is when the last of them was loaded; `faulty` are those that do not add up, if that was
    asked.
    """

    batches: int = 0
    fingerprint: int = 0
    last: datetime | None = None
    faulty: tuple[LoadRecord, ...] = ()
