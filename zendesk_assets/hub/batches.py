"""The batches of one source in the hub: land, list, read, and say what they cover.

A batch is a folder `<schema>/<stream>/<year>/<batch id>/` with part files and, written last, a
`manifest.json`: that is the commit. Damaged ones are moved to `<schema>/_damaged/<stream>/<when>/`.
No Zendesk and no warehouse here.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
import zstandard

from zendesk_assets.errors import CorruptPartError, MissingFileError, PrunedBatchError
from zendesk_assets.hub.coverage import merge
from zendesk_assets.hub.manifest import (
    BatchId,
    Manifest,
    Part,
    decode_manifest,
    encode_manifest,
    from_text,
    to_text,
)
from zendesk_assets.hub.refusals import Refusals
from zendesk_assets.hub.storage import Storage
from zendesk_assets.spec import BatchFiles, Window

__all__ = ["Batch", "Lost", "SourceHub"]

_MANIFEST: Final = "manifest.json"
# Beside the manifests of batches with incomplete seconds, so that those are found by a listing.
_INCOMPLETE: Final = "incomplete"
_DAMAGED: Final = "_damaged"
_FIRST: Final = "part-00000"
_COMPRESSION_LEVEL: Final = 3


@dataclass(frozen=True, order=True)
class Batch:
    """A committed batch, as far as its name tells: where it is and what it covers."""

    id: BatchId
    folder: str

    @property
    def window(self) -> Window:
        """Return what the batch covers; empty for a page of an unfinished whole walk."""
        return self.id.window


@dataclass(frozen=True, order=True)
class Lost:
    """A damaged batch that was moved aside, and when."""

    id: BatchId
    set_aside: datetime


class SourceHub:
    """The hub of the source with this schema, in `storage`."""

    def __init__(self, storage: Storage, schema: str) -> None:
        self._storage, self.schema = storage, schema
        self.refusals = Refusals(storage, schema)

    def land(self, manifest: Manifest, records: Sequence[bytes]) -> Manifest:
        """Write the records as a batch and return its manifest, completed with the part.

        When this returns the batch is durable; when it raises (HubError) it does not exist.
        """
        folder = self._folder(manifest)
        parts = (self._write_part(folder, records),) if records else ()
        landed = msgspec.structs.replace(manifest, parts=parts)
        if landed.incomplete_seconds:
            self._storage.write(f"{folder}/{_INCOMPLETE}", b"")
        self._storage.write(f"{folder}/{_MANIFEST}", encode_manifest(landed))
        return landed

    def batches(self, stream: str) -> list[Batch]:
        """Return the committed batches of a stream, in the order in which they landed."""
        manifests = self._storage.find(f"{self.schema}/{stream}", _MANIFEST)
        folders = (path.rsplit("/", 1)[0] for path in manifests)
        return sorted(Batch(BatchId.parse(each.rsplit("/", 1)[-1]), each) for each in folders)

    def incomplete_batches(self, stream: str) -> list[Batch]:
        """Return the committed batches whose manifests name incomplete seconds, as `batches`."""
        marked = self._storage.find(f"{self.schema}/{stream}", _INCOMPLETE)
        folders = {path.rsplit("/", 1)[0] for path in marked}
        return [each for each in self.batches(stream) if each.folder in folders] if folders else []

    def coverage(self, stream: str) -> list[Window]:
        """Return the union of the windows that a stream's batches cover, ascending."""
        return merge(batch.window for batch in self.batches(stream))

    def manifest(self, batch: Batch) -> Manifest:
        """Return what a batch says about itself. Raises CorruptManifestError, MissingFileError."""
        path = f"{batch.folder}/{_MANIFEST}"
        return decode_manifest(self._storage.read(path), self._storage.full_path(path))

    def files(self, batch: Batch) -> BatchFiles:
        """Return a batch as the warehouse reads it, its parts checked against their checksums.

        Raises CorruptPartError when a part is damaged or missing, PrunedBatchError when they were
        removed on purpose, else as `manifest`.
        """
        manifest = self.manifest(batch)
        if manifest.pruned:
            raise PrunedBatchError(
                f"The records of batch {batch.id} of {self.schema}.{manifest.stream} were removed "
                f"by `hub prune` on {manifest.pruned:%Y-%m-%d}: `zendesk-assets sync --refetch` "
                "with its days asks Zendesk again."
            )
        try:
            for part in manifest.parts:
                self._verify(batch, part)
        except CorruptPartError:
            if self.manifest(batch) == manifest:
                raise
            return self.files(batch)  # an erasure has replaced it between the two looks
        paths = (f"{batch.folder}/{part.name}" for part in manifest.parts)
        return BatchFiles(
            batch_id=manifest.batch_id,
            received_at=manifest.ended,
            records=manifest.records,
            parts=tuple(self._storage.full_path(path) for path in paths),
        )

    def part(self, batch: Batch, part: Part) -> bytes:
        """Return the bytes of a part as they are. Raises CorruptPartError if it is not there."""
        try:
            return self._storage.read(f"{batch.folder}/{part.name}")
        except MissingFileError as error:
            raise CorruptPartError(str(error)) from None

    def read_part(self, batch: Batch, part: Part) -> list[bytes]:
        """Return the records of a part, checked. Raises CorruptPartError."""
        self._verify(batch, part)
        data = zstandard.ZstdDecompressor().decompress(self.part(batch, part))
        return data.split(b"\n")[:-1]

    def replace_part(
        self, batch: Batch, part: Part, records: Sequence[bytes], now: datetime
    ) -> None:
        """Put other records in the place of a part's: a new file, the manifest, then the old goes.

        Killed in between, the batch is whole, and `remove_leftovers` takes away the other file.
        """
        manifest = self.manifest(batch)
        fresh = self._write_part(batch.folder, records, f"{part.name[:10]}.{secrets.token_hex(4)}")
        parts = tuple(fresh if each.name == part.name else each for each in manifest.parts)
        replaced = msgspec.structs.replace(manifest, parts=parts, erased=now)
        self._storage.write(f"{batch.folder}/{_MANIFEST}", encode_manifest(replaced))
        self._storage.remove(f"{batch.folder}/{part.name}")

    def remove_leftovers(self, batch: Batch) -> None:
        """Remove files of a committed batch that its manifest does not name."""
        names = {_MANIFEST, *(part.name for part in self.manifest(batch).parts)}
        for path in self._storage.find(batch.folder):
            if path.rsplit("/", 1)[-1] not in names:
                self._storage.remove(path)

    def prune(self, batch: Batch, now: datetime) -> None:
        """Remove the parts of a batch; its manifest stays, with the moment, and its coverage.

        A prune that was killed is finished by the next.
        """
        manifest = self.manifest(batch)
        if not manifest.pruned:
            pruned = msgspec.structs.replace(manifest, pruned=now)
            self._storage.write(f"{batch.folder}/{_MANIFEST}", encode_manifest(pruned))
        for path in self._storage.find(batch.folder):
            if path.rsplit("/", 1)[-1] not in (_MANIFEST, _INCOMPLETE):
                self._storage.remove(path)

    def set_aside(self, batch: Batch, now: datetime) -> bool:
        """Move a damaged batch out of the listing; nothing is deleted.

        Its window is no longer covered, and the next sync of its stream reads it again. Returns
        whether it was still there: two loads may find the same damage.
        """
        stream = batch.folder.split("/")[1]
        place = f"{self.schema}/{_DAMAGED}/{stream}/{to_text(now)}/{batch.id}"
        try:
            self._storage.move(batch.folder, place)
        except MissingFileError:
            return False
        return True

    def lost(self, stream: str) -> list[Lost]:
        """Return what was set aside of a stream, whether or not it was read again since."""
        files = self._storage.find(f"{self.schema}/{_DAMAGED}/{stream}")
        folders = {tuple(path.split("/")[-3:-1]) for path in files}
        return sorted(Lost(BatchId.parse(name), from_text(time)) for time, name in folders)

    def abandoned(self, stream: str, before: datetime) -> list[str]:
        """Return folders of batches that were begun before a moment and never committed.

        A crash leaves them. Nothing reads them; younger ones may still be being written.
        """
        top = f"{self.schema}/{stream}"  # what lies there is no batch: see `refusals`
        files = self._storage.find(top)
        folders = {path.rsplit("/", 1)[0] for path in files} - {top}
        committed = {path.rsplit("/", 1)[0] for path in files if path.endswith(f"/{_MANIFEST}")}
        return sorted(
            folder
            for folder in folders - committed
            if BatchId.parse(folder.rsplit("/", 1)[-1]).landed < before
        )

    def remove_abandoned(self, folder: str) -> None:
        """Remove a folder that `abandoned` returned, unless it was committed meanwhile."""
        manifest = f"{folder}/{_MANIFEST}"  # asked for by itself: a listing may come late
        if not (self._storage.find(folder, _MANIFEST) or self._storage.exists(manifest)):
            self._storage.remove(folder)

    def _folder(self, manifest: Manifest) -> str:
        year = manifest.window_start.year
        return f"{self.schema}/{manifest.stream}/{year}/{manifest.batch_id}"

    def _write_part(self, folder: str, records: Iterable[bytes], stem: str = _FIRST) -> Part:
        lines = [line + b"\n" for line in records]
        data = zstandard.ZstdCompressor(level=_COMPRESSION_LEVEL).compress(b"".join(lines))
        name = f"{stem}.ndjson.zst"
        self._storage.write(f"{folder}/{name}", data)
        return Part(name, hashlib.sha256(data).hexdigest(), len(lines), len(data))

    def _verify(self, batch: Batch, part: Part) -> None:
        if hashlib.sha256(self.part(batch, part)).hexdigest() != part.sha256:
            path = self._storage.full_path(f"{batch.folder}/{part.name}")
            raise CorruptPartError(
                f"{path} is damaged (its checksum is not the one in the manifest): move its folder "
                "out of the hub and sync its days again, or let `hub verify --repair` do both."
            )
