"""What `collections`, `history` and `properties` of a source name, checked against the catalog.

Each check returns why something is not allowed, as the end of a sentence, or ''. `rules` are about
combinations of settings that need no catalog.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Self

from pydantic import model_validator

from zendesk_assets.catalog import declared
from zendesk_assets.errors import meant
from zendesk_assets.records.paths import Path, Step
from zendesk_assets.settings.places import Settings
from zendesk_assets.settings.values import Text
from zendesk_assets.spec import Collection, ColumnType

DEFAULT: Final = "default"
_SHOWN: Final = 8


class CollectionChoice(Settings):
    """Which collections a source syncs; default: all."""

    include: tuple[Text, ...] | None = None
    exclude: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.include is not None and self.exclude:
            raise ValueError("give include or exclude, not both")
        if self.include == ():
            raise ValueError("include names no collection: name some, or omit it for all")
        if wrong := wrong_collections(self):
            raise ValueError(wrong)
        return self


class PropertyRules(Settings):
    """Properties that are excluded, or replaced by a hash, before anything is written."""

    exclude: tuple[Text, ...] = ()
    hash: tuple[Text, ...] = ()


def collections_chosen(choice: CollectionChoice) -> tuple[Collection, ...]:
    """Return the collections of a choice that `wrong_collections` accepts."""
    known = _known()
    included = (DEFAULT,) if choice.include is None else choice.include
    named = {each for name in included for each in known[name]}
    named -= {each for name in choice.exclude for each in known[name]}
    return tuple(each for each in declared().collections.values() if each.name in named)


def wrong_collections(choice: CollectionChoice) -> str:
    """Return why a choice of collections is not possible, or ''."""
    known, catalog = _known(), declared()
    if unknown := _unknown((*(choice.include or ()), *choice.exclude), known):
        return (
            f"there is no collection {unknown}: use one of the {len(catalog.collections)} that "
            f"docs/collections.md lists, an area ({', '.join(catalog.areas)}), or {DEFAULT} for "
            "what is synced by default"
        )
    if not collections_chosen(choice):
        return "every collection is excluded: keep at least one, or remove the source from the file"
    return ""


def wrong_history(names: Iterable[str], choice: CollectionChoice | None) -> str:
    """Return why the tables named cannot keep their history, or ''.

    `choice` has the collections that are synced, if they are known.
    """
    known, wanted = declared().collections, [each for each in names if each != DEFAULT]
    if unknown := _unknown(wanted, known):
        return (
            f"there is no collection {unknown}: use {DEFAULT}, or names that docs/collections.md "
            "lists"
        )
    synced = collections_chosen(choice) if choice else known.values()
    for name in wanted:
        if known[name] not in synced:
            return f"{name} is not synced: name it under `collections` too, or leave it out here"
        if not known[name].can_have_history:
            return (
                f"{name} cannot have one, because other records decide when its rows are deleted: "
                "leave it out"
            )
    return ""


def wrong_properties(properties: Mapping[str, PropertyRules], *, keeps_scrubbed: bool) -> str:
    """Return why rules name nothing, or would break a table, or ''."""
    known = declared().collections
    if unknown := _unknown(properties, known):
        return f"there is no collection {unknown}: docs/collections.md lists them"
    for name, rules in properties.items():
        if wrong := _wrong_rules(known[name], rules, keeps_scrubbed=keeps_scrubbed):
            return f"{name}: {wrong}"
    return ""


def _wrong_rules(collection: Collection, rules: PropertyRules, *, keeps_scrubbed: bool) -> str:
    types = _types(collection)
    for name in (*rules.exclude, *rules.hash):
        if wrong := _wrong_name(collection, name, types):
            return wrong
    shown = {name for name, _ in collection.scrub.shows} if collection.scrub else set()
    hidden = sorted(shown & {*rules.exclude, *rules.hash})
    if hidden and keeps_scrubbed:
        return (
            f"{hidden[0]} tells that Zendesk has wiped a record, which `on_scrub: keep` must see: "
            "leave it as it is, or use `on_scrub: follow`"
        )
    for name in rules.hash:
        if types[name] is not ColumnType.TEXT:
            return f"{name} is not a text and cannot be hashed; exclude it instead"
    return ""


def _wrong_name(collection: Collection, name: str, types: Mapping[str, ColumnType]) -> str:
    needed = {*collection.primary_key, collection.version}
    needed |= {collection.deleted.path} if collection.deleted else set()
    if name in needed:
        return f"{name} is needed to keep the table right and cannot be left out"
    if any(column.name == name and column.compute for column in collection.columns):
        fields = ", ".join(collection.dynamic_keys)
        return (
            f"{name} is made from the field that changed; leave out that field (subject, {fields}, "
            "…)"
        )
    if name not in types:
        near = meant(name, types)
        return f"{name} is not a property of the collection{near}; see docs/collections.md"
    return ""


def _types(collection: Collection) -> dict[str, ColumnType]:
    """Return the types of the properties that a record of the collection may have."""
    types = {Path.parse(c.source_path).first: c.type for c in collection.columns if not c.compute}
    return types | dict.fromkeys(_without_column(collection), ColumnType.JSON)


def _without_column(collection: Collection) -> set[str]:
    """Return the properties that are not columns and that no table needs."""
    steps = {
        Step.parse(step).name
        for each in declared().collections_of(collection.stream)
        for step in each.records[len(collection.records) :][:1]
    }
    return {*collection.ignored, *collection.dynamic_keys} - steps


def _known() -> dict[str, tuple[str, ...]]:
    """Return the collections of each name that a choice may have."""
    catalog = declared()
    single = {name: (name,) for name in catalog.collections}
    return {DEFAULT: catalog.by_default, **catalog.areas, **single}


def _unknown(names: Iterable[str], known: Iterable[str]) -> str:
    """Return the names that are not known, each with one that may be meant, or ''."""
    choice = list(known)
    unknown = [f"{name}{meant(name, choice)}" for name in names if name not in choice]
    more = f", and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
    return f"{', '.join(unknown[:_SHOWN])}{more}"
