"""Retry for every kind of request: how often, and how long to wait in between.

A limit is not a failure: refusals for the rate limit are waited out and do not use up the attempts
that are meant for failures; only their time is limited. `responses` decides what a response means,
`retry_after` what headers ask for.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar

from zendesk_assets.clock import Clock
from zendesk_assets.errors import ConnectionFailedError, RateLimitedError
from zendesk_assets.zendesk.responses import TryAgainError

_Result = TypeVar("_Result")
# If others use up the account's limit, a few requests still succeed each minute. If none does for
# this long, waiting does not help; the next sync continues where this one stopped.
REFUSED_FOR: Final = timedelta(minutes=15)
# The longest single wait, whatever a response asks for.
_LONGEST_WAIT: Final = 300.0
_MINUTE: Final = 60.0
_FIRST_BACKOFF: Final = 0.5
_LONGEST_BACKOFF: Final = 60.0
_SHORTEST: Final = 1.0


@dataclass(frozen=True)
class Wait:
    """The wait before the next attempt, in seconds; `why` is a sentence for the log."""

    seconds: float
    is_for_limit: bool
    why: str


@dataclass
class Attempts:
    """The attempts of one request to `host` for `what`.

    `most` returns how many may fail before it is given up; `pause` waits. `refused_for` limits the
    time in which Zendesk only reports that the rate limit is used up.
    """

    clock: Clock
    host: str
    what: str
    most: Callable[[], int]
    pause: Callable[[Wait], None]
    refused_for: timedelta = REFUSED_FOR
    longest_backoff: float = _LONGEST_BACKOFF
    _failed: int = 0
    _curt: int = 0
    _refused_since: datetime | None = field(default=None)

    def of(self, attempt: Callable[[], _Result]) -> _Result:
        """Return what `attempt` returns, retried after each TryAgainError.

        Raises:
            ConnectionFailedError: after too many failures.
            RateLimitedError: if the rate limit stays used up.
        """
        while True:
            try:
                return attempt()
            except TryAgainError as error:
                problem = error
            self.pause(self._next(problem))

    def _next(self, error: TryAgainError) -> Wait:
        if error.is_limit:
            return self._after_refusal(error)
        self._refused_since, self._curt = None, 0
        self._failed += 1
        if error.is_final or self._failed >= self.most():
            raise ConnectionFailedError(f"{error.sentence(self.host, self.what)}")
        seconds = min(max(error.wait or 0.0, self._backoff()), _LONGEST_WAIT)
        why = f"{self.what}: {error} at attempt {self._failed}; again in {seconds:.1f} s"
        return Wait(seconds, is_for_limit=False, why=why)

    def _after_refusal(self, error: TryAgainError) -> Wait:
        now = self.clock.now()
        self._refused_since = self._refused_since or now
        waited = now - self._refused_since
        if waited >= self.refused_for:
            raise RateLimitedError(
                f"The rate limit of {self.host} has been used up, also by others, for "
                f"{_shown(waited.total_seconds())}: sync again later, which continues from here, "
                "or give the other users of the account's API fewer requests."
            )
        left = (self.refused_for - waited).total_seconds()
        seconds = min(self._seconds(error.wait), _LONGEST_WAIT, max(left, _SHORTEST))
        asked = error.wait or 0.0
        more = f" (it asks for {_shown(asked)}, which is too long)" if asked > seconds else ""
        why = (
            f"{self.what}: the account's rate limit is used up, also by others{more}; again in "
            f"{seconds:.0f} s"
        )
        return Wait(seconds, is_for_limit=True, why=why)

    def _seconds(self, asked: float | None) -> float:
        """Return the requested seconds; a minute if none were.

        Responses that keep asking for less than a second are not taken literally.
        """
        if asked is None:
            return _MINUTE
        if asked >= _SHORTEST:
            return asked
        self._curt += 1
        return min(_SHORTEST * 2.0 ** (self._curt - 1), _MINUTE)

    def _backoff(self) -> float:
        """Return a growing time with jitter."""
        high = min(_FIRST_BACKOFF * 2**self._failed, self.longest_backoff)
        return random.uniform(0, high)  # noqa: S311 # jitter, not a secret


def _shown(seconds: float) -> str:
    if seconds <= _MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:,.0f} minutes" if math.isfinite(seconds) else "ever"
