"""`zendesk-assets estimate`: how long a first sync takes, and how much room, before it is run.

With an account it asks Zendesk for counts; with `--tickets` it asks nobody. The sums are
`estimate`'s; here is what is taken from where.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final

import typer

from zendesk_assets.account import Account, chosen_collections
from zendesk_assets.catalog import declared
from zendesk_assets.cli.estimate_report import Report, as_json_value, show
from zendesk_assets.cli.opening import chosen_sources
from zendesk_assets.cli.options import AsJson, Chosen
from zendesk_assets.cli.probe import printer
from zendesk_assets.cli.terminal import Console
from zendesk_assets.estimate import (
    Assumptions,
    Count,
    Counts,
    Limits,
    ask_counts,
    estimate_costs,
    read_known,
)
from zendesk_assets.places import PostgresTarget
from zendesk_assets.sources import Source, Sources
from zendesk_assets.sources_file import load_sources
from zendesk_assets.spec import Stream

__all__ = ["estimate"]

# Twice what the tables of simulated accounts take, whose texts are short (docs/limits.md).
_WAREHOUSE_BYTES: Final = {"duckdb": 1_400.0, "postgres": 5_300.0}


@dataclass(frozen=True)
class _Options:
    """What the command line says; None is left to the source, the hub, or a default."""

    events_per_ticket: float | None
    hub_bytes: float | None
    warehouse_bytes: float | None
    requests: int | None
    exports: int | None


def estimate(
    source: Chosen = None,
    tickets: Annotated[
        int | None, typer.Option(min=0, help="So many tickets, without asking anybody.")
    ] = None,
    events_per_ticket: Annotated[
        float | None, typer.Option(min=0, help="8 where the hub does not know better.")
    ] = None,
    hub_bytes: Annotated[
        float | None, typer.Option(min=0, help="Of a record; 500 where the hub has none.")
    ] = None,
    warehouse_bytes: Annotated[
        float | None, typer.Option(min=0, help="Of a record; DuckDB 1,400, PostgreSQL 5,300.")
    ] = None,
    requests_per_minute: Annotated[
        int | None, typer.Option(min=1, help="Else the source's, or 200.")
    ] = None,
    exports_per_minute: Annotated[
        int | None, typer.Option(min=1, help="Else the source's, or 10.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a first sync takes: requests, time, room.

    And what all of history takes. Asks each source's account for counts: two requests for tickets,
    one for each other collection. With --tickets nothing is asked, and no sources.yaml is needed.

    Example: zendesk-assets estimate --tickets 1000000
    """
    options = _Options(
        events_per_ticket, hub_bytes, warehouse_bytes, requests_per_minute, exports_per_minute
    )
    if tickets is not None:
        if source:
            raise typer.BadParameter("give --source or --tickets, not both")
        reports = [_of_tickets(tickets, options)]
    else:
        sources = load_sources()
        reports = [_of_source(sources, each, options) for each in chosen_sources(sources, source)]
    if as_json:
        typer.echo(json.dumps([as_json_value(each) for each in reports], indent=2))
        return
    for report in reports:
        show(report)


def _of_tickets(tickets: int, options: _Options) -> Report:
    """Return what so many tickets cost, with defaults for all that is not given."""
    streams = [stream for stream in declared().streams.values() if stream.partitioned]
    assumptions, origins = _assumptions(options, "duckdb")
    limits = Limits(options.requests or Limits.requests, options.exports or Limits.exports)
    counts = {stream.name: Count(tickets) for stream in streams}
    found = estimate_costs(streams, counts, assumptions, limits, parts=2)
    return Report(f"{tickets:,} tickets", {"tickets": found}, assumptions, origins)


def _of_source(sources: Sources, source: Source, options: _Options) -> Report:
    streams = [declared().streams[name] for name in _stream_names(source)]
    today = datetime.now(UTC).date()
    first = max(source.history_start, today - timedelta(days=source.initial_history_days))
    counts = _ask(sources, source, streams, first)
    known = read_known(Account(sources, source).hub, [stream.name for stream in streams])
    engine = "postgres" if isinstance(sources.warehouse, PostgresTarget) else "duckdb"
    assumptions, origins = _assumptions(options, engine, known.events_per_ticket)
    if options.hub_bytes is None and known.hub_bytes_of:
        assumptions = replace(assumptions, hub_bytes_of=known.hub_bytes_of)
        origins["hub_bytes"] = "the hub's own for what it has, else the default"
    requests, exports = sources.limits_of(source)
    limits = Limits(options.requests or requests, options.exports or exports)
    spans = {
        "first_sync": (counts.first, first),
        "whole_history": (counts.whole, source.history_start),
    }
    estimates = {
        name: estimate_costs(streams, found, assumptions, limits, parts=_parts(source, day, today))
        for name, (found, day) in spans.items()
    }
    return Report(
        f"{source.nickname} ({source.schema_name}, {source.url})",
        estimates,
        assumptions,
        origins,
        counts.requests,
        tuple(counts.notes),
        {"days": str((today - first).days), "start": str(source.history_start)},
    )


def _stream_names(source: Source) -> list[str]:
    return list(dict.fromkeys(each.stream for each in chosen_collections(source)))


def _parts(source: Source, first: date, today: date) -> int:
    """Return 2 where there are more days than one run takes."""
    return 2 if (today - first).days + 1 > source.days_per_run else 1


def _ask(sources: Sources, source: Source, streams: Sequence[Stream], first: date) -> Counts:
    with Account(sources, source).client(printer(Console(stderr=True))) as client:
        return ask_counts(client, streams, first, source.history_start)


def _assumptions(
    options: _Options, engine: str, known_events: float | None = None
) -> tuple[Assumptions, dict[str, str]]:
    """Return the assumptions, and where each is from."""
    default = Assumptions(warehouse_bytes=_WAREHOUSE_BYTES[engine])
    chosen, origins = default, dict.fromkeys(("events_per_ticket", "hub_bytes"), "the default")
    origins["warehouse_bytes"] = f"the default for {engine}"
    if known_events is not None:
        chosen = replace(chosen, events_per_ticket=round(known_events, 2))
        origins["events_per_ticket"] = "as the hub has it"
    given = {
        "events_per_ticket": options.events_per_ticket,
        "hub_bytes": options.hub_bytes,
        "warehouse_bytes": options.warehouse_bytes,
    }
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    return replace(chosen, **changes), origins | dict.fromkeys(changes, "as given")
