"""`zendesk-assets status`: what there is, how fresh it is, what is wrong; without requests."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

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
from zendesk_assets.orchestration.schedule_times import clock_time, next_time
from zendesk_assets.reconcile.certificate import of_warehouse, summary
from zendesk_assets.settings.file import load_sources
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.status import CollectionStatus, account_use, collection_statuses
from zendesk_assets.status.calendar import (
    calendars_of,
    command_for_history,
    history_in_words,
    streams_of,
)
from zendesk_assets.warehouse import Warehouse


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
    rows = [row for each in chosen for row in collection_statuses(sources, each, warehouse)]
    failed = _failed_syncs(chosen)
    if as_json:
        typer.echo(json.dumps([_as_json(row, failed) for row in rows], indent=2))
        return
    console = console_for_tables()
    for each in chosen:
        of_source = [row for row in rows if row.source == each.schema_name]
        use = account_use(sources, each)
        about = [_next(each), _history(sources, each)]
        for line in status_lines(
            each,
            of_source,
            use,
            console.width,
            everything=everything,
            about=about,
            failed=failed.get(each.schema_name, {}),
        ):
            console.print(line)
        for line in wrapped("", _compared(Account(sources, each), warehouse), console.width):
            console.print(line)


def _failed_syncs(chosen: Iterable[Source]) -> dict[str, Mapping[str, str]]:
    """Return why the last syncs of streams failed, by schema and stream, as Dagster knows it."""
    if not has_instance():
        return {}
    try:
        with open_instance() as instance:
            return {
                each.schema_name: failed_syncs(
                    instance, each.schema_name, [stream.name for stream in streams_of(each)]
                )
                for each in chosen
            }
    except ZendeskAssetsError as error:
        typer.echo(f"It is not known whether the last syncs failed: {error}", err=True)
        return {}


def _as_json(row: CollectionStatus, failed: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    stream = declared().collections[row.collection].stream
    return {**asdict(row), "sync_failed": failed.get(row.source, {}).get(stream)}


def _next(source: Source) -> str:
    """Return when the schedules sync next."""
    now = SystemClock().now()
    fetch, load = (
        clock_time(next_time(cron, now), now)
        for cron in (source.source_sync_cron, source.warehouse_sync_cron)
    )
    return f"Next sync {fetch}, its tables {load}, while Dagster runs."


def _history(sources: Sources, source: Source) -> str:
    """Return which months of history there are, and the command for what is missing."""
    calendars = calendars_of(sources, source, SystemClock().now())
    if not calendars:
        return ""
    options = command_for_history(calendars)
    how = f" `zendesk-assets sync {options}` fetches what is missing." if options else ""
    return f"{history_in_words(calendars)}{how}"


def _compared(account: Account, warehouse: Warehouse) -> str:
    """Return what comparisons of the tables with Zendesk have proved."""
    found = of_warehouse(account.hub.certificates.all(), warehouse.name)
    return summary(found.values(), [each.name for each in chosen_collections(account.source)])
