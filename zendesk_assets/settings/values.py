"""The kinds of values in the sources file: text, whole numbers, seconds, dates.

YAML reads `yes` as a boolean and 20200101 as a number; pydantic would turn the first into a count
and the second into a date in 1970. This module defines each kind, and the message for the rest.
"""

import re
from datetime import UTC, date, datetime, time
from math import isfinite
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Zendesk's exports are requested by Unix time, which begins here.
_FIRST_DAY: Final = date(1970, 1, 1)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("give text, in quotes if YAML would read it as something else")  # noqa: TRY004 # pydantic's own contract
    if not value.strip():
        raise ValueError("give a text that is not empty")
    if _CONTROL.search(value.strip()):
        raise ValueError("give text on one line, without control characters")
    return value.strip()


def _count(value: object) -> Any:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError("give a whole number")
    return value


def _seconds(value: object) -> Any:
    if isinstance(value, bool) or (isinstance(value, float) and not isfinite(value)):
        raise ValueError("give a number of seconds")
    return value


def _day(value: object) -> date:
    """Return a date that is not in the future, from a YAML date or from text."""
    found: object = value
    if isinstance(value, str) and _DAY.fullmatch(value.strip()):
        try:
            found = date.fromisoformat(value.strip())
        except ValueError:
            found = None
    if isinstance(found, datetime) and found.time() == time() and found.tzinfo is None:
        found = found.date()
    if not isinstance(found, date) or isinstance(found, datetime):
        raise ValueError("give an existing date as YYYY-MM-DD")  # noqa: TRY004 # as above
    today = datetime.now(UTC).date()
    if not _FIRST_DAY <= found <= today:
        raise ValueError(f"give a date from {_FIRST_DAY} to today, {today} in UTC")
    return found


Text = Annotated[str, BeforeValidator(_text), Field(max_length=1_000)]
Count = Annotated[int, BeforeValidator(_count)]
Seconds = Annotated[float, BeforeValidator(_seconds), Field(allow_inf_nan=False, le=604_800)]
Day = Annotated[date, BeforeValidator(_day)]
