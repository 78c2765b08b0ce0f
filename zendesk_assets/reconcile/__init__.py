"""Is the warehouse what Zendesk has? Asked by other ways than the walk that filled it.

`compare` and `sample` are pure; `asking` sends the requests. What is done about a difference is not
decided here.
"""

from zendesk_assets.reconcile.asking import Asked, Inspector, Plan
from zendesk_assets.reconcile.compare import Difference
from zendesk_assets.reconcile.sample import to_ranges

__all__ = ["Asked", "Difference", "Inspector", "Plan", "to_ranges"]
