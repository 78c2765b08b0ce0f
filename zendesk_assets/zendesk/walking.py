"""What a walk decides between two pages: how many to ask for, whether it moves, whether to stop.

Nothing is sent from here; what is done about a second that is too full is in `full_second`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from zendesk_assets.errors import StalledStreamError
from zendesk_assets.spec import Pagination, Stream
from zendesk_assets.zendesk.pages import Page
from zendesk_assets.zendesk.pagination import Position

__all__ = ["PageSize", "Standstill", "is_too_recent"]

_HOLD_BACK_SECONDS: Final = 60
# A page may lead to itself by mistake; one that does so for ever would be asked for for ever.
_PATIENCE: Final = 3


class PageSize:
    """How many records to ask for: halved when a page takes too long, then doubled again."""

    def __init__(self, largest: int, log: Callable[[str], None]) -> None:
        self.now, self.largest, self._log = largest, largest, log

    def halve(self) -> None:
        """Ask for half as many, at least one."""
        self.now = max(1, self.now // 2)
        self._log(f"Zendesk took too long for a page: asking for {self.now} records at a time.")

    def grow(self) -> None:
        """Ask for twice as many, at most as many as Zendesk gives."""
        self.now = min(self.largest, self.now * 2)


class Standstill:
    """Notices that a page leads to itself (trap T6), and that a second is too full to get past."""

    def __init__(self, stream: Stream) -> None:
        self._stream, self._repeats = stream, 0

    def is_full_second(self, before: Position, page: Page, size: PageSize) -> bool:
        """Return whether the page is full of one second and the next would be the same page.

        Raises StalledStreamError when pages that are not like that have led to themselves again and
        again.
        """
        asked = _asked(self._stream, before)
        if page.cursor != asked or page.end:
            self._repeats = 0
            return False
        self._repeats += 1
        if self._is_one_second(page) and len(page.records) >= size.now:
            # A page that was made smaller may hold the whole second once it has grown again.
            return size.now == size.largest or self._repeats > _PATIENCE
        if self._repeats > _PATIENCE:
            raise StalledStreamError(
                f"{self._stream.path} returned {len(page.records)} records {self._repeats} times "
                f"and led back to {asked} each time: sync again later; nothing before it is lost."
            )
        return False

    def skips(self, page: Page, size: PageSize) -> Position | None:
        """Return where to ask again if a full page leads behind its last second, else None.

        The rest of the second would be lost, were the page cut in it; one that overflows has more
        records than were asked for.
        """
        is_other = self._stream.pagination is not Pagination.TIME_EXPORT
        if is_other or page.newest is None or page.end:
            return None
        last = int(page.newest.timestamp())
        is_cut = len(page.records) == size.now and page.cursor is not None
        return Position(cursor=str(last)) if is_cut and int(page.cursor or 0) > last else None

    def is_all_of(self, second: Position, page: Page, size: PageSize) -> bool:
        """Return whether the page asked for at a second is full of it, so that more may follow."""
        times = {str(int(each.timestamp())) for each in (page.oldest, page.newest) if each}
        return times == {second.cursor} and len(page.records) == size.now

    def _is_one_second(self, page: Page) -> bool:
        if self._stream.pagination is not Pagination.TIME_EXPORT or page.newest is None:
            return False
        return page.oldest == page.newest and str(int(page.newest.timestamp())) == page.cursor


def is_too_recent(stream: Stream, page: Page) -> bool:
    """Return whether Zendesk would refuse the next page: a start_time of the last minute (T7)."""
    if stream.pagination is not Pagination.TIME_EXPORT or page.cursor is None:
        return False
    return page.served_at.timestamp() - int(page.cursor) <= _HOLD_BACK_SECONDS


def _asked(stream: Stream, position: Position) -> str | None:
    """Return the place that was asked for, as a page's cursor would spell it."""
    if position.cursor is not None or stream.pagination is not Pagination.TIME_EXPORT:
        return position.cursor
    return str(int(position.start.timestamp()) if position.start else 0)
