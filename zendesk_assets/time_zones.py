"""Zendesk's names of time zones, and what the tz database calls them.

Zendesk calls them as Ruby on Rails does: most by a city, which is what the IANA names them by too.
"""

from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

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
_IANA: Final = _OTHERS | {
    city.replace("_", " "): f"{area}/{city}"
    for area, cities in _CITIES.items()
    for city in cities.split()
}


def iana_name(name: str) -> str | None:
    """Return what the tz database of this machine calls a zone of Zendesk's; None if unknown.

    >>> iana_name("Eastern Time (US & Canada)"), iana_name("Europe/Berlin"), iana_name("Atlantis")
    ('America/New_York', 'Europe/Berlin', None)
    """
    found = _IANA.get(name, name)
    try:
        ZoneInfo(found)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    return found
