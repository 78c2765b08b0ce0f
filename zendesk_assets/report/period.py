"""The time that a report is about: thirteen months, and which of it was fetched.

Dates only; what is asked of them is in `charts`, and where they come from is the caller's business.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Final

from zendesk_assets.spec import Window

_MONTHS_BEFORE: Final = 12
_WEEK: Final = timedelta(days=7)


class Step(Enum):
    """What one point of a chart stands for; weeks begin on Mondays, everything is in UTC."""

    WEEK = "week"
    MONTH = "month"

    def first(self, day: date) -> date:
        """Return the first day of the week or month that a day is in."""
        if self is Step.WEEK:
            return day - timedelta(days=day.weekday())
        return day.replace(day=1)

    def following(self, first: date) -> date:
        """Return the first day of the next week or month."""
        return self.first(first + (_WEEK if self is Step.WEEK else timedelta(days=31)))


@dataclass(frozen=True)
class Period:
    """The days from `since` until before `until`, which is the end of the last whole day.

    `fetched` are the windows that were fetched, ascending and apart from each other.
    """

    since: date
    until: date
    fetched: tuple[Window, ...]

    @property
    def last_day(self) -> date:
        """Return the last day that is over."""
        return self.until - timedelta(days=1)

    @property
    def gaps(self) -> tuple[Window, ...]:
        """Return what lies between the fetched windows, as far as it is in the period."""
        whole = Window(_midnight(self.since), _midnight(self.until))
        between = (
            Window(one.end, next_.start).intersect(whole)
            for one, next_ in zip(self.fetched, self.fetched[1:], strict=False)
        )
        return tuple(gap for gap in between if gap)

    def is_fetched(self, first: date, end: date) -> bool:
        """Return whether none of these days lies in a gap."""
        days = Window(_midnight(first), _midnight(end))
        return not any(gap.intersect(days) for gap in self.gaps)

    def steps(self, step: Step) -> list[date]:
        """Return the first days of the weeks or months that the period touches."""
        found, first = [], step.first(self.since)
        while first < self.until:
            found.append(first)
            first = step.following(first)
        return found

    def fill(self, query: str) -> str:
        """Return a query with the period's dates in place of `{since}`, `{until}` and two more.

        `{week}` and `{fortnight}` are the first days of the last seven and fourteen days.
        """
        dates = {
            "{since}": self.since,
            "{until}": self.until,
            "{week}": self.until - _WEEK,
            "{fortnight}": self.until - 2 * _WEEK,
        }
        for mark, day in dates.items():
            query = query.replace(mark, f"DATE '{day}'")
        return query


def choose_period(at: datetime, fetched: Iterable[Window]) -> Period:
    """Return the thirteen months up to the last whole day, or what was fetched of them.

    Args:
        at: Now.
        fetched: The windows that were fetched, ascending and apart; empty if that is unknown.
    """
    windows = tuple(fetched)
    end = min(at, windows[-1].end) if windows else at
    until = end.astimezone(UTC).date()
    since = Step.MONTH.first(until)
    for _ in range(_MONTHS_BEFORE):
        since = Step.MONTH.first(since - timedelta(days=1))
    if windows:
        since = max(since, windows[0].start.astimezone(UTC).date())
    return Period(min(since, until), until, windows)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
