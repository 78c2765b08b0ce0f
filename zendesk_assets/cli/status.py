"""`zendesk-assets status`: what there is, how fresh it is, what is wrong; without requests."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from zendesk_assets.account import Account, chosen_collections
from zendesk_assets.cli.lines import wrapped
from zendesk_assets.cli.opening import chosen_sources, warehouse_of
from zendesk_assets.cli.options import AsJson, Chosen
from zendesk_assets.cli.status_report import status_lines
from zendesk_assets.cli.tables import console_for_tables
from zendesk_assets.clock import SystemClock
from zendesk_assets.reconcile.certificate import of_warehouse, summary
from zendesk_assets.settings.file import load_sources
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.status import account_use, collection_statuses
from zendesk_assets.status.calendar import calendars_of, command_for_history, history_in_words
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
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in rows], indent=2))
        return
    console = console_for_tables()
    for each in chosen:
        of_source = [row for row in rows if row.source == each.schema_name]
        use = account_use(sources, each)
        about = [_next(each), _history(sources, each)]
        for line in status_lines(
            each, of_source, use, console.width, everything=everything, about=about
        ):
            console.print(line)
        for line in wrapped("", _compared(Account(sources, each), warehouse), console.width):
            console.print(line)


def _next(source: Source) -> str:
    """Return when the schedules sync next."""
    from zendesk_assets.orchestration.schedule_times import clock_time, next_time  # noqa: PLC0415 # Dagster takes seconds to import, --json does without

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
