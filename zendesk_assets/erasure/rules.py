"""What is wiped in the records of a stream when a person is erased, from the catalog.

A declaration speaks of a collection's rows; what is rewritten is a record of its stream, so it
becomes steps into that record, as `properties` does.
"""

from collections.abc import Iterator
from typing import TypeAlias

from zendesk_assets.catalog import declared
from zendesk_assets.erasing import Person
from zendesk_assets.hub import ErasureRule, RecordEraser
from zendesk_assets.records.paths import Path, Step
from zendesk_assets.spec import Collection, ColumnType, Personal, Stream

Keys: TypeAlias = tuple[str, ...]
# The new value of a change is text in its column, whatever it was.
_CHANGES = ("subject", "description", "custom_ticket_fields")


def record_eraser(stream: Stream, person: Person) -> RecordEraser:
    """Return what takes a person out of the records of a stream."""
    rules = (
        rule
        for collection in declared().collections_of(stream.name)
        for personal in collection.personal
        for rule in _rules(collection, personal)
    )
    return RecordEraser(person, tuple(rules))


def _rules(collection: Collection, personal: Personal) -> list[ErasureRule]:
    """Return a rule for each level at which properties are: `../` is one further out."""
    levels: dict[int, list[str]] = {}
    for path in personal.properties:
        levels.setdefault(Path.parse(path).out, []).append(path)
    if personal.unknown or personal.together:
        levels.setdefault(0, [])
    if personal.around:
        for out in range(1, len(collection.records) + 1):
            levels.setdefault(out, [])
    return [_rule(collection, personal, out, paths) for out, paths in sorted(levels.items())]


def _rule(collection: Collection, personal: Personal, out: int, paths: list[str]) -> ErasureRule:
    together = () if out else tuple(tuple(map(_keys, each)) for each in personal.together)
    owner = Path.parse(personal.owner)
    watched = personal.around if out else personal.unknown
    changes = {path for group in together if ("previous_value",) in group for path in group}
    changes |= {keys for keys in map(_keys, paths) if keys[0] in _CHANGES}
    return ErasureRule(
        steps=collection.records[: len(collection.records) - out],
        owner=Path(owner.out - out if owner.out >= out else owner.out, owner.keys),
        paths=tuple(map(_keys, paths)),
        known=_known(collection, out) if watched else None,
        texts=_texts(collection, out) | changes,
        plain=_plain(collection, out) if watched else frozenset(),
        together=together,
        only_if=(_keys(personal.only_if[0]), personal.only_if[1]) if personal.only_if else None,
        owner_is=personal.owner_is,
    )


def _keys(path: str) -> Keys:
    return Path.parse(path).keys


def _read_at(collection: Collection, out: int) -> Iterator[tuple[Keys, ColumnType]]:
    """Yield the keys and types of what the columns read at a level."""
    for column in collection.columns:
        place = Path.parse(column.source_path)
        if not column.compute and place.out == out:
            yield place.keys, column.type


def _texts(collection: Collection, out: int) -> frozenset[Keys]:
    """Return the paths at a level whose values a column has as text, whatever their type."""
    return frozenset(keys for keys, kind in _read_at(collection, out) if kind is ColumnType.TEXT)


def _plain(collection: Collection, out: int) -> frozenset[str]:
    """Return the properties at a level that are numbers, moments or flags."""
    text = {ColumnType.TEXT, ColumnType.JSON}
    return frozenset(
        keys[0] for keys, kind in _read_at(collection, out) if kind not in text and len(keys) == 1
    )


def _known(collection: Collection, out: int) -> frozenset[str]:
    """Return the properties of a level that the declarations of its stream account for."""
    depth = len(collection.records) - out
    known: set[str] = set()
    for each in declared().collections_of(collection.stream):
        if each.records[:depth] != collection.records[:depth] or len(each.records) < depth:
            continue
        known |= {Step.parse(step).name for step in each.records[depth : depth + 1]}
        known |= _named(each, len(each.records) - depth)
    if not out:
        known |= {*collection.ignored, *collection.fixed_keys}
    return frozenset(known)


def _named(collection: Collection, out: int) -> set[str]:
    """Return what a collection reads, or leaves out, at a level around its rows' records."""
    paths = [c.source_path for c in collection.columns if not c.compute] + [*collection.ignored]
    if collection.tombstone:
        paths += [collection.tombstone.key_path, collection.tombstone.when.path]
    names = {path.keys[0] for path in map(Path.parse, paths) if path.out == out}
    return names | (set() if out else set(collection.fixed_keys))
