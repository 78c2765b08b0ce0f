"""An index of a stream's batches, so that looking at them costs no more with age.

It is a summary of the batches up to one of them, by name: how many, what they cover, and enough to
notice that it is wrong. It lies beside them as `<schema>/<stream>/index`, is written again now
and then, and is never the truth: what does not agree with the names in the folders is not believed,
and everything is listed. A missing one is made anew. What batches mean is `batches`' to say.
"""

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from operator import attrgetter
from typing import Final
from zlib import crc32

import msgspec

from zendesk_assets.errors import HubError
from zendesk_assets.hub.coverage import merge
from zendesk_assets.hub.known import (
    Files,
    Known,
    Summary,
    Wanted,
    decode,
    encode,
    fingerprint,
    place_of,
)
from zendesk_assets.hub.manifest import INCOMPLETE, MANIFEST, Batch, BatchId
from zendesk_assets.hub.walk_starts import believed
from zendesk_assets.storage.tree import Storage

_NAME: Final = "index"
_MARKS: Final = (MANIFEST, INCOMPLETE)
_PART: Final = "part"
_Names = dict[str, list[str]]  # by year
# So many batches are listed by name before all but the newest are summed up.
_MOST: Final = 200
_NEWEST: Final = 50
# In a store, names are listed from the last one of the summary on: a batch that another machine
# was slow to commit, or whose clock is behind, has to come after it.
_SLOWEST: Final = timedelta(hours=3)
# Everything is listed again when a batch has landed so long after that: for what was copied into a
# store by hand, and for file systems that do not say when a folder was changed.
_DAY: Final = timedelta(days=1)
# A folder may change twice within the grain of its file system's clock: two seconds at most.
_GRAIN_NS: Final = 2_000_000_000


@dataclass(frozen=True)
class _Years:
    """The folders of the years: `names` in them, and when each was `changed` before it was listed.

    Those that are `same` have not changed since the summary saw them, and are not listed. All this
    was later than `since`. Times are in nanoseconds since 1970.
    """

    since: int = 0
    names: _Names = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    same: frozenset[str] = frozenset()


class StreamIndex:
    """The index of a stream of the source with this schema."""

    def __init__(self, storage: Storage, schema: str, stream: str) -> None:
        self._storage, self._folder = storage, f"{schema}/{stream}"

    def look(self) -> Known:
        """Return what is there. Raises HubError if the hub cannot be read."""
        if not (self._storage.is_local or self._storage.is_s3):
            return self._known(Summary(), self._files_of_all())
        summary = self._stored()
        years = self._listed(summary)
        known = self._later(summary, years) if summary.through else None
        if known is None:
            years = self._listed(Summary())
            known = self._known(Summary(), self._all_of(years.names))
        if len(known.recent) <= _MOST:
            return known
        summary = self._summed_up(known, years)
        with suppress(HubError):  # a hub that can only be read has no index
            self._storage.write(f"{self._folder}/{_NAME}", encode(summary))
        return self._known(summary, known.files)

    def batches(self, wanted: Wanted | None = None) -> list[Batch]:
        """Return all committed batches, in the order in which they landed, without the index.

        Those that are not `wanted`, by their ids, cost no more than their names.
        """
        names = self._listed(Summary()).names
        return list(self._known(Summary(), self._all_of(names, wanted)).recent)

    def uncommitted(self) -> list[Batch]:
        """Return all that have files and no manifest, in the order in which they were begun."""
        return self._known(Summary(), self._all_of(self._listed(Summary()).names)).uncommitted

    # What the folders have: the files of each batch, by `<year>/<name>`.

    def _later(self, summary: Summary, years: _Years) -> Known | None:
        """Return what came after the summary, and what it left open; None if it is not right."""
        if self._storage.is_local:
            expected = {each: n for each, n in summary.names.items() if each not in years.same}
            if _counted(years.names, summary.through) != expected:
                return None
            later = [place for place, name in _places(years.names) if name > summary.through]
            files = self._files_in([*later, *summary.open])
        else:
            files = self._files_in(summary.open) | self._files_after(summary.through)
        known = self._known(summary, files)
        # The newest batches are never summed up: where there are none, something is wrong.
        is_right = known.recent and known.recent[-1].id.landed - summary.listed < _DAY
        return known if is_right else None

    def _files_after(self, name: str) -> Files:
        """Return the files of the batches of a store whose names come after this one."""
        found: Files = {}
        for year in self._years():
            _sort_into(found, self._storage.find_after(f"{self._folder}/{year}", f"{name}/~"))
        return found

    def _all_of(self, names: _Names, wanted: Wanted | None = None) -> Files:
        if self._storage.is_local:
            places = (place for place, _ in _places(names))
            return self._files_in(each for each in places if self._is_wanted(each, wanted))
        files = self._files_of_all()
        return {each: files[each] for each in files if self._is_wanted(each, wanted)}

    def _is_wanted(self, place: str, wanted: Wanted | None) -> bool:
        return wanted is None or ((batch := self._batch(place)) is not None and wanted(batch))

    def _files_of_all(self) -> Files:
        return _sort_into({}, self._storage.find(self._folder))

    def _years(self) -> list[str]:
        return [name for name in self._storage.names(self._folder) if name.isdigit()]

    def _listed(self, summary: Summary) -> _Years:
        """List the years that may have changed since the summary saw them.

        It lists none of a store, where it takes as long as to list all files.
        """
        if not self._storage.is_local:
            return _Years()
        since = time.time_ns()
        changed = {each: self._storage.changed(f"{self._folder}/{each}") for each in self._years()}
        same = frozenset(each for each, at in changed.items() if summary.seen.get(each) == at)
        names = {
            each: self._storage.names(f"{self._folder}/{each}")
            for each in changed
            if each not in same
        }
        return _Years(since, names, changed, same)

    def _files_in(self, places: Iterable[str]) -> Files:
        """Return which files are there of those that matter; of a part only that there is one."""
        found = {}
        for place in places:
            folder = f"{self._folder}/{place}"
            found[place] = {n for n in _MARKS if self._storage.exists(f"{folder}/{n}")}
            if MANIFEST not in found[place] and self._storage.names(folder):
                found[place].add(_PART)
        return found

    # What it means.

    def _known(self, summary: Summary, files: Files) -> Known:
        batches = {batch: found for place, found in files.items() if (batch := self._batch(place))}
        later = [each for each in batches if each.name > summary.through]
        opened = [each for each in batches if place_of(each) in summary.open]
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
            return decode(self._storage.read(f"{self._folder}/{_NAME}")) or Summary()
        return Summary()

    def _summed_up(self, known: Known, years: _Years) -> Summary:
        """Return the summary with all but the newest of the batches.

        The `years` are those of the same look: what comes later is not in them, and is noticed.
        """
        old = known.recent[:-_NEWEST]
        if not self._storage.is_local:
            latest = known.recent[-1].id.landed - _SLOWEST
            old = tuple(each for each in old if each.id.landed < latest)
        before = known.summary
        through = max([before.through, *(each.name for each in old)])
        places = {place_of(each) for each in old}
        incomplete = [place for each in known.incomplete if (place := place_of(each)) in places]
        whole = [each.id.landed for each in old if believed(each)]
        return Summary(
            through=through,
            batches=before.batches + len(old),
            fingerprint=before.fingerprint + sum(fingerprint(each) for each in old),
            coverage=tuple(merge([*before.coverage, *(believed(each) for each in old)])),
            newest_whole=max((*whole, *filter(None, [before.newest_whole])), default=None),
            incomplete=(*before.incomplete, *incomplete),
            open=tuple(place_of(e) for e in known.open if e.name <= through),
            names={each: n for each, n in before.names.items() if each in years.same}
            | _counted(years.names, through),
            seen=_seen(years, through),
            listed=before.listed if before.through else known.recent[-1].id.landed,
        )


def _places(names: _Names) -> Iterable[tuple[str, str]]:
    """Yield `<year>/<name>` and the name of each."""
    for year, every in names.items():
        for name in every:
            yield f"{year}/{name}", name


def _seen(years: _Years, through: str) -> dict[str, int]:
    """Return when the years were changed that have nothing later, and cannot hide a change.

    Whatever is added, removed or renamed in a folder, by whomever, changes that time.
    """
    return {
        year: at
        for year, at in years.changed.items()
        if 0 < at < years.since - _GRAIN_NS
        and all(each <= through for each in years.names.get(year, ()))
    }


def _counted(names: _Names, through: str) -> dict[str, tuple[int, int]]:
    """Return per year the number of names up to one of them, and the sum of their checksums."""
    older = {year: [n for n in every if n <= through] for year, every in names.items()}
    return {
        year: (len(every), sum(map(crc32, map(str.encode, every))))
        for year, every in older.items()
        if every
    }


def _sort_into(found: Files, paths: Iterable[str]) -> Files:
    """Add the files of batches at `<schema>/<stream>/<year>/<name>/<file>`."""
    for path in paths:
        place, _, file = path.split("/", 2)[-1].rpartition("/")
        if place.count("/") == 1:
            found.setdefault(place, set()).add(file)
    return found
