"""How far before a gap a walk begins, because what was read before it may have missed rows.

It reads the manifests of the batches before the gap. `walk_starts` has what needs only windows.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from zendesk_assets.errors import HubError
from zendesk_assets.hub.batches import SourceHub
from zendesk_assets.hub.manifest import Batch, Manifest
from zendesk_assets.spec import EPOCH, Stream


def reread_from(
    hub: SourceHub, stream: Stream, settle: timedelta, start: datetime, before: Iterable[Batch]
) -> datetime:
    """Return where a walk begins that continues at `start`, up to which the batches `before` cover.

    Only coverage that was fetched while it was fresh can have missed rows, which become visible
    late. An empty first page that only its emptiness called the last may be a mistake (trap T2):
    the walk begins where that one began, so in a quiet month where the first of its walks did.
    """
    known = [(batch, _manifest(hub, batch)) for batch in before]
    young = settle + stream.overlap
    is_fresh = any(_read_at(batch, found) - start < young for batch, found in known)
    starts = [found.walk_start for _, found in known if found and _is_doubted(stream, found)]
    return min([max(EPOCH, start - stream.overlap) if is_fresh else start, *starts])


def _manifest(hub: SourceHub, batch: Batch) -> Manifest | None:
    try:
        return hub.manifest(batch)
    except HubError:
        return None


def _read_at(batch: Batch, manifest: Manifest | None) -> datetime:
    """Return when a batch was read; by our clock alone where its manifest does not say more."""
    return (manifest and manifest.as_of) or batch.id.landed


def _is_doubted(stream: Stream, manifest: Manifest) -> bool:
    """Return whether nothing else proves an empty page; others have been asked for twice.

    Those are later pages, and the first of a walk over everything (`StallDetector.is_doubtful`).
    """
    is_empty_walk = manifest.ends_walk and manifest.page <= 1 and not manifest.records
    return stream.is_open_ended and is_empty_walk and manifest.walk_start > EPOCH
