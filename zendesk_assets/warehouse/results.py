"""What a load or a look at the warehouse returns: frozen values, no behaviour beyond adding up.

Nothing here knows an engine.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

__all__ = ["LoadResult", "TableSummary"]


@dataclass(frozen=True)
class LoadResult:
    """What one load did.

    `rows_in` are all rows that came out of the batches, bad ones included, and
    `rows_in == inserted + updated + unchanged + quarantined`: `unchanged` are the rows that left
    the table as it was (identical, older than what is there, superseded within the same load).
    `deleted` are rows newly marked; those a tombstone marked are in no other count. `total` are the
    rows of the table afterwards. `lock_seconds` is how long the write lock was held,
    `lock_wait_seconds` how long it was waited for.
    """

    batches: int = 0
    rows_in: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    quarantined: int = 0
    total: int = 0
    seconds: float = 0.0
    lock_seconds: float = 0.0
    lock_wait_seconds: float = 0.0

    def __add__(self, later: LoadResult) -> LoadResult:
        """Return both together; `total` is the later one's, it is not a sum."""
        sums: dict[str, Any] = {
            each.name: getattr(self, each.name) + getattr(later, each.name)
            for each in fields(self)
            if each.name != "total"
        }
        return LoadResult(**sums, total=later.total)


@dataclass(frozen=True)
class TableSummary:
    """One table at a glance; `newest` is the largest value of the version column, if asked for."""

    table: str
    rows: int
    loaded_at: datetime | None
    newest: datetime | None
    quarantined: int
