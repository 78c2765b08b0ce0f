"""What a sync will cost before it is run: requests, minutes, bytes. Nothing is synced here.

`counts` asks Zendesk how much there is, `known` reads what the hub can tell, `costs` does the sums.
How it is shown is the command's business.
"""

from zendesk_assets.estimate.costs import (
    Assumptions,
    Cost,
    Estimate,
    Limits,
    estimate_costs,
    minutes_for,
)
from zendesk_assets.estimate.counts import Count, Counts, ask_counts
from zendesk_assets.estimate.known import Known, read_known

__all__ = [
    "Assumptions",
    "Cost",
    "Count",
    "Counts",
    "Estimate",
    "Known",
    "Limits",
    "ask_counts",
    "estimate_costs",
    "minutes_for",
    "read_known",
]
