"""Reads a second with more records than Zendesk puts on a page (trap T6).

A time export then returns the same page forever. Tried in this order: a tiny page, which has been
recorded to hold the whole second; the list of the same records, newest first, or the export itself
as a list, if there is one; the audits of the tickets concerned. If none is certainly complete, the
walk continues after the second with what was read, and the last page says so. `walking` decides
when a second is too full.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import msgspec

from zendesk_assets.errors import RequestRejectedError, UnavailableError
from zendesk_assets.records.lenient import decode_leniently
from zendesk_assets.spec import Budget, Pagination, Stream
from zendesk_assets.zendesk.pages import Page, PageCost, RecordTimes, count_by_day
from zendesk_assets.zendesk.pagination import Position
from zendesk_assets.zendesk.second_from_audits import SecondFromAudits


@dataclass(frozen=True)
class FullSecond:
    """One second of a time export that does not advance; `page` is the page where it is stuck.

    `fetch` gets one page of a given size, `walk` all pages of a stream. `warn` receives a line
    about what may be missing, `log` one about the cost.
    """

    stream: Stream
    page: Page
    fetch: Callable[[Position, int], Page]
    walk: Callable[[Stream, Position], Iterator[Page]]
    warn: Callable[[str], None]
    log: Callable[[str], None]

    def pages(self) -> Iterator[Page]:
        """Yield the rest of the second; the last page's cursor is after it.

        Raises:
            ZendeskError: as `ZendeskClient.walk`, except that a refused route is skipped.
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
        """Return whether the page has advanced and includes what the full one lacked.

        A page with the same number of records may have been cut in the same place.
        """
        moved = tiny.end or int(tiny.cursor or 0) > self._second
        return moved and len(tiny.records) > len(self.page.records)

    def _by_list(self, path: str, cost: PageCost) -> Generator[Page, None, tuple[PageCost, str]]:
        trouble = "" if self._is_in_order else "deleted ones may be missing"
        try:
            for found in self._from_list(path):
                yield replace(found, cost=found.cost + cost)
                cost = PageCost()
        except (RequestRejectedError, UnavailableError) as error:
            self.warn(str(error))
            trouble = trouble or "some may be missing"
        return cost, trouble

    def _by_audits(self, path: str, tiny: Page) -> Generator[Page, None, tuple[PageCost, str]]:
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

    @property
    def _is_in_order(self) -> bool:
        """Return whether the list is the export itself, by cursor."""
        return self.stream.list_path == self.stream.path

    def _from_list(self, path: str) -> Iterator[Page]:
        """Yield the second's records; those of a list newest first, as floods are mostly recent.

        An export that is read as a list begins with the second, and with what changed in it.
        """
        listed = replace(
            self.stream,
            path=path,
            pagination=Pagination.CURSOR_LIST,
            page_size=100,
            budget=Budget.ACCOUNT,
        )
        if not self._is_in_order:
            sort = ("sort", f"-{self.stream.time_field}")
            listed = replace(listed, since=None, parameters=(sort,))
        times, cost = RecordTimes(self.stream), PageCost()
        for page in self.walk(listed, Position(start=self._time)):
            cost += page.cost
            found = page.records
            if not self._is_in_order:
                found = tuple(each for each in found if times.of(each) == self._time)
            if found:
                yield self._page(found, cost)
                cost = PageCost()
            if self._is_past(page):
                return

    def _is_past(self, page: Page) -> bool:
        if page.newest is None:
            return False
        return page.newest > self._time if self._is_in_order else page.newest < self._time

    def _page(self, records: tuple[bytes, ...], cost: PageCost) -> Page:
        by_day = count_by_day([self._time] * len(records))
        return replace(self.page, records=records, records_by_day=by_day, cost=cost)

    def _last(self, cost: PageCost, trouble: str) -> Page:
        """Return the page after the second; it says if the second may be incomplete."""
        last = replace(self._page((), cost), cursor=str(self._second + 1))
        if not trouble:
            self.log(f"{self.stream.path}: {self._time:%Y-%m-%dT%H:%M:%SZ} is complete.")
            return replace(last, from_audits=(self._time,))
        self.warn(
            f"{self.stream.path}: the second {self._time:%Y-%m-%dT%H:%M:%SZ} has more records than "
            f"Zendesk puts on a page ({trouble}); the hub records it as "
            "incomplete, and the sync continues after it."
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
