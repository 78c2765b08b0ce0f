"""`zendesk-assets estimate`: how long a first sync takes, and how much disk space, in advance.

With an account it requests counts from Zendesk; with `--tickets` it sends no request. `estimate`
has the arithmetic; this module collects its inputs.
"""

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

import typer

from zendesk_assets.account import Account, chosen_collections
from zendesk_assets.catalog import declared
from zendesk_assets.cli.estimate_report import EstimateReport, as_json_value, show
from zendesk_assets.cli.opening import chosen_sources
from zendesk_assets.cli.options import AsJson, Chosen
from zendesk_assets.cli.probe import printer
from zendesk_assets.cli.terminal import Console
from zendesk_assets.estimate import (
    Assumptions,
    Count,
    ask_counts,
    estimate_costs,
    read_known,
)
from zendesk_assets.reconcile import ROUTES
from zendesk_assets.settings.file import load_sources
from zendesk_assets.settings.sources import (
    EXPORTS_PER_MINUTE,
    REQUESTS_PER_MINUTE,
    Source,
    Sources,
)
from zendesk_assets.spec import MONTH, RECENT_MONTHS
from zendesk_assets.zendesk import Limits

# Twice what the tables of simulated accounts take, whose texts are short (docs/limits.md).
_WAREHOUSE_BYTES: Final = {
    "duckdb": 1_400.0,
    "postgres": 5_300.0,
    "ducklake": 400.0,
    "iceberg": 400.0,
}
# Measured: most lists are one page, tickets take 16 at most (docs/integrity.md).
_REQUESTS_PER_TABLE: Final = 2


@dataclass(frozen=True)
class _Options:
    """The options; None means the value of the source, of the hub, or a default."""

    events_per_ticket: float | None
    hub_bytes: float | None
    warehouse_bytes: float | None
    requests: int | None
    exports: int | None


def estimate(
    source: Chosen = None,
    tickets: Annotated[
        int | None, typer.Option(min=0, help="Number of tickets; no request is sent.")
    ] = None,
    events_per_ticket: Annotated[
        float | None, typer.Option(min=0, help="Default: the hub's average, or 8.")
    ] = None,
    hub_bytes: Annotated[
        float | None, typer.Option(min=0, help="Per record; default: the hub's average, or 500.")
    ] = None,
    warehouse_bytes: Annotated[
        float | None,
        typer.Option(min=0, help="Per record; default: DuckDB 1,400, PostgreSQL 5,300."),
    ] = None,
    requests_per_minute: Annotated[
        int | None, typer.Option(min=1, help=f"Default: the source's, or {REQUESTS_PER_MINUTE}.")
    ] = None,
    exports_per_minute: Annotated[
        int | None, typer.Option(min=1, help=f"Default: the source's, or {EXPORTS_PER_MINUTE}.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Estimate a first sync: requests, time, disk space.

    Also estimates all of history. It requests counts from each account: two requests for tickets,
    one for each other list that Zendesk counts; of the rest it knows what the hub has. With
    --tickets it needs neither requests nor a sources.yaml.

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


def _of_tickets(tickets: int, options: _Options) -> EstimateReport:
    """Return the estimate for a number of tickets, with defaults for missing options."""
    known = declared().streams.values()
    streams = [each for each in known if each.partitioned and each.per_ticket]
    assumptions, origins = _assumptions(options, "duckdb")
    limits = _limits(options, Limits())
    counts = {stream.name: Count(tickets) for stream in streams}
    found = estimate_costs(streams, counts, assumptions, limits, parts=2)
    return EstimateReport(f"{tickets:,} tickets", {"tickets": found}, assumptions, origins)


def _of_source(sources: Sources, source: Source, options: _Options) -> EstimateReport:
    names = dict.fromkeys(each.stream for each in chosen_collections(source))
    streams = [declared().streams[name] for name in names]
    today = datetime.now(UTC).date()
    first = source.first_day(today)
    account = Account(sources, source)
    with account.client(printer(Console(stderr=True))) as client:
        counts = ask_counts(client, streams, first, source.history_start)
    known = read_known(account.hub, streams)
    engine = sources.warehouse.type
    assumptions, origins = _assumptions(options, engine, known.events_per_ticket)
    if options.hub_bytes is None and known.hub_bytes_of:
        assumptions = replace(assumptions, hub_bytes_of=known.hub_bytes_of)
        origins["hub_bytes"] = "the hub's average where it has data, otherwise the default"
    assumptions = replace(assumptions, lists=known.lists)
    limits = _limits(options, account.limits)
    spans = {
        "first_sync": (counts.first, first),
        "whole_history": (counts.whole, source.history_start),
    }
    estimates = {
        name: estimate_costs(streams, found, assumptions, limits, parts=_parts(day, today))
        for name, (found, day) in spans.items()
    }
    return EstimateReport(
        f"{source.nickname} ({source.schema_name}, {source.url})",
        estimates,
        assumptions,
        origins,
        counts.requests,
        tuple(counts.notes),
        {"days": str((today - first).days), "start": str(source.history_start)},
        _comparison(source),
    )


def _comparison(source: Source) -> int:
    """Return about how many requests the first comparison of a source's tables takes."""
    compared = [each for each in chosen_collections(source) if each.compared_by in ROUTES]
    return _REQUESTS_PER_TABLE * len(compared) if source.reconcile_cron else 0


def _limits(options: _Options, default: Limits) -> Limits:
    return Limits(options.requests or default.core, options.exports or default.exports)


def _parts(first: date, today: date) -> int:
    """Return 2 if there is history before the recent months, which come first."""
    return 2 if (today - first) / MONTH > RECENT_MONTHS + 1 else 1


def _assumptions(
    options: _Options, engine: str, known_events: float | None = None
) -> tuple[Assumptions, dict[str, str]]:
    """Return the assumptions, and the origin of each."""
    default = Assumptions(warehouse_bytes=_WAREHOUSE_BYTES[engine])
    chosen, origins = default, dict.fromkeys(("events_per_ticket", "hub_bytes"), "the default")
    origins["warehouse_bytes"] = f"the default for {engine}"
    if known_events is not None:
        chosen = replace(chosen, events_per_ticket=round(known_events, 2))
        origins["events_per_ticket"] = "the hub's average"
    given = {
        "events_per_ticket": options.events_per_ticket,
        "hub_bytes": options.hub_bytes,
        "warehouse_bytes": options.warehouse_bytes,
    }
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    return replace(chosen, **changes), origins | dict.fromkeys(changes, "as given")
