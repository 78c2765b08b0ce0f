"""Where a walk begins, by what the batches of its stream cover.

Only arithmetic on windows. `source_sync` walks.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from zendesk_assets.hub.coverage import gaps, latest_end_before
from zendesk_assets.hub.manifest import Batch
from zendesk_assets.spec import Window

_DAY: Final = timedelta(days=1)
# How far the clocks of this machine and of Zendesk may be apart.
_CLOCKS_APART: Final = timedelta(hours=1)


def reach_back(settle: timedelta) -> timedelta:
    """Return how far before a walk's start unfinished coverage may end for the walk to begin there.

    A walk that came just after a month began covers nothing of it, for nothing of it has settled,
    and the coverage still ends in the month before. What is unfinished for longer is a walk of its
    own, of a month that is missing or claimed.
    """
    return _DAY + settle + _CLOCKS_APART


def open_windows(window: Window, covered: Sequence[Window], settle: timedelta) -> list[Window]:
    """Return what to walk: the gaps of the window, the end of an unfinished month before it.

    What has not settled yet is never covered, so a window that reaches past now always has an
    open end.
    """
    before = latest_end_before(window.start, covered)
    near = before is not None and window.start - before < reach_back(settle)
    start = before if before and near else window.start
    return gaps(Window(start, window.end), covered)


def believed(batch: Batch) -> Window:
    """Return what a batch covers, without what was still to come when it landed.

    New batches no longer claim that; older ones did when a gateway's clock was ahead.
    """
    return Window(
        batch.window.start, max(batch.window.start, min(batch.window.end, batch.id.landed))
    )
