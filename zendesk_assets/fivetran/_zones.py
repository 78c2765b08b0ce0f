"""Zendesk's names of time zones, and when their clocks change.

Zendesk calls them as Ruby on Rails does: most by a city, which is what the IANA names them by too.
Offsets come from the time zone database of the machine.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC)
_HOUR: Final = timedelta(hours=1)
# Named by the city, with spaces as underscores.
_CITIES: Final = {
    "Africa": "Algiers Cairo Casablanca Harare Monrovia Nairobi",
    "America": "Bogota Caracas Chihuahua La_Paz Lima Mazatlan Mexico_City Monterrey Montevideo "
    "Puerto_Rico Santiago Tijuana",
    "Asia": "Almaty Baghdad Baku Bangkok Chongqing Dhaka Hong_Kong Irkutsk Jakarta Jerusalem Kabul "
    "Kamchatka Karachi Kathmandu Kolkata Krasnoyarsk Kuala_Lumpur Kuwait Magadan Muscat "
    "Novosibirsk Rangoon Riyadh Seoul Singapore Srednekolymsk Taipei Tashkent Tbilisi Tehran Tokyo "
    "Ulaanbaatar Urumqi Vladivostok Yakutsk Yerevan",
    "Atlantic": "Azores",
    "Australia": "Adelaide Brisbane Darwin Hobart Melbourne Perth Sydney",
    "Europe": "Amsterdam Athens Belgrade Berlin Bratislava Brussels Bucharest Budapest Copenhagen "
    "Dublin Helsinki Istanbul Kaliningrad Lisbon Ljubljana London Madrid Minsk Moscow Paris Prague "
    "Riga Rome Samara Sarajevo Skopje Sofia Stockholm Tallinn Vienna Vilnius Volgograd Warsaw "
    "Zagreb Zurich",
    "Pacific": "Auckland Fiji Guam Port_Moresby",
}
_OTHERS: Final = {
    "Abu Dhabi": "Asia/Muscat",
    "Alaska": "America/Juneau",
    "American Samoa": "Pacific/Pago_Pago",
    "Arizona": "America/Phoenix",
    "Astana": "Asia/Dhaka",
    "Atlantic Time (Canada)": "America/Halifax",
    "Beijing": "Asia/Shanghai",
    "Bern": "Europe/Zurich",
    "Brasilia": "America/Sao_Paulo",
    "Buenos Aires": "America/Argentina/Buenos_Aires",
    "Canberra": "Australia/Melbourne",
    "Cape Verde Is.": "Atlantic/Cape_Verde",
    "Central America": "America/Guatemala",
    "Central Time (US & Canada)": "America/Chicago",
    "Chatham Is.": "Pacific/Chatham",
    "Chennai": "Asia/Kolkata",
    "Eastern Time (US & Canada)": "America/New_York",
    "Edinburgh": "Europe/London",
    "Ekaterinburg": "Asia/Yekaterinburg",
    "Georgetown": "America/Guyana",
    "Greenland": "America/Godthab",
    "Guadalajara": "America/Mexico_City",
    "Hanoi": "Asia/Bangkok",
    "Hawaii": "Pacific/Honolulu",
    "Indiana (East)": "America/Indiana/Indianapolis",
    "International Date Line West": "Pacific/Midway",
    "Islamabad": "Asia/Karachi",
    "Kyiv": "Europe/Kiev",
    "Marshall Is.": "Pacific/Majuro",
    "Mid-Atlantic": "Atlantic/South_Georgia",
    "Midway Island": "Pacific/Midway",
    "Mountain Time (US & Canada)": "America/Denver",
    "Mumbai": "Asia/Kolkata",
    "New Caledonia": "Pacific/Noumea",
    "New Delhi": "Asia/Kolkata",
    "Newfoundland": "America/St_Johns",
    "Nuku'alofa": "Pacific/Tongatapu",
    "Osaka": "Asia/Tokyo",
    "Pacific Time (US & Canada)": "America/Los_Angeles",
    "Pretoria": "Africa/Johannesburg",
    "Quito": "America/Lima",
    "Samoa": "Pacific/Apia",
    "Sapporo": "Asia/Tokyo",
    "Saskatchewan": "America/Regina",
    "Solomon Is.": "Pacific/Guadalcanal",
    "Sri Jayawardenepura": "Asia/Colombo",
    "St. Petersburg": "Europe/Moscow",
    "Tokelau Is.": "Pacific/Fakaofo",
    "UTC": "Etc/UTC",
    "Wellington": "Pacific/Auckland",
    "West Central Africa": "Africa/Algiers",
}
IANA: Final[Mapping[str, str]] = _OTHERS | {
    city.replace("_", " "): f"{area}/{city}"
    for area, cities in _CITIES.items()
    for city in cities.split()
}


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
    found = []
    for name in names:
        try:
            zone = ZoneInfo(IANA.get(name) or known.get(name) or name)
        except (ZoneInfoNotFoundError, ValueError):
            continue
        found.append(_read(name, zone))
    return found


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
