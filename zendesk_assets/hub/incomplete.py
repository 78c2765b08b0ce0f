"""Seconds of which Zendesk may not have shown everything (trap T6), as the hub knows it now.

They are noted in the manifest of the batch that stepped over them. This module only reads the hub.
"""

from datetime import datetime, timedelta

from zendesk_assets.hub.batches import SourceHub
from zendesk_assets.hub.coverage import covers
from zendesk_assets.hub.manifest import Batch
from zendesk_assets.spec import Window

_SECOND = timedelta(seconds=1)


def incomplete_seconds(hub: SourceHub, stream: str) -> list[datetime]:
    """Return the seconds that no later walk has read whole, ascending.

    It costs a look, and where there are any, some manifests and a listing.

    Raises:
        HubError: if the hub cannot be read.
    """
    newest: dict[datetime, datetime] = {}  # second → when the walk that last noted it had passed
    for batch in hub.look(stream).incomplete:
        manifest = hub.manifest(batch)
        newest |= dict.fromkeys(manifest.incomplete_seconds, manifest.ended)
    batches = hub.batches(stream) if newest else []
    return sorted(
        second for second, noted in newest.items() if not _is_read(hub, batches, second, noted)
    )


def _is_read(hub: SourceHub, batches: list[Batch], second: datetime, noted: datetime) -> bool:
    """Return whether a walk that began after `noted` has covered the second."""
    window = Window(second, second + _SECOND)
    later = [each for each in batches if each.id.landed >= noted.replace(microsecond=0)]
    near = [each for each in later if each.window.intersect(window)]
    return covers([each.window for each in near if hub.manifest(each).started > noted], window)
