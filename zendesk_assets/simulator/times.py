"""Times: epoch seconds inside of the simulator, ISO 8601 in UTC in its answers."""

from functools import lru_cache
from time import gmtime, strftime

DAY = 86_400


@lru_cache(maxsize=4096)
def _day(number: int) -> str:
    return strftime("%Y-%m-%d", gmtime(number * DAY))


@lru_cache(maxsize=DAY)
def _time_of_day(rest: int) -> str:
    return f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"


def iso(second: int) -> str:
    """Return `2026-03-01T09:30:00Z`."""
    day, rest = divmod(second, DAY)
    return f"{_day(day)}T{_time_of_day(rest)}Z"


def iso_or_none(second: int | None) -> str | None:
    """Return the time, or None where there is none."""
    return None if second is None else iso(second)
