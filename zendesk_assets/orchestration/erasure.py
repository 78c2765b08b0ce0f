"""What is wiped in the records of a stream when a person is erased, from the catalog.

A declaration speaks of a collection's rows; what is rewritten is a record of its stream, so it
becomes steps into that record, as `properties` does.
"""

from __future__ import annotations

from zendesk_assets.catalog import collections_of
from zendesk_assets.erasing import Person
from zendesk_assets.hub import ErasureRule, RecordEraser
from zendesk_assets.spec import Collection, Personal, Stream

__all__ = ["record_eraser"]


def record_eraser(stream: Stream, person: Person) -> RecordEraser:
    """Return what takes a person out of the records of a stream."""
    rules = (
        rule
        for collection in collections_of(stream.name)
        for personal in collection.personal
        for rule in _rules(collection, personal)
    )
    return RecordEraser(person, tuple(rules))


def _rules(collection: Collection, personal: Personal) -> list[ErasureRule]:
    """Return a rule for each level at which properties are: `../` is one further out."""
    levels: dict[int, list[tuple[str, ...]]] = {}
    for path in personal.properties:
        out = path.count("../")
        levels.setdefault(out, []).append(tuple(path.replace("../", "").split(".")))
    steps = collection.records
    return [
        ErasureRule(
            steps[: len(steps) - out],
            personal.owner[3 * out :],
            tuple(paths),
            _known(collection) if personal.unknown and not out else None,
        )
        for out, paths in levels.items()
    ]


def _known(collection: Collection) -> frozenset[str]:
    """Return the properties of a row's record that the declaration accounts for."""
    columns = [c.source_path for c in collection.columns if not c.compute]
    inside = {path.split(".")[0] for path in columns if not path.startswith("../")}
    steps = {step.removesuffix("[]") for step in collection.records}
    others = {
        each.records[len(collection.records)].removesuffix("[]")
        for each in collections_of(collection.stream)
        if each.records[: len(collection.records)] == collection.records and each != collection
    }
    return frozenset({*inside, *collection.ignored, *collection.fixed_keys, *steps, *others})
