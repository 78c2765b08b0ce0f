"""Whether the hub covers what a table is to load: a day that it does not cover is not green.

Pure functions over windows, and one sentence. `warehouse_assets` decides what is then loaded.
https://docs.dagster.io/guides/build/partitions-and-backfills
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

import dagster as dg

from zendesk_assets.hub import covers, gaps, merge
from zendesk_assets.orchestration.partitions import RunScope
from zendesk_assets.spec import Window

__all__ = ["days_covered", "sentence", "what_is_missing"]

_DAY: Final = timedelta(days=1)
_SHOWN: Final = 3


def what_is_missing(
    scope: RunScope,
    covered: Sequence[Window],
    landed: int,
    now: datetime,
    settle: timedelta,
    done: Callable[[], Collection[str]],
) -> list[Window]:
    """Return what the hub lacks of the scope of a table's run; all of it if it has nothing.

    `covered` are the windows of its batches, `landed` their number. The last day and night are not
    judged: a walk leaves what is younger than `settle` to the next one, which may come a day later.
    For the last day it is enough that it was walked at all: `done` returns the days for which the
    hub asset was materialized.
    """
    if not landed:
        return [scope.window]
    if not scope.days:
        return []
    past = Window(scope.window.start, min(scope.window.end, now - settle))
    judged = Window(past.start, min(past.end, now - settle - _DAY))
    if judged and gaps(judged, covered):
        return gaps(past, covered)
    last = Window(scope.window.end - _DAY, scope.window.end)
    is_begun = any(each.intersect(last) for each in covered)
    # There may be nothing of today yet; the hub has to reach as far as the night before.
    reaches = any(each.end >= now - settle - _DAY for each in covered)
    is_asked = (last.end > now and reaches) or is_begun or scope.days[-1] in done()
    return [] if is_asked else [last]


def days_covered(days: Sequence[str], covered: Sequence[Window]) -> list[str]:
    """Return the days (`2026-01-31`) that are covered completely."""
    whole = merge(covered)
    return [day for day in days if covers(whole, _window_of(day))]


def sentence(hub: dg.AssetKey, scope: RunScope, missing: Sequence[Window]) -> str:
    """Return a sentence that says what the hub lacks, and how to fetch it."""
    asset, stream = hub.to_user_string(), hub.path[-1]
    if not scope.days:
        return (
            f"The hub has nothing of {stream}: materialize {asset} first, or run `zendesk-assets "
            f"sync --collection {stream}`."
        )
    first, end = missing[0].start, missing[-1].end
    command = f"zendesk-assets sync --from {first:%Y-%m-%d} --to {_next_midnight(end):%Y-%m-%d}"
    lacks = "nothing" if missing == [scope.window] else "not all"
    return (
        f"The hub has {lacks} of {stream} for {_span(scope.window)} (missing: {_listed(missing)}): "
        f"materialize {asset} for these days first, or run `{command}`."
    )


def _listed(missing: Sequence[Window]) -> str:
    more = len(missing) - _SHOWN
    shown = ", ".join(_span(each) for each in missing[:_SHOWN])
    return f"{shown}, and {more} more spans" if more > 0 else shown


def _span(window: Window) -> str:
    """Return the days of a window, or its times if it does not consist of whole days."""
    first, last = window.start, window.end - timedelta(microseconds=1)
    if window.start != _midnight(window.start) or window.end != _midnight(window.end):
        return f"{first:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M}"
    same = first.date() == last.date()
    return f"{first:%Y-%m-%d}" if same else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _next_midnight(moment: datetime) -> datetime:
    return moment if moment == _midnight(moment) else _midnight(moment) + _DAY


def _window_of(day: str) -> Window:
    start = datetime.fromisoformat(f"{day}T00:00:00+00:00")
    return Window(start, start + _DAY)
