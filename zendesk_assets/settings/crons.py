"""Cron expressions with five fields, as Dagster understands them, and whether one is ever due.

Dagster accepts everything that is accepted here. Some expressions that it accepts are refused,
because they mean another time on each use (`H`, `R`) or are never due.
https://docs.dagster.io/guides/automate/schedules
"""

import re
from calendar import monthrange
from dataclasses import dataclass, field
from typing import Final

_FIELD_COUNT: Final = 5
_A_LEAP_YEAR: Final = 2024
_MONTHS: Final = {
    name: at
    for at, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_WEEKDAYS: Final = {
    name: at for at, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))
}
_RANGE: Final = re.compile(
    r"(?:\*|([0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?)(?:/([0-9]{1,3}))?"
)
# The last day of a month, the last Friday (`L5`), the first Monday (`1#1`).
_LAST_DAY: Final = "l"
_ONE_WEEKDAY: Final = re.compile(r"l[0-7]|(?:[0-7]|sun|mon|tue|wed|thu|fri|sat)#[1-5]")


@dataclass(frozen=True)
class _Field:
    """One field of an expression: its name, its bounds, and names for its numbers."""

    name: str
    first: int
    last: int
    names: dict[str, int] = field(default_factory=dict)

    def number(self, text: str) -> int:
        found = self.names.get(text, -1) if not text.isdigit() else int(text)
        if not self.first <= found <= self.last:
            raise ValueError(f"the {self.name} must be from {self.first} to {self.last}")
        return found

    def values(self, text: str) -> set[int]:
        """Return the numbers of one part of a list; a range may wrap around: 22-2."""
        found = _RANGE.fullmatch(text)
        if found is None:
            raise ValueError(f"the {self.name} may have numbers, ranges (1-5) and steps (*/3)")
        first, last, step = found.groups()
        low = self.first if first is None else self.number(first)
        high = self.number(last) if last else self.last if step or first is None else low
        if step and not int(step):
            raise ValueError(f"a step of the {self.name} must be 1 or more")
        span = range(low, high + 1 if low <= high else self.last + 1 - self.first + high + 1)
        size = self.last + 1 - self.first
        return {(each - self.first) % size + self.first for each in span[:: int(step or 1)]}


_MINUTE, _HOUR = _Field("minute", 0, 59), _Field("hour", 0, 23)
_DAY = _Field("day of the month", 1, 31)
_MONTH = _Field("month", 1, 12, _MONTHS)
_WEEKDAY = _Field("day of the week", 0, 7, _WEEKDAYS)


def cron_expression(text: str) -> str:
    """Return the expression with single spaces between its five fields.

    Raises:
        ValueError: if it is invalid, or if no day ever matches it (`0 0 31 2 *`).
    """
    parts = text.split()
    if len(parts) != _FIELD_COUNT:
        raise ValueError('give five fields, as in "0 */3 * * *"')
    minute, hour, day, month, weekday = (part.lower() for part in parts)
    for place, part in ((_MINUTE, minute), (_HOUR, hour)):
        _values(place, part)
    months = _values(_MONTH, month)
    plain_days = [part for part in day.split(",") if part != _LAST_DAY]
    days = _values(_DAY, ",".join(plain_days)) if plain_days and day != "?" else set()
    if _ONE_WEEKDAY.fullmatch(weekday):
        if day not in {"*", "?"}:
            raise ValueError(f"with {weekday} the day of the month must be *")
    elif weekday != "?":
        _values(_WEEKDAY, weekday)
    longest = max(monthrange(_A_LEAP_YEAR, each)[1] for each in months)
    if days and _LAST_DAY not in day and min(days) > longest:
        raise ValueError("none of its months has that day, so it would never be due")
    return " ".join(parts)


def _values(place: _Field, text: str) -> set[int]:
    return set().union(*(place.values(part) for part in text.split(",")))
