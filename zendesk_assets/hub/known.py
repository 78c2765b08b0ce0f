"""What one look at a stream's batches shows: the older ones summed up, the recent ones by name.

Only values, and how a summary is written. `index` makes them, and says when they are believed.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

import msgspec

from zendesk_assets.hub.coverage import merge
from zendesk_assets.hub.manifest import Batch
from zendesk_assets.hub.walk_starts import believed
from zendesk_assets.spec import EPOCH, Window

_VERSION: Final = 1
Wanted = Callable[[Batch], bool]
# By `<year>/<name>`, which of the files that matter are there.
Files = dict[str, set[str]]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of all batches up to `through` (a batch id) but the `open` ones.

    `fingerprint` sums up their ids. `newest_whole` is when the last one landed that covers
    anything. `incomplete` are those with incomplete seconds, and `open` those without a manifest,
    as `<year>/<batch id>`. `names` has per year the number of names and the sum of their checksums.
    `listed` is when the newest batch had landed that was there when all were listed. `seen` is when
    a year's folder was last changed (nanoseconds since 1970), where it had nothing after `through`.
    """

    version: int = _VERSION
    through: str = ""
    batches: int = 0
    fingerprint: int = 0
    coverage: tuple[Window, ...] = ()
    newest_whole: datetime | None = None
    incomplete: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    names: dict[str, tuple[int, int]] = {}
    listed: datetime = EPOCH
    seen: dict[str, int] = {}


@dataclass(frozen=True)
class Known:
    """What one look has shown: older batches as a `summary`, the `recent` ones by name, ascending.

    `open` have no manifest (yet), `incomplete` note incomplete seconds.
    """

    summary: Summary
    recent: tuple[Batch, ...]
    open: tuple[Batch, ...]
    incomplete: tuple[Batch, ...]
    files: Files
    list_all: Callable[[Wanted | None], list[Batch]]

    def __len__(self) -> int:
        """Return the number of all batches."""
        return self.summary.batches + len(self.recent)

    def everything(self, wanted: Wanted | None = None) -> list[Batch]:
        """List all batches, or those `wanted` by their ids; it costs more the more there are.

        Raises HubError.
        """
        return self.list_all(wanted)

    @cached_property
    def coverage(self) -> list[Window]:
        """Return the union of what the batches cover, ascending."""
        return merge([*self.summary.coverage, *(believed(each) for each in self.recent)])

    @property
    def newest_whole(self) -> datetime | None:
        """Return when the last batch that covers anything landed."""
        recent = [each.id.landed for each in self.recent if believed(each)]
        return max((each for each in (*recent, self.summary.newest_whole) if each), default=None)

    @property
    def uncommitted(self) -> list[Batch]:
        """Return what has files and no manifest, in the order in which it was begun."""
        return [each for each in self.open if self.files[place_of(each)]]

    def abandoned(self, before: datetime) -> list[Batch]:
        """Return what was begun before a moment, has files and was never committed."""
        return [each for each in self.uncommitted if each.id.landed < before]

    def ending_at(self, moment: datetime) -> list[Batch]:
        """Return the batches whose window ends at a moment."""

        def ends_then(batch: Batch) -> bool:
            return believed(batch).end == moment

        if any(each.end == moment for each in self.summary.coverage):
            return self.everything(ends_then)
        return [each for each in self.recent if ends_then(each)]


def place_of(batch: Batch) -> str:
    """Return where a batch is in the folder of its stream: `<year>/<name>`."""
    return batch.folder.split("/", 2)[2]


def encode(summary: Summary) -> bytes:
    """Return a summary as it is written, with its checksum."""
    content = msgspec.json.encode(summary)
    return _checksum(content) + b"\n" + content


def decode(stored: bytes) -> Summary | None:
    """Return a summary that was written; None if it is damaged, or of another version."""
    checksum, _, content = stored.partition(b"\n")
    if checksum != _checksum(content):
        return None
    found = msgspec.json.decode(content, type=Summary)
    return found if found.version == _VERSION else None


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def fingerprint(batch: Batch) -> int:
    """Return a number that stands for a batch's id; the load log sums up the same."""
    return int(hashlib.md5(batch.name.encode(), usedforsecurity=False).hexdigest()[:8], 16)
