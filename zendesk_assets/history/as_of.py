"""All tables as they were: what a query finds in the states that had been received by a moment.

The tables that a query names are made in a temporary file, from the batches that the hub had by
then, by the same load that fills the warehouse; views over them as well. So deletions, wiped
content, and rows that could not be read are as they were. An erasure changes the past too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb

from zendesk_assets.analysis import VIEWS, AnalysisView, nested_views_for
from zendesk_assets.catalog import declared
from zendesk_assets.errors import HubError, PrunedBatchError, WarehouseError, meant
from zendesk_assets.history.filling import Filling
from zendesk_assets.hub import Batch, SourceHub, WholeWalk, not_read_again, walks_ending_in
from zendesk_assets.properties import as_chosen
from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import BatchFiles, Collection
from zendesk_assets.storage.temporary import remove_left_over, temporary_folder
from zendesk_assets.warehouse import (
    QueryResult,
    View,
    Warehouse,
    find_tables,
    name_history,
    open_duckdb,
    put_views,
)
from zendesk_assets.warehouse.tables import LOAD_LOG

_FILE: Final = "as_of.duckdb"


@dataclass(frozen=True)
class AsOf:
    """A moment, and where to look: the sources of a file, their hubs by schema, the warehouse.

    The `warehouse` only tells which mass deletions a person has confirmed. `say` receives a line
    for each table that is made.
    """

    moment: datetime
    sources: Sequence[Source]
    hubs: Mapping[str, SourceHub]
    warehouse: Warehouse
    say: Callable[[str], None]


@dataclass(frozen=True)
class _Needs:
    """What a query needs of a schema: its tables, of those the named ones, histories, views."""

    tables: tuple[Collection, ...] = ()
    named: tuple[str, ...] = ()
    histories: tuple[Collection, ...] = ()
    views: tuple[View, ...] = ()

    def __add__(self, other: "_Needs") -> "_Needs":
        return _Needs(
            tuple(dict.fromkeys((*self.tables, *other.tables))),
            (*self.named, *other.named),
            tuple(dict.fromkeys((*self.histories, *other.histories))),
            (*self.views, *other.views),
        )


def query_as_of(as_of: AsOf, statement: str, limit: int | None = None) -> QueryResult:
    """Return what a SELECT in DuckDB's SQL finds in the tables as they were, at most `limit` rows.

    Raises:
        HubError: if nothing of a table had been received by then, or it was pruned since.
        WarehouseError: for a table that is not made from the hub, and for a query that is refused.
    """
    needed: dict[str, _Needs] = {}
    sources = {each.schema_name: each for each in as_of.sources}
    for written, name in find_tables(statement):
        schema = written.lower() or _schema_of(as_of, name.lower())
        if schema in sources:
            needed[schema] = needed.get(schema, _Needs()) + _needs(schema, name.lower())
    if not needed:
        names = " or ".join(f"{schema}.tickets" for schema in sources) or "zendesk_prod.tickets"
        raise WarehouseError(
            f"The query names nothing that the hub tells for another day, such as {names}: with "
            "--as-of there are the tables of a source, their histories, and the views in "
            "docs/collections.md and docs/analysis.md, but not those of custom objects or in "
            "Fivetran's shape."
        )
    remove_left_over()
    with temporary_folder("as-of") as folder:
        warehouse = open_duckdb(_make_private(folder / _FILE))
        for schema, needs in needed.items():
            _Replay(as_of, sources[schema], as_of.hubs[schema], warehouse).make(needs)
        return warehouse.query(statement, limit, list(sources))


def _make_private(file: Path) -> Path:
    """Make an empty DuckDB file that only its owner may read: it will have personal data."""
    duckdb.connect(str(file)).close()
    file.chmod(0o600)
    return file


def _schema_of(as_of: AsOf, name: str) -> str:
    """Return the first schema whose hub has anything of a table named without one; "" if none.

    What is no table of ours may be a part of the query itself.
    """
    known = _known(name)
    streams = {each.stream for each in known.tables} if known else set()
    having = (
        each.schema_name
        for each in as_of.sources
        if any(as_of.hubs[each.schema_name].batches(stream) for stream in streams)
    )
    return next(having, as_of.sources[0].schema_name if streams else "")


def _known(name: str) -> _Needs | None:
    """Return what there must be so that a table, history or view can be asked, if it is ours."""
    collections = declared().collections
    if name in collections:
        return _Needs((collections[name],), (name,))
    histories = {name_history(each): one for each, one in collections.items()}
    if name in histories:
        return _Needs((histories[name],), histories=(histories[name],))
    views = _views()
    if name not in views:
        return None
    view = views[name]
    reads = tuple(collections[each] for each in (*view.reads, *view.reads_if_there))
    return _Needs(reads, views=(view.as_view(),))


def _views() -> dict[str, AnalysisView]:
    nested = nested_views_for(declared().collections)
    return VIEWS | {each.name: each for each in nested}


def _needs(schema: str, name: str) -> _Needs:
    """Return what there must be so that a table or view can be asked. Raises WarehouseError."""
    if (known := _known(name)) is not None:
        return known
    if name in LOAD_LOG:
        raise WarehouseError(
            f"{schema}.{name} is about loads, and does not say what it said before: ask it without "
            "--as-of."
        )
    collections = declared().collections
    near = meant(name, [*collections, *_views(), *map(name_history, collections)])
    raise WarehouseError(
        f"{schema}.{name} is none of the tables that the hub tells for another day{near}: with "
        "--as-of, ask the tables and views in docs/collections.md and docs/analysis.md."
    )


@dataclass(frozen=True)
class _Replay:
    """Makes tables of one source in a `warehouse` of their own."""

    as_of: AsOf
    source: Source
    hub: SourceHub
    warehouse: Warehouse

    def make(self, needs: _Needs) -> None:
        """Make everything that is needed. Raises HubError or WarehouseError."""
        for each in needs.tables:
            collection = as_chosen(self.source, each)
            landed = self._landed(collection)
            if not landed and (each.name in needs.named or each in needs.histories):
                raise HubError(self._nothing(collection))
            self._load(collection, landed)
            if each in needs.histories:
                Filling(self.hub, self.warehouse, collection).load(landed)
        for name, state in put_views(self.warehouse, self.hub.schema, needs.views).items():
            if isinstance(state, WarehouseError):
                raise WarehouseError(f"{self.hub.schema}.{name}: {state}")

    def _landed(self, collection: Collection) -> list[Batch]:
        """Return the batches of a collection that the hub had at the moment."""
        batches = self.hub.batches(collection.stream)
        return [each for each in batches if each.id.landed < self.as_of.moment]

    def _nothing(self, collection: Collection) -> str:
        first = next(iter(self.hub.batches(collection.stream)), None)
        since = f"the first batch came on {first.id.landed:%Y-%m-%d at %H:%M} UTC" if first else (
            "the hub has nothing of it at all"
        )  # fmt: skip
        return (
            f"Nothing of {self.hub.schema}.{collection.name} had been received before "
            f"{self.as_of.moment:%Y-%m-%d %H:%M} UTC: {since}."
        )

    def _load(self, collection: Collection, landed: Sequence[Batch]) -> None:
        """Load the batches into the collection's table, as the warehouse would have."""
        self.as_of.say(
            f"{self.hub.schema}.{collection.name} as of {self.as_of.moment:%Y-%m-%d %H:%M} UTC: "
            f"batches of the hub: {len(landed):,}"
        )
        files = self._open(collection, landed)
        nothing = BatchFiles("none", self.as_of.moment, 0)
        everything = list(files.values()) or [nothing]
        walks = self._walks(collection, landed)
        self.warehouse.load(self.hub.schema, collection, everything)
        for walk in walks:
            if files.keys() >= set(walk.batches):
                pages = [files[each] for each in walk.batches]
                self._apply(collection, walk, pages)

    def _apply(self, collection: Collection, walk: WholeWalk, pages: Sequence[BatchFiles]) -> None:
        """Mark what a complete walk does not show."""
        name, schema = collection.name, self.hub.schema
        last = walk.batches[-1].name
        accepted = last in self.as_of.warehouse.loaded_batches(schema, name)
        complete = walk.as_complete(accepted=accepted)
        found = self.warehouse.load(schema, collection, pages, walk=complete)
        if found.withheld:
            self.as_of.say(
                f"{schema}.{name}: Zendesk's list no longer showed {found.withheld:,} of its rows, "
                "more than half; nobody has confirmed that, and they are not marked as deleted"
            )

    def _walks(self, collection: Collection, landed: Sequence[Batch]) -> list[WholeWalk]:
        """Return the walks that say what was gone: the newest, back to one that read everything."""
        found: list[WholeWalk] = []
        ends = [each for each in landed if each.window] if collection.vanishes else []
        for end in reversed(ends):
            found = [*walks_ending_in(self.hub, collection.stream, [end]), *found]
            if found and not found[0].unread:
                break
        return found

    def _open(self, collection: Collection, landed: Sequence[Batch]) -> dict[Batch, BatchFiles]:
        """Return the files of the batches. Raises HubError if some that matter were pruned."""
        files: dict[Batch, BatchFiles] = {}
        pruned: list[Batch] = []
        for batch in landed:
            try:
                files[batch] = self.hub.files(batch)
            except PrunedBatchError:
                pruned.append(batch)
        if lost := not_read_again(self.hub, landed, pruned, lacked={*landed}):
            last = max(batch.id.landed for batch in lost)
            raise HubError(
                f"The hub of {self.hub.schema} was pruned: what {collection.name} held on "
                f"{self.as_of.moment:%Y-%m-%d} can no longer be told, for the records of "
                f"{len(lost):,} of its batches, up to {last:%Y-%m-%d}, were removed."
            )
        return files
