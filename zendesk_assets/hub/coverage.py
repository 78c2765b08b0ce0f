"""Arithmetic on windows: what is covered, and what of a window is still missing.

Pure functions; where the windows come from is the business of `batches`.
"""

from collections.abc import Iterable
from datetime import datetime

from zendesk_assets.spec import Window


def merge(windows: Iterable[Window]) -> list[Window]:
    """Return the union of the windows: ascending, apart from each other, none empty."""
    merged: list[Window] = []
    for window in sorted(window for window in windows if window):
        if merged and window.start <= merged[-1].end:
            merged[-1] = Window(merged[-1].start, max(merged[-1].end, window.end))
        else:
            merged.append(window)
    return merged


def gaps(window: Window, covered: Iterable[Window]) -> list[Window]:
    """Return the parts of `window` that `covered` (in any order) leaves open, ascending."""
    missing, start = [], window.start
    for known in merge(covered):
        if known.end <= start:
            continue
        if known.start >= window.end:
            break
        if known.start > start:
            missing.append(Window(start, known.start))
        start = known.end
    if start < window.end:
        missing.append(Window(start, window.end))
    return missing


def covers(covered: Iterable[Window], window: Window) -> bool:
    """Return whether nothing of `window` is left open."""
    return not gaps(window, covered)


def latest_end_before(moment: datetime, covered: Iterable[Window]) -> datetime | None:
    """Return where the coverage that precedes `moment` ends; None if nothing does."""
    ends = [known.end for known in merge(covered) if known.end <= moment]
    return max(ends, default=None)
