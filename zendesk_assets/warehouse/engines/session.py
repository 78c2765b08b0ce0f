"""What a load, or a look, needs of an engine: statements in, rows out, one transaction around them.

No SQL here. An engine's own module says how it connects, waits, upserts and words its errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from zendesk_assets.warehouse.engines.dialect import Dialect
from zendesk_assets.warehouse.upsert import Upsert

__all__ = ["Counts", "Session"]

# Per batch: its id, rows inserted, rows updated, rows newly marked as deleted.
Counts = list[tuple[Any, ...]]


class Session(Protocol):
    """An open transaction on a warehouse; parameters of statements are `$1`, `$2`, …."""

    @property
    def dialect(self) -> Dialect:
        """Return the engine's dialect."""

    def ask(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows that a query finds."""

    def change(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run a statement; return how many rows it changed (0 for DDL)."""

    def upsert(self, upsert: Upsert, now: datetime) -> Counts:
        """Bring the temporary table `incoming` into the upsert's table."""
