"""What a sync will cost, before it runs: requests, minutes, bytes. Nothing is synced here.

`counts` requests counts from Zendesk, `known` reads averages from the hub, `costs` has the
arithmetic, `ahead` is about what the hub lacks of some windows. The commands show the result.
"""

from zendesk_assets.estimate.ahead import Ahead, together
from zendesk_assets.estimate.costs import (
    Assumptions,
    Estimate,
    StreamCost,
    estimate_costs,
    in_words,
    minutes_for,
)
from zendesk_assets.estimate.counts import Count, Counts, ask_counts
from zendesk_assets.estimate.known import Known, read_known
