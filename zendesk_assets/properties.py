"""`properties` and `on_scrub` of the sources file, checked against the catalog and applied to it.

A rule names columns of a collection; what is written is a record of its stream, so a rule becomes
steps into that record.
"""

from dataclasses import replace

from zendesk_assets.catalog import declared
from zendesk_assets.errors import SourcesFileError, meant
from zendesk_assets.records.paths import Path, Step
from zendesk_assets.records.property_filter import PropertyFilter, PropertyRule
from zendesk_assets.settings.sources import PropertyRules, Source
from zendesk_assets.spec import Collection, ColumnType, Stream


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


def check_properties(source: Source) -> None:
    """Refuse rules that name nothing, or that would break a table. Raises SourcesFileError."""
    for name, rules in source.properties.items():
        known = declared().collections
        if name not in known:
            raise SourcesFileError(
                f"The source {source.schema_name} has properties for {name}, which is not a "
                f"collection{meant(name, known)}: there are {', '.join(sorted(known))}."
            )
        _check_rules(source, declared().collections[name], rules)


def _check_rules(source: Source, collection: Collection, rules: PropertyRules) -> None:
    where = f"properties.{collection.name} of the source {source.schema_name}"
    needed = {*collection.primary_key, collection.version}
    needed |= {collection.deleted.path} if collection.deleted else set()
    made = {column.name for column in collection.columns if column.compute}
    types = {Path.parse(c.source_path).first: c.type for c in collection.columns if not c.compute}
    types |= dict.fromkeys(_without_column(collection), ColumnType.JSON)
    for name in (*rules.exclude, *rules.hash):
        if name in needed:
            raise SourcesFileError(
                f"{where}: {name} is needed to keep the table right and cannot be left out."
            )
        if name in made:
            raise SourcesFileError(
                f"{where}: {name} is made from the field that changed; leave out that field "
                f"(subject, {', '.join(collection.dynamic_keys)}, …)."
            )
        if name not in types:
            raise SourcesFileError(
                f"{where}: {name} is not a property of the collection; see docs/collections.md."
            )
    shown = {name for name, _ in collection.scrub.shows} if collection.scrub else set()
    hidden = sorted(shown & {*rules.exclude, *rules.hash})
    if hidden and source.on_scrub == "keep":
        raise SourcesFileError(
            f"{where}: {hidden[0]} tells that Zendesk has wiped a record, which `on_scrub: keep` "
            "must see: leave it as it is, or use `on_scrub: follow`."
        )
    for name in rules.hash:
        if types[name] is not ColumnType.TEXT:
            raise SourcesFileError(
                f"{where}: {name} is not a text and cannot be hashed; exclude it instead."
            )


def _without_column(collection: Collection) -> set[str]:
    """Return the properties that are not columns and that no table needs."""
    steps = {
        Step.parse(step).name
        for each in declared().collections_of(collection.stream)
        for step in each.records[len(collection.records) :][:1]
    }
    return {*collection.ignored, *collection.dynamic_keys} - steps


def _with_twins(collection: Collection, names: tuple[str, ...]) -> frozenset[str]:
    """Return the names, with those of the properties that hold the same text."""
    return frozenset(names) | {twin for name, twin in collection.twins if name in names}
