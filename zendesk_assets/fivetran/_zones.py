"""When the clocks of time zones change, as Fivetran tells it.

Offsets come from the time zone database of the machine; `zendesk_assets.time_zones` has the names.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from zendesk_assets.time_zones import iana_name

_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC)
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Zone:
    """A time zone as texts: `standard` as +01:00; seasons as in the relation `daylight_time`."""

    name: str
    standard: str
    seasons: tuple[tuple[str, str, str, str, str], ...]


def read_zones(names: Iterable[str], known: Mapping[str, str]) -> list[Zone]:
    """Return the zones with these names of Zendesk's; one that nobody knows is left out.

    `known` has IANA names that the account itself gives for some.
    """
    found = [(name, iana_name(name) or iana_name(known.get(name, name))) for name in names]
    return [_read(name, ZoneInfo(iana)) for name, iana in found if iana]


def _read(name: str, zone: ZoneInfo) -> Zone:
    periods = list(_periods(zone))
    standard = min(offset for _, _, offset in periods)
    seasons = tuple(
        (name, str(start.year), str((offset - standard) // _HOUR), _write(start), _write(end))
        for start, end, offset in periods
        if offset > standard and (offset - standard) % _HOUR == timedelta()
    )
    return Zone(name, _sign(standard), seasons)


def _periods(zone: ZoneInfo) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Yield the spans in which clocks are equally far ahead of UTC: (start, end, how far)."""
    start = moment = _FIRST
    while moment < _LAST:
        following = moment + timedelta(days=1)
        if _ahead(following, zone) != _ahead(moment, zone):
            change = _find_change(moment, following, zone)
            yield start, change, _ahead(start, zone)
            start = change
        moment = following
    yield start, _LAST, _ahead(start, zone)


def _find_change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the minute at which clocks change, which is once between the two."""
    offset = _ahead(before, zone)
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) // timedelta(minutes=2) * timedelta(minutes=1)
        before, after = (middle, after) if _ahead(middle, zone) == offset else (before, middle)
    return after


def _ahead(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _write(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _sign(offset: timedelta) -> str:
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    return f"{'-' if offset < timedelta() else '+'}{hours:02}:{minutes:02}"
