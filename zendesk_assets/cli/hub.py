"""`zendesk-assets hub …`: looking after the files of the raw landing, without asking Zendesk."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console

from zendesk_assets.catalog import STREAMS
from zendesk_assets.cli.project import chosen_sources, open_hub
from zendesk_assets.clock import SystemClock
from zendesk_assets.sources_file import load_sources

__all__ = ["hub"]

hub = typer.Typer(name="hub", help="Look after the files of the raw landing.", no_args_is_help=True)


@hub.command()
def clean(
    source: Annotated[
        list[str] | None, typer.Option(help="Nickname or schema of a source; all if left out.")
    ] = None,
    older_than: Annotated[
        float, typer.Option(help="Hours; what is younger may still be being written.", min=0)
    ] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Remove parts that were never committed: a crash in the middle of a page leaves them.

    Nothing reads them and no table needs them: the page was landed again by the next sync.

    Example: zendesk-assets hub clean --dry-run
    """
    console = Console(soft_wrap=True)
    before = SystemClock().now() - timedelta(hours=older_than)
    sources, found = load_sources(), 0
    for each in chosen_sources(sources, source):
        landing = open_hub(sources, each)
        for stream in STREAMS:
            for folder in landing.abandoned(stream, before):
                found += 1
                console.print(folder, highlight=False)
                if not dry_run:
                    landing.remove_abandoned(folder)
    what = "abandoned batch" if found == 1 else "abandoned batches"
    console.print(f"{found} {what} {'would be removed' if dry_run else 'removed'}.")
