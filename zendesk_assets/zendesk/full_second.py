"""Ways past a second that more records share than Zendesk puts on a page (trap T6).

A time export then returns the same page for ever. Tried in this order: a tiny page, which has been
recorded to hold the whole second; the list of the same records, newest first, where there is one.
Where neither is surely complete, the second is stepped over with what was got, and the last page
says so. When a second is too full is decided in `walking`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from zendesk_assets.errors import RequestRejectedError, UnavailableError
from zendesk_assets.spec import Pagination, Stream
from zendesk_assets.zendesk.pages import Cost, Page, RecordTimes, count_by_day
from zendesk_assets.zendesk.pagination import Position

__all__ = ["FullSecond"]


@dataclass(frozen=True)
class FullSecond:
    """One second of a time export that does not move on; `page` is the page it is stuck on.

    `fetch` gets one page of a size, `walk` all pages of a stream. `warn` gets a line for what may
    be missing.
    """

    stream: Stream
    page: Page
    fetch: Callable[[Position, int], Page]
    walk: Callable[[Stream, Position], Iterator[Page]]
    warn: Callable[[str], None]

    def pages(self) -> Iterator[Page]:
        """Yield what more there is of the second; the last page's cursor is behind it.

        Raises as `ZendeskClient.walk`, except that a route that is refused is not taken.
        """
        tiny = self.fetch(Position(cursor=self.page.cursor), 1)
        if self._holds_all(tiny):
            yield tiny
            return
        cost = tiny.cost
        if self.stream.list_path:
            for found in self._from_list(self.stream.list_path):
                yield replace(found, cost=found.cost + cost)
                cost = Cost()
        self._warn()
        yield self._page((), cost, cursor=str(self._second + 1), incomplete=(self._time,))

    @property
    def _second(self) -> int:
        return int(self.page.cursor or 0)

    @property
    def _time(self) -> datetime:
        return datetime.fromtimestamp(self._second, UTC)

    def _holds_all(self, tiny: Page) -> bool:
        """Return whether the page has moved on and has no fewer records than are known of."""
        moved = tiny.end or int(tiny.cursor or 0) > self._second
        return moved and len(tiny.records) >= len(self.page.records)

    def _from_list(self, path: str) -> Iterator[Page]:
        """Yield the second's records from the list: newest first, for floods are mostly recent."""
        newest_first = replace(
            self.stream,
            path=path,
            pagination=Pagination.CURSOR_LIST,
            page_size=100,
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

    def _page(
        self,
        records: tuple[bytes, ...],
        cost: Cost,
        cursor: str | None = None,
        incomplete: tuple[datetime, ...] = (),
    ) -> Page:
        return replace(
            self.page,
            records=records,
            records_by_day=count_by_day([self._time] * len(records)),
            cursor=cursor or self.page.cursor,
            cost=cost,
            incomplete=incomplete,
        )

    def _warn(self) -> None:
        lost = "deleted ones" if self.stream.list_path else "some"
        self.warn(
            f"{self.stream.path}: more records share the second {self._time:%Y-%m-%dT%H:%M:%SZ} "
            f"than Zendesk puts on a page, and {lost} may be missing; the second is noted as "
            "incomplete in the hub, and the sync goes on behind it."
        )
