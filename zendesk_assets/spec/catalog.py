"""The catalog as a value: all declarations of streams and collections that a source may have.

What is declared is in `zendesk_assets.catalog`.
"""

from dataclasses import dataclass
from functools import cached_property

from zendesk_assets.spec.collections import Collection
from zendesk_assets.spec.columns import Column
from zendesk_assets.spec.streams import Stream
from zendesk_assets.spec.views import LookedUp, NestedView


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

    `nested_views` show parts of the tables. The collections of the areas `on_request` are synced
    only where the sources file names them. `left_out` are names of what Zendesk has besides, each
    with the reason why there is no collection of it.
    """

    declarations: tuple[Declaration, ...]
    nested_views: tuple[NestedView, ...] = ()
    on_request: frozenset[str] = frozenset()
    left_out: tuple[tuple[str, str], ...] = ()

    @cached_property
    def streams(self) -> dict[str, Stream]:
        """Return the streams by name."""
        return {each.stream.name: each.stream for each in self.declarations}

    @cached_property
    def collections(self) -> dict[str, Collection]:
        """Return the collections by name."""
        return {each.name: each for found in self.declarations for each in found.collections}

    @cached_property
    def views(self) -> dict[str, NestedView]:
        """Return the views over the tables by name."""
        return {each.name: each for each in self.nested_views}

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

    def read_by(self, view: NestedView) -> tuple[str, ...]:
        """Return the names of the collections that a view reads, its own first."""
        others = (each.name for each in view.looked_up)
        found = (self.views[name].collection if name in self.views else name for name in others)
        return tuple(dict.fromkeys((view.collection, *found)))

    def made_from(self, view: NestedView, column: Column) -> tuple[str, ...]:
        """Return the columns of tables that a column of a view is made from, as `table.column`."""
        for looked_up in view.looked_up:
            if looked_up.column == column:
                return self._taken_from(looked_up)
        names: tuple[str, ...] = (column.name,)
        for computed in view.computed:
            if computed.column == column:
                names = computed.made_from
        sources = [each for each in view.own_columns if each.name in names]
        tables = dict.fromkeys(name for each in sources for name in view.table_columns(each))
        return tuple(f"{view.collection}.{name}" for name in tables)

    def _taken_from(self, looked_up: LookedUp) -> tuple[str, ...]:
        view = self.views.get(looked_up.name)
        if view is None:
            return (f"{looked_up.name}.{looked_up.take}",)
        (column,) = (each for each in view.columns if each.name == looked_up.take)
        return self.made_from(view, column)

    def stream_of(self, collection: Collection) -> Stream:
        """Return the stream that a collection is made from."""
        return self.streams[collection.stream]

    def collections_of(self, stream: str) -> tuple[Collection, ...]:
        """Return the collections that are made from the stream called `stream`."""
        return self._of_stream[stream].collections

    def area_of(self, stream: str) -> str:
        """Return the product area of a stream and its collections."""
        return self._of_stream[stream].area

    def file_of(self, stream: str) -> str:
        """Return the file in which a stream and its collections are declared."""
        return self._of_stream[stream].file

    @cached_property
    def _of_stream(self) -> dict[str, Declaration]:
        return {each.stream.name: each for each in self.declarations}
