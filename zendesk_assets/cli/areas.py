"""The product areas as a source has them: what it syncs, and what switches one on."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Final

from zendesk_assets.account import chosen_collections
from zendesk_assets.catalog import declared
from zendesk_assets.hub import SourceHub
from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import Collection

_MOST_NAMES: Final = 6


@dataclass(frozen=True)
class Area:
    """One area: the collections that the source syncs, and the others; either may be empty.

    `line` is the line of the source's entry that switches it on, for areas on request that are off.
    """

    name: str
    synced: tuple[Collection, ...]
    others: tuple[Collection, ...]
    on_request: bool
    line: str

    @property
    def personal(self) -> tuple[str, ...]:
        """Return the names of the collections that hold personal data: synced ones, if any are."""
        return tuple(each.name for each in self.synced or self.others if each.is_personal)


def areas_of(source: Source) -> list[Area]:
    """Return all areas, in the order of the catalog. Raises SourcesFileError."""
    catalog, chosen = declared(), chosen_collections(source)
    return [_area(source, name, chosen) for name in catalog.areas]


def areas_begun(source: Source, hub: SourceHub, streams: Container[str]) -> Iterator[Area]:
    """Yield the areas on request of which some of these streams are synced for the first time.

    Raises:
        HubError: if the hub cannot be read.
    """
    for area in areas_of(source):
        names = dict.fromkeys(each.stream for each in area.synced)
        begins = area.on_request and any(name in streams for name in names)
        if begins and not any(len(hub.look(name)) or hub.refusals.of(name) for name in names):
            yield area


def personal_sentence(area: Area) -> str:
    """Return which tables of an area hold personal data and what can be done; '' if none does."""
    names = area.personal
    if not names:
        return ""
    shown = ", ".join(names[:_MOST_NAMES])
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    hold = "holds" if len(names) == 1 else "hold"
    return (
        f"{area.name}: {shown}{more} {hold} personal data; `properties` in the sources file leaves "
        "out or hashes what you do not want to copy (docs/privacy.md)."
    )


def _area(source: Source, name: str, chosen: tuple[Collection, ...]) -> Area:
    catalog = declared()
    every = [catalog.collections[each] for each in catalog.areas[name]]
    synced = tuple(each for each in every if each in chosen)
    on_request = name in catalog.on_request
    return Area(
        name,
        synced,
        tuple(each for each in every if each not in chosen),
        on_request,
        _line(source, name, chosen) if on_request and not synced else "",
    )


def _line(source: Source, area: str, chosen: tuple[Collection, ...]) -> str:
    """Return what `collections` has to be so that an area is synced beside the rest."""
    choice = source.collections
    named = choice.include or (_named(chosen) if choice.exclude else ("default",))
    return f"collections: {{include: [{', '.join(dict.fromkeys((*named, area)))}]}}"


def _named(chosen: tuple[Collection, ...]) -> tuple[str, ...]:
    """Return names for collections: of their area where they are all of it, else their own."""
    catalog, names = declared(), {each.name for each in chosen}
    if names == set(catalog.by_default):
        return ("default",)
    return tuple(
        name
        for area, every in catalog.areas.items()
        for name in ((area,) if names >= set(every) else (e for e in every if e in names))
    )
