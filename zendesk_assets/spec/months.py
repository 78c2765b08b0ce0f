"""Months as names (`2026-11`) and as windows, in UTC: the partitions of tickets and events.

Only arithmetic. Which months a source has, and what Dagster knows of them, is decided elsewhere.
"""

import math
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from zendesk_assets.spec.windows import Window

MONTH: Final = timedelta(days=30.436875)  # on average, in the Gregorian calendar
MONTH_FORMAT: Final = "%Y-%m"
# So many months before the current one, and this one, come before older history.
RECENT_MONTHS: Final = 2


def midnight(day: date) -> datetime:
    """Return when a day begins, or that of a time in UTC."""
    return datetime.combine(day, time.min, UTC)


def month_of(moment: date) -> str:
    """Return the month of a day, or of a time in UTC."""
    return moment.strftime(MONTH_FORMAT)


def window_of_months(first: str, last: str | None = None) -> Window:
    """Return a month as a window, or the months from `first` to `last`, both included."""
    return Window(_start_of(first), _after(_start_of(last or first)))


def months_in(window: Window) -> tuple[str, ...]:
    """Return the months that a window touches, ascending."""
    found, start = [], _start_of(month_of(window.start))
    while start < window.end:
        found.append(month_of(start))
        start = _after(start)
    return tuple(found)


def months_in_days(days: int) -> int:
    """Return a number of days as whole months, rounded up."""
    return math.ceil(timedelta(days=days) / MONTH)


def first_of_months(today: date, before: int) -> date:
    """Return the first day of the month that is so many months before that of `today`."""
    year, month = divmod(12 * today.year + today.month - 1 - before, 12)
    return date(year, month + 1, 1)


def _start_of(month: str) -> datetime:
    return datetime.strptime(month, MONTH_FORMAT).replace(tzinfo=UTC)


def _after(start: datetime) -> datetime:
    """Return the start of the month after the one that begins then."""
    return (start + timedelta(days=31)).replace(day=1)
