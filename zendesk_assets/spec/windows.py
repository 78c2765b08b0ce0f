"""Time ranges, and batches as the warehouse sees them: frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True, order=True)
class Window:
    """A half-open time range `[start, end)`, UTC."""

    start: datetime
    end: datetime

    def __bool__(self) -> bool:
        """Return whether there is anything in it."""
        return self.start < self.end

    def intersect(self, other: Window) -> Window:
        """Return what both cover; empty (falsy) if nothing."""
        return Window(max(self.start, other.start), min(self.end, other.end))

    @property
    def seconds(self) -> float:
        """Return the length in seconds, never negative."""
        return max(0.0, (self.end - self.start).total_seconds())


@dataclass(frozen=True)
class BatchFiles:
    """A hub batch as the warehouse sees it: an id, when it was received, how many records, files.

    `parts` are paths or URLs of NDJSON files compressed with zstd, one stream record a line.
    `covers` is the window of which it completes what was read.
    """

    batch_id: str
    received_at: datetime
    records: int
    parts: tuple[str, ...] = field(default=())
    covers: Window = Window(EPOCH, EPOCH)
