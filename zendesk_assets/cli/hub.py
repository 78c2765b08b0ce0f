"""`zendesk-assets hub …`: looking after the files of the raw landing.

Only `verify --repair` asks Zendesk, by a sync. What is damaged and what may go is `hub`'s to say.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console

from zendesk_assets.catalog import STREAMS, collections_of
from zendesk_assets.cli.options import Chosen
from zendesk_assets.cli.project import chosen_sources, open_hub, open_project
from zendesk_assets.cli.sync import run_sync
from zendesk_assets.clock import SystemClock
from zendesk_assets.hub import Batch, Damage, Manifest, SourceHub, find_damage, find_prunable
from zendesk_assets.orchestration.build import chosen_collections, open_warehouse
from zendesk_assets.sources import Source, Sources
from zendesk_assets.sources_file import load_sources

__all__ = ["hub"]

hub = typer.Typer(name="hub", help="Look after the files of the raw landing.", no_args_is_help=True)


@hub.command()
def clean(
    source: Chosen = None,
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


@hub.command()
def verify(
    source: Chosen = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Move damage aside, and sync to read it again.")
    ] = False,
) -> None:
    """Read every batch and compare it with its manifest; exit with 1 if something is damaged.

    Example: zendesk-assets hub verify --repair
    """
    console = Console(soft_wrap=True)
    sources, well = load_sources(), True
    for each in chosen_sources(sources, source):
        landing = open_hub(sources, each)
        damages = {name: _damages(landing, name, console) for name in STREAMS}
        names = [name for name, found in damages.items() if found]
        if not names:
            continue
        if not repair:
            well = False
            continue
        now = SystemClock().now()
        for damage in (damage for found in damages.values() for damage in found):
            landing.set_aside(damage.batch, now)
        console.print(f"Moved to {each.schema_name}/_damaged in the hub. Reading it again:")
        well &= _sync_streams(each, names)
    if not well:
        raise typer.Exit(1)


@hub.command()
def prune(
    older_than: Annotated[str, typer.Option(help="Age since landing, in days: 400d.")],
    source: Chosen = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Remove records that every table has and that landed long ago; what is covered stays known.

    Such batches cannot be replayed any more, and no sync asks for them again.

    Example: zendesk-assets hub prune --older-than 400d --dry-run
    """
    console = Console(soft_wrap=True)
    now = SystemClock().now()
    before = now - _age(older_than)
    sources = load_sources()
    for each in chosen_sources(sources, source):
        landing, count, size = open_hub(sources, each), 0, 0
        for batch, manifest in _prunable(sources, each, landing, before):
            count += 1
            size += sum(part.bytes for part in manifest.parts)
            if not dry_run:
                landing.prune(batch, now)
        console.print(
            f"{each.schema_name}: {count:,} batches, {size / 1e6:.1f} MB "
            f"{'would be removed' if dry_run else 'removed'}; what they cover stays covered.",
            highlight=False,
        )


def _damages(landing: SourceHub, stream: str, console: Console) -> list[Damage]:
    batches = landing.batches(stream)
    found = [damage for batch in batches if (damage := find_damage(landing, batch))]
    for damage in found:
        console.print(f"[red]✗[/red] {damage.sentence}", highlight=False)
    if batches:
        bad = f"{len(found):,} damaged" if found else "all well"
        console.print(
            f"{landing.schema}.{stream}: {len(batches):,} batches, {bad}.", highlight=False
        )
    return found


def _sync_streams(source: Source, streams: list[str]) -> bool:
    """Sync what is made of the streams: it reads what was lost, and loads it."""
    chosen = {each.name for each in chosen_collections(source)}
    names = [each.name for name in streams for each in collections_of(name) if each.name in chosen]
    if not names:
        return True
    with open_project() as project:
        return run_sync(project, [source.schema_name], names)


def _prunable(
    sources: Sources, source: Source, landing: SourceHub, before: datetime
) -> list[tuple[Batch, Manifest]]:
    warehouse, schema = open_warehouse(sources), source.schema_name
    quarantined = {row["batch_id"] for row in warehouse.rejects(schema)}
    chosen = chosen_collections(source)
    found = []
    for stream in STREAMS:
        names = [each.name for each in chosen if each.stream == stream]
        loaded = [warehouse.loaded_batches(schema, name) for name in names]
        found += find_prunable(landing, stream, before, loaded, quarantined)
    return found


def _age(text: str) -> timedelta:
    if not re.fullmatch(r"[0-9]{1,6}d", text):
        raise typer.BadParameter("give days, as 400d", param_hint="--older-than")
    return timedelta(days=int(text[:-1]))
