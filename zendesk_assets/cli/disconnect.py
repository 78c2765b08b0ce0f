"""`zendesk-assets disconnect`: revoke the tokens of a source at Zendesk, and delete them."""

from typing import Annotated

import typer

from zendesk_assets.account import open_token_store
from zendesk_assets.cli.completion import source_names
from zendesk_assets.cli.terminal import Console
from zendesk_assets.errors import TokenStoreError, ZendeskError
from zendesk_assets.settings.edit import lines_of_source
from zendesk_assets.settings.file import load_sources, sources_path
from zendesk_assets.settings.sources import Source
from zendesk_assets.zendesk import TokenStore
from zendesk_assets.zendesk.oauth import OAuthClient


def disconnect(
    source: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="Nickname or schema of the source.", autocompletion=source_names
        ),
    ],
) -> None:
    """Revoke the tokens of a source at Zendesk, and delete them.

    Example: zendesk-assets disconnect --source zendesk_prod
    """
    console = Console(soft_wrap=True)
    sources = load_sources()
    chosen = sources.source(source)
    store, name = open_token_store(sources), chosen.schema_name
    with store.lock(name):
        console.say(_revoke(chosen, store))
        store.forget(name)
    first, last = lines_of_source(sources_path(), sources.sources.index(chosen))
    console.say(
        f"Its entry stays in {sources_path()} (lines {first} to {last}), and its runs fail until "
        f"`zendesk-assets connect --schema {name}`. To remove the source, delete those lines and "
        "press Reload in Dagster; its tables and its hub stay.",
    )


def _revoke(source: Source, store: TokenStore) -> str:
    """Revoke the stored tokens; return what happened, as they are deleted in any case."""
    name = source.schema_name
    try:
        tokens = store.load(name)
        if tokens is None:
            return f"{name} has no tokens: there is nothing to revoke."
        address = tokens.base_url or source.url
        OAuthClient(address, tokens.client_id, tokens.client_secret).revoke(tokens)
    except (ZendeskError, TokenStoreError) as error:
        return (
            f"The tokens of {name} are deleted here, but Zendesk has not revoked them: remove "
            f"them in Admin Center > Apps and integrations > APIs > OAuth clients. ({error})"
        )
    return f"✓ The tokens of {name} are revoked at Zendesk and deleted here."
