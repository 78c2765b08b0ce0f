"""`zendesk-assets reconcile`: compare the warehouse with Zendesk, at a cost shown in advance.

The package `reconcile` requests and compares; a repair is a sync, through Dagster's assets.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated

import msgspec
import typer

from zendesk_assets.account import Account, chosen_collections, chosen_of
from zendesk_assets.catalog import declared
from zendesk_assets.cli.opening import check_collections, chosen_sources, warehouse_of
from zendesk_assets.cli.options import AsJson, Chosen, ChosenCollections, EndDay, FirstDay
from zendesk_assets.cli.probe import printer
from zendesk_assets.cli.span import Span, to_span
from zendesk_assets.cli.syncing import sync_now
from zendesk_assets.cli.terminal import Console
from zendesk_assets.clock import SystemClock
from zendesk_assets.hub import Certificate
from zendesk_assets.plain_text import counted
from zendesk_assets.reconcile import (
    ROUTES,
    Choice,
    ComparedTable,
    Comparison,
    ComparisonPlan,
    Difference,
    certify,
    to_ranges,
)
from zendesk_assets.reconcile.report import (
    announce,
    describe_differences,
    describe_incomplete,
    describe_result,
)
from zendesk_assets.settings.file import load_sources
from zendesk_assets.settings.sources import Source, Sources
from zendesk_assets.spec import Collection


def reconcile(
    source: Chosen = None,
    collection: ChosenCollections = None,
    sample: Annotated[int, typer.Option(min=1, help="Records to compare, some of each day.")] = 500,
    first_day: FirstDay = None,
    end_day: EndDay = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Fetch and load the days of differences again.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare a sample of the tables with Zendesk.

    It shows its cost before the first request.

    Example: zendesk-assets reconcile --collection tickets --sample 1000

    Exits with 0 if nothing differs, or nothing differs after a repair, otherwise with 1.
    """
    console, sources = Console(soft_wrap=True, stderr=as_json), load_sources()
    check_collections(collection or [])
    found: list[CollectionFindings] = []
    span = to_span(first_day, end_day)
    for each in chosen_sources(sources, source):
        for chosen in chosen_collections(each):
            if not collection or chosen.name in collection:
                task = _Reconciliation(sources, each, chosen, console, aside=as_json)
                found.append(task.run(sample, span, repair))
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in found], indent=2))
    if not all(each.well for each in found):
        raise typer.Exit(1)


@dataclass
class CollectionFindings:
    """The result for a collection; `well` decides the exit code.

    `comparable` is false if Zendesk has no other route to it; `incomplete_seconds` are those with
    more records than Zendesk showed. With a repair, both are as they were before it.
    """

    source: str
    collection: str
    well: bool = True
    comparable: bool = True
    compared: int = 0
    newer: int = 0
    differences: tuple[Difference, ...] = ()
    incomplete_seconds: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    repaired: bool = False


@dataclass(frozen=True)
class _Reconciliation:
    """One collection of one source; `aside` shows a repair on standard error."""

    sources: Sources
    source: Source
    collection: Collection
    console: Console
    aside: bool

    @property
    def name(self) -> str:
        return f"{self.source.schema_name}.{self.collection.name}"

    def run(self, sample: int, span: Span, repair: bool) -> CollectionFindings:
        """ComparisonPlan, show the cost, compare, report; return what was found."""
        found = CollectionFindings(self.source.schema_name, self.collection.name)
        route = ROUTES.get(self.collection.compared_by)
        if route is None:
            return self._not_compared(
                found, "Zendesk has no other route to it; it is not compared."
            )
        table = self._table()
        self._account.refuse_other(table.warehouse)
        if not table.warehouse.loaded_batches(table.hub.schema, self.collection.name):
            found.well = False
            return self._not_compared(
                found, "nothing is loaded that could be compared; sync first."
            )
        # The sample changes daily.
        asked = SystemClock().now()
        choice = Choice(sample, f"{asked:%Y-%m-%d}", span.start, span.end)
        plan = route.plan(table, choice)
        self._say(announce(self.name, plan))
        result, requests = self._ask(table, plan)
        certificate = certify(table, plan, result, asked, requests)
        if span == Span():  # of a few days, it would be no certificate of the table
            table.hub.certificates.keep(certificate)
        gaps = [each for each in table.incomplete() if choice.within(each)]
        self._report(result, gaps)
        found.compared, found.newer = result.compared, result.newer
        found.differences, found.notes = result.differences, result.notes
        found.incomplete_seconds = tuple(f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in gaps)
        found.well = not result.differences and not gaps
        if repair and not found.well:
            found.well = found.repaired = self._repair(plan, result.differences, gaps)
            if found.well and span == Span():
                table.hub.certificates.keep(_repaired(certificate))
        return found

    def _not_compared(self, found: CollectionFindings, why: str) -> CollectionFindings:
        self._say(f"{self.name}: {why}")
        found.comparable, found.notes = False, (why,)
        return found

    def _table(self) -> ComparedTable:
        hub, warehouse = self._account.hub, warehouse_of(self.sources)
        return ComparedTable.of(self.source, self.collection, hub, warehouse)

    @property
    def _account(self) -> Account:
        return Account(self.sources, self.source)

    def _ask(self, table: ComparedTable, plan: ComparisonPlan) -> tuple[Comparison, int]:
        """Compare; return what was found, and how many requests it took."""
        with self._account.client(printer(self.console)) as client:
            found = ROUTES[self.collection.compared_by].ask(table, client, plan)
            return found, client.cost.requests

    def _report(self, result: Comparison, gaps: Sequence[datetime]) -> None:
        lines = [*result.notes, describe_result(result), *describe_differences(result.differences)]
        for line in [*lines, *describe_incomplete(gaps)]:
            self._say(f"  {line}")

    def _repair(
        self, plan: ComparisonPlan, differences: Sequence[Difference], gaps: Sequence[datetime]
    ) -> bool:
        """Fetch and load again what differs, and compare those records once more."""
        stream = declared().stream_of(self.collection)
        names = [each.name for each in chosen_of(self.source, stream.name)]
        days = {day for each in differences for day in each.days}
        days |= {each.strftime("%Y-%m-%d") for each in gaps}
        spans = [Span(*each) for each in to_ranges(days)] if stream.partitioned else [Span()]
        done = sync_now(self.source.schema_name, names, spans, refetch=True, aside=self.aside)
        return self._look_again(plan, differences, gaps) and done

    def _look_again(
        self, plan: ComparisonPlan, differences: Sequence[Difference], gaps: Sequence[datetime]
    ) -> bool:
        table, left, open_still = self._table(), 0, 0
        if differences:
            again = ROUTES[self.collection.compared_by].again(
                plan, tuple(each.id for each in differences)
            )
            left = len(self._ask(table, again)[0].differences)
            self._say(f"  After the repair, {left:,} of {len(differences):,} still differ.")
        if gaps:
            open_still = len(set(gaps) & set(table.incomplete()))
            self._say(
                f"  {open_still:,} of {counted(len(gaps), 'second')} may still be incomplete."
            )
        return not left and not open_still

    def _say(self, line: str) -> None:
        self.console.tell(line)


def _repaired(found: Certificate) -> Certificate:
    """Return a certificate as it is after a repair that left nothing open."""
    return msgspec.structs.replace(
        found,
        outcome="passed",
        differing=0,
        missing=0,
        incomplete_seconds=(),
        differences=(),
        repaired=SystemClock().now(),
    )
