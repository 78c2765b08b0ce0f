"""One line of the request log."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request; `time` is by the account's clock, `status` 0 when the connection was reset.

    `path` has no prefix and no `.json`; `bucket` is "exports", "users_export", "deleted_tickets",
    "account", or "" if no bucket is charged; `token` is the value that was presented.
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
