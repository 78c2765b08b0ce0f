"""What the catalog says of a table and its properties, in words; for `markdown` and `html` alike.

Names of code stand between backticks, as in Markdown. Only words: no layout, no file format.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from zendesk_assets.spec import Collection, Column, Completion, DeletedWhen, Pagination, Stream

__all__ = ["Property", "TableFacts", "describe_tables"]

_HOW_READ = {
    Completion.CONTINUE: "each sync continues where the last one ended",
    Completion.SINCE: "each sync asks for what is new since the last, with an overlap of {}",
    Completion.WHOLE: "each sync reads the whole list",
}
_PAGINATION = {
    Pagination.CURSOR_EXPORT: "cursor-based export",
    Pagination.TIME_EXPORT: "time-based export",
    Pagination.CURSOR_LIST: "list with cursor pagination",
}


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
    """A table in words: `facts` are pairs of a term and what there is to say."""

    name: str
    description: str
    docs_url: str
    facts: tuple[tuple[str, str], ...]
    properties: tuple[Property, ...]
    own: tuple[Property, ...]


def describe_tables(
    collections: Iterable[Collection], streams: Mapping[str, Stream]
) -> tuple[TableFacts, ...]:
    """Return what there is to say of each collection, by name."""
    known = {each.name: each for each in sorted(collections, key=lambda each: each.name)}
    return tuple(
        TableFacts(
            each.name,
            each.description,
            each.docs_url,
            tuple(_facts(each, streams[each.stream], known.values())),
            tuple(_property(each, column, known, ours=False) for column in each.columns),
            tuple(_property(each, column, known, ours=True) for column in each.system_columns),
        )
        for each in known.values()
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


def _facts(
    collection: Collection, stream: Stream, known: Iterable[Collection]
) -> Iterable[tuple[str, str]]:
    yield "Read from", _source(stream)
    if collection.records:
        yield "Made of", f"each record's `{'.'.join(collection.records)}`"
    yield "Key", ", ".join(f"`{name}`" for name in collection.primary_key)
    yield "Newest state", f"by `{collection.version}`; an older one never overwrites a newer"
    yield "Deleted", _deletion(collection)
    if collection.scrub:
        yield "Wiped", _scrub(collection)
    if stream.partitioned:
        yield "Partitions", f"days (UTC) by the stream's `{stream.time_field}`"
    if collection.ignored:
        yield "Left out", ", ".join(f"`{name}`" for name in collection.ignored)
    users = [name for each in known if (name := _uses(each, collection.name))]
    if users:
        yield "Pointed at by", ", ".join(users)


def _source(stream: Stream) -> str:
    given = [("include", ",".join(stream.include))] if stream.include else []
    query = "&".join(f"{name}={value}" for name, value in (*given, *stream.parameters))
    overlap = f"{stream.overlap.total_seconds() / 3600:g} h"
    return (
        f"`GET /api/v2{stream.path}{'?' if query else ''}{query}`, a "
        f"{_PAGINATION[stream.pagination]}; {_HOW_READ[stream.completion].format(overlap)}"
    )


def _deletion(collection: Collection) -> str:
    if collection.deleted is None:
        return "Zendesk does not tell; `_deleted` is always false"
    said = f"`_deleted` is true when `{collection.path_of(collection.deleted.path)}`"
    said += _state(collection.deleted)
    if not collection.tombstone:
        return said
    tombstone = collection.tombstone
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
