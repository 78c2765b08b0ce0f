"""Batches that the hub once had and has lost: without a manifest, or without anything.

Finds them and says so; moving them aside is `batches`', and reading them again `source_sync`'s.
"""

from collections.abc import Collection as SizedIterable
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from zendesk_assets.errors import HubError
from zendesk_assets.hub.batches import SourceHub
from zendesk_assets.hub.coverage import covers
from zendesk_assets.hub.integrity import Damage
from zendesk_assets.hub.manifest import Batch, BatchId, Manifest
from zendesk_assets.spec import EPOCH, Completion, Stream, Window

_SECOND: Final = timedelta(seconds=1)
# A manifest follows its part within moments; where a later page has landed, it never will.
_BEING_WRITTEN: Final = timedelta(seconds=10)


def find_uncommitted(
    hub: SourceHub, stream: Stream, now: datetime, loaded: SizedIterable[str] = ()
) -> list[Damage]:
    """Return what has parts and no manifest, unless a later walk has read the same again.

    A crash leaves such a folder, and the next sync reads its page again. If none has, the manifest
    was lost after it was written, and no sync knows of it. A `loaded` batch certainly had one.
    """
    batches = hub.batches(stream.name)
    return [
        Damage(each, f"{each.folder}: it has no manifest, and nothing later holds its records.")
        for each in hub.uncommitted(stream.name)
        if (each.name in loaded or _is_over(each, batches, now))
        and not _is_read_again(hub, stream, each, batches)
    ]


def find_gone(hub: SourceHub, stream: str, loaded: Iterable[str]) -> list[BatchId]:
    """Return the batches that a table has and the hub does not, not even as damaged ones."""
    here = (*hub.batches(stream), *hub.uncommitted(stream))
    known = {each.id for each in here} | {each.id for each in hub.damaged.lost(stream)}
    found = {batch_id for each in loaded if (batch_id := BatchId.find(each))}
    return sorted(found - known)


def _is_over(batch: Batch, batches: list[Batch], now: datetime) -> bool:
    followed = any(each.id.landed > batch.id.landed for each in batches)
    return followed or batch.id.landed < now - _BEING_WRITTEN


def _is_read_again(hub: SourceHub, stream: Stream, batch: Batch, batches: list[Batch]) -> bool:
    later = [
        manifest
        for each in batches
        if each.id.landed >= batch.id.landed and (manifest := _manifest(hub, each))
    ]
    if {part.sha256 for each in later for part in each.parts} & hub.checksums(batch):
        return True  # the walk went on where the crash had cut it
    walks = [each.window for each in later if each.started > batch.id.landed]
    if stream.completion is not Completion.CONTINUE:
        return any(each and each.start == EPOCH for each in walks)
    return covers(walks, Window(batch.window.start, batch.window.end + _SECOND))


def _manifest(hub: SourceHub, batch: Batch) -> Manifest | None:
    try:
        return hub.manifest(batch)
    except HubError:
        return None
