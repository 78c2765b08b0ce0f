"""Damage in the hub: find it, move it aside, and know what has to be read from Zendesk again.

Nothing here talks to Zendesk: the walks are `source_sync`'s. Nothing is deleted.
"""

import hashlib
from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import zstandard

from zendesk_assets.errors import (
    CorruptManifestError,
    CorruptPartError,
    ForeignBatchError,
    HubError,
    MissingFileError,
    PrunedBatchError,
)
from zendesk_assets.hub.batches import SourceHub
from zendesk_assets.hub.coverage import covers, gaps, merge
from zendesk_assets.hub.manifest import Batch, Manifest, Part
from zendesk_assets.spec import EPOCH, BatchFiles, Completion, Stream, Window

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Damage:
    """A batch that cannot be read as it was landed, and why, in a sentence."""

    batch: Batch
    sentence: str


@dataclass(frozen=True)
class OpenedBatches:
    """Batches as the warehouse reads them, and a sentence for each that cannot be opened."""

    files: list[BatchFiles]
    troubles: list[str]


def find_damage(hub: SourceHub, batch: Batch) -> Damage | None:
    """Read a batch whole, and return what is wrong: checksum, size, records, manifest.

    A pruned batch is well without its parts.

    Raises:
        HubError: if the hub cannot be read at all.
    """
    try:
        manifest = hub.manifest(batch)
        if manifest.pruned:
            return None
        problems = [
            f"{part.name}: {problem}"
            for part in manifest.parts
            if (problem := _problem(hub.part(batch, part), part))
        ]
    except (CorruptManifestError, CorruptPartError, ForeignBatchError, MissingFileError) as error:
        return Damage(batch, str(error))
    if not problems and sum(part.records for part in manifest.parts) != manifest.records:
        problems = ["its parts do not add up to the records of its manifest"]
    return Damage(batch, f"{batch.folder}: {'; '.join(problems)}.") if problems else None


def open_batches(
    hub: SourceHub,
    pending: Iterable[Batch],
    known: Iterable[Batch],
    now: datetime,
    *,
    replay: bool = False,
) -> OpenedBatches:
    """Return the files of the `pending` batches; damaged ones are moved aside.

    A pruned batch is not a trouble once a later walk has read the same again: one of the `known`
    batches, which are the pending ones and those that are loaded. It is opened without rows, so
    that it counts as loaded; in a `replay`, which it may be loaded before, it is left out.
    """
    files, troubles, pruned = {}, [], {}
    for batch in pending:
        try:
            files[batch] = hub.files(batch)
        except (CorruptPartError, CorruptManifestError) as error:
            hub.damaged.set_aside(batch, now)
            troubles.append(
                f"{_cause(error)}; it was moved aside, and the next source sync reads "
                "its window again."
            )
        except (ForeignBatchError, MissingFileError) as error:
            troubles.append(str(error))
        except PrunedBatchError as error:
            files[batch], pruned[batch] = BatchFiles(batch.name, batch.id.landed, 0), str(error)
    for batch in not_read_again(hub, known, pruned, lacked=files):
        troubles.append(pruned[batch])
        del files[batch]
    left_out = pruned if replay else ()
    return OpenedBatches([files[each] for each in files if each not in left_out], troubles)


def is_replaced(hub: SourceHub, opened: Mapping[Batch, BatchFiles]) -> bool:
    """Return whether a part of a batch that was opened is another now, or was removed meanwhile.

    Who finds such a part missing or damaged can open the batches again: an erasure replaces parts.
    """
    for batch, files in opened.items():
        before = [part.rpartition("/")[-1] for part in files.parts]
        try:
            now = hub.manifest(batch)
        except MissingFileError:
            return True
        except HubError:
            continue
        if before and (now.pruned or before != [part.name for part in now.parts]):
            return True
    return False


def lost_windows(hub: SourceHub, stream: Stream) -> list[Window]:
    """Return what damaged batches of an ascending stream held and no later batch has, ascending.

    A page holds more than it covers: a part of the second it ends in, and of the overlap before.
    """
    missing = {
        lost: Window(
            max(EPOCH, lost.id.window.start - stream.overlap), lost.id.window.end + _SECOND
        )
        for lost in hub.damaged.lost(stream.name)
    }

    def has_some(batch: Batch) -> bool:
        return any(
            batch.id.landed >= lost.set_aside and batch.window.intersect(window)
            for lost, window in missing.items()
        )

    later = hub.batches(stream.name, has_some) if missing else []
    found: list[Window] = []
    for lost, window in missing.items():
        found += gaps(window, [each.window for each in later if each.id.landed >= lost.set_aside])
    return merge(found)


def is_list_lost(hub: SourceHub, stream: Stream) -> bool:
    """Return whether a page of a list was lost and no walk from its very start came later."""
    if stream.completion is Completion.CONTINUE:
        return False
    lost = [each.set_aside for each in hub.damaged.lost(stream.name)]
    if not lost:
        return False

    def is_whole(batch: Batch) -> bool:
        covers_all = bool(batch.window) and batch.window.start == EPOCH
        return covers_all and batch.id.landed >= max(lost)

    later = hub.batches(stream.name, is_whole)
    return not any(hub.manifest(each).started >= max(lost) for each in later)


def not_read_again(
    hub: SourceHub, known: Iterable[Batch], pruned: Collection[Batch], lacked: Container[Batch]
) -> list[Batch]:
    """Return the `pruned` batches that no later one of `known` has read again.

    The records of those that a table has not `lacked` may be gone from the hub by now.
    """
    if not pruned:
        return []
    oldest = min(batch.id.landed for batch in pruned)
    later = [each for each in known if each.id.landed > oldest]
    there = [found for each in later if (found := _whole(hub, each, is_lacked=each in lacked))]
    return [
        batch
        for batch in pruned
        if not covers(
            [each.window for each in there if each.started > batch.id.landed],
            Window(batch.window.start, max(batch.window.end, batch.window.start + _SECOND)),
        )
    ]


def _whole(hub: SourceHub, batch: Batch, *, is_lacked: bool) -> Manifest | None:
    try:
        manifest = hub.manifest(batch)
    except HubError:
        return None
    # Where a list was refused, its records are in an older walk alone.
    return None if manifest.unread_parents or (is_lacked and manifest.pruned) else manifest


def _problem(data: bytes, part: Part) -> str:
    """Return what is wrong with the bytes of a part, or an empty text."""
    if len(data) != part.bytes:
        return f"{len(data):,} bytes instead of {part.bytes:,}"
    if hashlib.sha256(data).hexdigest() != part.sha256:
        return "the checksum is not the one in the manifest"
    try:
        lines = zstandard.ZstdDecompressor().decompress(data).count(b"\n")
    except zstandard.ZstdError as error:
        return f"not a whole zstd file ({error})"
    return "" if lines == part.records else f"{lines:,} records instead of {part.records:,}"


def _cause(error: HubError) -> str:
    return str(error).split(": ", maxsplit=1)[0]
