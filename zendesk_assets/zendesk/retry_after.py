"""How long a response asks us to wait, in all forms of the standards and of Zendesk's headers.

Pure functions from headers to seconds; `rate_limit` and `retry` wait.
https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
"""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

_PREFIXES: Final = ("ratelimit", "rate-limit", "x-rate-limit", "x-ratelimit")
_BUCKET: Final = re.compile(r"(?:zendesk-)(?:ratelimit|rate-limit)-(.+)")
# `total=10; remaining=0; resets=9`, `limit=10, remaining=0, reset=9`, `"default";r=0;t=9`
_FIELD: Final = re.compile(r"\b(remaining|resets|reset|r|t)\s*=\s*([0-9.]+)")
_NAMES: Final = {"r": "remaining", "t": "reset", "resets": "reset"}
_SECONDS: Final = re.compile(r"^([0-9.]+) ?(?:s|secs?|seconds?)?(?:[;,].*)?$", re.IGNORECASE)
# Larger numbers are not durations but times, in seconds since 1970.
_MOMENT: Final = 1_000_000_000


def seconds_requested(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that a refusal asks to wait, at least 0.0; None if it does not say.

    `Retry-After` decides if it is readable and at least a second; otherwise the resets of all
    used-up limits, or of all if none says so. `now` is our clock, for responses without a `Date`.
    """
    lower = _lower(headers)
    moment = date_of(headers) or now
    asked = _retry_after(lower.get("retry-after", ""), moment)
    if (thousandths := _number(lower.get("retry-after-ms", ""))) is not None and asked is None:
        asked = thousandths / 1000
    if asked is not None and asked >= 1:
        return asked
    standings = [*_plain(lower, moment), *_buckets(lower, moment), *_draft(lower, moment)]
    used_up = [reset for remaining, reset in standings if remaining == 0]
    if asked is not None:  # less than a second, which is too short for a limit
        return max([asked, *used_up])
    return max(used_up or [reset for _remaining, reset in standings], default=None)


def seconds_until_reset(headers: Mapping[str, str], bucket: str | None, now: datetime) -> float:
    """Return how long the limits last that a good response reports as used up; 0.0 if none is.

    Of the limits of single endpoints only `bucket` counts: the next request may go elsewhere.
    """
    lower = _lower(headers)
    moment = date_of(headers) or now
    standings = [*_plain(lower, moment), *_draft(lower, moment)]
    standings += _buckets(lower, moment, bucket) if bucket else []
    return max((reset for remaining, reset in standings if remaining == 0), default=0.0)


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """Return the `Date` of a response, UTC; None if it is missing or unreadable."""
    return http_date(headers.get("Date", ""))


def http_date(text: str) -> datetime | None:
    """Return the time of an HTTP date, UTC; None for anything else."""
    try:
        found = parsedate_to_datetime(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value.strip() for name, value in headers.items()}


def _retry_after(text: str, moment: datetime) -> float | None:
    seconds = _number(text)
    if seconds is not None:
        return _duration(seconds, moment)
    date = http_date(text) or _iso_date(text)
    return None if date is None else max(0.0, (date - moment).total_seconds())


def _iso_date(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _plain(lower: Mapping[str, str], moment: datetime) -> Iterable[tuple[float | None, float]]:
    """Yield the remaining requests and the reset, from headers with one number each."""
    for prefix in _PREFIXES:
        text = lower.get(f"{prefix}-reset") or lower.get(f"{prefix}-reset-after", "")
        reset = _retry_after(text, moment)
        if reset is not None:
            yield _number(lower.get(f"{prefix}-remaining", "")), reset


def _buckets(
    lower: Mapping[str, str], moment: datetime, only: str | None = None
) -> Iterable[tuple[float | None, float]]:
    for name, value in lower.items():
        found = _BUCKET.fullmatch(name)
        if found and only in {None, found[1]}:
            yield from _fields(value, moment)


def _draft(lower: Mapping[str, str], moment: datetime) -> Iterable[tuple[float | None, float]]:
    """Yield the same for the standard's drafts; newer ones have several in a list."""
    value = lower.get("ratelimit", "")
    parts = value.split(",") if '"' in value else [value]
    for part in parts:
        yield from _fields(part, moment)


def _fields(value: str, moment: datetime) -> Iterable[tuple[float | None, float]]:
    found = {_NAMES.get(name, name): _number(text) for name, text in _FIELD.findall(value.lower())}
    reset = found.get("reset")
    if reset is not None:
        yield found.get("remaining"), _duration(reset, moment)


def _number(text: str) -> float | None:
    """Return a number of seconds: `7`, `7s`, `8;w=60`, or `7, 7` from a repeated header."""
    try:
        number = float(_SECONDS.sub(r"\1", text))
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _duration(number: float, moment: datetime) -> float:
    """Return seconds; the number may also be a time since 1970."""
    if _MOMENT * 1000 < number < math.inf:
        number /= 1000  # in milliseconds
    return max(0.0, number - moment.timestamp() if _MOMENT < number < math.inf else number)
