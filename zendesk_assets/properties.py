"""`properties` and `on_scrub` of the sources file, applied to the catalog.

A rule names columns of a collection; what is written is a record of its stream, so a rule becomes
steps into that record.
"""

from dataclasses import replace

from zendesk_assets.catalog import declared
from zendesk_assets.records.property_filter import PropertyFilter, PropertyRule
from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import Collection, Stream


def as_chosen(source: Source, collection: Collection) -> Collection:
    """Return the collection as the source has it: whether content that Zendesk wipes is kept."""
    if collection.scrub is None:
        return collection
    return replace(collection, scrub=replace(collection.scrub, keep=source.on_scrub == "keep"))


def property_filter(source: Source, stream: Stream) -> PropertyFilter:
    """Return the rules for the records of `stream`: its own, and those of the sources file."""
    return PropertyFilter(
        own_rules(stream)
        + tuple(
            PropertyRule(
                collection.records,
                _with_twins(collection, rules.exclude),
                _with_twins(collection, rules.hash),
            )
            for collection in declared().collections_of(stream.name)
            if (rules := source.properties.get(collection.name))
        )
    )


def own_rules(stream: Stream) -> tuple[PropertyRule, ...]:
    """Return the rules that hold for the records of `stream` in every source."""
    secret = [PropertyRule(exclude=frozenset(stream.secrets))] if stream.secrets else []
    kept = (
        PropertyRule(tuple(path.split(".")), only=frozenset(names)) for path, names in stream.keeps
    )
    return (*secret, *kept)


def _with_twins(collection: Collection, names: tuple[str, ...]) -> frozenset[str]:
    """Return the names, with those of the properties that hold the same text."""
    return frozenset(names) | {twin for name, twin in collection.twins if name in names}
