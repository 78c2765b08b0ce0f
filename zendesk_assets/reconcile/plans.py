"""What a reconciliation is going to ask, said before the first request, and what came of it. Data.

How a plan is made and carried out is in `by_id`, `by_list` and `by_audits`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from zendesk_assets.reconcile.compare import Difference
from zendesk_assets.reconcile.table import Table
from zendesk_assets.spec import Collection, Window
from zendesk_assets.zendesk import ZendeskClient

__all__ = ["Asked", "Choice", "Plan", "Route"]


def _always(_moment: datetime | None) -> bool:
    return True


@dataclass(frozen=True)
class Choice:
    """How much is asked about: about `size` records, drawn by `seed`, last changed `within`."""

    size: int = 500
    seed: str = ""
    within: Callable[[datetime | None], bool] = _always

    def chosen(self, times: Mapping[int, datetime | None]) -> list[tuple[int, str]]:
        """Return the ids that are within, each with its day (`2026-01-31`)."""
        return [(key, f"{at or ''}"[:10]) for key, at in times.items() if self.within(at)]


@dataclass(frozen=True)
class Plan:
    """What is going to be asked: `what`, in words, with at most `requests` (retries aside).

    `rows` are chosen from; `sample` are ids that rows have, `absent` such that none has, `windows`
    are days of which a list is read.
    """

    collection: Collection
    what: str
    rows: int
    requests: int
    sample: tuple[Any, ...] = ()
    absent: tuple[int, ...] = ()
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What came of it: differences; how many records were compared.

    `newer` is how many were left out: newer than the load, or of days that were never fetched.

    `notes` are sentences to be told and not judged: approximate counts, what was not shown.
    """

    differences: tuple[Difference, ...]
    compared: int
    newer: int = 0
    notes: tuple[str, ...] = field(default=())


class Route(Protocol):
    """A way to ask Zendesk about a table that is not the walk that filled it."""

    def plan(self, table: Table, choice: Choice) -> Plan:
        """Return what to ask; nothing is sent."""
        ...

    def ask(self, table: Table, client: ZendeskClient, plan: Plan) -> Asked:
        """Send the requests and compare. Raises ZendeskError."""
        ...

    def again(self, plan: Plan, ids: tuple[Any, ...]) -> Plan:
        """Return what to ask to see whether `ids` still differ."""
        ...
