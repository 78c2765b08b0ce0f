"""Request limits: a sliding minute per bucket, and its headers.

docs/zendesk-api.md#headers-of-limits.
"""

import math
import re
from collections import deque
from dataclasses import dataclass, fields, replace

from zendesk_assets.simulator.times import iso
from zendesk_assets.simulator.wire.messages import Answer, detailed, error

_MINUTE = 60.0
_BOUNDLESS = 1_000_000


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Requests a minute; `plain_text` makes the 429 body a text instead of JSON (trap T24).

    `guide` is that of the Help Center's service, as large as the account's if it is None.
    """

    account: int = 200
    exports: int = 10
    users_export: int = 20
    deleted_tickets: int = 10
    guide: int | None = None
    talk_exports: int = 10
    records_export: int = 10
    webhooks: int = 100
    access_logs: int = 50
    plain_text: bool = False


BUCKETS = tuple(each.name for each in fields(RateLimits) if each.name != "plain_text")
BOUNDLESS = RateLimits(**dict.fromkeys(BUCKETS, _BOUNDLESS))  # type: ignore[arg-type] # numbers only
# The first that a path matches; the account is charged too, except for services of their own.
_PATHS = {
    r"incremental/users/cursor": "users_export",
    r"incremental/ticket_metric_events": "account",
    r"incremental/custom_objects/.*": "records_export",
    r"incremental/.*": "exports",
    r"channels/voice/stats/incremental/.*": "talk_exports",
    r"deleted_tickets": "deleted_tickets",
    r"(guide|help_center|community)/.*": "guide",
    r"webhooks(/.*)?": "webhooks",
    r"access_logs": "access_logs",
}
_APART = frozenset({"account", "guide", "access_logs"})
_TEXTS = {
    "account": "Number of allowed API requests per minute exceeded",
    "exports": "Number of allowed incremental export API requests per minute exceeded",
}


# The service that says nothing of its limit until it is reached, and then in a form of its own.
_MUTE = ("access_logs",)
_BACK_OFF = "Use RateLimit-Reset header to backoff on retries"


def buckets_of(path: str) -> tuple[str, ...]:
    """Return the buckets a request is charged to; exports charge the account as well (T23)."""
    if not path.startswith("/api/v2/"):
        return ()
    relative = path.removeprefix("/api/v2/")
    found = (name for form, name in _PATHS.items() if re.fullmatch(form, relative))
    name = next(found, "account")
    return (name,) if name in _APART else ("account", name)


class Limiter:
    """Counts the requests of the last 60 seconds; those that were refused do not count."""

    def __init__(self, limits: RateLimits | None) -> None:
        self.limits = limits or BOUNDLESS
        self._passed: dict[str, deque[float]] = {name: deque() for name in BUCKETS}

    def change(self, **limits: int | bool) -> None:
        """Set some of the limits from now on."""
        self.limits = replace(self.limits, **limits)  # type: ignore[arg-type] # checked by replace

    def admit(self, path: str, now: float) -> Answer | None:
        """Charge a request, or return the refusal."""
        buckets = buckets_of(path)
        waits = {name: self._wait(name, now) for name in buckets}
        full = max(waits, key=waits.__getitem__, default=None)
        if full is not None and waits[full] > 0:
            return self._refusal(full, waits[full], now)
        for name in buckets:
            self._passed[name].append(now)
        return None

    def headers(self, path: str, now: float) -> dict[str, str]:
        """Return the headers that tell about the buckets of this request."""
        buckets = buckets_of(path)
        if not buckets or buckets == _MUTE:
            return {}
        total, left, resets = self._standing(buckets[0], now)
        found = {
            "x-rate-limit": str(total),
            "x-rate-limit-remaining": str(left),
            "ratelimit-limit": str(total),
            "ratelimit-remaining": str(left),
            "ratelimit-reset": str(resets),
        }
        for name in [each for each in buckets[1:] if each in _HEADERS]:
            total, left, resets = self._standing(name, now)
            found[_HEADERS[name]] = f"total={total}; remaining={left}; resets={resets}"
        return found

    def used(self, now: float) -> dict[str, int]:
        """Return how many requests of the last 60 seconds each bucket holds."""
        return {name: len(self._recent(name, now)) for name in self._passed}

    def _recent(self, name: str, now: float) -> deque[float]:
        passed = self._passed[name]
        while passed and passed[0] <= now - _MINUTE:
            passed.popleft()
        return passed

    def _total(self, name: str) -> int:
        total: int | None = getattr(self.limits, name)
        return self.limits.account if total is None else total

    def _wait(self, name: str, now: float) -> float:
        """Return the seconds until the bucket has room."""
        recent, total = self._recent(name, now), self._total(name)
        if len(recent) < total:
            return 0.0
        return recent[len(recent) - total] + _MINUTE - now if total else _MINUTE

    def _standing(self, name: str, now: float) -> tuple[int, int, int]:
        recent, total = self._recent(name, now), self._total(name)
        resets = math.ceil(recent[0] + _MINUTE - now) if recent else 60
        return total, max(0, total - len(recent)), resets

    def _refusal(self, name: str, wait: float, now: float) -> Answer:
        if (name,) == _MUTE:
            refusal = detailed(429, "Too many requests", _BACK_OFF)
            return refusal.with_headers({"ratelimit-reset": iso(math.ceil(now + wait))})
        text = _TEXTS.get(name, _TEXTS["account"])
        headers = {"Retry-After": str(math.ceil(wait))}
        if self.limits.plain_text:
            return Answer(429, text.encode(), "text/plain; charset=utf-8", headers)
        return error(429, "APIRateLimitExceeded", text).with_headers(headers)


_HEADERS = {
    "exports": "zendesk-ratelimit-incremental-exports",
    "users_export": "zendesk-ratelimit-incremental-exports-cursor",
    "deleted_tickets": "zendesk-ratelimit-deleted-tickets",
}
