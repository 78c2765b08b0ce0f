"""The `properties` of the sources file → rules for the hub, checked against the catalog.

A rule names columns of a collection; what is written is a record of its stream, so a rule becomes
steps into that record.
"""

from __future__ import annotations

from zendesk_assets.catalog import COLLECTIONS, collections_of
from zendesk_assets.errors import SourcesFileError
from zendesk_assets.hub import PropertyFilter, PropertyRule
from zendesk_assets.sources import PropertyRules, Source
from zendesk_assets.spec import Collection, ColumnType, Stream

__all__ = ["check_properties", "property_filter"]


def property_filter(source: Source, stream: Stream) -> PropertyFilter:
    """Return the rules for the records of `stream`."""
    return PropertyFilter(
        tuple(
            PropertyRule(
                collection.records,
                _with_twins(collection, rules.exclude),
                _with_twins(collection, rules.hash),
            )
            for collection in collections_of(stream.name)
            if (rules := source.properties.get(collection.name))
        )
    )


def check_properties(source: Source) -> None:
    """Refuse rules that name nothing, or that would break a table. Raises SourcesFileError."""
    for name, rules in source.properties.items():
        if name not in COLLECTIONS:
            raise SourcesFileError(
                f"The source {source.schema_name} has properties for {name}, which is no "
                f"collection: there are {', '.join(sorted(COLLECTIONS))}."
            )
        _check_rules(source, COLLECTIONS[name], rules)


def _check_rules(source: Source, collection: Collection, rules: PropertyRules) -> None:
    where = f"properties.{collection.name} of the source {source.schema_name}"
    needed = {*collection.primary_key, collection.version, *_deletion_paths(collection)}
    types = {column.source_path.split(".")[0]: column.type for column in collection.columns}
    for name in (*rules.exclude, *rules.hash):
        if name in needed:
            raise SourcesFileError(
                f"{where}: {name} is needed to keep the table right and cannot be left out."
            )
        if name not in types:
            raise SourcesFileError(
                f"{where}: {name} is no property of the collection; see docs/collections.md."
            )
    for name in rules.hash:
        if types[name] is not ColumnType.TEXT:
            raise SourcesFileError(
                f"{where}: {name} is no text and cannot be hashed; exclude it instead."
            )


def _deletion_paths(collection: Collection) -> tuple[str, ...]:
    return (collection.deleted.path,) if collection.deleted else ()


def _with_twins(collection: Collection, names: tuple[str, ...]) -> frozenset[str]:
    """Return the names, with those of the properties that hold the same text."""
    return frozenset(names) | {twin for name, twin in collection.twins if name in names}
