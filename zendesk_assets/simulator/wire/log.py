"""One line of the request log."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request; `time` is by the account's clock, `status` 0 when the connection was reset.

    `path` has no prefix and no `.json`; `bucket` is the name of a limit in `RateLimits`, the
    account's where no other applies, or "" if none is charged; `token` is the value presented.
    """

    time: float
    monotonic: float
    method: str
    path: str
    query: dict[str, str]
    status: int
    bucket: str
    token: str
    size: int = 0
