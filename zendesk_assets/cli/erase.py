"""`zendesk-assets erase`: take one person out of the hub and the warehouse; a dry run unless told.

What is found is said in docs/privacy.md. Nothing is asked of Zendesk.
"""

from __future__ import annotations

from typing import Annotated

import typer

from zendesk_assets.catalog import COLLECTIONS, STREAMS
from zendesk_assets.cli.options import Chosen
from zendesk_assets.cli.project import chosen_sources, open_hub, warehouse_of
from zendesk_assets.cli.terminal import Console
from zendesk_assets.clock import SystemClock
from zendesk_assets.erasing import Person
from zendesk_assets.errors import CorruptManifestError, CorruptPartError, ZendeskAssetsError
from zendesk_assets.hub import RecordEraser, SourceHub, erase_from_batch
from zendesk_assets.orchestration.accounts import refuse_other_account
from zendesk_assets.orchestration.erasure import record_eraser
from zendesk_assets.sources_file import load_sources
from zendesk_assets.warehouse import Warehouse

__all__ = ["erase"]

_SHORTEST = 4


def erase(
    user_id: Annotated[list[int] | None, typer.Option(help="Zendesk's id of the person.")] = None,
    email: Annotated[list[str] | None, typer.Option(help="An e-mail address of theirs.")] = None,
    text: Annotated[
        list[str] | None, typer.Option(help="A name, a number: whatever tells who it is.")
    ] = None,
    source: Chosen = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Do it; without it, only say what would change.")
    ] = False,
) -> None:
    """Erase one person from the hub and the tables.

    Without --apply it only says what would change. There is no way back.

    By id: what they wrote, and what Zendesk says of them. By e-mail or text: wherever that stands.

    Example: zendesk-assets erase --user-id 1234567 --email jane@acme.com

    Exits with 1 if a damaged batch could not be looked at.
    """
    person = _person(user_id or [], email or [], text or [])
    sources, console = load_sources(), Console(soft_wrap=True)
    warehouse, well = warehouse_of(sources), True
    chosen = chosen_sources(sources, source)
    for each in chosen:
        refuse_other_account(each, open_hub(sources, each), warehouse)
    for each in chosen:
        landing = open_hub(sources, each)
        well &= _in_hub(landing, person, console, apply=apply)
        _in_tables(warehouse, each.schema_name, person, console, apply=apply)
        _not_looked_at(landing, console)
    if not apply:
        console.print(
            "Nothing was changed: --apply does it. Make sure that no sync runs meanwhile."
        )
    if not well:
        raise typer.Exit(1)


def _person(ids: list[int], emails: list[str], texts: list[str]) -> Person:
    """Return who is meant. Raises ZendeskAssetsError for what would be anybody."""
    named = tuple(each.strip() for each in (*emails, *texts))
    if not ids and not named:
        raise ZendeskAssetsError("Say who is to be erased: --user-id, --email or --text.")
    for each in emails:
        if each.count("@") != 1:
            raise ZendeskAssetsError(f"{each} is no e-mail address: use --text for other texts.")
    if short := [each for each in named if len(each) < _SHORTEST]:
        raise ZendeskAssetsError(
            f"“{short[0]}” stands in too much else: give at least {_SHORTEST} characters."
        )
    if min(ids, default=1) < 1:
        raise ZendeskAssetsError(
            "The id of a user is a positive number (-1 is the system): give that of the person."
        )
    return Person(frozenset(ids), named)


def _in_hub(landing: SourceHub, person: Person, console: Console, *, apply: bool) -> bool:
    """Erase in each stream and say so; return whether every batch could be read."""
    well = True
    for name, stream in STREAMS.items():
        counts, damage = _in_stream(landing, name, record_eraser(stream, person), apply=apply)
        for sentence in damage:
            well = False
            console.print(f"[red]✗[/red] {sentence} Repair it, and erase again.", highlight=False)
        if counts:
            told = "erased" if apply else "to be erased"
            console.print(
                f"{landing.schema} hub {name}: {sum(counts):,} records in {len(counts):,} "
                f"batches {told}.",
                highlight=False,
            )
    return well


def _in_stream(
    landing: SourceHub, stream: str, eraser: RecordEraser, *, apply: bool
) -> tuple[list[int], list[str]]:
    """Return the records of each batch concerned, and a sentence for each damaged batch."""
    counts, damage, now = [], [], SystemClock().now()
    for batch in landing.batches(stream):
        try:
            counts.append(erase_from_batch(landing, batch, eraser, now, apply=apply))
        except (CorruptPartError, CorruptManifestError) as error:
            damage.append(str(error))
    return [each for each in counts if each], damage


def _in_tables(
    warehouse: Warehouse, schema: str, person: Person, console: Console, *, apply: bool
) -> None:
    told = "erased" if apply else "to be erased"
    for name, collection in COLLECTIONS.items():
        eraser = record_eraser(STREAMS[collection.stream], person)
        rows, rejects = warehouse.erase(schema, collection, person, eraser.erase, apply=apply)
        if rows or rejects:
            console.print(
                f"{schema}.{name}: {rows:,} rows, {rejects:,} quarantined rows {told}.",
                highlight=False,
            )


def _not_looked_at(landing: SourceHub, console: Console) -> None:
    """Name what may hold the person still and cannot be rewritten."""
    damaged = sum(len(landing.lost(name)) for name in STREAMS)
    open_ = sum(len(landing.abandoned(name, SystemClock().now())) for name in STREAMS)
    if damaged:
        console.print(
            f"Not looked at: {damaged} damaged batches in {landing.schema}/_damaged of the hub; "
            "delete that folder when you need them no more."
        )
    if open_:
        console.print(f"Not looked at: {open_} batches never committed; run `hub clean`.")
