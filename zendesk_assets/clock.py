"""Time as a parameter: the source of the current time, and the only thing that waits.

Nothing here knows about Zendesk or Dagster. Everything that waits (retries, rate limits) uses a
`Clock`, so that tests move time instead of sleeping.
"""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


def read_time(text: str) -> datetime:
    """Return an ISO 8601 time, aware, in UTC; one without a zone is in UTC, wherever we run.

    Raises:
        ValueError: The text is not such a time.
    """
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


class Clock(Protocol):
    """The current time (UTC, aware), and a way to wait."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""

    def sleep(self, seconds: float) -> None:
        """Return after `seconds` have passed on this clock."""


class SystemClock:
    """The machine's clock, moved forward by `offset` (a simulator's clock may run ahead)."""

    def __init__(self, offset: timedelta = timedelta()) -> None:
        self._offset = offset

    def now(self) -> datetime:
        """Return the machine's time plus the offset."""
        return datetime.now(UTC) + self._offset

    def sleep(self, seconds: float) -> None:
        """Actually wait."""
        time.sleep(max(0.0, seconds))

    def advance(self, step: timedelta) -> None:
        """Let this clock run `step` further ahead of the machine's."""
        self._offset += step


class ManualClock:
    """A clock that stands still until it is moved; sleeping moves it. Safe between threads."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the time this clock was last moved to."""
        with self._lock:
            return self._now

    def sleep(self, seconds: float) -> None:
        """Move the clock forward by `seconds` and return at once."""
        self.advance(timedelta(seconds=max(0.0, seconds)))

    def advance(self, step: timedelta) -> None:
        """Move the clock forward by `step`."""
        with self._lock:
            self._now += step
