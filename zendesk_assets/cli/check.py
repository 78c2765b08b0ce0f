"""`zendesk-assets check`: do the credentials work, who are we, what may we read; 7 requests."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from zendesk_assets.catalog import STREAMS, collections_of
from zendesk_assets.cli.project import chosen_sources
from zendesk_assets.clock import SystemClock
from zendesk_assets.errors import CredentialsError, UnavailableError, ZendeskAssetsError
from zendesk_assets.orchestration.build import chosen_collections
from zendesk_assets.orchestration.resources import (
    credentials_for,
    open_token_store,
    zendesk_resource,
)
from zendesk_assets.sources import Source, Sources
from zendesk_assets.sources_file import load_sources
from zendesk_assets.spec import Stream
from zendesk_assets.zendesk import Position, TokenStore, ZendeskClient

__all__ = ["check"]


def check(
    source: Annotated[
        list[str] | None, typer.Option(help="Nickname or schema of a source; all if left out.")
    ] = None,
) -> None:
    """Check credentials, role, limits, and whether each collection can be read.

    Example: zendesk-assets check --source zendesk_prod
    """
    console = Console(soft_wrap=True)
    well = True
    sources = load_sources()
    store = open_token_store(sources)
    for each in chosen_sources(sources, source):
        try:
            well &= _check_source(sources, each, store, console)
        except ZendeskAssetsError as error:
            console.print(f"[red]✗[/red] {each.nickname}: {error}", highlight=False)
            well = False
    if not well:
        raise typer.Exit(1)


def _check_source(sources: Sources, source: Source, store: TokenStore, console: Console) -> bool:
    """Print what a source may read; return whether that is everything it is to sync."""
    log, clock = _printer(console), SystemClock()
    resource = zendesk_resource(sources, source)
    credentials = credentials_for(source, store, clock, log)
    with resource.client(credentials, clock, log) as client:
        user = _whoami(client, source)
        limit = client.account_limit
        console.print(
            f"[green]✓[/green] {source.nickname} ({source.url}): connected as {user['name']}, "
            f"{user['role']}. The account allows {limit or 'an unknown number of'} requests a "
            f"minute; {_who(sources, source)} at most {resource.requests_per_minute}, exports "
            f"{resource.export_requests_per_minute}.",
            highlight=False,
        )
        outcomes = {name: _probe(client, STREAMS[name]) for name in _streams(source)}
    console.print(_table(source, outcomes))
    return not any(outcomes.values())


def _who(sources: Sources, source: Source) -> str:
    """Return who uses the account's budget, the others of its sources included."""
    others = [each.nickname for each in sources.of_one_account(source) if each != source]
    if not others:
        return "this source uses"
    return f"this source and {', '.join(others)} are on one account and together use"


def _streams(source: Source) -> list[str]:
    return list(dict.fromkeys(each.stream for each in chosen_collections(source)))


def _whoami(client: ZendeskClient, source: Source) -> dict[str, Any]:
    """Return the user we are. Zendesk answers 200 for an anonymous one too (trap T21)."""
    user: Any = client.get("/users/me").get("user")
    if not isinstance(user, dict) or not user.get("id"):
        raise CredentialsError(
            f"Zendesk takes us for an anonymous user: check `auth` of {source.schema_name}."
        )
    return user


def _probe(client: ZendeskClient, stream: Stream) -> str:
    """Return why a stream cannot be read, or nothing. Asks for its last hour only."""
    start = SystemClock().now() - timedelta(hours=1)
    try:
        next(client.walk(stream, Position(start=start)), None)
    except UnavailableError as error:
        return error.reason
    return ""


def _table(source: Source, outcomes: dict[str, str]) -> Table:
    table = Table("collection", "available", "reason", box=None, pad_edge=False)
    for stream, reason in outcomes.items():
        for collection in collections_of(stream):
            if source.collections.chooses(collection.name):
                mark = "[red]no[/red]" if reason else "[green]yes[/green]"
                table.add_row(collection.name, mark, reason)
    return table


def _printer(console: Console) -> Any:
    return lambda line: console.print(f"  {line}", highlight=False)
