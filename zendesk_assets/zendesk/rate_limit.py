"""The budgets of an account, shared by all that use it (trap T23).

It decides when the next request may be sent, and who goes first: history (`background`) yields
while anything else waits, so that new data is late by minutes only, however long a backfill takes.
Exports are charged to their own budget and to the account's; `spec/budgets.py` says which budgets
there are. `budgets` counts; the clock waits.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from zendesk_assets.clock import Clock
from zendesk_assets.spec import Budget
from zendesk_assets.zendesk.budgets import BudgetStore, Limits
from zendesk_assets.zendesk.retry_after import seconds_until_reset

_LONGEST_RESET: Final = 120.0
# After its wait, a client keeps the right of way for as long as its next page may take.
_RIGHT_OF_WAY_SECONDS: Final = 5.0
# How long after taking a place a request may be sent: less than the window exceeds a minute.
_STALE_SECONDS: Final = 1.0


class RateLimiter:
    """The budgets of one account, shared by all that open the same `store`.

    `notice` is called with the seconds of each wait in advance, so that no wait is silent. A
    limiter in the `background` gives all others the right of way.
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

    def acquire(self, budget: Budget = Budget.ACCOUNT) -> float:
        """Wait until a request may be sent, take its place, and return the seconds waited.

        The place is one of `budget`, and one of the account's unless the budget is apart from it.

        Raises:
            BudgetStoreError: if requests cannot be counted.
        """
        waited = self._wait_for(budget)
        late = sum(self._wait_for(other) for other in budget.charged[1:])
        # A place that was taken long before its request is sent is free again too early: it is
        # abandoned, and another one is taken.
        return waited + late + (self._wait_for(budget) if late > _STALE_SECONDS else 0.0)

    def pause(self, seconds: float) -> float:
        """Wait because Zendesk said so (trap T24); return the seconds waited."""
        if seconds > 0:
            self._notice(seconds)
            self._clock.sleep(seconds)
        return seconds

    def close(self) -> None:
        """Close the budgets."""
        self._budgets.close()

    def _wait_for(self, budget: Budget) -> float:
        waited = 0.0
        while seconds := self._seconds_to_wait(budget):
            waited += self.pause(seconds)
        return waited

    def _seconds_to_wait(self, budget: Budget) -> float:
        """Take a place in the budget; return 0.0, or how long to wait before trying again."""
        claimed = self._budgets.seconds_claimed(budget)
        if self._background and claimed:
            return claimed
        seconds = self._budgets.try_acquire(budget)
        if not self._background and (seconds or claimed):
            self._budgets.claim(budget, seconds + _RIGHT_OF_WAY_SECONDS)
        return seconds


def seconds_until_allowed(
    headers: Mapping[str, str], now: datetime, budget: Budget = Budget.ACCOUNT
) -> float:
    """Return how long others' use of the account's limit forces us to wait; 0.0 if not at all.

    Limits are per minute, so resets after more than two minutes are ignored: if one is true, the
    next response is a refusal, which is waited out.
    """
    return min(seconds_until_reset(headers, budget.value.header, now), _LONGEST_RESET)


def account_limit(headers: Mapping[str, str]) -> int | None:
    """Return the account's requests a minute, if the headers show them."""
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    for name in ("ratelimit-limit", "x-rate-limit", "rate-limit"):
        if lower.get(name, "").isdigit():
            return int(lower[name])
    return None
