"""Two budgets for each account, shared by every process on the machine (trap T23).

Here: when the next request may go out, and who goes first: history (`background`) steps back while
anybody else waits, so that today is late by minutes however long a backfill takes. Exports are
charged to both budgets. Counting is pyrate-limiter's, in a SQLite file per account; waiting is the
clock's.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from pyrate_limiter import Rate, RateItem, SQLiteBucket

from zendesk_assets.clock import Clock

__all__ = ["Limits", "RateLimiter", "account_limit", "seconds_until_allowed"]

# Zendesk judges when requests arrive, we count when they leave: the window is a little longer than
# a minute, so that a request that was slow on its way never makes a 201st. 60/61.5 = 97.6 %.
_WINDOW_MILLISECONDS: Final = 61_500
# After its wait, who has the right of way keeps it for as long as its next page may take to ask.
_RIGHT_OF_WAY_SECONDS: Final = 5.0
_BUCKET = re.compile(r"(total|remaining|resets)=(\d+)")


@dataclass(frozen=True)
class Limits:
    """Requests a minute: `core` for all, `exports` for those to `/incremental/…`."""

    core: int = 200
    exports: int = 10


class _Budget:
    """One sliding window of requests, in a table of the account's bucket file."""

    def __init__(self, file: Path, table: str, limit: int, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.right_of_way = _RightOfWay(file, table, clock)
        rate = Rate(limit, _WINDOW_MILLISECONDS)
        self._bucket = SQLiteBucket.init_from_file(
            [rate], table=table, db_path=str(file), use_file_lock=True
        )

    def try_acquire(self) -> float:
        """Take a place in the window: 0.0 when taken, else the seconds until one is free."""
        now = int(self._clock.now().timestamp() * 1000)
        item = RateItem("request", now)
        with self._lock, self._bucket.lock:
            self._bucket.leak(now)
            if self._bucket.put(item):
                return 0.0
            return max(0.001, cast("int", self._bucket.waiting(item)) / 1000)

    def close(self) -> None:
        self._bucket.close()  # type: ignore[no-untyped-call] # the library has no types here


class _RightOfWay:
    """Who waits in front: until when, kept as the modification time of a file beside the bucket."""

    def __init__(self, file: Path, table: str, clock: Clock) -> None:
        self._file, self._clock = file.with_name(f"{file.name}.{table}.first"), clock

    def claim(self, seconds: float) -> None:
        """Keep those in the background back for `seconds`."""
        until = self._clock.now().timestamp() + seconds
        self._file.touch()
        os.utime(self._file, (until, until))

    def seconds_left(self) -> float:
        """Return how long those in the background have to keep back; 0.0 if nobody waits."""
        try:
            until = self._file.stat().st_mtime
        except FileNotFoundError:
            return 0.0
        left = until - self._clock.now().timestamp()
        # Nobody claims more than a window: more means that the clock was set back.
        return left if 0 < left <= _WINDOW_MILLISECONDS / 1000 + _RIGHT_OF_WAY_SECONDS else 0.0


class RateLimiter:
    """The budgets of one account. `file` names the account: whoever opens it shares them.

    `notice` is called with the seconds about to be waited, so that no wait is silent. A limiter in
    the `background` gives everybody else the right of way.
    """

    def __init__(
        self,
        file: Path,
        limits: Limits,
        clock: Clock,
        notice: Callable[[float], None] = lambda _seconds: None,
        *,
        background: bool = False,
    ) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._clock, self._notice, self._background = clock, notice, background
        self._core = _Budget(file, "core", limits.core, clock)
        self._exports = _Budget(file, "exports", limits.exports, clock)

    def acquire(self, *, export: bool) -> float:
        """Wait until a request may go out, take its place, and return the seconds waited."""
        budgets = (self._exports, self._core) if export else (self._core,)
        return sum(self._wait_for(budget) for budget in budgets)

    def pause(self, seconds: float) -> float:
        """Wait because Zendesk said so (trap T24); return the seconds waited."""
        if seconds > 0:
            self._notice(seconds)
            self._clock.sleep(seconds)
        return seconds

    def close(self) -> None:
        """Close the bucket file."""
        self._core.close()
        self._exports.close()

    def _wait_for(self, budget: _Budget) -> float:
        waited = 0.0
        while seconds := self._seconds_to_wait(budget):
            waited += self.pause(seconds)
        return waited

    def _seconds_to_wait(self, budget: _Budget) -> float:
        """Take a place in the budget: 0.0 when taken, else how long to wait before trying again."""
        claimed = budget.right_of_way.seconds_left()
        if self._background and claimed:
            return claimed
        seconds = budget.try_acquire()
        if not self._background and (seconds or claimed):
            budget.right_of_way.claim(seconds + _RIGHT_OF_WAY_SECONDS)
        return seconds


def seconds_until_allowed(headers: Mapping[str, str], *, export: bool) -> float:
    """Return how long others' use of the account's allowance forces us to wait; 0.0 if not at all.

    Header names vary by era and endpoint (fact sheet §2.2), so every spelling is read.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    waits = [0.0]
    for prefix in ("ratelimit", "rate-limit", "x-rate-limit"):
        if lower.get(f"{prefix}-remaining", "").strip() == "0":  # reads as it is
            waits.append(_seconds(lower.get(f"{prefix}-reset", "")))
    for spelling in ("zendesk-ratelimit", "zendesk-rate-limit"):
        value = lower.get(f"{spelling}-incremental-exports", "")
        bucket = {name: int(number) for name, number in _BUCKET.findall(value)}
        if export and bucket.get("remaining") == 0:
            waits.append(float(bucket.get("resets", 0)))
    return max(waits)


def account_limit(headers: Mapping[str, str]) -> int | None:
    """Return the account's requests a minute, as far as the headers tell."""
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    for name in ("ratelimit-limit", "x-rate-limit", "rate-limit"):
        if lower.get(name, "").isdigit():
            return int(lower[name])
    return None


def _seconds(text: str) -> float:
    return float(text) if text.strip().isdigit() else 0.0
