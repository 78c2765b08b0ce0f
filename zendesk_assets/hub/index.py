"""An index of a stream's batches, so that looking at them costs no more with age.

It is a summary of the batches up to one of them, by name: how many, what they cover, and enough to
notice that it is wrong. It lies beside them as `<schema>/<stream>/index`, is written again now
and then, and is never the truth: what does not agree with the names in the folders is not believed,
and everything is listed. A missing one is made anew. What batches mean is `batches`' to say.
"""

import hashlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from operator import attrgetter
from typing import Final
from zlib import crc32

import msgspec

from zendesk_assets.errors import HubError
from zendesk_assets.hub.coverage import merge
from zendesk_assets.hub.manifest import INCOMPLETE, MANIFEST, Batch, BatchId
from zendesk_assets.hub.walk_starts import believed
from zendesk_assets.spec import EPOCH, Window
from zendesk_assets.storage.tree import Storage

_NAME: Final = "index"
_VERSION: Final = 1
_MARKS: Final = (MANIFEST, INCOMPLETE)
_PART: Final = "part"
_Names = dict[str, list[str]]  # by year
_Files = dict[str, set[str]]  # by `<year>/<name>`
# So many batches are listed by name before all but the newest are summed up.
_MOST: Final = 200
_NEWEST: Final = 50
# In a store, names are listed from the last one of the summary on: a batch that another machine
# was slow to commit, or whose clock is behind, has to come after it. Once a day all are listed,
# for those that were copied in by hand.
_SLOWEST: Final = timedelta(hours=3)
_DAY: Final = timedelta(days=1)


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of all batches up to `through` (a batch id) but the `open` ones.

    `fingerprint` sums up their ids. `newest_whole` is when the last one landed that covers
    anything. `incomplete` are those with incomplete seconds, and `open` those without a manifest,
    as `<year>/<batch id>`. `names` has per year the number of names and the sum of their checksums.
    `listed` is when the newest batch had landed that was there when all were listed.
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


@dataclass(frozen=True)
class Known:
    """What one look has shown: older batches as a `summary`, the `recent` ones by name, ascending.

    `open` have no manifest (yet), `incomplete` note incomplete seconds. `everything` lists
    all batches, which takes longer the more there are.
    """

    summary: Summary
    recent: tuple[Batch, ...]
    open: tuple[Batch, ...]
    incomplete: tuple[Batch, ...]
    files: _Files
    everything: Callable[[], list[Batch]]

    def __len__(self) -> int:
        """Return the number of all batches."""
        return self.summary.batches + len(self.recent)

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
        return [each for each in self.open if self.files[_place(each)]]

    def abandoned(self, before: datetime) -> list[Batch]:
        """Return what was begun before a moment, has files and was never committed."""
        return [each for each in self.uncommitted if each.id.landed < before]

    def ending_at(self, moment: datetime) -> list[Batch]:
        """Return the batches whose window ends at a moment."""
        older = any(each.end == moment for each in self.summary.coverage)
        return [
            each
            for each in (self.everything() if older else self.recent)
            if believed(each).end == moment
        ]


class StreamIndex:
    """The index of a stream of the source with this schema."""

    def __init__(self, storage: Storage, schema: str, stream: str) -> None:
        self._storage, self._folder = storage, f"{schema}/{stream}"

    def look(self) -> Known:
        """Return what is there. Raises HubError if the hub cannot be read."""
        if not (self._storage.is_local or self._storage.is_s3):
            return self._known(Summary(), self._files_of_all())
        summary, names = self._stored(), self._names() if self._storage.is_local else {}
        known = self._later(summary, names) if summary.through else None
        if known is None:
            known = self._known(Summary(), self._all_of(names))
        if len(known.recent) <= _MOST:
            return known
        summary = self._summed_up(known, names)
        with suppress(HubError):  # a hub that can only be read has no index
            self._storage.write(f"{self._folder}/{_NAME}", _encode(summary))
        return self._known(summary, known.files)

    def batches(self) -> list[Batch]:
        """Return all committed batches, in the order in which they landed, without the index."""
        return list(self._known(Summary(), self._all_of(self._names())).recent)

    def uncommitted(self) -> list[Batch]:
        """Return all that have files and no manifest, in the order in which they were begun."""
        return self._known(Summary(), self._all_of(self._names())).uncommitted

    # What the folders have: the files of each batch, by `<year>/<name>`.

    def _later(self, summary: Summary, names: _Names) -> Known | None:
        """Return what came after the summary, and what it left open; None if it is not right."""
        if self._storage.is_local:
            if _counted(names, summary.through) != summary.names:
                return None
            later = [f"{year}/{n}" for year, every in names.items() for n in every]
            later = [each for each in later if each.rpartition("/")[-1] > summary.through]
            files = self._files_in([*later, *summary.open])
        else:
            files = self._files_in(summary.open) | self._files_after(summary.through)
        known = self._known(summary, files)
        # The newest batches are never summed up: where there are none, something is wrong.
        is_right = known.recent and known.recent[-1].id.landed - summary.listed < _DAY
        return known if is_right else None

    def _files_after(self, name: str) -> _Files:
        """Return the files of the batches of a store whose names come after this one."""
        found: _Files = {}
        for year in self._years():
            _sort_into(found, self._storage.find_after(f"{self._folder}/{year}", f"{name}/~"))
        return found

    def _all_of(self, names: _Names) -> _Files:
        if not self._storage.is_local:
            return self._files_of_all()
        return self._files_in(f"{year}/{n}" for year, every in names.items() for n in every)

    def _files_of_all(self) -> _Files:
        return _sort_into({}, self._storage.find(self._folder))

    def _years(self) -> list[str]:
        return [name for name in self._storage.names(self._folder) if name.isdigit()]

    def _names(self) -> _Names:
        """Return the names in the folder of each year; {} for a store, where it takes as long."""
        if not self._storage.is_local:
            return {}
        return {year: self._storage.names(f"{self._folder}/{year}") for year in self._years()}

    def _files_in(self, places: Iterable[str]) -> _Files:
        """Return which files are there of those that matter; of a part only that there is one."""
        found = {}
        for place in places:
            folder = f"{self._folder}/{place}"
            found[place] = {n for n in _MARKS if self._storage.exists(f"{folder}/{n}")}
            if MANIFEST not in found[place] and self._storage.names(folder):
                found[place].add(_PART)
        return found

    # What it means.

    def _known(self, summary: Summary, files: _Files) -> Known:
        batches = {batch: found for place, found in files.items() if (batch := self._batch(place))}
        later = [each for each in batches if each.name > summary.through]
        opened = [each for each in batches if _place(each) in summary.open]
        ordered = sorted({*later, *opened}, key=attrgetter("name"))
        older = [batch for place in summary.incomplete if (batch := self._batch(place))]
        return Known(
            summary,
            tuple(each for each in ordered if MANIFEST in batches[each]),
            tuple(each for each in ordered if MANIFEST not in batches[each]),
            (*older, *(each for each in ordered if {MANIFEST, INCOMPLETE} <= batches[each])),
            files,
            self.batches,
        )

    def _batch(self, place: str) -> Batch | None:
        """Return the batch of a folder `<year>/<name>`; None if that is not where one belongs."""
        year, _, name = place.partition("/")
        batch_id = BatchId.find(name)
        if batch_id is None or str(batch_id.window.start.year) != year:
            return None
        return Batch(batch_id, f"{self._folder}/{place}")

    # The summary.

    def _stored(self) -> Summary:
        with suppress(HubError, msgspec.DecodeError):
            checksum, _, content = self._storage.read(f"{self._folder}/{_NAME}").partition(b"\n")
            found = msgspec.json.decode(content, type=Summary)
            if checksum == _checksum(content) and found.version == _VERSION:
                return found
        return Summary()

    def _summed_up(self, known: Known, names: _Names) -> Summary:
        """Return the summary with all but the newest of the batches.

        The `names` are those of the same look: what comes later is not in them, and is noticed.
        """
        old = known.recent[:-_NEWEST]
        if not self._storage.is_local:
            latest = known.recent[-1].id.landed - _SLOWEST
            old = tuple(each for each in old if each.id.landed < latest)
        before = known.summary
        through = max([before.through, *(each.name for each in old)])
        places = {_place(each) for each in old}
        incomplete = [place for each in known.incomplete if (place := _place(each)) in places]
        whole = [each.id.landed for each in old if believed(each)]
        return Summary(
            through=through,
            batches=before.batches + len(old),
            fingerprint=before.fingerprint + sum(fingerprint(each) for each in old),
            coverage=tuple(merge([*before.coverage, *(believed(each) for each in old)])),
            newest_whole=max((*whole, *filter(None, [before.newest_whole])), default=None),
            incomplete=(*before.incomplete, *incomplete),
            open=tuple(_place(e) for e in known.open if e.name <= through),
            names=_counted(names, through),
            listed=before.listed if before.through else known.recent[-1].id.landed,
        )


def _encode(summary: Summary) -> bytes:
    content = msgspec.json.encode(summary)
    return _checksum(content) + b"\n" + content


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def fingerprint(batch: Batch) -> int:
    """Return a number that stands for a batch's id; the load log sums up the same."""
    return int(hashlib.md5(batch.name.encode(), usedforsecurity=False).hexdigest()[:8], 16)


def _counted(names: _Names, through: str) -> dict[str, tuple[int, int]]:
    """Return per year the number of names up to one of them, and the sum of their checksums."""
    older = {year: [n for n in every if n <= through] for year, every in names.items()}
    return {
        year: (len(every), sum(map(crc32, map(str.encode, every))))
        for year, every in older.items()
        if every
    }


def _sort_into(found: _Files, paths: Iterable[str]) -> _Files:
    """Add the files of batches at `<schema>/<stream>/<year>/<name>/<file>`."""
    for path in paths:
        place, _, file = path.split("/", 2)[-1].rpartition("/")
        if place.count("/") == 1:
            found.setdefault(place, set()).add(file)
    return found


def _place(batch: Batch) -> str:
    return batch.folder.split("/", 2)[2]
