"""How an estimate is shown: a table for each sync, the assumptions, and what is unknown."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from zendesk_assets.catalog import declared
from zendesk_assets.cli.tables import GridColumn, console_for_tables, grid
from zendesk_assets.cli.terminal import Console
from zendesk_assets.estimate import Assumptions, Estimate, StreamCost, in_words, minutes_for
from zendesk_assets.plain_text import counted
from zendesk_assets.spec import Budget

_TITLES: Final = {
    "first_sync": "First sync: {days} days of tickets and their events, everything else in full",
    "whole_history": "All of history: since {start}",
    "tickets": "Tickets with their metrics, events and attachments",
}
_COLUMNS: Final = ("tables", "records", "requests", "takes", "hub", "warehouse")
_RANKS: Final = (0, 3, 1, 2, 4, 5)  # what is left out first where there is no room
_MANY, _FEW = 20, 3  # of more than 20 streams, lists of up to 3 requests share a line
_UNITS: Final = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


@dataclass(frozen=True)
class EstimateReport:
    """The estimates for one source, or for a number of tickets.

    `estimates` is keyed by sync; `origins` says where each assumption comes from; `asked` is how
    many requests the counts took; `span` fills the titles. `comparison` is how many requests the
    comparison with Zendesk takes that follows a first sync, about; 0 if it is unknown or off.
    """

    title: str
    estimates: dict[str, Estimate]
    assumptions: Assumptions
    origins: dict[str, str]
    asked: int = 0
    notes: tuple[str, ...] = ()
    span: Mapping[str, str] = field(default_factory=dict)
    comparison: int = 0


def as_json_value(report: EstimateReport) -> dict[str, Any]:
    """Return the report for --json; minutes and bytes are numbers."""
    return {
        "of": report.title,
        "requests_asked": report.asked,
        "comparison_requests": report.comparison,
        "estimates": {name: _sums(each) for name, each in report.estimates.items()},
        "assumptions": asdict(report.assumptions),
        "origins": report.origins,
        "notes": list(report.notes),
    }


def show(report: EstimateReport) -> None:
    """Print the report."""
    console, tables = Console(soft_wrap=True), console_for_tables()
    asked = f"; counted with {counted(report.asked, 'request')}" if report.asked else ""
    console.print(f"[bold]{report.title}[/bold]{asked}")
    for name, found in report.estimates.items():
        console.print(f"\n{_TITLES[name].format_map(report.span)}")
        tables.print(cost_table(found, tables.width))
    console.print(f"\n{_assumed(report)}{_afterwards(report)}", markup=False)
    for note in report.notes:
        console.print(f"! {note}", markup=False)


def _sums(found: Estimate) -> dict[str, Any]:
    return {
        "requests": found.requests,
        "export_requests": found.export_requests,
        "minutes": round(found.minutes, 1),
        "hub_bytes": round(found.hub_bytes),
        "warehouse_bytes": round(found.warehouse_bytes),
        "limits": {"requests": found.limits.core, "exports": found.limits.exports},
        "streams": [_stream(each) for each in found.costs],
    }


def _stream(cost: StreamCost) -> dict[str, Any]:
    of_budget = {"budget": cost.budget.value.name, "export": cost.budget is Budget.EXPORTS}
    return {"collections": _names(cost), **asdict(cost), **of_budget}


def cost_table(found: Estimate, width: int) -> Table:
    """Return a table of the costs of each stream and of all together, as wide as there is room."""
    small = [each for each in found.costs if _is_small(each)]
    folded = small if len(found.costs) > _MANY else []
    rows = [
        (", ".join(_names(each)), *_row([each], found))
        for each in found.costs
        if each not in folded
    ]
    if folded:
        rows.append((f"{counted(len(folded), 'list')} of few pages", *_row(folded, found)))
    cells = [*rows, tuple(Text(each, "bold") for each in _total(found))]
    columns = zip(_COLUMNS, _RANKS, zip(*cells, strict=True), strict=True)
    return grid(
        [GridColumn(title, its, rank, right=bool(rank)) for title, rank, its in columns], width
    )


def _total(found: Estimate) -> tuple[str, ...]:
    is_partial = any(each.records is None for each in found.costs)
    return (
        "together",
        "",
        f"{found.requests:,}{'+' if is_partial else ''}",
        in_words(found.minutes),
        _size(found.hub_bytes),
        _size(found.warehouse_bytes),
    )


def _is_small(cost: StreamCost) -> bool:
    """Return whether it is a list that is read whole with a few requests, as far as is known."""
    return declared().streams[cost.stream].is_whole and cost.requests <= _FEW


def _row(costs: Sequence[StreamCost], found: Estimate) -> tuple[str, ...]:
    """Return the cells of one or several streams; a sum of what is known has a `+`."""
    requests = sum(each.requests for each in costs)
    known = [each.records for each in costs if each.records is not None]
    if not known:
        return "?", f"{requests:,}+", "?", "?", "?"
    more = "+" if len(known) < len(costs) or any(each.at_least for each in costs) else ""
    takes = in_words(minutes_for(costs, found.limits))
    sizes = (sum(each.hub_bytes for each in costs), sum(each.warehouse_bytes for each in costs))
    return f"{sum(known):,}{more}", f"{requests:,}{more}", takes, *map(_size, sizes)


def _names(cost: StreamCost) -> list[str]:
    return [each.name for each in declared().collections_of(cost.stream)]


def _assumed(report: EstimateReport) -> str:
    """Return the assumptions, and how to change them."""
    limits = next(iter(report.estimates.values())).limits
    given, origins = report.assumptions, report.origins
    return (
        f"Assumed: {given.events_per_ticket:g} events per ticket "
        f"({origins['events_per_ticket']}; "
        f"--events-per-ticket), {given.hub_bytes:,.0f} bytes per record in the hub "
        f"({origins['hub_bytes']}; --hub-bytes), {given.warehouse_bytes:,.0f} in the warehouse "
        f"({origins['warehouse_bytes']}; --warehouse-bytes), and the whole of {limits.exports:,} "
        f"exports and {limits.core:,} requests a minute (--exports-per-minute, "
        "--requests-per-minute)."
    )


def _afterwards(report: EstimateReport) -> str:
    if not report.comparison:
        return ""
    return (
        " After the first sync, each table is compared with Zendesk once: about "
        f"{report.comparison:,} requests more."
    )


def _size(size: float) -> str:
    for unit, name in _UNITS:
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size:.0f} B"
