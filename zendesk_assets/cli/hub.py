"""`zendesk-assets hub …`: maintain the files of the hub.

Only `verify --repair` sends requests to Zendesk, through a sync. The package `hub` decides what is
damaged and what may be removed.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich.markup import escape

from zendesk_assets.account import Account, chosen_collections, chosen_of
from zendesk_assets.catalog import declared
from zendesk_assets.cli.completion import ages
from zendesk_assets.cli.opening import chosen_sources, warehouse_of
from zendesk_assets.cli.options import AsJson, Chosen
from zendesk_assets.cli.plain_help import PlainCommand, PlainGroup
from zendesk_assets.cli.syncing import sync_now
from zendesk_assets.cli.terminal import Console
from zendesk_assets.clock import SystemClock
from zendesk_assets.errors import WarehouseError
from zendesk_assets.history import histories_of
from zendesk_assets.hub import (
    Batch,
    BatchId,
    Damage,
    Manifest,
    SourceHub,
    find_damage,
    find_gone,
    find_prunable,
    find_uncommitted,
)
from zendesk_assets.plain_text import counted
from zendesk_assets.settings.file import load_sources
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.warehouse import WARNING, name_history, without_room

_GONE = "a table has loaded it, but it is missing from the hub"

hub = typer.Typer(
    name="hub",
    cls=PlainGroup,
    help="Maintain the files of the hub.",
    no_args_is_help=True,
    add_completion=False,
)


@hub.command(cls=PlainCommand)
def clean(
    source: Chosen = None,
    older_than: Annotated[
        float, typer.Option(help="Hours; younger parts may still be in progress.", min=0)
    ] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove parts that a crash left uncommitted.

    Nothing reads them and no table needs them, because the next sync landed the page again. Parts
    that were not landed again are kept: `hub verify` names them.

    Example: zendesk-assets hub clean --dry-run
    """
    now = SystemClock().now()
    before = now - timedelta(hours=older_than)
    sources, found = load_sources(), []
    for each in chosen_sources(sources, source):
        landing = Account(sources, each).hub
        for stream in declared().streams.values():
            kept = {each.batch.folder for each in find_uncommitted(landing, stream, now)}
            for folder in sorted(set(landing.abandoned(stream.name, before)) - kept):
                found.append({"source": each.schema_name, "stream": stream.name, "folder": folder})
                if not dry_run:
                    landing.remove_abandoned(folder)
    if as_json:
        typer.echo(json.dumps([{**each, "removed": not dry_run} for each in found], indent=2))
        return
    for each_folder in found:
        typer.echo(each_folder["folder"])
    what = "abandoned batch" if len(found) == 1 else "abandoned batches"
    typer.echo(f"{len(found)} {what} {'would be removed' if dry_run else 'removed'}.")


@hub.command(cls=PlainCommand)
def verify(
    source: Chosen = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Move damage aside, and sync to fetch it again.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare every batch with its manifest.

    Example: zendesk-assets hub verify --repair

    Exits with 0 if nothing is damaged, or everything was fetched again, otherwise with 1.
    """
    console = Console(soft_wrap=True, stderr=as_json)
    sources, well, rows = load_sources(), True, []
    for each in chosen_sources(sources, source):
        landing = Account(sources, each).hub
        if repair:
            Account(sources, each).refuse_other(warehouse_of(sources))
        loaded = _loaded_by_stream(sources, each, console)
        verified = [
            _verify(landing, name, loaded.get(name, set()), console) for name in declared().streams
        ]
        rows += [row for row in verified if row.batches or row.damaged or row.gone]
        bad = [row for row in verified if row.damaged or row.gone]
        if bad and repair:
            well &= _repair(landing, each, bad, console)
        elif bad:
            well = False
    if as_json:
        typer.echo(json.dumps([row.as_json() for row in rows], indent=2))
    if not well:
        raise typer.Exit(1)


@hub.command(cls=PlainCommand)
def prune(
    older_than: Annotated[
        str,
        typer.Option(metavar="DAYS", help="Age since landing, e.g. 400d.", autocompletion=ages),
    ],
    source: Chosen = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove records that landed long ago and are in every table.

    Their coverage is kept, so no sync requests them again. They can no longer be replayed.

    Example: zendesk-assets hub prune --older-than 400d --dry-run
    """
    now = SystemClock().now()
    before = now - _age(older_than)
    sources, rows = load_sources(), []
    for each in chosen_sources(sources, source):
        landing = Account(sources, each).hub
        found = _prunable(sources, each, landing, before)
        for batch, _ in found if not dry_run else ():
            landing.prune(batch, now)
        size = sum(part.bytes for _, manifest in found for part in manifest.parts)
        rows.append({"source": each.schema_name, "batches": len(found), "bytes": size})
        if not as_json:
            typer.echo(
                f"{each.schema_name}: {counted(len(found), 'batch')}, {size / 1e6:.1f} MB "
                f"{'would be removed' if dry_run else 'removed'}; what they cover stays covered."
            )
    if as_json:
        typer.echo(json.dumps([{**row, "removed": not dry_run} for row in rows], indent=2))


@dataclass(frozen=True)
class _Verified:
    """The batches of a stream, and which of them are damaged or gone."""

    source: str
    stream: str
    batches: int
    damaged: list[Damage]
    gone: list[BatchId]

    def as_json(self) -> dict[str, Any]:
        bad = [{"batch": each.batch.name, "what": each.sentence} for each in self.damaged]
        bad += [{"batch": str(each), "what": _GONE} for each in self.gone]
        return {
            "source": self.source,
            "stream": self.stream,
            "batches": self.batches,
            "damaged": bad,
        }


def _verify(landing: SourceHub, stream: str, loaded: set[str], console: Console) -> _Verified:
    batches = landing.batches(stream)
    found = [damage for batch in batches if (damage := find_damage(landing, batch))]
    found += find_uncommitted(landing, declared().streams[stream], SystemClock().now(), loaded)
    gone = find_gone(landing, stream, loaded)
    names = [f"{landing.schema}.{stream} {each}: {_GONE}." for each in gone]
    for sentence in [*(damage.sentence for damage in found), *names]:
        console.print(f"[red]✗[/red] {escape(sentence)}")
    for folder in landing.strays(stream):
        console.print(
            f"{escape(folder)} is in the wrong place for a batch of this name: nothing reads it."
        )
    if batches or found or gone:
        count = len(found) + len(gone)
        bad = f"{count:,} damaged" if count else "all well"
        every = counted(len(batches), "batch")
        console.print(f"{landing.schema}.{stream}: {every}, {bad}.")
    return _Verified(landing.schema, stream, len(batches), found, gone)


def _loaded_by_stream(sources: Sources, source: Source, console: Console) -> dict[str, set[str]]:
    """Return the loaded batches of each stream's tables; none if they cannot be read."""
    loaded: dict[str, set[str]] = {}
    try:
        warehouse = warehouse_of(sources)
        for each in chosen_collections(source):
            ids = warehouse.loaded_batches(source.schema_name, each.name)
            loaded.setdefault(each.stream, set()).update(ids)
    except WarehouseError as error:
        console.print(f"Not compared with the tables: {escape(str(error))}")
    return loaded


def _repair(landing: SourceHub, source: Source, bad: list[_Verified], console: Console) -> bool:
    """Move the damage aside and fetch it again; return whether that succeeded."""
    now = SystemClock().now()
    for row in bad:
        for damage in row.damaged:
            landing.damaged.set_aside(damage.batch, now)
        for batch_id in row.gone:
            landing.damaged.note_loss(row.stream, batch_id, now)
    console.print(f"Moved to {source.schema_name}/_damaged in the hub. Fetching it again:")
    return _sync_streams(source, [row.stream for row in bad], aside=console.stderr)


def _sync_streams(source: Source, streams: list[str], *, aside: bool) -> bool:
    """Sync the collections of the streams, which fetches what was lost and loads it."""
    names = [each.name for name in streams for each in chosen_of(source, name)]
    if not names:
        return True
    return sync_now(source.schema_name, names, aside=aside)


def _prunable(
    sources: Sources, source: Source, landing: SourceHub, before: datetime
) -> list[tuple[Batch, Manifest]]:
    warehouse, schema = warehouse_of(sources), source.schema_name
    Account(sources, source).refuse_other(warehouse)
    rows = [row for row in warehouse.rejects(schema) if row["severity"] != WARNING]
    quarantined = {row["batch_id"] for row in rows}
    chosen = chosen_collections(source)
    histories = histories_of(source, chosen) - without_room(warehouse, schema, chosen)
    found = []
    for stream in declared().streams:
        tables = [each.name for each in chosen_of(source, stream)]
        tables += [name_history(each) for each in tables if each in histories]
        loaded = [warehouse.loaded_batches(schema, each) for each in tables]
        found += find_prunable(landing, stream, before, loaded, quarantined)
    return found


def _age(text: str) -> timedelta:
    if not re.fullmatch(r"[0-9]{1,6}d", text):
        raise typer.BadParameter("give days, e.g. 400d", param_hint="--older-than")
    return timedelta(days=int(text[:-1]))
