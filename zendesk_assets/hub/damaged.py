"""Damaged batches, which are moved to `<schema>/_damaged/<stream>/<when>/` and never deleted.

Their windows are no longer covered, so that the next sync reads them again. What is damaged is
found by `integrity`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
import zstandard

from zendesk_assets.errors import CorruptManifestError, MissingFileError
from zendesk_assets.hub.manifest import (
    INCOMPLETE,
    MANIFEST,
    Batch,
    BatchId,
    decode_manifest,
    encode_manifest,
    from_text,
    to_text,
)
from zendesk_assets.storage.tree import Storage

_DAMAGED: Final = "_damaged"
_DEPTH: Final = 5  # <schema>/_damaged/<stream>/<when>/<batch>/<file>
# Stands for a damaged batch of which no file is left.
_GONE: Final = "gone"


@dataclass(frozen=True, order=True)
class Lost:
    """A damaged batch that was moved aside, and when."""

    id: BatchId
    set_aside: datetime


class DamagedBatches:
    """The damaged batches of the source with this schema."""

    def __init__(self, storage: Storage, schema: str) -> None:
        self._storage, self._schema = storage, schema

    def set_aside(self, batch: Batch, now: datetime) -> bool:
        """Move a damaged batch out of the listing; nothing is deleted.

        Its window is no longer covered, and the next sync of its stream reads it again. Returns
        whether it was still there: two loads may find the same damage.
        """
        stream = batch.folder.split("/")[1]
        place = f"{self._schema}/{_DAMAGED}/{stream}/{to_text(now)}/{batch.id}"
        try:
            self._storage.move(batch.folder, place)
        except MissingFileError:
            return False
        return True

    def lost(self, stream: str) -> list[Lost]:
        """Return what was set aside of a stream, whether or not it was read again since."""
        files = self._storage.find(f"{self._schema}/{_DAMAGED}/{stream}")
        folders = {tuple(path.split("/")[3:5]) for path in files if path.count("/") >= _DEPTH}
        return sorted(lost for each in folders if (lost := _lost(*each)))

    def note_loss(self, stream: str, batch_id: BatchId, now: datetime) -> None:
        """Note that nothing is left of a batch; the next sync reads its window again."""
        place = f"{self._schema}/{_DAMAGED}/{stream}/{to_text(now)}/{batch_id}"
        self._storage.write(f"{place}/{_GONE}", b"")

    def files(self, stream: str) -> list[str]:
        """Return the files with records in the batches of a stream that were set aside."""
        found = self._storage.find(f"{self._schema}/{_DAMAGED}/{stream}")
        return [path for path in found if path.rsplit("/", 1)[-1] not in (MANIFEST, INCOMPLETE)]

    def read(self, path: str) -> list[bytes] | None:
        """Return the records of a file that was set aside, or None if it cannot be read."""
        try:
            return unpack(self._storage.read(path))
        except zstandard.ZstdError:
            return None

    def remove(self, path: str) -> None:
        """Remove such a file; that its batch was lost stays known by the manifest beside it."""
        marker = f"{path.rsplit('/', 1)[0]}/{INCOMPLETE}"
        if not self._storage.exists(f"{path.rsplit('/', 1)[0]}/{MANIFEST}"):
            self._storage.write(marker, b"")
        self._storage.remove(path)

    def forget_keys(self, stream: str) -> None:
        """Remove the checksums of keys from the manifests of a stream's batches here.

        A manifest that cannot be read goes; that its batch was lost stays known by a file beside.
        """
        for path in self._storage.find(f"{self._schema}/{_DAMAGED}/{stream}", MANIFEST):
            try:
                manifest = decode_manifest(self._storage.read(path), path)
            except CorruptManifestError:
                self._storage.write(f"{path.rsplit('/', 1)[0]}/{INCOMPLETE}", b"")
                self._storage.remove(path)
                continue
            if manifest.keys:
                forgotten = msgspec.structs.replace(manifest, keys={})
                self._storage.write(path, encode_manifest(forgotten))


def unpack(data: bytes) -> list[bytes]:
    """Return the records of a part file. Raises zstandard.ZstdError."""
    return zstandard.ZstdDecompressor().decompress(data).split(b"\n")[:-1]


def _lost(time: str, name: str) -> Lost | None:
    batch_id = BatchId.find(name)
    try:
        return Lost(batch_id, from_text(time)) if batch_id else None
    except ValueError:
        return None
