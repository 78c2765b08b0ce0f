"""The catalog as a value: all declarations of streams and collections that a source may have.

What is declared is in `zendesk_assets.catalog`.
"""

from dataclasses import dataclass
from functools import cached_property

from zendesk_assets.spec.collections import Collection
from zendesk_assets.spec.streams import Stream


@dataclass(frozen=True)
class Declaration:
    """A stream and the collections made from it; `area` and `file` are where it is declared."""

    stream: Stream
    collections: tuple[Collection, ...]
    area: str = ""
    file: str = ""


@dataclass(frozen=True)
class Catalog:
    """Declarations, in their order, and ways to find what is in them; a KeyError if it is not.

    The collections of the areas `on_request` are synced only where the sources file names them.
    """

    declarations: tuple[Declaration, ...]
    on_request: frozenset[str] = frozenset()

    @cached_property
    def streams(self) -> dict[str, Stream]:
        """Return the streams by name."""
        return {each.stream.name: each.stream for each in self.declarations}

    @cached_property
    def collections(self) -> dict[str, Collection]:
        """Return the collections by name."""
        return {each.name: each for found in self.declarations for each in found.collections}

    @cached_property
    def areas(self) -> dict[str, tuple[str, ...]]:
        """Return the names of the collections of each product area."""
        found: dict[str, tuple[str, ...]] = {}
        for each in self.declarations:
            found[each.area] = (*found.get(each.area, ()), *(one.name for one in each.collections))
        return found

    @cached_property
    def by_default(self) -> tuple[str, ...]:
        """Return the names of the collections that are synced unless the sources file says else."""
        on = (names for area, names in self.areas.items() if area not in self.on_request)
        return tuple(name for names in on for name in names)

    def stream_of(self, collection: Collection) -> Stream:
        """Return the stream that a collection is made from."""
        return self.streams[collection.stream]

    def collections_of(self, stream: str) -> tuple[Collection, ...]:
        """Return the collections that are made from the stream called `stream`."""
        return self._of_stream[stream].collections

    def file_of(self, stream: str) -> str:
        """Return the file in which a stream and its collections are declared."""
        return self._of_stream[stream].file

    @cached_property
    def _of_stream(self) -> dict[str, Declaration]:
        return {each.stream.name: each for each in self.declarations}
