"""Business hours: how much of a period an account's schedule counts.

A schedule has intervals of minutes from Sunday 0:00, in the time of its zone, and dates on which it
is closed. Figures follow the schedule as it was when they were noted down: a schedule that is
changed later does not change them, as in Zendesk.
"""

from __future__ import annotations

from bisect import bisect_right
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias
from zoneinfo import ZoneInfo

from zendesk_assets.errors import SimulatorError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from zendesk_assets.simulator.lists.store import Key, Row

SCHEDULE_LISTS = frozenset({"schedules", "schedule_holidays"})
# Zendesk's names of zones are those of Rails; these are the ones that the lists use.
_ZONES = {
    "Berlin": "Europe/Berlin",
    "Dublin": "Europe/Dublin",
    "Eastern Time (US & Canada)": "America/New_York",
    "London": "Europe/London",
    "New Delhi": "Asia/Kolkata",
    "Pacific Time (US & Canada)": "America/Los_Angeles",
    "Sydney": "Australia/Sydney",
    "UTC": "UTC",
}
_DAY_MINUTES = 24 * 60
_ROOM = timedelta(days=400)  # how much further spans are laid out than somebody asked

Spans: TypeAlias = list[tuple[int, int]]


class Hours(Protocol):
    """What counts as business hours; times are epoch seconds."""

    def seconds(self, start: int, end: int) -> int:
        """Return how many seconds between two moments count."""
        ...

    def due(self, start: int, seconds: int) -> int:
        """Return the moment when so many seconds after `start` have counted."""
        ...


class RoundTheClock:
    """Every second counts: an account without schedules, and calendar hours."""

    def seconds(self, start: int, end: int) -> int:
        """Return how many seconds are between two moments."""
        return end - start

    def due(self, start: int, seconds: int) -> int:
        """Return the moment so many seconds later."""
        return start + seconds


class ScheduledHours:
    """The hours of one schedule; what is not of its intervals, or on a holiday, does not count."""

    def __init__(self, schedule: Row, holidays: Iterable[Row]) -> None:
        self._zone = _zone(schedule["time_zone"])
        self._week = [_of_weekday(schedule["intervals"], day) for day in range(7)]
        self._closed = [(each["start_date"], each["end_date"]) for each in holidays]
        self._first = self._end = date.min  # the days that are laid out
        self._starts: list[int] = []
        self._lengths: list[int] = []
        self._sums: list[int] = [0]

    def seconds(self, start: int, end: int) -> int:
        """Return how many seconds between two moments count."""
        self._lay_out(start, end)
        return self._before(end) - self._before(start)

    def due(self, start: int, seconds: int) -> int:
        """Return the moment when so many seconds after `start` have counted."""
        self._lay_out(start, start)
        while self._sums[-1] - self._before(start) < seconds:
            if not any(self._week):
                return start + seconds  # a schedule that never opens cannot measure
            self._lay_out(start, _second(self._end + _ROOM))
        if seconds <= 0:
            return start
        wanted = self._before(start) + seconds
        place = bisect_right(self._sums, wanted - 1) - 1
        return self._starts[place] + wanted - self._sums[place]

    def _before(self, second: int) -> int:
        """Return the seconds that count from the first day that is laid out until a moment."""
        place = bisect_right(self._starts, second) - 1
        if place < 0:
            return 0
        return self._sums[place] + min(second - self._starts[place], self._lengths[place])

    def _lay_out(self, start: int, end: int) -> None:
        """Make sure that the spans cover all between two moments, and a day on each side."""
        first, last = _date(start) - timedelta(days=1), _date(end) + timedelta(days=2)
        if self._first <= first and last <= self._end:
            return
        if self._end > date.min:
            first, last = min(first, self._first), max(last, self._end)
        self._first, self._end = first - timedelta(days=40), last + _ROOM
        spans = [span for day in self._days() for span in self._spans(day)]
        self._starts = [opens for opens, _ in spans]
        self._lengths = [closes - opens for opens, closes in spans]
        self._sums = list(accumulate(self._lengths, initial=0))

    def _days(self) -> Iterable[date]:
        count = (self._end - self._first).days
        return (self._first + timedelta(days=number) for number in range(count))

    def _spans(self, day: date) -> Spans:
        """Return when the schedule opens and closes on a day of its zone."""
        name = day.isoformat()
        if any(first <= name <= last for first, last in self._closed):
            return []
        found = [
            (self._moment(day, opens), self._moment(day, closes))
            for opens, closes in self._week[day.isoweekday() % 7]
        ]
        return [(opens, closes) for opens, closes in found if closes > opens]

    def _moment(self, day: date, minute: int) -> int:
        days, rest = divmod(minute, _DAY_MINUTES)
        clock = time(rest // 60, rest % 60, tzinfo=self._zone)
        return int(datetime.combine(day + timedelta(days=days), clock).timestamp())


class ScheduleHistory:
    """The hours of an account, as they were from each change of its schedules on."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._versions: list[tuple[int, Hours]] = []

    def at(self, second: int) -> Hours:
        """Return the hours that figures of this second follow: a change of that second is late."""
        for since, hours in reversed(self._known()):
            if since < second:
                return hours
        return self._versions[0][1]

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Note the hours before and after a schedule or a holiday changes."""
        self._known()
        yield
        self._versions.append((self._account.now(), _hours(self._account)))

    def _known(self) -> list[tuple[int, Hours]]:
        if not self._versions:
            self._versions.append((-1, _hours(self._account)))
        return self._versions


class Account(Protocol):
    """The account, as far as its hours need it."""

    def now(self) -> int:
        """Return the time on the account's clock."""
        ...

    def list_rows(self, collection: str) -> dict[Key, Row]:
        """Return the rows of a plain list that exist now, by key."""
        ...


def _hours(account: Account) -> Hours:
    """Return the hours of the oldest schedule: the default one of an account."""
    schedules = sorted(
        account.list_rows("schedules").values(), key=lambda row: (row["created_at"], row["id"])
    )
    if not schedules:
        return RoundTheClock()
    holidays = account.list_rows("schedule_holidays").values()
    own = [each for each in holidays if each["schedule_id"] == schedules[0]["id"]]
    return ScheduledHours(schedules[0], own)


def _of_weekday(intervals: list[dict[str, Any]], day: int) -> Spans:
    """Return the minutes of one day of the week, 0 for Sunday, joined where they touch."""
    start = day * _DAY_MINUTES
    found = sorted(
        (each["start_time"] - start, each["end_time"] - start)
        for each in intervals
        if start <= each["start_time"] < start + _DAY_MINUTES
    )
    for (_, closes), (opens, _) in pairwise(found):
        if opens < closes:
            message = f"Intervals of a schedule overlap: {intervals}."
            raise SimulatorError(message)
    return found


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(_ZONES.get(name, name))
    except (KeyError, ValueError) as error:
        message = f"The simulator does not know the zone {name!r}. It knows: {', '.join(_ZONES)}."
        raise SimulatorError(message) from error


def _date(second: int) -> date:
    return datetime.fromtimestamp(second, UTC).date()


def _second(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
