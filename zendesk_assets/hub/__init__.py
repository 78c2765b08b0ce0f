"""The hub, our raw landing: batches of records as Zendesk sent them, and what they cover.

It is the only place that both talks to Zendesk (through `zendesk`) and writes what it said.
"""

from zendesk_assets.hub.account import MOST_PAGES, AccountGuard, AccountMark, ask_account
from zendesk_assets.hub.batches import SourceHub
from zendesk_assets.hub.certificates import Certificate
from zendesk_assets.hub.coverage import covers, gaps, merge
from zendesk_assets.hub.erasure import (
    ErasureRule,
    RecordEraser,
    erase_from_aside,
    erase_from_batch,
    records_of,
)
from zendesk_assets.hub.erasures import PendingErasure
from zendesk_assets.hub.incomplete import incomplete_seconds
from zendesk_assets.hub.integrity import (
    Damage,
    OpenedBatches,
    find_damage,
    is_replaced,
    not_read_again,
    open_batches,
)
from zendesk_assets.hub.known import Known, fingerprint
from zendesk_assets.hub.manifest import Batch, BatchId, Manifest, Part
from zendesk_assets.hub.missing import find_gone, find_uncommitted
from zendesk_assets.hub.pending import (
    Pending,
    bounds,
    find_all_pending,
    find_pending,
    is_all_loaded,
)
from zendesk_assets.hub.pruning import find_prunable
from zendesk_assets.hub.refusals import Refusal
from zendesk_assets.hub.row_keys import KeyWay, RowKeys, may_have
from zendesk_assets.hub.source_sync import SourceSync
from zendesk_assets.hub.walk_starts import open_windows, reach_back
from zendesk_assets.hub.whole_walks import WholeWalk, newest_walk, walks_ending_in
from zendesk_assets.storage.tree import Storage
