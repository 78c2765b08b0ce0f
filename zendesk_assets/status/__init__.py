"""The state of a source: its tables, its budget, what is wrong. No request, no Dagster.

`status` on the command line and the local page show the same figures in their own ways.
"""

from zendesk_assets.status.budget_use import AccountUse, WalkCost, account_use, last_walk
from zendesk_assets.status.collections import NEW_SURVEYS, CollectionStatus, collection_statuses
from zendesk_assets.status.problems import problems_of_source
