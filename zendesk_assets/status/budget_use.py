"""What the last walk of a stream cost, and how much of the account's minute is used.

Manifests have the cost, the budget store has the use. No request is sent to Zendesk.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from zendesk_assets.account import Account
from zendesk_assets.catalog import declared
from zendesk_assets.errors import BudgetStoreError, HubError
from zendesk_assets.hub import Batch, SourceHub
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.spec import Budget
from zendesk_assets.zendesk import Limits

# The most manifests that are read; each one in a remote store costs a request to it.
_MANIFESTS: Final = 100
_ALWAYS_SHOWN: Final = (Budget.ACCOUNT, Budget.EXPORTS)


@dataclass(frozen=True)
class WalkCost:
    """Requests that a walk sent, and seconds that it waited for the rate limit.

    `refused` counts the requests that Zendesk refused for its rate limit. With `is_more`, the walk
    was longer than we read, and the numbers are those of its last pages.
    """

    requests: int = 0
    seconds_waited: float = 0.0
    is_more: bool = False
    refused: int = 0


@dataclass(frozen=True)
class AccountUse:
    """Requests of the last minute by all that share the account's budgets here, and the limits."""

    used: Mapping[Budget, int]
    limits: Limits

    @property
    def sentence(self) -> str:
        """Return how many requests of each budget were used: of the small ones, only if any was."""
        shown = [each for each in Budget if each in _ALWAYS_SHOWN or self.used[each]]
        counts = (
            f"{self.used[each]:,} of {self.limits.of(each):,} {each.value.words}" for each in shown
        )
        return f"In the last minute: {', '.join(counts)}."

    def share(self, stream: str) -> float:
        """Return the used share, from 0 to 1, of the budgets that limit a stream."""
        charged = declared().streams[stream].budget.charged
        return round(max(self.used[each] / self.limits.of(each) for each in charged), 6)


def last_walk(hub: SourceHub, batches: Sequence[Batch]) -> WalkCost | None:
    """Return what the newest walk cost; None without one, or if its manifests are damaged."""
    started, cost = None, WalkCost()
    try:
        for number, batch in enumerate(reversed(batches)):
            manifest = hub.manifest(batch)
            if started not in {None, manifest.started}:
                return cost
            if number == _MANIFESTS:
                return replace(cost, is_more=True)
            started = manifest.started
            waited = round(cost.seconds_waited + manifest.seconds_waited, 3)
            refused = cost.refused + manifest.refused
            cost = WalkCost(cost.requests + manifest.requests, waited, refused=refused)
    except HubError:
        return None
    return cost if started else None


def account_use(sources: Sources, source: Source) -> AccountUse | None:
    """Return how much of the account's minute is used; None if that cannot be read."""
    account = Account(sources, source)
    try:
        return AccountUse(account.budgets.used(account.clock), account.limits)
    except BudgetStoreError:
        return None
