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

    It costs a look, and where any was noted, some manifests and a listing of names.

    Raises:
        HubError: if the hub cannot be read.
    """
    newest: dict[datetime, datetime] = {}  # second → when the walk that last noted it had passed
    for batch in hub.look(stream).incomplete:
        manifest = hub.manifest(batch)
        newest |= dict.fromkeys(manifest.incomplete_seconds, manifest.ended)
    if not newest:
        return []
    later = hub.batches(
        stream, lambda batch: any(_may_have_read(batch, *each) for each in newest.items())
    )
    return sorted(
        second for second, noted in newest.items() if not _is_read(hub, later, second, noted)
    )


def _window(second: datetime) -> Window:
    return Window(second, second + _SECOND)


def _may_have_read(batch: Batch, second: datetime, noted: datetime) -> bool:
    """Return whether, by its id, a batch may be of a walk that has read the second later."""
    is_later = batch.id.landed >= noted.replace(microsecond=0)
    return is_later and bool(batch.window.intersect(_window(second)))


def _is_read(hub: SourceHub, batches: list[Batch], second: datetime, noted: datetime) -> bool:
    """Return whether a walk that began after `noted` has covered the second."""
    later = [each for each in batches if _may_have_read(each, second, noted)]
    read = [each.window for each in later if hub.manifest(each).started > noted]
    return covers(read, _window(second))
