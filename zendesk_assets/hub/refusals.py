"""Streams that Zendesk refuses, noted where every machine sees it: a small file in the hub.

`<schema>/<stream>/unavailable.json` exists from the first refusal until the stream is read again.
"""

from datetime import datetime
from typing import Final, Literal

import msgspec

from zendesk_assets.errors import HubError, UnavailableError
from zendesk_assets.storage.tree import Storage

_FILE: Final = "unavailable.json"


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a stream is refused; `missing` is role, scope or plan; refused since, and last tried."""

    reason: str
    missing: Literal["role", "scope", "plan"]
    message: str
    since: datetime
    tried: datetime


class Refusals:
    """The refusals of one source."""

    def __init__(self, storage: Storage, schema: str) -> None:
        self._storage, self._schema = storage, schema

    def of(self, stream: str) -> Refusal | None:
        """Return why a stream is refused at present; None if it is not."""
        path = self._path(stream)
        if not self._storage.exists(path):
            return None
        try:
            return msgspec.json.decode(self._storage.read(path), type=Refusal)
        except (HubError, msgspec.DecodeError):  # removed meanwhile, or damaged: written anew soon
            return None

    def add(self, stream: str, error: UnavailableError, now: datetime) -> None:
        """Write down that a stream was refused."""
        known = self.of(stream)
        refusal = Refusal(
            reason=error.reason,
            missing=error.missing,
            message=str(error),
            since=known.since if known else now,
            tried=now,
        )
        self._storage.write(self._path(stream), msgspec.json.encode(refusal))

    def clear(self, stream: str) -> None:
        """Forget the refusal of a stream, for it was read."""
        if self._storage.exists(self._path(stream)):
            self._storage.remove(self._path(stream))

    def _path(self, stream: str) -> str:
        return f"{self._schema}/{stream}/{_FILE}"
