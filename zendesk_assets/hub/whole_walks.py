"""The newest complete walk of a list that is read whole: what it does not show is gone.

A walk is complete in the hub when every page of it is there and none was pruned.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from zendesk_assets.errors import HubError
from zendesk_assets.hub.batches import SourceHub
from zendesk_assets.hub.manifest import Batch, Manifest
from zendesk_assets.warehouse import CompleteWalk


@dataclass(frozen=True)
class WholeWalk:
    """The batches of a complete walk, in the order of its pages, and when it began.

    Of lists that each parent has, `unread` are the ids, as texts, of those whose list was refused.
    """

    batches: tuple[Batch, ...]
    started: datetime
    unread: tuple[str, ...] = ()

    def as_complete(self, *, accepted: bool = False) -> CompleteWalk:
        """Return the walk as the warehouse takes it; `accepted` if a person has confirmed it."""
        ids = [each.name for each in self.batches]
        return CompleteWalk(frozenset(ids), ids[-1], self.started, accepted, self.unread)


def newest_walk(hub: SourceHub, stream: str) -> WholeWalk | None:
    """Return the newest walk of a stream that reached its end, None if its pages are not all there.

    It does not raise: nothing is known of a hub that cannot be read.
    """
    known = hub.look(stream)
    found = _walk_in(hub, known.recent)
    return found if found or not known.summary.batches else _walk_in(hub, known.everything())


def walks_ending_in(hub: SourceHub, stream: str, ends: Iterable[Batch]) -> list[WholeWalk]:
    """Return the complete walks of a stream that end with one of these batches, oldest first.

    A walk of which a page was pruned, or cannot be read, is left out.
    """
    known, wanted = hub.look(stream), {batch for batch in ends if batch.window}
    found = _walks_in(hub, known.recent, wanted)
    if len(found) < len(wanted) and known.summary.batches:  # they may have begun before
        found = _walks_in(hub, known.everything(), wanted)
    return sorted(found, key=lambda walk: walk.started)


def _walks_in(
    hub: SourceHub, batches: Sequence[Batch], ends: AbstractSet[Batch]
) -> list[WholeWalk]:
    found = (_walk_in(hub, batches[: at + 1]) for at, each in enumerate(batches) if each in ends)
    return list(filter(None, found))


def _walk_in(hub: SourceHub, batches: Sequence[Batch]) -> WholeWalk | None:
    """Return the newest walk that has ended; its pages are told by their numbers.

    Pages that landed within one second are not in the order of their batches' ids.
    """
    ends = [at for at, batch in enumerate(batches) if batch.window]
    pages: dict[int, tuple[Batch, Manifest]] = {}
    last: Manifest | None = None
    for batch in reversed(batches[: ends[-1] + 1] if ends else ()):
        try:
            manifest = hub.manifest(batch)
        except HubError:
            return None
        last = last or manifest
        if manifest.started != last.started:
            continue  # of another walk, beside this one
        if manifest.pruned:
            return None
        pages.setdefault(manifest.page, (batch, manifest))
        if len(pages) == max(last.page, 1):
            found = [pages[number] for number in sorted(pages)]
            unread = tuple(parent for _, each in found for parent in each.unread_parents)
            return WholeWalk(tuple(each for each, _ in found), last.started, unread)
    return None
