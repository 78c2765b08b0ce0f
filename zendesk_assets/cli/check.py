"""`zendesk-assets check`: do the credentials work, who are we, what may we read; 7 requests."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.markup import escape

from zendesk_assets.cli.options import Chosen
from zendesk_assets.cli.probe import printer, probe, table, whoami
from zendesk_assets.cli.project import chosen_sources
from zendesk_assets.clock import SystemClock
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.orchestration.resources import (
    budgets_for,
    credentials_for,
    open_token_store,
    zendesk_resource,
)
from zendesk_assets.sources import Source, Sources
from zendesk_assets.sources_file import load_sources
from zendesk_assets.zendesk import TokenStore

__all__ = ["check"]


def check(
    source: Chosen = None,
) -> None:
    """Check credentials, role, limits, and whether each collection can be read.

    Example: zendesk-assets check --source zendesk_prod
    """
    console = Console(soft_wrap=True)
    sources = load_sources()
    store, well = open_token_store(sources), True
    for each in chosen_sources(sources, source):
        try:
            well &= _check_source(sources, each, store, console)
        except ZendeskAssetsError as error:
            console.print(f"[red]✗[/red] {each.nickname}: {escape(str(error))}", highlight=False)
            well = False
    if not well:
        raise typer.Exit(1)


def _check_source(sources: Sources, source: Source, store: TokenStore, console: Console) -> bool:
    """Print what a source may read; return whether that is everything it is to sync."""
    log, clock = printer(console), SystemClock()
    resource = zendesk_resource(sources, source)
    credentials = credentials_for(source, store, clock, log)
    with resource.client(credentials, budgets_for(sources, source), clock, log) as client:
        user = whoami(client, f"check `auth` of {source.schema_name}")
        limit = client.account_limit
        console.print(
            f"[green]✓[/green] {source.nickname} ({source.url}): connected as {escape(user.name)}, "
            f"{user.role}. The account allows {limit or 'an unknown number of'} requests a "
            f"minute; {_who(sources, source)} at most {resource.requests_per_minute}, exports "
            f"{resource.export_requests_per_minute}.",
            highlight=False,
        )
        outcomes = probe(client, source, user, clock)
    console.print(table(source, outcomes))
    return all(outcome.is_well for outcome in outcomes.values())


def _who(sources: Sources, source: Source) -> str:
    """Return who uses the account's budget, the others of its sources included."""
    others = [each.nickname for each in sources.of_one_account(source) if each != source]
    if not others:
        return "this source uses"
    return f"this source and {', '.join(others)} are on one account and together use"
