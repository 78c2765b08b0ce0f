"""`history` of the sources file, checked against the catalog: which tables keep their states."""

from collections.abc import Iterable

from zendesk_assets.catalog import declared
from zendesk_assets.errors import SourcesFileError, meant
from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import Collection

_DEFAULT = "default"


def histories_of(source: Source, chosen: Iterable[Collection]) -> frozenset[str]:
    """Return the names of the collections whose history a source keeps, of those that it syncs.

    Raises:
        SourcesFileError: for a name that is unknown, not synced, or cannot have a history.
    """
    synced = {each.name: each for each in chosen}
    by_default = {each.name for each in synced.values() if each.keeps_history}
    if source.history is None:
        return frozenset(by_default)
    named = set(source.history)
    for name in sorted(named - {_DEFAULT}):
        _check(source, name, synced)
    more = by_default if _DEFAULT in named else set()
    return frozenset(more | (named - {_DEFAULT}))


def _check(source: Source, name: str, synced: dict[str, Collection]) -> None:
    """Raise SourcesFileError if a collection cannot have a history in this source."""
    known, where = declared().collections, f"history of the source {source.schema_name}"
    if name not in known:
        raise SourcesFileError(
            f"{where}: {name} is not a collection{meant(name, known)}: use {_DEFAULT}, or "
            f"{', '.join(sorted(known))}."
        )
    if name not in synced:
        raise SourcesFileError(
            f"{where}: {name} is not synced: name it under `collections` too, or leave it out here."
        )
    if not known[name].can_have_history:
        raise SourcesFileError(
            f"{where}: {name} cannot have one, because other records decide when its rows are "
            "deleted: leave it out."
        )
