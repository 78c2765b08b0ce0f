"""Which days a load has completed besides the requested ones, to report them to Dagster.

Pure functions over windows; the IO manager emits the events.
https://docs.dagster.io/guides/build/partitions-and-backfills
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta

from zendesk_assets.hub import covers, merge
from zendesk_assets.spec import Window

__all__ = ["days_completed_beside"]

_DAY = timedelta(days=1)


def days_completed_beside(
    loaded: Iterable[Window], covered: Iterable[Window], requested: Collection[str]
) -> list[str]:
    """Return the days (`2026-01-31`) in `loaded` and `covered`, except for `requested` ones.

    The days are ascending. A day that the hub covers only partially is left to a later request.
    """
    whole = merge(covered)
    touched = {day.start: day for window in merge(loaded) for day in _days_of(window)}
    return [
        name
        for start, day in sorted(touched.items())
        if (name := f"{start:%Y-%m-%d}") not in requested and covers(whole, day)
    ]


def _days_of(window: Window) -> Iterator[Window]:
    start = window.start.replace(hour=0, minute=0, second=0, microsecond=0)
    while start < window.end:
        yield Window(start, start + _DAY)
        start += _DAY
