"""Standard time and seasons, read as dbt_zendesk reads them, are what clocks show."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from zendesk_assets.fivetran._zones import read_zones

ZONES = {
    "London": "Europe/London",
    "Dublin": "Europe/Dublin",  # whose standard time is that of summer, by law
    "Eastern Time (US & Canada)": "America/New_York",
    "Sydney": "Australia/Sydney",  # whose summer spans the turn of the year
    "New Delhi": "Asia/Kolkata",
    "Istanbul": "Europe/Istanbul",  # which stopped changing in 2016
    "Moscow": "Europe/Moscow",
    "Casablanca": "Africa/Casablanca",
    "Europe/Berlin": "Europe/Berlin",
}


def ahead(zone, second):
    """Return the minutes that the relations say clocks are ahead of UTC."""
    sign = -1 if zone.standard[0] == "-" else 1
    minutes = sign * (int(zone.standard[1:3]) * 60 + int(zone.standard[4:]))
    for _, _, hours, start, end in zone.seasons:
        if start <= f"{second:%Y-%m-%d %H:%M:%S}" < end:
            minutes += int(hours) * 60
    return minutes


@pytest.mark.parametrize("name", ZONES)
def test_clocks_are_as_far_ahead_as_they_are(name):
    (zone,) = read_zones([name], {})
    there, second = ZoneInfo(ZONES[name]), datetime(2009, 1, 1, 0, 30, tzinfo=UTC)
    starts = [row[3] for row in zone.seasons]
    assert len(set(starts)) == len(starts)
    while second.year < 2029:
        assert ahead(zone, second) * 60 == second.astimezone(there).utcoffset().total_seconds()
        second += timedelta(hours=61)
    for _, _, _, start, _ in zone.seasons:
        change = datetime.fromisoformat(start).replace(tzinfo=UTC)
        for moment in (change, change - timedelta(minutes=1)):
            if 2000 < moment.year < 2049:
                offset = moment.astimezone(there).utcoffset()
                assert timedelta(minutes=ahead(zone, moment)) == offset


def test_a_zone_is_known_by_zendesk_by_the_account_or_not_at_all():
    found = read_zones(["Pluto", "Erde", "Nuku'alofa"], {"Erde": "Europe/Berlin"})
    assert [each.name for each in found] == ["Erde", "Nuku'alofa"]
