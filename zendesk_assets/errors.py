"""Every error that a user can see, in one tree; the message is one sentence with a next step.

No message contains a credential: we put none in, and `redact` is for texts from elsewhere.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Literal

_SECRET = re.compile(
    r"(?i)(bearer\s+|basic\s+|token[=/:]\s*|"
    r"(?:access_token|refresh_token|client_secret|code_verifier|password)"
    r"[\"']?\s*[=:]\s*[\"']?)([^\s\"'&,;]{8,})"
)


class ZendeskAssetsError(Exception):
    """The root of all intended errors. Its text is shown to the user unchanged."""


class SourcesFileError(ZendeskAssetsError):
    """The sources file is missing or has a value that is not allowed."""


class OtherAccountError(ZendeskAssetsError):
    """The hub or the warehouse has the data of another account in this schema."""


class AlertError(ZendeskAssetsError):
    """A message about a problem could not be sent."""


class SimulatorError(ZendeskAssetsError):
    """The simulator was started or controlled wrongly."""


class ZendeskError(ZendeskAssetsError):
    """Zendesk, or the connection to it, refused."""


class ConnectionFailedError(ZendeskError):
    """The host cannot be reached, or its responses are unusable after all retries."""


class RateLimitedError(ConnectionFailedError):
    """The account's rate limit stayed used up for as long as we wait."""


class CredentialsError(ZendeskError):
    """Zendesk does not know these credentials (401, or 200 for an anonymous user: trap T21)."""


class InvalidGrantError(CredentialsError):
    """A code or a refresh token was used, was revoked, or has expired (trap T20)."""


class SuspendedError(CredentialsError):
    """402, or 403 for a suspended account: no credentials open it at present."""


class UnavailableError(ZendeskError):
    """403 or 404: something is `missing` (trap T28); `reason` is Zendesk's text, shortened.

    A 403 that names no scope counts as a missing role: a plan's or a setting's body is the same.
    """

    def __init__(
        self, message: str, reason: str = "", missing: Literal["role", "scope", "plan"] = "role"
    ) -> None:
        super().__init__(message)
        self.reason, self.missing = reason or message, missing


class RequestRejectedError(ZendeskError):
    """400 or 422: Zendesk refuses a parameter or a cursor; repeating it will not help."""


class CursorRejectedError(RequestRejectedError):
    """400 or 422 with a cursor: it is damaged or too old; a walk can restart without it."""


class TooRecentError(RequestRejectedError):
    """400 or 422 for a start time within the last minute, by Zendesk's clock (trap T7)."""


class StalledStreamError(ZendeskError):
    """Pages of a stream kept leading to themselves (trap T6)."""


class TokenStoreError(ZendeskAssetsError):
    """The tokens of a source could not be read, locked or written."""


class BudgetStoreError(ZendeskAssetsError):
    """The requests of an account could not be counted, so none may be sent."""


class HubError(ZendeskAssetsError):
    """The hub could not be written or read."""


class CorruptPartError(HubError):
    """A part file is missing, or does not match the checksum or the counts of its manifest."""


class ReplacedPartError(HubError):
    """A part file was replaced while it was being loaded; the new one can be loaded."""


class CorruptManifestError(HubError):
    """A manifest cannot be read."""


class ForeignBatchError(HubError):
    """A batch was landed for another source, and copied here by hand."""


class MissingFileError(HubError):
    """A file of the hub is missing; perhaps its batch has just been moved aside."""


class PrunedBatchError(HubError):
    """The records of a batch were removed by `hub prune`; its coverage is kept."""


class WarehouseError(ZendeskAssetsError):
    """The warehouse could not be opened or written."""


class ForeignHistoryError(WarehouseError):
    """What has the name of a table's history is another program's, and is left alone."""


class WarehouseLockedError(WarehouseError):
    """Another process holds the DuckDB file, and did not release it in time."""


class PoolHeldError(WarehouseLockedError):
    """Another run holds the pool of writers, and did not release it in time."""


def meant(name: str, known: Iterable[str]) -> str:
    """Return ` (did you mean tickets?)` for a name that is similar to a known one, else ''."""
    near = get_close_matches(name, list(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def redact(text: str) -> str:
    """Return `text` with anything that looks like a credential replaced by `***`."""
    return _SECRET.sub(lambda found: found.group(1) + "***", text)
