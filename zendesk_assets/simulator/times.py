"""Times: epoch seconds inside of the simulator, ISO 8601 in UTC in its answers."""

from functools import lru_cache
from time import gmtime, strftime

DAY = 86_400


@lru_cache(maxsize=4096)
def _day(number: int) -> str:
    return strftime("%Y-%m-%d", gmtime(number * DAY))


def iso(second: int) -> str:
    """Return `2026-03-01T09:30:00Z`."""
    day, rest = divmod(second, DAY)
    return f"{_day(day)}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}Z"


def iso_or_none(second: int | None) -> str | None:
    """Return the time, or None where there is none."""
    return None if second is None else iso(second)
