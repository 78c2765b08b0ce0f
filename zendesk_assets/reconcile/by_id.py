"""Records requested by id, 100 per request: tickets, organizations, and the metrics of tickets.

Counts are approximate and cached (trap T33): they are reported, never judged. A few pages of the
export, at most, show what has changed since the last load, so that it is not a difference.
https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#show-multiple-tickets
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import ceil
from typing import Any, Final

import msgspec

from zendesk_assets.catalog import declared
from zendesk_assets.reconcile.compare import Row, compare, moment_of
from zendesk_assets.reconcile.plans import Comparison, ComparisonPlan
from zendesk_assets.reconcile.sample import Choice, chunks
from zendesk_assets.reconcile.table import ComparedTable
from zendesk_assets.spec import Collection
from zendesk_assets.zendesk import Position, ZendeskClient

_CHANGES_PAGES: Final = 5
_MANY: Final = 100
# Zendesk keeps counting these while a ticket is open, and no export reports it.
_MOVING: Final = "_time_in_"


@dataclass(frozen=True)
class ById:
    """A sample of rows; if ids are `counted_up`, also of ids between theirs that no row has."""

    counted_up: bool

    def plan(self, table: ComparedTable, choice: Choice) -> ComparisonPlan:
        """Plan to request some rows of each day."""
        sample, lost = table.draw(choice), table.lacked(choice) if self.counted_up else []
        more = f", and {len(lost):,} ids between them that no row has" if lost else ""
        requests = ceil(len(sample.ids) / _MANY) + ceil(len(lost) / _MANY)
        return ComparisonPlan(
            table.collection,
            f"{len(sample.ids):,} of {sample.known:,} rows{more}",
            sample.known,
            1 + _CHANGES_PAGES + requests,
            sample.ids,
            tuple(lost),
        )

    def ask(self, table: ComparedTable, client: ZendeskClient, plan: ComparisonPlan) -> Comparison:
        """Compare the sample, and check whether the absent ids exist."""
        count = _count(table, client)
        notes = () if count is None else (_described(count, table.live()),)
        records = records_by_id(table, client, table.collection, [*plan.sample, *plan.absent])
        newer = changed_since(table, client)
        rows = table.whole_rows(plan.sample)
        known = [*plan.sample, *(key for key in plan.absent if key in records)]
        moments = {key: moment_of(table.collection, each) for key, each in records.items()}
        newer |= {key for key, moment in moments.items() if not table.is_due(moment)}
        judged = [key for key in known if key not in newer]
        found = [compare(table.collection, records.get(key), rows.get(key)) for key in judged]
        differences = tuple(each for each in found if each)
        newer_ones = len(known) - len(judged)
        return Comparison(
            differences, len(judged), newer_ones, notes, at_zendesk=count, is_about=True
        )

    def again(self, plan: ComparisonPlan, ids: tuple[int, ...]) -> ComparisonPlan:
        """Plan to request these records only."""
        return replace(plan, sample=ids, absent=())


@dataclass(frozen=True)
class MetricsById:
    """The metrics of a sample of tickets, side-loaded with the tickets."""

    def plan(self, table: ComparedTable, choice: Choice) -> ComparisonPlan:
        """Plan to request some tickets of each day."""
        sample = table.draw_tickets(choice, all_of_them=True)
        what = f"{len(sample.ids):,} of {sample.known:,} tickets"
        return ComparisonPlan(
            table.collection,
            f"{what}, without times that Zendesk keeps counting",
            sample.known,
            _CHANGES_PAGES + ceil(len(sample.ids) / _MANY),
            sample.ids,
        )

    def ask(self, table: ComparedTable, client: ZendeskClient, plan: ComparisonPlan) -> Comparison:
        """Compare each ticket's metric set with its row."""
        tickets = declared().collections["tickets"]
        records = records_by_id(table, client, tickets, plan.sample, include="metric_sets")
        newer, rows = changed_since(table, client), table.whole_rows(plan.sample, "ticket_id")
        differences, compared = [], 0
        for key in plan.sample:
            moment = moment_of(tickets, records[key]) if key in records else None
            metrics = records[key].get("metric_set") if key in records else None
            if key in newer or (key in records and not table.is_due(moment)):
                continue
            compared += 1
            kept = _without_moving(metrics) if isinstance(metrics, Mapping) else None
            found = compare(table.collection, kept, rows.get(key), moment)
            differences += [found] if found else []
        return Comparison(tuple(differences), compared, len(plan.sample) - compared)

    def again(self, plan: ComparisonPlan, ids: tuple[int, ...]) -> ComparisonPlan:
        """Compare the whole sample again: differences name metric sets, not tickets."""
        del ids
        return plan


def records_by_id(
    table: ComparedTable,
    client: ZendeskClient,
    kind: Collection,
    ids: Sequence[int],
    *,
    include: str = "",
) -> dict[int, Row]:
    """Return Zendesk's records of a kind with these ids, except for those it does not show."""
    found: dict[int, Row] = {}
    for some in chunks(ids):
        query = {"ids": ",".join(map(str, some))} | ({"include": include} if include else {})
        answer: Any = client.get(f"/{kind.name}/show_many", query)
        raw = [msgspec.json.encode(each) for each in answer.get(kind.name) or ()]
        found |= {each["id"]: each for each in table.read(raw)}
    return found


def changed_since(table: ComparedTable, client: ZendeskClient) -> set[int]:
    """Return the ids in the export since the load: newer or deleted ones.

    It is requested last, so that it includes changes during the comparison, except for the last
    minute, which the export holds back.
    """
    pages = client.walk(table.stream, Position(start=table.loaded_to))
    records = (raw for page in islice(pages, _CHANGES_PAGES) for raw in page.records)
    return {each["id"] for each in table.read(records)}


def _count(table: ComparedTable, client: ZendeskClient) -> int | None:
    answer: Any = client.get(f"/{table.collection.name}/count").get("count")
    value = answer.get("value") if isinstance(answer, dict) else None
    return value if isinstance(value, int) else None


def _described(count: int, live: int) -> str:
    return (
        f"Zendesk counts about {count:,}; the table has {live:,} that are not deleted. (Zendesk's "
        "count is cached and does not include archived tickets.)"
    )


def _without_moving(metrics: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in metrics.items() if _MOVING not in name}
