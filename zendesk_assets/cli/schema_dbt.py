"""`zendesk-assets schema --format dbt`: what a dbt project needs to know of our tables.

It is of the sources file that is there; without one, of a schema with the usual name.
"""

from collections.abc import Sequence
from functools import partial

from zendesk_assets.account import chosen_collections
from zendesk_assets.analysis import nested_views_for, views_for
from zendesk_assets.cli.opening import check_collections, chosen_sources
from zendesk_assets.dbt_sources import DbtSource, sources_yml
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.orchestration.freshness import freshness_windows
from zendesk_assets.settings.auth import OAuthAuth
from zendesk_assets.settings.file import load_sources, sources_path
from zendesk_assets.settings.sources import Source, Sources

_USUAL = Source(
    nickname="Zendesk", schema_name="zendesk_prod", subdomain="acme", auth=OAuthAuth(type="oauth")
)


def render_dbt(names: list[str] | None, collections: list[str] | None) -> str:
    """Return the `sources.yml` of the named sources, or all; with only some of the collections.

    Raises:
        SourcesFileError: for an unknown source, or a wrong sources file.
        ZendeskAssetsError: for a collection that there is not, or that is not synced.
    """
    check_collections(collections or [])
    known = load_sources() if names or sources_path().exists() else Sources(sources=(_USUAL,))
    chosen = chosen_sources(known, names)
    if not chosen:
        raise ZendeskAssetsError("The sources file has no sources: add one under `sources:`.")
    return sources_yml([_as_dbt(each, collections or []) for each in chosen])


def _as_dbt(source: Source, wanted: Sequence[str]) -> DbtSource:
    every = chosen_collections(source)
    chosen = tuple(each for each in every if not wanted or each.name in wanted)
    if missing := set(wanted) - {each.name for each in chosen}:
        raise ZendeskAssetsError(
            f"The source {source.schema_name} does not sync {', '.join(sorted(missing))}: add it "
            "to `collections` in sources.yaml."
        )
    names = [each.name for each in chosen]
    views = (*nested_views_for(names), *views_for(names)) if source.analysis else ()
    windows = partial(freshness_windows, source.warehouse_sync_cron)
    return DbtSource(source.schema_name, source.nickname, chosen, views, windows)
