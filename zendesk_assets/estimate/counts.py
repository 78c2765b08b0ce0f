"""How many records an account has, by its count endpoints: one request per stream.

Tickets are counted by a search, which includes archived ones; `/tickets/count` does not. A count
above 100,000 may be a day old, and while Zendesk recounts it shows 100,000 and no `refreshed_at`.
https://developer.zendesk.com/api-reference/ticketing/ticket-management/search/#show-results-count
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Final

from zendesk_assets.errors import CredentialsError, ZendeskError
from zendesk_assets.spec import Stream
from zendesk_assets.zendesk import ZendeskClient

TICKETS: Final = "tickets"


@dataclass(frozen=True)
class Count:
    """A number of records, None if it is unknown; with `at_least` there may be more."""

    value: int | None
    at_least: bool = False
    note: str = ""


@dataclass
class Counts:
    """Counts by stream: for the first sync, and in total. `requests` is what they cost."""

    first: dict[str, Count] = field(default_factory=dict)
    whole: dict[str, Count] = field(default_factory=dict)
    requests: int = 0
    notes: list[str] = field(default_factory=list)


def ask_counts(
    client: ZendeskClient, streams: Sequence[Stream], first_day: date, history_start: date
) -> Counts:
    """Request every count; any refusal but that of the credentials becomes a note.

    Streams with some records `per_ticket` are counted in tickets: of those with days, in tickets
    that changed since; of others, as far back as Zendesk keeps them.

    Raises:
        CredentialsError: if Zendesk refuses the credentials.
    """
    counts, before = Counts(), client.cost.requests
    of_tickets = [each for each in streams if each.per_ticket]
    if of_tickets:
        first = _tickets(client, first_day)
        # If the search is refused, the count used instead is the same for all days.
        whole = first if first.note else _tickets(client, history_start)
        for stream in of_tickets:
            most = _tickets(client, _forgotten(client, stream)) if stream.kept else whole
            counts.first[stream.name] = first if stream.partitioned else most
            counts.whole[stream.name] = most
        counts.notes += dict.fromkeys(each.note for each in (first, whole) if each.note)
    asked: dict[str, Count] = {"": Count(None)}
    for stream in streams:
        if stream not in of_tickets:
            path = stream.count_path
            count = asked[path] = asked[path] if path in asked else _counted(client, path)
            counts.first[stream.name] = counts.whole[stream.name] = count
            counts.notes += [count.note] if count.note not in {"", *counts.notes} else []
    counts.requests = client.cost.requests - before
    return counts


def _forgotten(client: ZendeskClient, stream: Stream) -> date:
    """Return the day before which Zendesk has forgotten the records of a stream."""
    now = client.served_at or datetime.now(UTC)
    return (now - stream.kept).date()


def count_tickets(client: ZendeskClient, first: date, end: date | None = None) -> Count:
    """Return how many tickets changed last on `first` or later, and before `end`.

    Raises:
        ZendeskError: if the search is refused.
    """
    query = f"type:ticket updated>={first}{f' updated<{end}' if end else ''}"
    value: Any = client.get("/search/count", {"query": query}).get("count")
    return Count(value) if isinstance(value, int) else _unusable("/search/count")


def _tickets(client: ZendeskClient, day: date) -> Count:
    """Return how many tickets changed on `day` or later, or the best approximation."""
    try:
        return count_tickets(client, day)
    except CredentialsError:
        raise
    except ZendeskError as error:
        count = _counted(client, "/tickets/count")
        note = (
            f"The search did not count tickets ({error}) The count of Zendesk's list is used "
            "instead: it lacks archived tickets, and includes all days."
        )
        return count if count.value is None else replace(count, at_least=True, note=note)


def _counted(client: ZendeskClient, path: str) -> Count:
    try:
        answer: Any = client.get(path).get("count")
    except CredentialsError:
        raise
    except ZendeskError as error:
        return Count(None, note=f"{path} could not be read: {error}")
    if not isinstance(answer, dict) or not isinstance(answer.get("value"), int):
        return _unusable(path)
    if answer.get("refreshed_at") is None:
        note = f"{path}: Zendesk is still counting; there are at least {answer['value']:,}."
        return Count(answer["value"], at_least=True, note=note)
    return Count(answer["value"])


def _unusable(path: str) -> Count:
    return Count(None, note=f"{path} did not return a number.")
