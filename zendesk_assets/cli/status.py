"""`zendesk-assets status`: what there is, how fresh it is, what is wrong; without requests."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import dagster as dg
import typer
from rich.console import RenderableType

from zendesk_assets.account import Account, chosen_collections
from zendesk_assets.catalog import declared
from zendesk_assets.cli.lines import wrapped
from zendesk_assets.cli.opening import chosen_sources, warehouse_of
from zendesk_assets.cli.options import AsJson, Chosen
from zendesk_assets.cli.project import has_instance, open_instance
from zendesk_assets.cli.status_report import status_lines
from zendesk_assets.cli.tables import console_for_tables
from zendesk_assets.clock import SystemClock
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.orchestration.failed_syncs import failed_syncs
from zendesk_assets.orchestration.running import SyncTimes, sync_times
from zendesk_assets.orchestration.schedule_times import clock_time, next_time
from zendesk_assets.reconcile.certificate import of_warehouse, summary
from zendesk_assets.settings.file import load_sources
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.status import (
    CollectionStatus,
    account_use,
    collection_statuses,
    problems_of_source,
)
from zendesk_assets.status.calendar import (
    calendars_of,
    command_for_history,
    history_in_words,
    streams_of,
)
from zendesk_assets.warehouse import Warehouse

# Why the last sync of each stream failed, and when syncs began.
_Runs = tuple[Mapping[str, str], SyncTimes]


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
    warehouse = warehouse_of(sources)
    runs = _runs_of(chosen)
    rows = [
        row
        for each in chosen
        for row in collection_statuses(
            sources, each, warehouse, _of(runs, each.schema_name)[1].began
        )
    ]
    if as_json:
        typer.echo(json.dumps([_as_json(row, runs) for row in rows], indent=2))
        return
    console = console_for_tables()
    for each in chosen:
        of_source = [row for row in rows if row.source == each.schema_name]
        found = _of(runs, each.schema_name)
        for line in _lines(sources, each, warehouse, of_source, found, console.width, everything):
            console.print(line)


def _lines(
    sources: Sources,
    source: Source,
    warehouse: Warehouse,
    rows: Sequence[CollectionStatus],
    runs: _Runs,
    width: int,
    everything: bool,
) -> Iterator[RenderableType]:
    """Yield what is shown of a source."""
    failed, syncs = runs
    hub, is_one = Account(sources, source).hub, len(sources.sources) == 1
    proved = of_warehouse(hub.certificates.all(), warehouse.name).values()
    about = [
        _next(source, syncs.at_work_since),
        _history(sources, source, advises=not syncs.at_work_since, is_one=is_one),
    ]
    yield from status_lines(
        source,
        rows,
        account_use(sources, source),
        width,
        everything=everything,
        about=about,
        problems=list(problems_of_source(rows, failed, proved)),
    )
    names = [each.name for each in chosen_collections(source)]
    yield from wrapped("", summary(proved, names), width)


def _runs_of(chosen: Iterable[Source]) -> dict[str, _Runs]:
    """Return what Dagster knows of the runs of each source, by its schema."""
    if not has_instance():
        return {}
    try:
        with open_instance() as instance:
            return {each.schema_name: _runs(instance, each) for each in chosen}
    except ZendeskAssetsError as error:
        typer.echo(f"It is not known whether syncs failed or are at work: {error}", err=True)
        return {}


def _runs(instance: dg.DagsterInstance, source: Source) -> _Runs:
    schema, streams = source.schema_name, [each.name for each in streams_of(source)]
    return failed_syncs(instance, schema, streams), sync_times(instance, schema)


def _of(runs: Mapping[str, _Runs], schema: str) -> _Runs:
    return runs.get(schema, ({}, SyncTimes()))


def _as_json(row: CollectionStatus, runs: Mapping[str, _Runs]) -> dict[str, Any]:
    failed, syncs = _of(runs, row.source)
    running = syncs.at_work_since
    return {
        **asdict(row),
        "sync_failed": failed.get(declared().collections[row.collection].stream),
        "running_since": f"{running:%Y-%m-%dT%H:%M:%SZ}" if running else None,
    }


def _next(source: Source, running: datetime | None) -> str:
    """Return when the schedules sync next, or that a sync is at work."""
    now = SystemClock().now()
    fetch, load = (
        clock_time(next_time(cron, now), now)
        for cron in (source.source_sync_cron, source.warehouse_sync_cron)
    )
    sentence = f"Next sync {fetch}, its tables {load}, while Dagster runs."
    return f"A sync is at work since {running:%H:%M} UTC. {sentence}" if running else sentence


def _history(sources: Sources, source: Source, *, advises: bool, is_one: bool) -> str:
    """Return which months of history there are, and the command for what is missing."""
    calendars = calendars_of(sources, source, SystemClock().now())
    if not calendars:
        return ""
    options = command_for_history(calendars) if advises else ""
    which = "" if is_one else f" --source {source.schema_name}"
    how = f" `zendesk-assets sync{which} {options}` fetches what is missing." if options else ""
    return f"{history_in_words(calendars)}{how}"
