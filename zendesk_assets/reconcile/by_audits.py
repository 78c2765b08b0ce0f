"""Ticket events and attachments, compared with audits of a few tickets: nothing else lists them.

This is the second exception to "no request per ticket": ten tickets a week. It judges whether each
event is there, and in the right place; texts and files are not compared, as they may be redacted.
https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_audits/
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

import msgspec

from zendesk_assets.clock import read_time
from zendesk_assets.errors import UnavailableError
from zendesk_assets.reconcile.compare import NOT_HERE, Difference, Row
from zendesk_assets.reconcile.plans import Comparison, ComparisonPlan
from zendesk_assets.reconcile.sample import Choice
from zendesk_assets.reconcile.table import ComparedTable
from zendesk_assets.zendesk import ZendeskClient, audits_of, to_ticket_event

_TICKETS: Final = 10
_PAGES: Final = 2
_Expected = dict[str, Any]


@dataclass(frozen=True)
class ByAudits:
    """The rows that some tickets' audits imply: of `every_ticket`, or of tickets with rows."""

    every_ticket: bool

    def plan(self, table: ComparedTable, choice: Choice) -> ComparisonPlan:
        """Plan to read the audits of tickets that have rows, of different days."""
        few = replace(choice, size=_TICKETS)
        sample = table.draw_tickets(few, all_of_them=self.every_ticket)
        what = f"the audits of {len(sample.ids):,} of {sample.known:,} tickets"
        most = len(sample.ids) * _PAGES
        return ComparisonPlan(table.collection, what, sample.known, most, sample.ids)

    def ask(self, table: ComparedTable, client: ZendeskClient, plan: ComparisonPlan) -> Comparison:
        """Check that everything in the audits is in the table, in the right place."""
        expected, unread = self._expected(table, client, plan)
        due = {key: each for key, each in expected.items() if table.is_due(_moment(each))}
        rows = table.whole_rows(sorted(due))
        found = [_judge(table, key, each, rows.get(key)) for key, each in sorted(due.items())]
        notes = (f"Zendesk shows no audits of {unread:,} deleted tickets.",) if unread else ()
        differences = tuple(each for each in found if each)
        return Comparison(differences, len(due), len(expected) - len(due), notes)

    def again(self, plan: ComparisonPlan, ids: tuple[int, ...]) -> ComparisonPlan:
        """Compare the same tickets."""
        del ids
        return plan

    def _expected(
        self, table: ComparedTable, client: ZendeskClient, plan: ComparisonPlan
    ) -> tuple[dict[int, _Expected], int]:
        expected: dict[int, _Expected] = {}
        unread = 0
        for ticket in plan.sample:
            try:
                events = list(self._events(table, client, ticket))
            except UnavailableError as error:
                if error.missing != "plan":
                    raise
                unread += 1
                continue
            for event in events:
                expected |= dict(_rows_of(table.collection.name, event))
        return expected, unread

    def _events(self, table: ComparedTable, client: ZendeskClient, ticket: int) -> Iterator[Row]:
        """Yield a ticket's events in the export's form, as they would have been landed."""
        path = (table.stream.audits_path or "").format(ticket)
        for page in islice(audits_of(client.walk, path), _PAGES):
            events = [to_ticket_event(audit) for audit in page]
            yield from table.read(msgspec.json.encode(event) for event in events)


def _rows_of(collection: str, event: Row) -> Iterator[tuple[int, _Expected]]:
    """Yield the rows of an event in a table: the key of each, and its expected values."""
    place = {
        "ticket_event_id": event["id"],
        "ticket_id": event["ticket_id"],
        "created_at": read_time(event["created_at"]),
    }
    for child in event["child_events"]:
        if collection == "ticket_events":
            yield child["id"], place | {"event_type": child["event_type"]}
            continue
        for attachment in child.get("attachments") or ():
            yield attachment["id"], place | {"comment_id": child["id"]}


def _judge(
    table: ComparedTable, key: int, expected: _Expected, row: Row | None
) -> Difference | None:
    days = (expected["created_at"].strftime("%Y-%m-%d"),)
    if row is None:
        return Difference(table.collection.name, key, NOT_HERE, days)
    wrong = [name for name, value in expected.items() if _plain(row[name]) != value]
    what = f"differs in {', '.join(wrong)}"
    return Difference(table.collection.name, key, what, days) if wrong else None


def _plain(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def _moment(expected: _Expected) -> datetime | None:
    moment = expected["created_at"]
    return moment if isinstance(moment, datetime) else None
