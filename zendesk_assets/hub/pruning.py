"""Which batches' records the hub may forget: old, in every table, and with nothing left to replay.

Says what may go; `batches` removes it. What a batch covers is never forgotten.
"""

from collections.abc import Collection as SizedIterable
from collections.abc import Set as AbstractSet
from datetime import datetime

from zendesk_assets.hub.batches import SourceHub
from zendesk_assets.hub.manifest import Batch, Manifest
from zendesk_assets.hub.whole_walks import newest_walk


def find_prunable(
    hub: SourceHub,
    stream: str,
    before: datetime,
    loaded: SizedIterable[AbstractSet[str]],
    quarantined: AbstractSet[str],
) -> list[tuple[Batch, Manifest]]:
    """Return the batches that landed before a moment and whose records are no longer needed.

    `loaded` are the ids that each table of the stream has: without a table nothing may go.
    `quarantined` are batches with rows that no table could take: a later version may read them.
    """
    if not loaded:
        return []
    walk = newest_walk(hub, stream)
    if walk and walk.unread:  # the records of what was refused are in an older walk
        return []
    done = set.intersection(*(set(each) for each in loaded)) - quarantined
    old = [each for each in hub.batches(stream) if each.id.landed < before and each.name in done]
    found = [(batch, hub.manifest(batch)) for batch in old]
    return [
        (batch, manifest) for batch, manifest in found if manifest.parts and not manifest.pruned
    ]
