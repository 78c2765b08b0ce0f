"""What comparisons with Zendesk found, for each table: small files where every machine sees them.

`<schema>/_compared/<collection>.json` has the newest comparison of a whole table. This module only
handles the files; `reconcile` compares, and says in words what a certificate says in figures.
"""

from datetime import datetime
from typing import Final, Literal

import msgspec

from zendesk_assets.errors import MissingFileError
from zendesk_assets.storage.tree import Storage

_FOLDER: Final = "_compared"
_ENDING: Final = ".json"


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """The result of comparing one table with Zendesk at `asked` (UTC).

    `here` is the number of rows that are not deleted, `at_zendesk` that of Zendesk's records; it
    `is_about` where Zendesk counts approximately, and null where it does not count. What is older
    than `fetched_from` was never fetched (null where a list has no such beginning). Of `compared`
    records, `differing` differ; `missing` of these are not in the table at all. `looked_for` is how
    many ids were looked for at Zendesk because no row has them. `newer` were not judged: they
    changed after the last load, or on days that were never fetched. Of the `incomplete_seconds`,
    Zendesk did not show all records. `differences` are lines about the first differences,
    `warehouse` names the database compared, and `repaired` is when a repair ended after which the
    figures are.
    """

    collection: str
    warehouse: str
    asked: datetime
    outcome: Literal["passed", "warning", "error"]
    here: int
    at_zendesk: int | None = None
    is_about: bool = False
    compared: int = 0
    differing: int = 0
    missing: int = 0
    looked_for: int = 0
    newer: int = 0
    incomplete_seconds: tuple[datetime, ...] = ()
    requests: int = 0
    requests_at_most: int = 0
    is_comparable: bool = True
    fetched_from: datetime | None = None
    notes: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    repaired: datetime | None = None


class Certificates:
    """The newest certificate of each table of one source."""

    def __init__(self, storage: Storage, schema: str) -> None:
        self._storage, self._folder = storage, f"{schema}/{_FOLDER}"

    def of(self, collection: str) -> Certificate | None:
        """Return a table's certificate; None if it was never compared. Raises HubError."""
        try:
            found = self._storage.read(f"{self._folder}/{collection}{_ENDING}")
            return msgspec.json.decode(found, type=Certificate)
        except (MissingFileError, msgspec.MsgspecError):  # a damaged one is written anew
            return None

    def all(self) -> dict[str, Certificate]:
        """Return all certificates by collection. Raises HubError."""
        names = [each for each in self._storage.names(self._folder) if each.endswith(_ENDING)]
        found = {name: self.of(name) for name in sorted(each[: -len(_ENDING)] for each in names)}
        return {name: each for name, each in found.items() if each}

    def keep(self, certificate: Certificate) -> None:
        """Write a certificate in the place of the table's earlier one. Raises HubError."""
        path = f"{self._folder}/{certificate.collection}{_ENDING}"
        self._storage.write(path, msgspec.json.encode(certificate))
