"""`zendesk-assets reconcile`: is the warehouse what Zendesk has? At a cost said in advance.

What is asked and how it is compared is `reconcile`'s; a repair is a sync, through Dagster's assets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from zendesk_assets.catalog import STREAMS, collections_of
from zendesk_assets.cli.plan import Layer, Span
from zendesk_assets.cli.probe import printer
from zendesk_assets.cli.project import chosen_sources, open_hub, open_project
from zendesk_assets.cli.sync import run_sync
from zendesk_assets.clock import SystemClock
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.orchestration.build import chosen_collections, open_warehouse
from zendesk_assets.orchestration.properties import property_filter
from zendesk_assets.orchestration.resources import (
    credentials_for,
    open_token_store,
    zendesk_resource,
)
from zendesk_assets.reconcile import Asked, Difference, Inspector, Plan, to_ranges
from zendesk_assets.sources import Source, Sources
from zendesk_assets.sources_file import load_sources
from zendesk_assets.spec import Collection
from zendesk_assets.zendesk import ZendeskClient

__all__ = ["reconcile"]

_COLLECTIONS: Final = ("tickets", "organizations", "groups")
_DATE = ["%Y-%m-%d"]
_SHOWN = 20


def reconcile(
    source: Annotated[
        list[str] | None, typer.Option(help="Nickname or schema of a source; all if left out.")
    ] = None,
    collection: Annotated[
        list[str] | None, typer.Option(help="tickets, organizations or groups; all if left out.")
    ] = None,
    sample: Annotated[int, typer.Option(min=1, help="Records to compare, of each day some.")] = 500,
    first_day: Annotated[
        datetime | None, typer.Option("--from", formats=_DATE, help="Last changed from this day.")
    ] = None,
    end_day: Annotated[
        datetime | None, typer.Option("--to", formats=_DATE, help="The day after the last.")
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Fetch and load the days of differences again.")
    ] = False,
) -> None:
    """Compare a sample of the warehouse with Zendesk by id; exit with 1 if something differs.

    Example: zendesk-assets reconcile --collection tickets --sample 1000 --repair
    """
    console, sources, well = Console(soft_wrap=True), load_sources(), True
    names = collection or list(_COLLECTIONS)
    _check_names(names)
    span = Span(first_day.date() if first_day else None, end_day.date() if end_day else None)
    for each in chosen_sources(sources, source):
        for chosen in chosen_collections(each):
            if chosen.name in names:
                well &= _Reconciliation(sources, each, chosen, console).run(sample, span, repair)
    if not well:
        raise typer.Exit(1)


@dataclass(frozen=True)
class _Reconciliation:
    """One collection of one source."""

    sources: Sources
    source: Source
    collection: Collection
    console: Console

    @property
    def name(self) -> str:
        return f"{self.source.schema_name}.{self.collection.name}"

    def run(self, sample: int, span: Span, repair: bool) -> bool:
        """Plan, say the cost, ask, tell; return whether all is well in the end."""
        key = ("id", self.collection.version, "_deleted")
        every = self._rows(key)
        known = [row for row in every if _is_within(row[key[1]], span)]
        if not known:
            self._say(f"{self.name}: no rows to compare; sync first, or check --from and --to.")
            return False
        seed = f"{SystemClock().now():%Y-%m-%d}"  # each day another sample
        plan = Plan.of(self.collection, known, [row["id"] for row in every], sample, seed)
        self._announce(plan)
        asked = self._ask(plan)
        self._tell(asked, sum(not row["_deleted"] for row in every))
        if not asked.differences or not repair:
            return not asked.differences
        return self._repair(plan, asked.differences)

    def _rows(self, columns: Sequence[str], ids: Sequence[int] | None = None) -> list[Any]:
        schema = self.source.schema_name
        return open_warehouse(self.sources).rows(schema, self.collection.name, columns, ids)

    def _ask(self, plan: Plan) -> Asked:
        columns = [*(each.name for each in self.collection.columns), "_deleted"]
        rows = {row["id"]: row for row in self._rows(columns, plan.sample)}
        clock, log = SystemClock(), printer(self.console)
        credentials = credentials_for(self.source, open_token_store(self.sources), clock, log)
        resource = zendesk_resource(self.sources, self.source)
        with resource.client(credentials, clock, log) as client:
            return self._inspector(client).ask(plan, rows)

    def _inspector(self, client: ZendeskClient) -> Inspector:
        stream, schema = STREAMS[self.collection.stream], self.source.schema_name
        hub = open_hub(self.sources, self.source)
        loaded = open_warehouse(self.sources).loaded_batches(schema, self.collection.name)
        ends = [each.window.end for each in hub.batches(stream.name) if str(each.id) in loaded]
        if not ends:
            raise ZendeskAssetsError(f"{self.name} is not loaded from this hub: sync first.")
        properties = property_filter(self.source, stream)
        covered = tuple(hub.coverage(stream.name))
        return Inspector(client, self.collection, stream, properties, max(ends), covered)

    def _announce(self, plan: Plan) -> None:
        compared = len(plan.sample)
        absent = (
            f", and {len(plan.absent):,} ids between them that no row has" if plan.absent else ""
        )
        self._say(
            f"{self.name}: comparing {compared:,} of {plan.rows:,} rows{absent}; at most "
            f"{plan.requests:,} requests."
        )

    def _tell(self, asked: Asked, live: int) -> None:
        if asked.count is not None:
            self._say(
                f"  Zendesk counts about {asked.count:,}; the table has {live:,} that are not "
                "deleted. (Zendesk's count is cached, and has no archived tickets.)"
            )
        self._say(
            f"  {asked.compared:,} compared, {asked.newer:,} newer than the last load, "
            f"{len(asked.differences):,} differ."
        )
        for each in asked.differences[:_SHOWN]:
            self._say(f"  ✗ {each.id} {each.what}")
        if len(asked.differences) > _SHOWN:
            self._say(f"  … and {len(asked.differences) - _SHOWN:,} more.")
        days = _count_days(asked.differences)
        if days:
            self._say("  By day: " + ", ".join(f"{day} {number}" for day, number in days.items()))

    def _repair(self, plan: Plan, differences: Sequence[Difference]) -> bool:
        """Fetch again what differs, load it, and ask about those records once more."""
        stream = STREAMS[self.collection.stream]
        chosen = {each.name for each in chosen_collections(self.source)}
        names = [each.name for each in collections_of(stream.name) if each.name in chosen]
        days = {day for each in differences for day in each.days}
        spans = [Span(*each) for each in to_ranges(days)] if stream.partitioned else [Span()]
        with open_project() as project:
            done = [
                run_sync(project, [self.source.schema_name], names, Layer.BOTH, span, refetch=True)
                for span in spans
            ]
        again = replace(plan, sample=tuple(each.id for each in differences), absent=())
        left = self._ask(again).differences
        self._say(f"  After the repair {len(left):,} of {len(differences):,} still differ.")
        return all(done) and not left

    def _say(self, line: str) -> None:
        self.console.print(line, highlight=False, markup=False)


def _check_names(names: Sequence[str]) -> None:
    for name in names:
        if name not in _COLLECTIONS:
            raise ZendeskAssetsError(
                f"{name} cannot be asked for by id: reconcile knows {', '.join(_COLLECTIONS)}."
            )


def _is_within(time: datetime | None, span: Span) -> bool:
    if time is None:
        return span == Span()
    day = time.astimezone(UTC).date()
    return (span.start is None or span.start <= day) and (span.end is None or day < span.end)


def _count_days(differences: Sequence[Difference]) -> dict[str, int]:
    days = sorted(day for each in differences for day in each.days)
    return {day: days.count(day) for day in days}
