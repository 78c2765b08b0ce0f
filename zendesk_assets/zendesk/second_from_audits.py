"""The events of one second, from the audits of the tickets that may have some (trap T6).

This is the one exception to "no request per ticket": only for a second that Zendesk does not show
otherwise, and at a bounded cost. The tickets are narrowed down first: a ticket with an event in the
second existed by then and was updated in it or later. `audits` converts audits into events.
https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_audits/
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from zendesk_assets.errors import ConnectionFailedError, RequestRejectedError, UnavailableError
from zendesk_assets.records.lenient import decode_leniently
from zendesk_assets.spec import Budget, Completion, Pagination, Placement, Stream
from zendesk_assets.zendesk.audits import to_ticket_event
from zendesk_assets.zendesk.pages import Page, PageCost
from zendesk_assets.zendesk.pagination import Position

# Pages of the export, which is slow; other requests: 15 minutes at 200 requests a minute.
MOST_EXPORT_PAGES: Final = 10
MOST_REQUESTS: Final = 3_000
_PAGE: Final = 1_000
_SHOWN: Final = 10
_DOCS: Final = "https://developer.zendesk.com/api-reference/ticketing/"
_SCOPE: Final = ("support_type_scope", "all")
# The export is a minute behind: later changes are on the first page of the list.
_HOLD_BACK: Final = timedelta(minutes=2)


class _Ticket(msgspec.Struct):
    """The properties that decide whether a ticket may have an event in a second."""

    id: int
    created_at: datetime
    updated_at: datetime
    status: str = ""
    generated_timestamp: int = 0

    def may_have(self, second: datetime) -> bool:
        # The system may create an event without changing `updated_at` (trap T4).
        changed_in_it = self.generated_timestamp >= int(second.timestamp())
        return self.created_at <= second and (second <= self.updated_at or changed_in_it)


def _stream(path: str, key: str, kind: Pagination, time: str, **options: Any) -> Stream:
    return Stream(
        name=key,
        path=path,
        records_key=key,
        pagination=kind,
        completion=Completion.CONTINUE,
        time_field=time,
        placement=Placement.ISO_8601,
        docs_url=_DOCS,
        description="",
        **options,
    )


def audits_stream(path: str) -> Stream:
    """Return the list of one ticket's audits, oldest first."""
    return _stream(path, "audits", Pagination.CURSOR_LIST, "created_at", page_size=100)


def audits_of(
    walk: Callable[[Stream, Position], Iterator[Page]], path: str
) -> Iterator[list[dict[str, Any]]]:
    """Yield the audits of one ticket, oldest first, page by page."""
    for page in walk(audits_stream(path), Position()):
        yield [decode_leniently(record, dict[str, Any]) for record in page.records]


_CHANGED: Final = _stream(
    "/incremental/tickets/cursor", "tickets", Pagination.CURSOR_EXPORT, "updated_at",
    page_size=1000, parameters=(_SCOPE,), budget=Budget.EXPORTS,
)  # fmt: skip
_LATEST: Final = _stream(
    "/tickets", "tickets", Pagination.CURSOR_LIST, "updated_at",
    page_size=100, parameters=(_SCOPE, ("sort", "-updated_at")),
)  # fmt: skip


@dataclass
class SecondFromAudits:
    """Reads one second's events; `known` are the ids of those that the export has shown.

    `path` is the path of a ticket's audits, with `{}` for its id. `pages` may be used once.
    """

    path: str
    second: datetime
    known: frozenset[int]
    walk: Callable[[Stream, Position], Iterator[Page]]
    log: Callable[[str], None]
    cost: PageCost = field(default=PageCost())
    _seen: set[int] = field(default_factory=set)
    _troubles: list[str] = field(default_factory=list)
    _requests: int = 0

    def pages(
        self,
    ) -> Generator[tuple[tuple[bytes, ...], PageCost], None, tuple[PageCost, list[str]]]:
        """Yield events that are not `known`, with their cost.

        Returns the remaining cost, and why the second may be incomplete: [] if it is complete. If
        the audits would cost more than is allowed, none is read.
        """
        readable = self._readable()
        if len(readable) > MOST_REQUESTS:
            self._troubles.append(
                f"{len(readable):,} tickets may have events in it, and audits of more than "
                f"{MOST_REQUESTS:,} tickets are not requested"
            )
        else:
            self.log(
                f"Reading the audits of {len(readable):,} tickets for the events of "
                f"{self.second:%Y-%m-%dT%H:%M:%SZ}: at most {MOST_REQUESTS:,} requests."
            )
            yield from self._read(readable)
            self._check()
        return self._spent(), self._troubles

    def _readable(self) -> list[int]:
        """Return the tickets whose audits are to be read, each once.

        The export comes first: a ticket that changes meanwhile moves from it to the list of the
        latest, never the other way.
        """
        tickets = {each.id: each for each in self._changed()}
        tickets |= {each.id: each for each in self._latest()}
        found = [each for each in tickets.values() if each.may_have(self.second)]
        deleted = [each.id for each in found if each.status == "deleted"]
        if deleted:
            self._troubles.append(
                f"{len(deleted):,} of the tickets are deleted, and Zendesk does not show their "
                f"audits: {_named(deleted)}"
            )
        return sorted(each.id for each in found if each.status != "deleted")

    def _latest(self) -> Iterator[_Ticket]:
        """Yield the tickets that changed in the last minutes."""
        for page in self.walk(_LATEST, Position()):
            self.cost += page.cost
            yield from self._tickets(page)
            if not page.oldest or page.oldest < page.as_of - _HOLD_BACK:
                return

    def _changed(self) -> Iterator[_Ticket]:
        """Yield the tickets that changed since the second, within the allowed cost."""
        for number, page in enumerate(self.walk(_CHANGED, Position(start=self.second)), start=1):
            self.cost += page.cost
            yield from self._tickets(page)
            if page.end:
                return
            if number >= MOST_EXPORT_PAGES:
                break
        self._troubles.append(
            f"more than {MOST_EXPORT_PAGES:,} pages of tickets have changed since, and no more are "
            "read"
        )

    def _tickets(self, page: Page) -> Iterator[_Ticket]:
        for record in page.records:
            try:
                yield decode_leniently(record, _Ticket)
            except msgspec.MsgspecError:
                self._troubles.append("a ticket cannot be read")

    def _read(self, tickets: list[int]) -> Iterator[tuple[tuple[bytes, ...], PageCost]]:
        """Yield the events of the tickets, in batches of about the size of an export page."""
        found: list[bytes] = []
        for number, ticket in enumerate(tickets):
            try:
                for page in self._audits(ticket):
                    found += self._events(page)
            except UnavailableError as error:
                self._troubles.append(str(error))
                if error.missing != "plan":  # the role or the scope: true for all other tickets
                    self._leave_out(tickets[number:])
                    break
                self._leave_out([ticket])
            except (RequestRejectedError, ConnectionFailedError) as error:
                self._troubles.append(str(error))
                self._leave_out(tickets[number:])
                break
            if len(found) >= _PAGE:
                yield tuple(found), self._spent()
                found = []
        if found:
            yield tuple(found), self._spent()

    def _leave_out(self, tickets: list[int]) -> None:
        self._troubles.append(f"audits of these tickets were not read: {_named(tickets)}")

    def _audits(self, ticket: int) -> Iterator[Page]:
        """Yield a ticket's audits, oldest first, until they are later than the second."""
        for page in self.walk(audits_stream(self.path.format(ticket)), Position()):
            self.cost += page.cost
            self._requests += 1
            yield page
            if page.newest and page.newest > self.second:
                return
            if self._requests >= MOST_REQUESTS and not page.end:
                raise RequestRejectedError(f"more than {MOST_REQUESTS:,} requests were needed")

    def _events(self, page: Page) -> Iterator[bytes]:
        for record in page.records:
            try:
                audit = decode_leniently(record, dict[str, Any])
                event = to_ticket_event(audit)
            except (msgspec.MsgspecError, LookupError, TypeError, ValueError, AttributeError):
                self._troubles.append("an audit cannot be read")
                continue
            if datetime.fromtimestamp(event["timestamp"], UTC) != self.second:
                continue
            self._seen.add(event["id"])
            if event["id"] not in self.known:
                yield msgspec.json.encode(event)

    def _check(self) -> None:
        """Check that the audits include what the export has shown; otherwise do not trust them."""
        if missing := len(self.known - self._seen):
            self._troubles.append(f"{missing:,} events that the export shows were not in audits")

    def _spent(self) -> PageCost:
        cost, self.cost = self.cost, PageCost()
        return cost


def _named(tickets: list[int]) -> str:
    """Return the first ids of a list, and the number of others."""
    shown = ", ".join(str(each) for each in sorted(tickets)[:_SHOWN])
    return f"{shown} and {len(tickets) - _SHOWN:,} more" if len(tickets) > _SHOWN else shown
