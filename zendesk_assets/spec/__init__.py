"""The vocabulary the catalog is written in: streams, collections, columns, windows, batches.

Only frozen values without behaviour beyond arithmetic on themselves. No Zendesk facts (those are in
`catalog`), no I/O, no engine's SQL.
"""

from zendesk_assets.spec.budgets import Budget
from zendesk_assets.spec.cadences import due_after
from zendesk_assets.spec.catalog import Catalog, Declaration
from zendesk_assets.spec.collections import (
    ChangesIn,
    Collection,
    ComparedBy,
    DeletedWhen,
    Scrub,
    Tombstone,
)
from zendesk_assets.spec.columns import (
    RECEIVED,
    SCRUBBED,
    SYSTEM_COLUMNS,
    Column,
    ColumnType,
    Compute,
    Reference,
)
from zendesk_assets.spec.months import (
    MONTH,
    MONTH_FORMAT,
    RECENT_MONTHS,
    first_of_months,
    midnight,
    month_of,
    months_in,
    months_in_days,
    window_of_months,
)
from zendesk_assets.spec.personal import Identity, Involvement, Owner, Personal
from zendesk_assets.spec.streams import (
    AFTER,
    Beside,
    Completion,
    Following,
    Pagination,
    Parent,
    Placement,
    Stream,
)
from zendesk_assets.spec.views import DELETED, Computed, ListedIn, LookedUp, NestedView
from zendesk_assets.spec.windows import EPOCH, BatchFiles, Window
