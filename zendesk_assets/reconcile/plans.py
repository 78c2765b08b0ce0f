"""What a reconciliation is going to request, known before the first request, and its result. Data.

`by_id`, `by_list` and `by_audits` make plans and carry them out.
"""

from dataclasses import dataclass, field
from typing import Any, Protocol

from zendesk_assets.reconcile.compare import Difference
from zendesk_assets.reconcile.sample import Choice
from zendesk_assets.reconcile.table import ComparedTable
from zendesk_assets.spec import Collection, Window
from zendesk_assets.zendesk import ZendeskClient


@dataclass(frozen=True)
class ComparisonPlan:
    """What is going to be compared: `what`, in words, with at most `requests` (without retries).

    `rows` is the number of rows to choose from; `sample` has ids of rows, `absent` ids that no row
    has, `windows` the days of a list to read.
    """

    collection: Collection
    what: str
    rows: int
    requests: int
    sample: tuple[Any, ...] = ()
    absent: tuple[int, ...] = ()
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """The result: differences, and how many records were compared.

    `newer` is how many were left out: newer than the load, or of days that were never fetched.
    `notes` are sentences for information only: approximate counts, what was not shown.
    `at_zendesk` is how many records Zendesk has, if it says so; it `is_about` if it is a count.
    """

    differences: tuple[Difference, ...]
    compared: int
    newer: int = 0
    notes: tuple[str, ...] = field(default=())
    at_zendesk: int | None = None
    is_about: bool = False


class ComparisonRoute(Protocol):
    """A route to a table's records in Zendesk, other than the walk that filled the table."""

    def plan(self, table: ComparedTable, choice: Choice) -> ComparisonPlan:
        """Return what to request; nothing is sent."""

    def ask(self, table: ComparedTable, client: ZendeskClient, plan: ComparisonPlan) -> Comparison:
        """Send the requests and compare.

        Raises:
            ZendeskError: if a request fails.
        """

    def again(self, plan: ComparisonPlan, ids: tuple[Any, ...]) -> ComparisonPlan:
        """Return what to request to see whether `ids` still differ."""
