"""`zendesk-assets hub …`: looking after the files of the raw landing.

Only `verify --repair` asks Zendesk, by a sync. What is damaged and what may go is `hub`'s to say.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich.markup import escape

from zendesk_assets.catalog import STREAMS, collections_of
from zendesk_assets.cli.completion import ages
from zendesk_assets.cli.options import AsJson, Chosen
from zendesk_assets.cli.project import chosen_sources, open_hub, open_project, warehouse_of
from zendesk_assets.cli.sync import run_sync
from zendesk_assets.cli.terminal import Console
from zendesk_assets.clock import SystemClock
from zendesk_assets.hub import Batch, Damage, Manifest, SourceHub, find_damage, find_prunable
from zendesk_assets.orchestration.accounts import refuse_other_account
from zendesk_assets.orchestration.build import chosen_collections
from zendesk_assets.sources import Source, Sources
from zendesk_assets.sources_file import load_sources
from zendesk_assets.warehouse import WARNING

__all__ = ["hub"]

hub = typer.Typer(name="hub", help="Look after the files of the raw landing.", no_args_is_help=True)


@hub.command()
def clean(
    source: Chosen = None,
    older_than: Annotated[
        float, typer.Option(help="Hours; what is younger may still be being written.", min=0)
    ] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove what a crash left: parts that were never committed.

    Nothing reads them and no table needs them: the page was landed again by the next sync.

    Example: zendesk-assets hub clean --dry-run
    """
    before = SystemClock().now() - timedelta(hours=older_than)
    sources, found = load_sources(), []
    for each in chosen_sources(sources, source):
        landing = open_hub(sources, each)
        for stream in STREAMS:
            for folder in landing.abandoned(stream, before):
                found.append({"source": each.schema_name, "stream": stream, "folder": folder})
                if not dry_run:
                    landing.remove_abandoned(folder)
    if as_json:
        typer.echo(json.dumps([{**each, "removed": not dry_run} for each in found], indent=2))
        return
    for each_folder in found:
        typer.echo(each_folder["folder"])
    what = "abandoned batch" if len(found) == 1 else "abandoned batches"
    typer.echo(f"{len(found)} {what} {'would be removed' if dry_run else 'removed'}.")


@hub.command()
def verify(
    source: Chosen = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Move damage aside, and sync to read it again.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare every batch with its manifest.

    Example: zendesk-assets hub verify --repair

    Exits with 0 if nothing is damaged, or all was read again, else with 1.
    """
    console = Console(soft_wrap=True, stderr=as_json)
    sources, well, rows = load_sources(), True, []
    for each in chosen_sources(sources, source):
        landing = open_hub(sources, each)
        if repair:
            refuse_other_account(each, landing, warehouse_of(sources))
        verified = [_verify(landing, name, console) for name in STREAMS]
        rows += [row for row in verified if row.batches]
        damages = [damage for row in verified for damage in row.damaged]
        if damages and repair:
            names = [row.stream for row in verified if row.damaged]
            well &= _repair(landing, each, damages, names, console)
        elif damages:
            well = False
    if as_json:
        typer.echo(json.dumps([row.as_json() for row in rows], indent=2))
    if not well:
        raise typer.Exit(1)


@hub.command()
def prune(
    older_than: Annotated[
        str,
        typer.Option(metavar="DAYS", help="Age since landing, as 400d.", autocompletion=ages),
    ],
    source: Chosen = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove records that landed long ago and are in every table.

    What they cover stays known: no sync asks for it again. It cannot be replayed any more.

    Example: zendesk-assets hub prune --older-than 400d --dry-run
    """
    now = SystemClock().now()
    before = now - _age(older_than)
    sources, rows = load_sources(), []
    for each in chosen_sources(sources, source):
        landing = open_hub(sources, each)
        found = _prunable(sources, each, landing, before)
        for batch, _ in found if not dry_run else ():
            landing.prune(batch, now)
        size = sum(part.bytes for _, manifest in found for part in manifest.parts)
        rows.append({"source": each.schema_name, "batches": len(found), "bytes": size})
        if not as_json:
            typer.echo(
                f"{each.schema_name}: {len(found):,} batches, {size / 1e6:.1f} MB "
                f"{'would be removed' if dry_run else 'removed'}; what they cover stays covered."
            )
    if as_json:
        typer.echo(json.dumps([{**row, "removed": not dry_run} for row in rows], indent=2))


@dataclass(frozen=True)
class _Verified:
    """The batches of a stream, and which of them are damaged."""

    source: str
    stream: str
    batches: int
    damaged: list[Damage]

    def as_json(self) -> dict[str, Any]:
        bad = [{"batch": str(each.batch.id), "what": each.sentence} for each in self.damaged]
        return {
            "source": self.source,
            "stream": self.stream,
            "batches": self.batches,
            "damaged": bad,
        }


def _verify(landing: SourceHub, stream: str, console: Console) -> _Verified:
    batches = landing.batches(stream)
    found = [damage for batch in batches if (damage := find_damage(landing, batch))]
    for damage in found:
        console.print(f"[red]✗[/red] {escape(damage.sentence)}", highlight=False)
    if batches:
        bad = f"{len(found):,} damaged" if found else "all well"
        console.print(
            f"{landing.schema}.{stream}: {len(batches):,} batches, {bad}.", highlight=False
        )
    return _Verified(landing.schema, stream, len(batches), found)


def _repair(
    landing: SourceHub, source: Source, damages: list[Damage], streams: list[str], console: Console
) -> bool:
    """Move the damage aside and read it again; return whether that went well."""
    now = SystemClock().now()
    for damage in damages:
        landing.set_aside(damage.batch, now)
    console.print(f"Moved to {source.schema_name}/_damaged in the hub. Reading it again:")
    return _sync_streams(source, streams, aside=console.stderr)


def _sync_streams(source: Source, streams: list[str], *, aside: bool) -> bool:
    """Sync what is made of the streams: it reads what was lost, and loads it."""
    chosen = {each.name for each in chosen_collections(source)}
    names = [each.name for name in streams for each in collections_of(name) if each.name in chosen]
    if not names:
        return True
    with open_project() as project:
        return run_sync(project, [source.schema_name], names, aside=aside)


def _prunable(
    sources: Sources, source: Source, landing: SourceHub, before: datetime
) -> list[tuple[Batch, Manifest]]:
    warehouse, schema = warehouse_of(sources), source.schema_name
    refuse_other_account(source, landing, warehouse)
    rows = [row for row in warehouse.rejects(schema) if row["severity"] != WARNING]
    quarantined = {row["batch_id"] for row in rows}
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
