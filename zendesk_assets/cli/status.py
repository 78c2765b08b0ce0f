"""`zendesk-assets status`: what there is, how fresh it is, what is wrong; without requests."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from zendesk_assets.account import Account, chosen_collections
from zendesk_assets.catalog import declared
from zendesk_assets.cli.budget_use import account_use, last_walk
from zendesk_assets.cli.opening import chosen_sources, warehouse_of
from zendesk_assets.cli.options import AsJson, Chosen
from zendesk_assets.cli.probe import NEW_SURVEYS
from zendesk_assets.cli.status_report import CollectionStatus, status_lines
from zendesk_assets.cli.tables import console_for_tables
from zendesk_assets.errors import HubError
from zendesk_assets.history import histories_of
from zendesk_assets.hub import Known, Pending, SourceHub, find_all_pending, incomplete_seconds
from zendesk_assets.settings.file import load_sources
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse import TableSummary, name_history, summarize, without_room

# A batch is written in seconds; an older one that is not committed never will be.
_BEING_WRITTEN = timedelta(hours=1)
_RATINGS = "satisfaction_ratings"
_STALE = timedelta(days=60)


def status(
    source: Chosen = None,
    as_json: AsJson = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Show each table, also those that did not change.")
    ] = False,
) -> None:
    """Show the state of each table: what changed, lag, cost, quarantine.

    It sends no request to Zendesk. What the last sync changed comes first; of more than 20 tables,
    those with nothing new are only counted. "behind" is how long ago the hub's coverage ends: at
    least ten minutes, since the last settle_minutes never count; "requests" is what the last walk
    cost.

    Example: zendesk-assets status --source zendesk_prod

    Exits with 0, whatever is found; with 1 if it cannot be determined.
    """
    sources = load_sources()
    chosen = chosen_sources(sources, source)
    rows = [row for each in chosen for row in collection_statuses(sources, each)]
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in rows], indent=2))
        return
    console = console_for_tables()
    for each in chosen:
        of_source = [row for row in rows if row.source == each.schema_name]
        use = account_use(sources, each)
        for line in status_lines(each, of_source, use, console.width, everything=everything):
            console.print(line)


def collection_statuses(sources: Sources, source: Source) -> list[CollectionStatus]:
    """Return the state of each collection of a source, from hub and warehouse alone.

    Raises:
        HubError: if the hub cannot be read.
        WarehouseError: if the warehouse cannot be read.
    """
    warehouse = warehouse_of(sources)
    account = Account(sources, source)
    hub = account.hub
    chosen, use = chosen_collections(source), account_use(sources, source)
    other = account.other(warehouse)
    summaries = {each.table: each for each in summarize(warehouse, source.schema_name, chosen)}
    kept = histories_of(source, chosen)
    with_history = [each for each in chosen if each.name in kept]
    no_room = without_room(warehouse, source.schema_name, with_history)
    looks = {each.name: hub.look(each.stream) for each in chosen}
    pending = find_all_pending(looks, warehouse, source.schema_name)
    statuses = [
        replace(
            _status(
                source, hub, each, looks[each.name], pending[each.name], summaries.get(each.name)
            ),
            budget_used=use.share(each.stream) if use else None,
            other_account=other,
            no_room_for_history=(
                f"{source.schema_name}.{name_history(each.name)}" if each.name in no_room else None
            ),
        )
        for each in chosen
    ]
    hint = _hint(summaries)
    return [replace(row, hint=hint) if row.collection == _RATINGS else row for row in statuses]


def _not_read(hub: SourceHub, collection: Collection, known: Known) -> tuple[str, ...]:
    """Return the parents whose lists the last walk could not read, as `brand_id 7`."""
    parent = declared().stream_of(collection).parent
    if not parent or not known.recent:
        return ()
    try:
        unread = hub.manifest(known.recent[-1]).unread_parents
    except HubError:
        return ()
    return tuple(map(parent.describe, unread))


def _hint(summaries: Mapping[str, TableSummary]) -> str | None:
    """Return a hint that ratings may be elsewhere, if there are none or they are old."""
    ratings, tickets = summaries.get(_RATINGS), summaries.get("tickets")
    if ratings is None:
        return None
    if not ratings.rows:
        return f"there are none. {NEW_SURVEYS}"
    newest = tickets.newest if tickets else None
    if ratings.newest and newest and newest - ratings.newest > _STALE:
        return f"the newest is from {ratings.newest:%Y-%m-%d}. {NEW_SURVEYS}"
    return None


def _status(
    source: Source,
    hub: SourceHub,
    collection: Collection,
    known: Known,
    pending: Pending,
    summary: TableSummary | None,
) -> CollectionStatus:
    stream = collection.stream
    covered = known.coverage[-1].end if known.coverage else None
    lag = round((datetime.now(UTC) - covered).total_seconds() / 60, 1) if covered else None
    refusal, seconds = hub.refusals.of(stream), incomplete_seconds(hub, stream)
    walk = last_walk(hub, known.recent)
    stalled = datetime.now(UTC) - _BEING_WRITTEN
    return CollectionStatus(
        source=source.schema_name,
        collection=collection.name,
        rows=summary.rows if summary else 0,
        covered_to=_iso(covered),
        lag_minutes=lag,
        last_landed=_iso(known.recent[-1].id.landed if known.recent else None),
        last_loaded=_iso(summary.loaded_at if summary else None),
        batches=len(known),
        batches_to_load=len(pending.batches),
        abandoned=len(known.abandoned(stalled)),
        quarantined=summary.quarantined if summary else 0,
        warnings=summary.warnings if summary else 0,
        unavailable=refusal.message if refusal else None,
        unavailable_since=_iso(refusal.since if refusal else None),
        not_read=_not_read(hub, collection, known),
        incomplete_seconds=tuple(f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in seconds),
        requests=walk.requests if walk else None,
        requests_are_more=bool(walk and walk.is_more),
        seconds_waited=walk.seconds_waited if walk else None,
        requests_refused=walk.refused if walk else None,
        area=declared().area_of(stream),
        needs=declared().streams[stream].needs,
        changed=summary.changed if summary else 0,
        synced_from=_iso(summary.synced_from if summary else None),
    )


def _iso(time: datetime | None) -> str | None:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else None
