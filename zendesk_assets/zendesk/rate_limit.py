"""The budgets of an account, shared by all who use it (trap T23).

Here: when the next request may go out, and who goes first: history (`background`) steps back while
anybody else waits, so that today is late by minutes however long a backfill takes. Exports are
charged to their own budget and to the account's. Where they are counted is `budgets`' business;
waiting is the clock's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from zendesk_assets.clock import Clock
from zendesk_assets.zendesk.asked_waits import seconds_until_reset
from zendesk_assets.zendesk.budgets import BudgetName, BudgetStore, Limits

__all__ = ["RateLimiter", "account_limit", "seconds_until_allowed"]

_LONGEST_RESET: Final = 120.0
# What Zendesk's headers call the limits of single endpoints.
_HEADERS: Final[Mapping[BudgetName, str]] = {
    "exports": "incremental-exports",
    "users": "incremental-exports-cursor",
}

# After its wait, who has the right of way keeps it for as long as its next page may take to ask.
_RIGHT_OF_WAY_SECONDS: Final = 5.0
# How long after its place a request may go out: less than the window is longer than a minute.
_STALE_SECONDS: Final = 1.0


class RateLimiter:
    """The budgets of one account. `store` names the account: whoever opens it shares them.

    `notice` is called with the seconds about to be waited, so that no wait is silent. A limiter in
    the `background` gives everybody else the right of way.
    """

    def __init__(
        self,
        store: BudgetStore,
        limits: Limits,
        clock: Clock,
        notice: Callable[[float], None] = lambda _seconds: None,
        *,
        background: bool = False,
    ) -> None:
        self._clock, self._notice, self._background = clock, notice, background
        self._budgets = store.open(limits, clock)

    def acquire(self, budget: BudgetName = "core") -> float:
        """Wait until a request may go out, take its place, and return the seconds waited.

        The place is one of `budget`, and one of the account's.
        """
        if budget == "core":
            return self._wait_for("core")
        waited, late = self._wait_for(budget), self._wait_for("core")
        # A place that was taken long before its request goes out is free again too early: it is
        # lost, and another one taken.
        return waited + late + (self._wait_for(budget) if late > _STALE_SECONDS else 0.0)

    def pause(self, seconds: float) -> float:
        """Wait because Zendesk said so (trap T24); return the seconds waited."""
        if seconds > 0:
            self._notice(seconds)
            self._clock.sleep(seconds)
        return seconds

    def close(self) -> None:
        """Let go of where the budgets are counted."""
        self._budgets.close()

    def _wait_for(self, budget: BudgetName) -> float:
        waited = 0.0
        while seconds := self._seconds_to_wait(budget):
            waited += self.pause(seconds)
        return waited

    def _seconds_to_wait(self, budget: BudgetName) -> float:
        """Take a place in the budget: 0.0 when taken, else how long to wait before trying again."""
        claimed = self._budgets.seconds_claimed(budget)
        if self._background and claimed:
            return claimed
        seconds = self._budgets.try_acquire(budget)
        if not self._background and (seconds or claimed):
            self._budgets.claim(budget, seconds + _RIGHT_OF_WAY_SECONDS)
        return seconds


def seconds_until_allowed(
    headers: Mapping[str, str], now: datetime, budget: BudgetName = "core"
) -> float:
    """Return how long others' use of the account's allowance forces us to wait; 0.0 if not at all.

    Limits are per minute, so what claims to last for longer than two is not believed: should it be
    true, the next answer is a refusal, and that is waited for.
    """
    return min(seconds_until_reset(headers, _HEADERS.get(budget), now), _LONGEST_RESET)


def account_limit(headers: Mapping[str, str]) -> int | None:
    """Return the account's requests a minute, as far as the headers tell."""
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    for name in ("ratelimit-limit", "x-rate-limit", "rate-limit"):
        if lower.get(name, "").isdigit():
            return int(lower[name])
    return None
