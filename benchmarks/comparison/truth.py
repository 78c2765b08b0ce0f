"""What a complete copy of the simulated account has, and how deliveries compare with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

import harness
import msgspec
import requests

from comparison.deliveries import Deliveries
from comparison.streams import STREAMS, Key, seconds_of

__all__ = ["CAUSES", "Difference", "Truth", "Wanted", "compare", "truth_of"]

# Why a tool might not see a row, in the words of the document, which explains them.
CAUSES: Final = {
    "ai": "AI agents",
    "deleted": "deleted",
    "archived": "archived",
    "voice": "calls",
    "": "other",
}


@dataclass(frozen=True)
class Wanted:
    """A row of the account: when it was updated, and why a tool might not see it."""

    updated: float
    cause: str = ""


Truth = dict[str, dict[Key, Wanted]]


@dataclass
class Difference:
    """How many rows differ, and of the missing ones which cause, by stream."""

    wanted: int
    missing: int
    outdated: int
    causes: dict[str, dict[str, int]]


class _Row(msgspec.Struct):
    id: int | None = None
    name: str | None = None
    updated_at: str | None = None
    ticket_id: int | None = None
    status: str | None = None
    support_type: str | None = None
    deleted: bool = False
    ticket_deleted: bool = False


class _Child(msgspec.Struct):
    id: int
    event_type: str
    type: str | None = None


class _Event(msgspec.Struct):
    ticket_id: int
    child: _Child


class _Rows(msgspec.Struct):
    rows: list[_Row]


class _Events(msgspec.Struct):
    rows: list[_Event]


def truth_of(account: harness.Account) -> Truth:
    """Ask the simulated account for its own rows, which do not go through its paging."""
    tickets = {row.id: row for row in _rows(account, "tickets")}
    found = {
        stream: _wanted(stream, _rows(account, stream), tickets)
        for stream in STREAMS
        if stream != "ticket_comments"
    }
    events = msgspec.json.decode(_expected(account, "ticket_events"), type=_Events).rows
    found["ticket_comments"] = {
        event.child.id: Wanted(0.0, _comment_cause(event, tickets))
        for event in events
        if event.child.event_type == "Comment"
    }
    return found


def _expected(account: harness.Account, collection: str) -> bytes:
    answer = requests.get(f"{account.url}/_simulator/expected/{collection}", timeout=600)
    answer.raise_for_status()
    return answer.content


def _rows(account: harness.Account, collection: str) -> list[_Row]:
    return msgspec.json.decode(_expected(account, collection), type=_Rows).rows


def _wanted(stream: str, rows: list[_Row], tickets: dict[int | None, _Row]) -> dict[Key, Wanted]:
    """Return the rows by key; the export has no metrics of deleted tickets."""
    found: dict[Key, Wanted] = {}
    for row in rows:
        key = row.name if stream == "tags" else row.id
        if key is None or row.ticket_deleted:
            continue
        ticket = row if stream == "tickets" else tickets.get(row.ticket_id)
        cause = "deleted" if row.deleted else _ticket_cause(ticket)
        if not cause and ticket and stream == "ticket_metrics" and ticket.status == "closed":
            cause = "archived"
        found[key] = Wanted(seconds_of(row.updated_at), cause)
    return found


def _ticket_cause(ticket: _Row | None) -> str:
    if ticket is None:
        return ""
    if ticket.support_type == "ai_agent":
        return "ai"
    return "deleted" if ticket.status == "deleted" else ""


def _comment_cause(event: _Event, tickets: dict[int | None, _Row]) -> str:
    is_voice = (event.child.type or "Comment") != "Comment"
    return _ticket_cause(tickets.get(event.ticket_id)) or ("voice" if is_voice else "")


def compare(truth: Truth, deliveries: Deliveries) -> Difference:
    """Compare by key: rows that never came, and rows that came in an older state only."""
    result = Difference(sum(len(rows) for rows in truth.values()), 0, 0, {})
    for stream, rows in truth.items():
        delivered = deliveries.newest.get(stream, {})
        missing = [wanted for key, wanted in rows.items() if key not in delivered]
        result.missing += len(missing)
        result.outdated += sum(
            delivered.get(key, wanted.updated) < wanted.updated for key, wanted in rows.items()
        )
        if missing:
            result.causes[stream] = dict(Counter(wanted.cause for wanted in missing))
    return result
