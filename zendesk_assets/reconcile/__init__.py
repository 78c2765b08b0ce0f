"""Compares the warehouse with Zendesk, by routes other than the walk that filled it.

`compare` and `sample` are pure, `table` reads our side, the `by_…` modules send the requests, and
`certificate` says what was proved. What to do about a difference is decided elsewhere.
"""

from typing import Final

from zendesk_assets.reconcile.by_audits import ByAudits
from zendesk_assets.reconcile.by_id import ById, MetricsById
from zendesk_assets.reconcile.by_list import DaysOfList, ListsOfFew, NewestOfList, WholeList
from zendesk_assets.reconcile.certificate import certify, not_comparable
from zendesk_assets.reconcile.compare import Difference
from zendesk_assets.reconcile.plans import Comparison, ComparisonPlan, ComparisonRoute
from zendesk_assets.reconcile.sample import Choice, to_ranges
from zendesk_assets.reconcile.table import ComparedTable
from zendesk_assets.spec import ComparedBy

# A collection without a route is reported as not comparable.
ROUTES: Final[dict[ComparedBy, ComparisonRoute]] = {
    ComparedBy.BY_COUNTED_ID: ById(counted_up=True),
    ComparedBy.BY_ID: ById(counted_up=False),
    ComparedBy.METRICS_BY_ID: MetricsById(),
    ComparedBy.WHOLE_LIST: WholeList(),
    ComparedBy.FORGETFUL_LIST: WholeList(forgets=True),
    ComparedBy.LISTS_OF_FEW: ListsOfFew(),
    ComparedBy.DAYS_OF_LIST: DaysOfList(),
    ComparedBy.NEWEST_OF_LIST: NewestOfList(),
    ComparedBy.AUDITS: ByAudits(every_ticket=True),
    ComparedBy.AUDITS_OF_FEW: ByAudits(every_ticket=False),  # few tickets have any
}
