"""Whether the hub covers what a table is to load: a month that it does not cover is not green.

Pure functions over windows, and one sentence. `warehouse_assets` decides what is then loaded.
https://docs.dagster.io/guides/build/partitions-and-backfills
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import dagster as dg

from zendesk_assets.hub import covers, gaps, merge
from zendesk_assets.orchestration.partitions import RunScope
from zendesk_assets.spec import Window, midnight, months_in, window_of_months

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
    """Return the parts of a table's run that the hub does not have yet: the whole, if it is empty.

    `covered` are the windows of the hub's batches, `landed` is their number. Of months that are
    over or in progress, everything must be covered but their last day: a walk leaves what is
    younger than `settle` to the next walk, which may come a day later. For that day it is enough
    that a walk has begun it, has reached the night before, or that the hub asset was materialized
    for the month (`done` returns those months).
    """
    if not landed:
        return [scope.window]
    if not scope.months:
        return []
    past = scope.window.intersect(Window(scope.window.start, now - settle))
    judged = past.intersect(Window(past.start, now - settle - _DAY))
    if judged and gaps(judged, covered):
        return gaps(past, covered)
    last = Window(max(scope.window.start, min(scope.window.end, now) - _DAY), scope.window.end)
    is_begun = any(each.intersect(last) for each in covered)
    # There may be nothing of today yet; the hub has to reach as far as the night before.
    reaches = any(each.end >= now - settle - _DAY for each in covered)
    is_asked = (last.end > now and reaches) or is_begun or scope.months[-1] in done()
    return [] if is_asked else [last]


def whole_months(
    scope: RunScope,
    covered: Sequence[Window],
    now: datetime,
    settle: timedelta,
    done: Callable[[], Collection[str]],
) -> tuple[str, ...]:
    """Return the months of a scope that the hub has, with the exceptions of `what_is_missing`."""
    windows = {each: window_of_months(each) for each in scope.months}
    return tuple(
        month
        for month, window in windows.items()
        if not what_is_missing(
            RunScope(window.intersect(scope.of_months.window), (month,)),
            covered,
            len(covered),
            now,
            settle,
            done,
        )
    )


def months_covered(months: Sequence[str], covered: Sequence[Window], history: Window) -> list[str]:
    """Return the months (`2026-01`) that are covered as far as they are in the history."""
    whole = merge(covered)
    return [month for month in months if covers(whole, window_of_months(month).intersect(history))]


def months_completed_beside(
    loaded: Iterable[Window],
    covered: Sequence[Window],
    requested: Sequence[str],
    months: dg.PartitionsDefinition[str],
    history: Window,
) -> list[str]:
    """Return those of the `months` in `loaded` and `covered` that were not `requested`.

    They are ascending. A month that the hub covers only partially is left to a later request.
    """
    touched = {month for window in merge(loaded) for month in months_in(window)}
    others = touched.intersection(months.get_partition_keys()).difference(requested)
    return months_covered(sorted(others), covered, history)


def sentence(hub: dg.AssetKey, scope: RunScope, missing: Sequence[Window]) -> str:
    """Return a sentence that says what the hub lacks, and how to fetch it."""
    asset, stream = hub.to_user_string(), hub.path[-1]
    if not scope.months:
        return (
            f"The hub has nothing of {stream}: materialize {asset} first, or run `zendesk-assets "
            f"sync --collection {stream}`."
        )
    first, end = missing[0].start, missing[-1].end
    command = f"zendesk-assets sync --from {first:%Y-%m-%d} --to {_next_midnight(end):%Y-%m-%d}"
    lacks = "nothing" if missing == [scope.window] else "not all"
    months = " to ".join(dict.fromkeys((scope.months[0], scope.months[-1])))
    return (
        f"The hub has {lacks} of {stream} for {_span(scope.window)} (missing: {_listed(missing)}): "
        f"materialize {asset} for {months} first, or run `{command}`."
    )


def _listed(missing: Sequence[Window]) -> str:
    more = len(missing) - _SHOWN
    shown = ", ".join(_span(each) for each in missing[:_SHOWN])
    return f"{shown}, and {more} more spans" if more > 0 else shown


def _span(window: Window) -> str:
    """Return the days of a window, or its times if it does not consist of whole days."""
    first, last = window.start, window.end - timedelta(microseconds=1)
    if window.start != midnight(window.start) or window.end != midnight(window.end):
        return f"{first:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M}"
    same = first.date() == last.date()
    return f"{first:%Y-%m-%d}" if same else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"


def _next_midnight(moment: datetime) -> datetime:
    return moment if moment == midnight(moment) else midnight(moment) + _DAY
