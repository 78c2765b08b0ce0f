"""Which tables keep their states, as `history` of the sources file says."""

from collections.abc import Iterable

from zendesk_assets.settings.choices import DEFAULT
from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import Collection


def histories_of(source: Source, chosen: Iterable[Collection]) -> frozenset[str]:
    """Return the names of the collections whose history a source keeps, of those that it syncs."""
    by_default = {each.name for each in chosen if each.keeps_history}
    if source.history is None:
        return frozenset(by_default)
    named = set(source.history)
    more = by_default if DEFAULT in named else set()
    return frozenset(more | (named - {DEFAULT}))
