"""Business minutes between two moments, as SQL: by the account's schedule, zone and holidays.

The schedule is the oldest one, which is Zendesk's default. It is read when the view is made, so a
change of it takes effect with the next load, for the past as well. How much is counted until a
moment is looked up by its day in UTC, so that a period costs the same however long it is.
"""
# ruff: noqa: S608  # what is written into the SQL are numbers, dates and a zone that was looked up

import json
from collections.abc import Iterator
from datetime import date
from typing import Any, Final, NamedTuple

from zendesk_assets.time_zones import iana_name
from zendesk_assets.warehouse import Surroundings

READS: Final = ("schedules", "schedule_holidays")
MADE_FROM: Final = (
    "schedules.intervals",
    "schedules.time_zone",
    "schedule_holidays.start_date",
    "schedule_holidays.end_date",
)
_DAY: Final = 86_400
_DAY_MINUTES: Final = 24 * 60
_WEEK: Final = 7


class _Schedule(NamedTuple):
    """A schedule: `hours` are (day of the week from Sunday as 0, opening and closing minute)."""

    zone: str
    hours: tuple[tuple[int, int, int], ...]
    holidays: tuple[tuple[date, date], ...]


class BusinessHours:
    """The account's default schedule as SQL; `tables` begin with a comma, and are "" without one.

    `bounds` is a SELECT of the first and the last moment that are asked for.
    """

    def __init__(self, around: Surroundings, bounds: str) -> None:
        self._schedule = _read(around)
        self.tables = _tables(self._schedule, around.dialect.days, bounds) if self._schedule else ""

    def join(self, start: str, end: str) -> str:
        """Return the joins that `minutes` needs."""
        return f"{_join('opened', start)}\n{_join('ended', end)}" if self._schedule else ""

    def minutes(self, start: str, end: str) -> str:
        """Return the whole business minutes between two moments; NULL without a schedule."""
        if not self._schedule:
            return "CAST(NULL AS BIGINT)"
        seconds = f"{_counted('ended', end)} - {_counted('opened', start)}"
        return f"CAST(floor(({seconds}) / 60.0) AS BIGINT)"


def epoch(moment: str) -> str:
    """Return a moment as whole seconds since 1970."""
    return f"CAST(floor(extract(epoch FROM {moment})) AS BIGINT)"


def _counted(name: str, moment: str) -> str:
    return f"({name}.before + least({epoch(moment)}, {name}.closes) - {name}.since)"


def _join(name: str, moment: str) -> str:
    second = epoch(moment)
    return (
        f"LEFT JOIN stretches AS {name} ON {name}.day = {second} - {second} % {_DAY} "
        f"AND {second} >= {name}.since AND {second} < {name}.until"
    )


def _tables(schedule: _Schedule, days: str, bounds: str) -> str:
    """Return `stretches`: each day of UTC cut at its openings, with what is counted before each.

    Of a stretch, `since` to `closes` is counted, and the rest until `until` is not; all in seconds.
    """
    hours = ", ".join(f"({day}, {opens}, {closes})" for day, opens, closes in schedule.hours)
    closed = "".join(
        f" AND NOT day BETWEEN DATE '{first}' AND DATE '{last}'"
        for first, last in schedule.holidays
    )
    each_day = days.format("first - INTERVAL '3 days'", "last + INTERVAL '3 days'")
    opens, closes = (
        epoch(f"((CAST(d.day AS TIMESTAMP) + h.{name} * INTERVAL '1 minute') "
              f"AT TIME ZONE '{schedule.zone}')")
        for name in ("opens", "closes")
    )  # fmt: skip
    return f""",
bounds AS ({bounds}),
utc AS (
  SELECT date_trunc('day', first AT TIME ZONE 'UTC') AS first,
    date_trunc('day', last AT TIME ZONE 'UTC') AS last
  FROM bounds WHERE first IS NOT NULL
),
days AS (SELECT CAST({each_day} AS DATE) AS day FROM utc),
hours (weekday, opens, closes) AS (VALUES {hours}),
spans AS (
  SELECT {opens} AS opens, {closes} AS closes
  FROM days AS d JOIN hours AS h ON h.weekday = extract(dow FROM d.day)
  WHERE true{closed}
),
-- cut at midnight in UTC; a span of 25 hours can touch three days
pieces AS (
  SELECT s.opens - s.opens % {_DAY} + n.number * {_DAY} AS day,
    greatest(s.opens, s.opens - s.opens % {_DAY} + n.number * {_DAY}) AS opens,
    least(s.closes, s.opens - s.opens % {_DAY} + (n.number + 1) * {_DAY}) AS closes
  FROM spans AS s CROSS JOIN (VALUES (0), (1), (2)) AS n (number)
  UNION ALL
  SELECT {epoch("CAST(day AS TIMESTAMP)")}, {epoch("CAST(day AS TIMESTAMP)")},
    {epoch("CAST(day AS TIMESTAMP)")}
  FROM days
),
stretches AS (
  SELECT day, opens AS since, closes,
    coalesce(lead(opens) OVER (PARTITION BY day ORDER BY opens, closes), day + {_DAY}) AS until,
    coalesce(sum(closes - opens) OVER (
      ORDER BY opens, closes ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), 0) AS before
  FROM pieces WHERE closes >= opens
)"""


def _read(around: Surroundings) -> _Schedule | None:
    """Return the default schedule; None if there is none, or one that cannot be understood."""
    rows = around.rows(
        "schedules",
        "id, time_zone, intervals",
        "WHERE NOT _deleted ORDER BY created_at, id LIMIT 1",
    )
    if not rows:
        return None
    ((key, name, intervals),) = rows
    zone, hours = iana_name(name or ""), tuple(sorted(_hours(intervals)))
    if zone is None or not hours:
        return None
    holidays = around.rows(
        "schedule_holidays",
        "start_date, end_date",
        f"WHERE NOT _deleted AND schedule_id = {int(key)} ORDER BY start_date, end_date",
    )
    dates = (_dates(*each) for each in holidays)
    return _Schedule(zone, hours, tuple(each for each in dates if each))


def _hours(intervals: Any) -> Iterator[tuple[int, int, int]]:
    """Yield the hours of each interval that is one."""
    listed = json.loads(intervals) if isinstance(intervals, str) else intervals
    for each in listed if isinstance(listed, list) else ():
        try:
            opens, closes = int(each["start_time"]), int(each["end_time"])
        except (TypeError, ValueError, KeyError):
            continue
        day, start = divmod(opens, _DAY_MINUTES)
        if 0 <= day < _WEEK and opens < closes <= (day + 1) * _DAY_MINUTES:
            yield day, start, closes - day * _DAY_MINUTES


def _dates(first: Any, last: Any) -> tuple[date, date] | None:
    try:
        return date.fromisoformat(first), date.fromisoformat(last)
    except (TypeError, ValueError):
        return None
