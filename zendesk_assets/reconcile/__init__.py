"""Is the warehouse what Zendesk has? Asked by other ways than the walk that filled it.

`compare` and `sample` are pure, `table` reads ours, the `by_…` modules send the requests. What is
done about a difference is not decided here.
"""

from typing import Final

from zendesk_assets.reconcile.by_audits import ByAudits
from zendesk_assets.reconcile.by_id import ById, MetricsById
from zendesk_assets.reconcile.by_list import DaysOfList, NewestOfList, WholeList
from zendesk_assets.reconcile.compare import Difference
from zendesk_assets.reconcile.plans import Asked, Choice, Plan, Route
from zendesk_assets.reconcile.sample import to_ranges
from zendesk_assets.reconcile.table import Table
from zendesk_assets.spec import Comparison

__all__ = ["ROUTES", "Asked", "Choice", "Difference", "Plan", "Route", "Table", "to_ranges"]

# A collection without a route cannot be asked for in another way, and that is said.
ROUTES: Final[dict[Comparison, Route]] = {
    Comparison.BY_COUNTED_ID: ById(counted_up=True),
    Comparison.BY_ID: ById(counted_up=False),
    Comparison.METRICS_BY_ID: MetricsById(),
    Comparison.WHOLE_LIST: WholeList(),
    Comparison.FORGETFUL_LIST: WholeList(forgets=True),
    Comparison.DAYS_OF_LIST: DaysOfList(),
    Comparison.NEWEST_OF_LIST: NewestOfList(),
    Comparison.AUDITS: ByAudits(every_ticket=True),
    Comparison.AUDITS_OF_FEW: ByAudits(every_ticket=False),  # few tickets have any
}
