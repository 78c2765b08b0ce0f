"""The warehouse: hub batches and DataFrames become tables, by upsert.

Streams, collections and batches come in as values (`zendesk_assets.spec`); nothing here knows
Zendesk, Dagster or how the hub is laid out.
"""

from zendesk_assets.warehouse.absence import CompleteWalk
from zendesk_assets.warehouse.account import check_account, set_account
from zendesk_assets.warehouse.audit import TableAudit, open_audit
from zendesk_assets.warehouse.engines.attached.query import find_tables
from zendesk_assets.warehouse.engines.queries import QueryResult
from zendesk_assets.warehouse.erasure import Traces, erase, find_traces
from zendesk_assets.warehouse.erasure_in_history import erase_history, find_in_history
from zendesk_assets.warehouse.history import HistoryResult, Refill, keep_history
from zendesk_assets.warehouse.history_progress import Progress, find_progress
from zendesk_assets.warehouse.kept_answers import keeping_answers, states_of
from zendesk_assets.warehouse.load_log import find_loads
from zendesk_assets.warehouse.nested_views import build_nested_view
from zendesk_assets.warehouse.one_row import (
    OneRow,
    RejectedState,
    ToldChange,
    find_row,
)
from zendesk_assets.warehouse.opening import open_duckdb, open_ducklake, open_iceberg, open_postgres
from zendesk_assets.warehouse.our_histories import (
    check_history,
    is_our_history,
    with_histories,
    without_room,
)
from zendesk_assets.warehouse.putting_views import put_views
from zendesk_assets.warehouse.results import (
    Dangling,
    KeyFaults,
    Link,
    LoadedUpTo,
    LoadRecord,
    LoadResult,
    Published,
    Quarantined,
    TableSummary,
    Tidied,
)
from zendesk_assets.warehouse.row_counts import count_within
from zendesk_assets.warehouse.samples import KeyTimes, draw_keys, find_gaps
from zendesk_assets.warehouse.states import (
    Line,
    StateRow,
    TombstoneLine,
    read_states,
    read_tombstones,
)
from zendesk_assets.warehouse.summaries import find_last_received, find_loaded, summarize
from zendesk_assets.warehouse.tables import WARNING, name_history
from zendesk_assets.warehouse.view_families import FamilyState, ViewFamily, put_family
from zendesk_assets.warehouse.view_figures import Figures, measure_views
from zendesk_assets.warehouse.view_queries import select_all
from zendesk_assets.warehouse.views import (
    Query,
    Surroundings,
    View,
    ViewState,
)
from zendesk_assets.warehouse.warehouse import Warehouse
