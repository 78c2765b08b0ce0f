"""What is wiped in the records of a stream when a person is erased, from the catalog.

A declaration speaks of a collection's rows; what is rewritten is a record of its stream, so it
becomes steps into that record, as `properties` does.
"""

from __future__ import annotations

from typing import TypeAlias

from zendesk_assets.catalog import declared
from zendesk_assets.erasing import Person
from zendesk_assets.hub import ErasureRule, RecordEraser
from zendesk_assets.spec import Collection, ColumnType, Personal, Stream

__all__ = ["record_eraser"]

Path: TypeAlias = tuple[str, ...]
_OUT = "../"
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
        levels.setdefault(path.count(_OUT), []).append(path)
    if personal.unknown or personal.together:
        levels.setdefault(0, [])
    if personal.around:
        for out in range(1, len(collection.records) + 1):
            levels.setdefault(out, [])
    return [_rule(collection, personal, out, paths) for out, paths in sorted(levels.items())]


def _rule(collection: Collection, personal: Personal, out: int, paths: list[str]) -> ErasureRule:
    together = () if out else tuple(tuple(map(_split, each)) for each in personal.together)
    watched = personal.around if out else personal.unknown
    changes = {path for group in together if ("previous_value",) in group for path in group}
    changes |= {_split(path) for path in paths if path.partition(".")[0] in _CHANGES}
    return ErasureRule(
        steps=collection.records[: len(collection.records) - out],
        owner=personal.owner.removeprefix(_OUT * out),
        paths=tuple(map(_split, paths)),
        known=_known(collection, out) if watched else None,
        texts=_texts(collection, out) | changes,
        plain=_plain(collection, out) if watched else frozenset(),
        together=together,
        only_if=(_split(personal.only_if[0]), personal.only_if[1]) if personal.only_if else None,
        owner_is=personal.owner_is,
    )


def _split(path: str) -> Path:
    return tuple(path.replace(_OUT, "").split("."))


def _texts(collection: Collection, out: int) -> frozenset[Path]:
    """Return the paths at a level whose values a column has as text, whatever their type."""
    return frozenset(
        _split(column.source_path)
        for column in collection.columns
        if not column.compute
        and column.type is ColumnType.TEXT
        and column.source_path.count(_OUT) == out
    )


def _plain(collection: Collection, out: int) -> frozenset[str]:
    """Return the properties at a level that are numbers, moments or flags."""
    text = {ColumnType.TEXT, ColumnType.JSON}
    paths = [c.source_path for c in collection.columns if not c.compute and c.type not in text]
    return frozenset(
        path.removeprefix(_OUT * out)
        for path in paths
        if path.count(_OUT) == out and "." not in path.replace(_OUT, "")
    )


def _known(collection: Collection, out: int) -> frozenset[str]:
    """Return the properties of a level that the declarations of its stream account for."""
    depth = len(collection.records) - out
    known: set[str] = set()
    for each in declared().collections_of(collection.stream):
        if each.records[:depth] != collection.records[:depth] or len(each.records) < depth:
            continue
        known |= {step.removesuffix("[]") for step in each.records[depth : depth + 1]}
        known |= _named(each, len(each.records) - depth)
    if not out:
        known |= {*collection.ignored, *collection.fixed_keys}
    return frozenset(known)


def _named(collection: Collection, out: int) -> set[str]:
    """Return what a collection reads, or leaves out, at a level around its rows' records."""
    paths = [c.source_path for c in collection.columns if not c.compute]
    paths += collection.ignored
    if collection.tombstone:
        paths += [collection.tombstone.key_path, collection.tombstone.when.path]
    names = {_split(path)[0] for path in paths if path.count(_OUT) == out}
    return names | (set() if out else set(collection.fixed_keys))
