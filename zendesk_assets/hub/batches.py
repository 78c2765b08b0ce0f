"""The batches of one source in the hub: land, list, read, and say what they cover.

A batch is a folder `<schema>/<stream>/<year>/<batch id>/` with part files and, written last, a
`manifest.json`: that is the commit. Damaged ones are moved elsewhere (`damaged`).
What lies anywhere else, or is called otherwise, is not ours: it is never read, moved or removed.
No Zendesk and no warehouse here.
"""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec
import zstandard

from zendesk_assets.errors import (
    CorruptManifestError,
    CorruptPartError,
    ForeignBatchError,
    MissingFileError,
    PrunedBatchError,
)
from zendesk_assets.hub.account import AccountMark
from zendesk_assets.hub.certificates import Certificates
from zendesk_assets.hub.damaged import DamagedBatches, unpack
from zendesk_assets.hub.erasures import Erasures
from zendesk_assets.hub.index import StreamIndex
from zendesk_assets.hub.known import Known, Wanted
from zendesk_assets.hub.manifest import (
    INCOMPLETE,
    MANIFEST,
    Batch,
    BatchId,
    Manifest,
    Part,
    damaged,
    decode_manifest,
    encode_manifest,
)
from zendesk_assets.hub.refusals import Refusals
from zendesk_assets.hub.walk_starts import believed
from zendesk_assets.spec import BatchFiles, Window
from zendesk_assets.storage.tree import Storage

_FIRST: Final = "part-00000"
_COMPRESSION_LEVEL: Final = 3


class SourceHub:
    """The hub of the source with this schema, in `storage`."""

    def __init__(self, storage: Storage, schema: str) -> None:
        self._storage, self.schema = storage, schema
        self.refusals = Refusals(storage, schema)
        self.account = AccountMark(storage, schema)
        self.certificates = Certificates(storage, schema)
        self.erasures = Erasures(storage, schema)
        self.damaged = DamagedBatches(storage, schema)

    def land(self, manifest: Manifest, records: Sequence[bytes]) -> Manifest:
        """Write the records as a batch and return its manifest, completed with the part.

        When this returns the batch is durable; when it raises (HubError) it does not exist.
        """
        folder = self._folder(manifest)
        parts = (self._write_part(folder, records),) if records else ()
        landed = msgspec.structs.replace(manifest, parts=parts)
        if landed.incomplete_seconds:
            self._storage.write(f"{folder}/{INCOMPLETE}", b"")
        self._storage.write(f"{folder}/{MANIFEST}", encode_manifest(landed))
        return landed

    def look(self, stream: str) -> Known:
        """Return what is known of a stream's batches, at a cost that does not grow with age."""
        return self._index(stream).look()

    def batches(self, stream: str, wanted: Wanted | None = None) -> list[Batch]:
        """Return the committed batches of a stream, in the order in which they landed.

        It lists all of them: `look` does not. Those that are not `wanted`, by their ids, cost
        little.
        """
        return self._index(stream).batches(wanted)

    def batch(self, stream: str, batch_id: str) -> Batch:
        """Return a batch by its id, there or not. Raises HubError if that is none."""
        found = BatchId.parse(batch_id)
        return Batch(found, f"{self.schema}/{stream}/{found.window.start.year}/{found}")

    @property
    def place(self) -> str:
        """Return where the hub's files of this source are: a folder's absolute path, or a URL."""
        return self._storage.full_path(self.schema)

    def strays(self, stream: str) -> list[str]:
        """Return folders that look like batches but are not where a batch of that name belongs."""
        manifests = self._storage.find(f"{self.schema}/{stream}", MANIFEST)
        return [path.rsplit("/", 1)[0] for path in manifests if not self._batch(stream, path)]

    def coverage(self, stream: str) -> list[Window]:
        """Return the union of the windows that a stream's batches cover, ascending."""
        return self.look(stream).coverage

    def manifest(self, batch: Batch) -> Manifest:
        """Return what a batch says about itself.

        Raises:
            CorruptManifestError: if it is damaged, or that of another batch.
            ForeignBatchError: if it was landed for another source.
            MissingFileError: if it is not there.
        """
        path = f"{batch.folder}/{MANIFEST}"
        full_path = self._storage.full_path(path)
        manifest = decode_manifest(self._storage.read(path), full_path)
        stream = batch.folder.split("/")[1]
        if (manifest.batch_id, manifest.stream) != (batch.name, stream):
            what = f"it is that of {manifest.stream} {manifest.batch_id}"
            raise CorruptManifestError(damaged(full_path, what))
        if manifest.schema != self.schema:
            raise ForeignBatchError(
                f"{batch.folder} was landed for {manifest.schema}: move it out of the hub; `hub "
                "verify --repair` moves it aside and reads its window again."
            )
        return manifest

    def files(self, batch: Batch) -> BatchFiles:
        """Return a batch as the warehouse reads it, its parts checked against their checksums.

        It raises what `manifest` does, too.

        Raises:
            CorruptPartError: if a part is damaged or missing.
            PrunedBatchError: if the parts were removed on purpose.
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
            covers=believed(batch),
        )

    def part(self, batch: Batch, part: Part) -> bytes:
        """Return the bytes of a part as they are. Raises CorruptPartError if it is not there."""
        try:
            return self._storage.read(f"{batch.folder}/{part.name}")
        except MissingFileError as error:
            raise CorruptPartError(str(error)) from None

    def checksums(self, batch: Batch) -> set[str]:
        """Return the SHA-256 of each file of a batch but the manifest, committed or not."""
        paths = self._storage.find(batch.folder)
        parts = [path for path in paths if not path.endswith(f"/{MANIFEST}")]
        return {hashlib.sha256(self._storage.read(path)).hexdigest() for path in parts}

    def read_part(self, batch: Batch, part: Part) -> list[bytes]:
        """Return the records of a part, checked. Raises CorruptPartError."""
        self._verify(batch, part)
        return unpack(self.part(batch, part))

    def replace_part(
        self, batch: Batch, part: Part, records: Sequence[bytes], now: datetime
    ) -> None:
        """Replace a part's records: write a new file, then the manifest, then remove the old file.

        If it is killed in between, the batch is whole, and `remove_leftovers` removes the other
        file.
        """
        manifest = self.manifest(batch)
        fresh = self._write_part(batch.folder, records, f"{part.name[:10]}.{secrets.token_hex(4)}")
        parts = tuple(fresh if each.name == part.name else each for each in manifest.parts)
        replaced = msgspec.structs.replace(manifest, parts=parts, erased=now, keys={})
        self._storage.write(f"{batch.folder}/{MANIFEST}", encode_manifest(replaced))
        self._storage.remove(f"{batch.folder}/{part.name}")

    def remove_leftovers(self, batch: Batch) -> None:
        """Remove files of a committed batch that its manifest does not name."""
        names = {MANIFEST, INCOMPLETE, *(part.name for part in self.manifest(batch).parts)}
        for path in self._storage.find(batch.folder):
            if path.rsplit("/", 1)[-1] not in names:
                self._storage.remove(path)

    def prune(self, batch: Batch, now: datetime) -> None:
        """Remove the parts of a batch; its manifest stays, with the moment, and its coverage.

        The next prune finishes one that was killed.
        """
        manifest = self.manifest(batch)
        if not manifest.pruned:
            pruned = msgspec.structs.replace(manifest, pruned=now, keys={})
            self._storage.write(f"{batch.folder}/{MANIFEST}", encode_manifest(pruned))
        for path in self._storage.find(batch.folder):
            if path.rsplit("/", 1)[-1] not in (MANIFEST, INCOMPLETE):
                self._storage.remove(path)

    def abandoned(self, stream: str, before: datetime) -> list[str]:
        """Return folders of batches that were begun before a moment and never committed.

        A crash leaves them. Nothing reads them; younger ones may still be in progress.
        """
        return [each.folder for each in self.uncommitted(stream) if each.id.landed < before]

    def uncommitted(self, stream: str) -> list[Batch]:
        """Return what has files and no manifest, in the order in which it was begun."""
        return self._index(stream).uncommitted()

    def remove_abandoned(self, folder: str) -> None:
        """Remove a folder that `abandoned` returned, unless it was committed meanwhile."""
        manifest = f"{folder}/{MANIFEST}"  # asked for by itself: a listing may come late
        if not (self._storage.find(folder, MANIFEST) or self._storage.exists(manifest)):
            self._storage.remove(folder)

    def _index(self, stream: str) -> StreamIndex:
        return StreamIndex(self._storage, self.schema, stream)

    def _folder(self, manifest: Manifest) -> str:
        year = manifest.window_start.year
        return f"{self.schema}/{manifest.stream}/{year}/{manifest.batch_id}"

    def _batch(self, stream: str, path: str) -> Batch | None:
        """Return the batch that a file is of; None if it does not lie in one's folder."""
        folder = path.rsplit("/", 1)[0]
        batch_id = BatchId.find(folder.rsplit("/", 1)[-1])
        if batch_id is None:
            return None
        belongs = f"{self.schema}/{stream}/{batch_id.window.start.year}/{batch_id}"
        return Batch(batch_id, folder) if folder == belongs else None

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
