"""`zendesk-assets status`: what there is, how fresh it is, what is wrong; without requests."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

import typer
from rich.markup import escape
from rich.table import Table

from zendesk_assets.account import Account, chosen_collections
from zendesk_assets.catalog import declared
from zendesk_assets.cli.budget_use import AccountUse, account_use, last_walk
from zendesk_assets.cli.opening import chosen_sources, warehouse_of
from zendesk_assets.cli.options import AsJson, Chosen
from zendesk_assets.cli.probe import NEW_SURVEYS
from zendesk_assets.cli.tables import GridColumn, console_for_tables, grid, if_any
from zendesk_assets.hub import Known, Pending, SourceHub, find_all_pending, incomplete_seconds
from zendesk_assets.plain_text import counted
from zendesk_assets.settings.file import load_sources
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse import TableSummary, summarize

# A batch is written in seconds; an older one that is not committed never will be.
_BEING_WRITTEN = timedelta(hours=1)
_RATINGS = "satisfaction_ratings"
_STALE = timedelta(days=60)
_SHOWN = 3


@dataclass(frozen=True)
class CollectionStatus:
    """One collection of one source; times are ISO 8601, UTC, and null if there is nothing.

    `unavailable` says why Zendesk refuses it at present; `incomplete_seconds` are those with more
    records than Zendesk showed. `requests`, `requests_refused` (by the rate limit) and
    `seconds_waited` are of the last walk of its stream (of its last pages, if
    `requests_are_more`). `budget_used` is the share of the account's budget that was used in the
    last minute by all that count their requests in the same store. `other_account` says why the
    source may not write here: another account has filled the schema.
    """

    source: str
    collection: str
    rows: int
    covered_to: str | None
    lag_minutes: float | None
    last_landed: str | None
    last_loaded: str | None
    batches: int
    batches_to_load: int
    abandoned: int
    quarantined: int
    warnings: int = 0
    unavailable: str | None = None
    unavailable_since: str | None = None
    hint: str | None = None
    incomplete_seconds: tuple[str, ...] = ()
    requests: int | None = None
    requests_are_more: bool = False
    seconds_waited: float | None = None
    requests_refused: int | None = None
    budget_used: float | None = None
    other_account: str | None = None


def status(
    source: Chosen = None,
    as_json: AsJson = False,
) -> None:
    """Show the state of each table: rows, lag, cost, quarantine.

    It sends no request to Zendesk. "behind" is how long ago the hub's coverage ends: at least ten
    minutes, since the last settle_minutes never count; "requests" is what the last walk cost.

    Example: zendesk-assets status --source zendesk_prod

    Exits with 0, whatever is found; with 1 if it cannot be determined.
    """
    sources = load_sources()
    rows = [
        row
        for each in chosen_sources(sources, source)
        for row in collection_statuses(sources, each)
    ]
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in rows], indent=2))
        return
    console = console_for_tables()
    for each in chosen_sources(sources, source):
        of_source = [row for row in rows if row.source == each.schema_name]
        console.print(f"[bold]{each.schema_name}[/bold] ({escape(each.nickname)}), {each.url}")
        console.print(_table(of_source, console.width))
        console.print(_sentence_of(account_use(sources, each)))
        for sentence in _problems(of_source):
            console.print(sentence, markup=False, soft_wrap=True)


def _sentence_of(use: AccountUse | None) -> str:
    if use is None:
        return "The number of requests in the last minute is unknown."
    return use.sentence


def _problems(rows: list[CollectionStatus]) -> Iterator[str]:
    """Yield a sentence for each problem of a source."""
    if any(row.abandoned for row in rows):
        yield (
            "A crash left uncommitted parts, which nothing reads. "
            "`zendesk-assets hub clean` removes them."
        )
    yield from dict.fromkeys(f"✗ {row.other_account}" for row in rows if row.other_account)
    catalog = declared()
    for row in rows:
        name = row.collection
        if row.unavailable:
            is_optional = bool(catalog.stream_of(catalog.collections[name]).needs)
            mark, often = ("·", "once a day") if is_optional else ("✗", "at each sync")
            yield (
                f"{mark} {name} has not been available since {_short(row.unavailable_since)}: "
                f"{row.unavailable} It is requested again {often}."
            )
        if row.incomplete_seconds:
            shown = ", ".join(row.incomplete_seconds[:_SHOWN])
            more = ", …" if len(row.incomplete_seconds) > _SHOWN else ""
            yield (
                f"! {name}: {counted(len(row.incomplete_seconds), 'second')} may be "
                f"incomplete, because Zendesk did not show all of their records ({shown}{more}): "
                f"`zendesk-assets reconcile --collection {name} --repair` reads them again."
            )
        if row.warnings:
            yield (
                f"! {name}: {counted(row.warnings, 'row')} with a value that does not fit its "
                "column. The column is NULL, and `_unknown` has the value: "
                f"`zendesk-assets rejects --collection {name}` lists them."
            )
        if row.hint and not row.unavailable:
            yield f"! {name}: {row.hint}"


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
    looks = {each.name: hub.look(each.stream) for each in chosen}
    pending = find_all_pending(looks, warehouse, source.schema_name)
    statuses = [
        replace(
            _status(
                source, hub, each, looks[each.name], pending[each.name], summaries.get(each.name)
            ),
            budget_used=use.share(each.stream) if use else None,
            other_account=other,
        )
        for each in chosen
    ]
    hint = _hint(summaries)
    return [replace(row, hint=hint) if row.collection == _RATINGS else row for row in statuses]


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
        incomplete_seconds=tuple(f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in seconds),
        requests=walk.requests if walk else None,
        requests_are_more=bool(walk and walk.is_more),
        seconds_waited=walk.seconds_waited if walk else None,
        requests_refused=walk.refused if walk else None,
    )


def _iso(time: datetime | None) -> str | None:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else None


def _table(rows: list[CollectionStatus], width: int) -> Table:
    columns = [
        GridColumn("table", [row.collection for row in rows], right=False),
        GridColumn("rows", [f"{row.rows:,}" for row in rows]),
        GridColumn("behind", [_lag(row.lag_minutes) for row in rows]),
        GridColumn("loaded", [_short(row.last_loaded) for row in rows], 2),
        GridColumn("to load", [if_any(row.batches_to_load, "yellow") for row in rows], 1),
        GridColumn("requests", [_requests(row) for row in rows], 4),
        GridColumn("budget", [_share(row.budget_used) for row in rows], 3),
        GridColumn("quarantined", [if_any(row.quarantined, "red") for row in rows]),
    ]
    return grid(columns, width)


def _requests(row: CollectionStatus) -> str:
    if row.requests is None:
        return "-"
    return f"{row.requests:,}{'+' if row.requests_are_more else ''}"


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}".replace("%", " %")


def _short(time: str | None) -> str:
    return time[:16].replace("T", " ") if time else "never"


def _lag(minutes: float | None) -> str:
    if minutes is None:
        return "-"
    minutes = max(0.0, minutes)  # a simulated account's clock may run ahead
    for unit, each, most in (("min", 1, 120), ("h", 60, 72)):
        if minutes / each < most:
            return f"{minutes / each:.0f} {unit}"
    return f"{minutes / 1440:,.0f} d"
