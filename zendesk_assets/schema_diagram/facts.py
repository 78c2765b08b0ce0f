"""What the catalog says of a table and its properties, in words; for `markdown` and `html` alike.

Names of code stand between backticks, as in Markdown. Only words: no layout, no file format.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from zendesk_assets.schema_diagram.boxes import VIEWS
from zendesk_assets.schema_diagram.parents import requests_of
from zendesk_assets.spec import (
    Catalog,
    Collection,
    Column,
    Completion,
    DeletedWhen,
    NestedView,
    Pagination,
    Stream,
)

_HOW_READ = {
    Completion.CONTINUE: "each sync continues where the last one ended",
    Completion.SINCE: "each sync asks for what is new since the last, with an overlap of {}",
    Completion.WHOLE: "it is read whole each time",
}
_PAGINATION = {
    Pagination.CURSOR_EXPORT: "cursor-based export",
    Pagination.TIME_EXPORT: "time-based export",
    Pagination.CURSOR_LIST: "list with cursor pagination",
    Pagination.OFFSET_LIST: "list with offset pagination",
    Pagination.LINK_EXPORT: "export that continues with parameters of a link",
    Pagination.ONE_OBJECT: "single object without a list",
}

_OFTEN = {timedelta(hours=1): "hour", timedelta(days=1): "day"}
_LEFT_OUT = {"../*": "what is around it, which is in another table"}


@dataclass(frozen=True)
class Property:
    """A column in words: `path` is where the stream's record has it, or what it is computed from.

    `points_at` is `table.column`, `target` the table if it is one of ours. Columns that are ours
    and not Zendesk's have neither `path` nor `docs_url`.
    """

    name: str
    type_name: str
    description: str
    path: str
    points_at: str
    target: str
    listed: bool
    docs_url: str
    is_key: bool


@dataclass(frozen=True)
class TableFacts:
    """A table or view in words: `facts` are pairs of a term and what there is to say.

    The paths of a view's properties begin in a table, and not in Zendesk's record.
    """

    name: str
    area: str
    description: str
    docs_url: str
    facts: tuple[tuple[str, str], ...]
    properties: tuple[Property, ...]
    own: tuple[Property, ...]
    is_view: bool = False


def describe_tables(catalog: Catalog) -> tuple[TableFacts, ...]:
    """Return what there is to say of each collection, by area and name."""
    known = catalog.collections
    tables = [
        TableFacts(
            name,
            area,
            known[name].description,
            known[name].docs_url,
            tuple(_facts(known[name], catalog)),
            tuple(_property(known[name], each, known, ours=False) for each in known[name].columns),
            tuple(
                _property(known[name], each, known, ours=True)
                for each in known[name].system_columns
            ),
        )
        for area, names in catalog.areas.items()
        for name in sorted(names)
    ]
    return tuple(tables)


def describe_views(catalog: Catalog) -> tuple[TableFacts, ...]:
    """Return what there is to say of each view over a table, by name."""
    return tuple(
        TableFacts(
            name,
            VIEWS,
            view.description,
            catalog.collections[view.collection].docs_url,
            tuple(_facts_of_view(view, catalog)),
            tuple(_property_of_view(view, each, catalog) for each in view.every_column),
            (),
            is_view=True,
        )
        for name, view in sorted(catalog.views.items())
    )


def _facts_of_view(view: NestedView, catalog: Catalog) -> Iterable[tuple[str, str]]:
    tables = " and ".join(f"`{name}`" for name in catalog.read_by(view))
    ways = " or ".join(f"`{'.'.join(each.steps)}`" for each in view.lists)
    yield "View of", tables + (f"; a row is an element of {ways}" if ways else "")
    if view.keyed:
        yield "Members", "it is an object: its members are elements with a key and a value"
    if view.spreads:
        yield "Several values", "a row for each; one row where there is a single value, or none"
    yield "Key", ", ".join(f"`{name}`" for name in view.primary_key)
    for name, values in view.only:
        yield "Only", f"where `{name}` is {' or '.join(f'`{each}`' for each in values)}"
    if view.required:
        names = " or ".join(f"`{name}`" for name in view.required)
        yield "Left out", f"what has no {names}, or one of another type"


def _property_of_view(view: NestedView, column: Column, catalog: Catalog) -> Property:
    target = column.references
    made_from = catalog.made_from(view, column)
    inside = view.paths_of(column) if column in view.own_columns else ()
    paths = [f"{view.collection}.{path}" for path in inside] or list(made_from)
    return Property(
        column.name,
        column.type_name,
        column.description,
        ", ".join(paths),
        f"{target.collection}.{target.column}" if target else "",
        target.collection if target and target.collection in catalog.collections else "",
        listed=False,
        docs_url=f"#{made_from[0].partition('.')[0]}",
        is_key=column.name in view.primary_key,
    )


def _property(
    collection: Collection, column: Column, known: Mapping[str, Collection], *, ours: bool
) -> Property:
    target = column.references
    path = collection.path_of(column.source_path)
    if column.compute:
        path = ".".join(collection.records)
    # The section of a reference page that lists the properties.
    docs = collection.docs_url + ("" if "#" in collection.docs_url else "#json-format")
    return Property(
        column.name,
        column.type_name,
        column.description,
        "" if ours else path,
        f"{target.collection}.{target.column}" if target else "",
        target.collection if target and target.collection in known else "",
        listed=bool(target and target.listed),
        docs_url="" if ours else docs,
        is_key=column.name in collection.primary_key,
    )


def _facts(collection: Collection, catalog: Catalog) -> Iterable[tuple[str, str]]:
    stream = catalog.stream_of(collection)
    if collection.name not in catalog.by_default:
        area = next(area for area, names in catalog.areas.items() if collection.name in names)
        setting = f"`collections: {{include: [default, {area}]}}`"
        yield "Synced", f"only where the sources file names it or its area: {setting}"
    yield from _reading(stream)
    if collection.records:
        yield "Made of", f"each record's `{'.'.join(collection.records)}`"
    yield "Key", ", ".join(f"`{name}`" for name in collection.primary_key)
    yield from _states(collection)
    if collection.keeps_history:
        yield "History", f"every state of its rows is in `{collection.name}_history`, by default"
    if collection.scrub:
        yield "Wiped", _scrub(collection)
    if stream.partitioned:
        yield "Partitions", f"months (UTC) by the stream's `{stream.time_field}`"
    if hidden := [*(f"`{name}`" for name in stream.secrets), *map(_but, stream.keeps)]:
        yield "Never written", ", ".join(hidden)
    if ignored := [each for each in collection.ignored if each not in stream.secrets]:
        yield "Left out", ", ".join(_LEFT_OUT.get(name, f"`{name}`") for name in ignored)
    users = [_uses(each, collection.name) for _, each in sorted(catalog.collections.items())]
    if any(users):
        yield "Pointed at by", ", ".join(filter(None, users))


def _but(kept: tuple[str, tuple[str, ...]]) -> str:
    path, names = kept
    return f"what is in `{path}` but {' and '.join(f'`{name}`' for name in names)}"


def _reading(stream: Stream) -> Iterable[tuple[str, str]]:
    """Yield where a stream comes from, by which requests, how often and for whom."""
    yield "Read from", _source(stream)
    if stream.parent:
        yield "Requests", requests_of(stream.parent)
    if beside := stream.beside:
        kept = f"each kept in the record whose id is its `{beside.owner}`"
        yield "Side-loaded", f"the `{beside.records_key}` of the same pages, {kept}"
    if stream.cadence:
        often = _OFTEN.get(stream.cadence) or _duration(stream.cadence)
        yield "How often", f"once in each {often} (UTC), by its first sync"
    if stream.kept:
        yield "Kept", f"by Zendesk for {stream.kept.days} days; here, what was synced stays"
    if stream.needs:
        yield "Needs", f"{stream.needs}; a refusal is a normal state and not an error"


def _source(stream: Stream) -> str:
    given = [("include", ",".join(stream.include))] if stream.include else []
    query = "&".join(f"{name}={value}" for name, value in (*given, *stream.parameters))
    path = stream.path.format(f"{{{stream.parent.id_name}}}" if stream.parent else "")
    return (
        f"`GET /api/v2{path}{'?' if query else ''}{query}`, a {_PAGINATION[stream.pagination]}; "
        f"{_HOW_READ[stream.completion].format(_duration(stream.overlap))}"
    )


def _duration(length: timedelta) -> str:
    minutes = round(length.total_seconds() / 60)
    number, unit = (minutes, "minute") if minutes % 60 else (minutes // 60, "hour")
    return f"{number} {unit}{'s' * (number != 1)}"


def _states(collection: Collection) -> Iterable[tuple[str, str]]:
    """Yield which of several states of a row counts, and how deletions show."""
    if collection.is_series:
        said = "each reading is a row of its own; none replaces another, and none is ever deleted"
        yield "Series", said
        return
    yield "Newest state", _version(collection)
    yield "Deleted", _deletion(collection)


def _version(collection: Collection) -> str:
    if not collection.is_versioned:
        return "the one that was received last; records have no time of their own that tells"
    return f"by `{collection.version}`; an older one never overwrites a newer one"


def _deletion(collection: Collection) -> str:
    tombstone = collection.tombstone
    if collection.vanishes:
        return "`_deleted` is true when a complete walk no longer shows the record"
    if tombstone and collection.comes_whole:
        return (
            f"`_deleted` is true when the newest state of the record whose `{tombstone.key_path}` "
            f"is its `{tombstone.column}` no longer has it in `{tombstone.when.path}`"
        )
    if collection.deleted is None:
        return "Zendesk does not tell; `_deleted` is always false"
    said = f"`_deleted` is true when `{collection.path_of(collection.deleted.path)}`"
    said += _state(collection.deleted)
    if collection.due:
        return f"{said}, or when its `{collection.due}` has come and Zendesk no longer shows it"
    if not tombstone:
        return said
    return (
        f"{said}; a deleted record comes without a row of its own, and deletes the one whose "
        f"`{tombstone.column}` is its `{tombstone.key_path}`"
    )


def _state(when: DeletedWhen) -> str:
    return " is set" if when.equals is None else f" is `{when.equals}`"


def _scrub(collection: Collection) -> str:
    assert collection.scrub
    shows = " and ".join(f"`{name}` is `{value}`" for name, value in collection.scrub.shows)
    return f"`_scrubbed` is true when {shows}; `on_scrub: keep` keeps what was there before"


def _uses(collection: Collection, name: str) -> str:
    """Return the columns of a collection that point at the one called `name`, or nothing."""
    return ", ".join(
        f"`{collection.name}.{each.name}`"
        for each in collection.columns
        if each.references and each.references.collection == name
    )
