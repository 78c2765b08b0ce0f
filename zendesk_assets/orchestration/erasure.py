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
    for out in range(1, len(steps) + 1) if personal.around else ():
        levels.setdefault(out, [])
    return [
        ErasureRule(
            steps[: len(steps) - out],
            personal.owner[3 * out :],
            tuple(paths),
            _known(collection, out) if (personal.around if out else personal.unknown) else None,
        )
        for out, paths in levels.items()
    ]


def _known(collection: Collection, out: int) -> frozenset[str]:
    """Return the properties that the declaration accounts for: of a row's record, or around it."""
    outwards = "../" * out
    paths = [*(c.source_path for c in collection.columns if not c.compute), *collection.ignored]
    inside = {
        path.removeprefix(outwards).split(".")[0] for path in paths if path.count("../") == out
    }
    steps = {step.removesuffix("[]") for step in collection.records}
    place = collection.records[: len(collection.records) - out]
    others = {
        each.records[len(place)].removesuffix("[]")
        for each in collections_of(collection.stream)
        if each.records[: len(place)] == place and each.records != place
    }
    fixed = () if out else collection.fixed_keys
    return frozenset({*inside, *fixed, *steps, *others})
