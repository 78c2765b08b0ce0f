"""Ways past a second that more records share than Zendesk puts on a page (trap T6).

A time export then returns the same page for ever. Tried in this order: a tiny page, which has been
recorded to hold the whole second; the list of the same records, newest first, where there is one;
the audits of the tickets concerned. Where none is surely complete, the second is stepped over with
what was got, and the last page says so. When a second is too full is decided in `walking`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import msgspec

from zendesk_assets.errors import RequestRejectedError, UnavailableError
from zendesk_assets.records.lenient import decode_leniently
from zendesk_assets.spec import Budget, Pagination, Stream
from zendesk_assets.zendesk.pages import Cost, Page, RecordTimes, count_by_day
from zendesk_assets.zendesk.pagination import Position
from zendesk_assets.zendesk.second_from_audits import SecondFromAudits

__all__ = ["FullSecond"]


@dataclass(frozen=True)
class FullSecond:
    """One second of a time export that does not move on; `page` is the page it is stuck on.

    `fetch` gets one page of a size, `walk` all pages of a stream. `warn` gets a line for what may
    be missing, `log` one for what it is going to cost.
    """

    stream: Stream
    page: Page
    fetch: Callable[[Position, int], Page]
    walk: Callable[[Stream, Position], Iterator[Page]]
    warn: Callable[[str], None]
    log: Callable[[str], None]

    def pages(self) -> Iterator[Page]:
        """Yield what more there is of the second; the last page's cursor is behind it.

        Raises as `ZendeskClient.walk`, except that a route that is refused is not taken.
        """
        tiny = self.fetch(Position(cursor=self.page.cursor), 1)
        if self._holds_all(tiny):
            yield tiny
            return
        if self.stream.list_path:
            cost, trouble = yield from self._by_list(self.stream.list_path, tiny.cost)
        elif self.stream.audits_path:
            cost, trouble = yield from self._by_audits(self.stream.audits_path, tiny)
        else:
            cost, trouble = tiny.cost, "some may be missing"
        yield self._last(cost, trouble)

    @property
    def _second(self) -> int:
        return int(self.page.cursor or 0)

    @property
    def _time(self) -> datetime:
        return datetime.fromtimestamp(self._second, UTC)

    def _holds_all(self, tiny: Page) -> bool:
        """Return whether the page has moved on and goes on where the full one was cut.

        One that has just as many may have been cut in the same place.
        """
        moved = tiny.end or int(tiny.cursor or 0) > self._second
        return moved and len(tiny.records) > len(self.page.records)

    def _by_list(self, path: str, cost: Cost) -> Generator[Page, None, tuple[Cost, str]]:
        for found in self._from_list(path):
            yield replace(found, cost=found.cost + cost)
            cost = Cost()
        return cost, "deleted ones may be missing"

    def _by_audits(self, path: str, tiny: Page) -> Generator[Page, None, tuple[Cost, str]]:
        shown = frozenset(_ids((*self.page.records, *tiny.records)))
        route = SecondFromAudits(path, self._time, shown, self.walk, self.log, cost=tiny.cost)
        pages = route.pages()
        while True:
            try:
                records, cost = next(pages)
            except StopIteration as end:
                spent, troubles = end.value
                break
            yield self._page(records, cost)
        return spent, "; ".join(dict.fromkeys(troubles))

    def _from_list(self, path: str) -> Iterator[Page]:
        """Yield the second's records from the list: newest first, for floods are mostly recent."""
        newest_first = replace(
            self.stream,
            path=path,
            pagination=Pagination.CURSOR_LIST,
            page_size=100,
            budget=Budget.ACCOUNT,
            since=None,
            parameters=(("sort", f"-{self.stream.time_field}"),),
        )
        times, cost = RecordTimes(self.stream), Cost()
        try:
            for page in self.walk(newest_first, Position()):
                cost += page.cost
                found = tuple(each for each in page.records if times.of(each) == self._time)
                if found:
                    yield self._page(found, cost)
                    cost = Cost()
                if page.newest and page.newest < self._time:
                    return
        except (RequestRejectedError, UnavailableError) as error:
            self.warn(str(error))

    def _page(self, records: tuple[bytes, ...], cost: Cost) -> Page:
        by_day = count_by_day([self._time] * len(records))
        return replace(self.page, records=records, records_by_day=by_day, cost=cost)

    def _last(self, cost: Cost, trouble: str) -> Page:
        """Return the page behind the second; it says so if the second may not be whole."""
        last = replace(self._page((), cost), cursor=str(self._second + 1))
        if not trouble:
            self.log(f"{self.stream.path}: the second {self._time:%Y-%m-%dT%H:%M:%SZ} is whole.")
            return replace(last, from_audits=(self._time,))
        self.warn(
            f"{self.stream.path}: more records share the second {self._time:%Y-%m-%dT%H:%M:%SZ} "
            f"than Zendesk puts on a page ({trouble}); the second is noted as "
            "incomplete in the hub, and the sync goes on behind it."
        )
        return replace(last, incomplete=(self._time,))


class _WithId(msgspec.Struct):
    id: int


def _ids(records: tuple[bytes, ...]) -> Iterator[int]:
    for record in records:
        try:
            yield decode_leniently(record, _WithId).id
        except msgspec.MsgspecError:
            continue  # it is quarantined later, and stays out of this comparison
